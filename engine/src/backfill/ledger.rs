//! The ledger of runs and units. It is written beside the rows and never decides anything.

mod recorded;

use std::collections::BTreeMap;
use std::sync::Arc;

use almanac_models::Day;
use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};

use crate::cell::Cell;
use crate::delta::{Warehouse, replace_partition};
use crate::plan::job::Job;
use crate::plan::result::{Outcome, Status};
use crate::plan::rows::{integers, texts, times};
use crate::{EngineError, Result, tables};

/// Step, cell and outcome of a unit.
type Noted = (&'static str, Arc<Cell>, Outcome);

/// One run's entry in `ops.runs` and its units in `ops.units`.
#[derive(Debug)]
pub struct Ledger {
    warehouse: Warehouse,
    run_id: String,
    command: String,
    settings: String,
    input_version: u64,
    planned: usize,
    started_at: i64,
    units: Vec<Noted>,
    /// Ages of covariates by step, cell and key, of units whose columns are limited in age.
    ages: BTreeMap<(&'static str, Cell), BTreeMap<String, String>>,
    started: std::sync::atomic::AtomicBool,
}

/// Seconds after which a running run without heartbeat counts as abandoned.
pub const ABANDONED_SECONDS: i64 = 60;
/// Seconds between heartbeats: half of what makes a run count as abandoned.
const HEARTBEAT_SECONDS: u64 = ABANDONED_SECONDS as u64 / 2;

/// Ticks when a heartbeat is due, first after one interval.
pub(crate) fn heartbeat() -> tokio::time::Interval {
    let mut interval = tokio::time::interval(std::time::Duration::from_secs(HEARTBEAT_SECONDS));
    interval.reset();
    interval
}

/// Microseconds since the epoch, now.
pub(crate) fn now() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

impl Ledger {
    /// A run that is about to start. Nothing is written yet.
    ///
    /// # Errors
    /// [`EngineError::Internal`] if the settings have no JSON form.
    pub fn new(warehouse: &Warehouse, job: &Job, command: &str) -> Result<Self> {
        Ok(Self {
            warehouse: warehouse.clone(),
            run_id: job.run_id.clone(),
            command: command.to_owned(),
            settings: serde_json::to_string(&job.settings).map_err(|e| EngineError::Internal(e.to_string()))?,
            input_version: job.input.number,
            planned: 0,
            started_at: now(),
            units: Vec::new(),
            ages: BTreeMap::new(),
            started: std::sync::atomic::AtomicBool::new(false),
        })
    }

    /// Notes outcomes of a step. A unit that was done and has nothing else to say tells how old its covariates were.
    pub fn note(&mut self, step: &'static str, cell: &Cell, outcomes: &[Outcome]) {
        let shared = Arc::new(cell.clone());
        let ages = self.ages.get(&(step, cell.clone()));
        self.units.extend(outcomes.iter().map(|outcome| {
            let mut outcome = outcome.clone();
            let done = matches!(outcome.status, Status::Ok | Status::Fallback);
            if let Some(age) = ages.and_then(|ages| ages.get(&outcome.key)).filter(|_| done) {
                outcome.message.get_or_insert_with(|| age.clone());
            }
            (step, Arc::clone(&shared), outcome)
        }));
    }

    /// How old the covariates of a cell's units are, by key, in words.
    pub fn ages(&mut self, step: &'static str, cell: &Cell, ages: &BTreeMap<String, String>) {
        if !ages.is_empty() {
            self.ages.insert((step, cell.clone()), ages.clone());
        }
    }

    /// Adds planned units.
    pub fn plan(&mut self, units: usize) {
        self.planned += units;
    }

    /// Units noted with a status.
    pub fn count(&self, status: Status) -> usize {
        self.units.iter().filter(|(_, _, outcome)| outcome.status == status).count()
    }

    /// Units noted, by step.
    pub fn units(&self) -> impl Iterator<Item = (&'static str, &Cell, &Outcome)> {
        self.units.iter().map(|(step, cell, outcome)| (*step, cell.as_ref(), outcome))
    }

    /// Writes the run's row, with a fresh heartbeat.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn beat(&self, state: &str) -> Result<()> {
        self.started.store(true, std::sync::atomic::Ordering::Relaxed);
        let def = tables::runs();
        let long = |n: usize| Arc::new(Int64Array::from(vec![n as i64])) as ArrayRef;
        let forecasts: u64 = self.units.iter().map(|(_, _, outcome)| outcome.forecasts).sum();
        let ended = (state != "running").then(now);
        let ended = TimestampMicrosecondArray::from(vec![ended]).with_timezone("UTC");
        let columns = vec![
            texts(&self.command, 1),
            texts(state, 1),
            texts(&self.settings, 1),
            long(self.input_version as usize),
            long(self.planned),
            long(self.count(Status::Ok)),
            long(self.count(Status::Fallback)),
            long(self.count(Status::Skipped)),
            long(self.count(Status::Failed)),
            long(forecasts as usize),
            times(self.started_at, 1),
            times(now(), 1),
            Arc::new(ended),
            texts(&hardware(), 1),
        ];
        self.replace(&def, columns).await
    }

    /// Waits for `work`, with heartbeats: a run that plans for minutes is not taken for dead.
    ///
    /// # Errors
    /// Those of the work, and storage errors of the heartbeat.
    pub async fn alive_while<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::pin!(work);
        let mut heartbeat = heartbeat();
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = heartbeat.tick() => self.beat("running").await?,
            }
        }
    }

    /// Writes the units and closes the run.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn close(&self, state: &str) -> Result<()> {
        crate::delta::fault::reach("before_ledger");
        if !self.units.is_empty() {
            self.write_units().await?;
        }
        self.beat(state).await
    }

    /// Closes a run that did not finish; one that wrote nothing leaves no trace.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn end(&self, state: &str) -> Result<()> {
        if self.started.load(std::sync::atomic::Ordering::Relaxed) { self.close(state).await } else { Ok(()) }
    }

    async fn write_units(&self) -> Result<()> {
        let units = &self.units;
        let rows = units.len();
        let text = |value: &dyn Fn(&Noted) -> String| {
            Arc::new(units.iter().map(|unit| Some(value(unit))).collect::<StringArray>()) as ArrayRef
        };
        let option = |value: &dyn Fn(&Outcome) -> Option<String>| {
            Arc::new(units.iter().map(|(_, _, outcome)| value(outcome)).collect::<StringArray>()) as ArrayRef
        };
        let long = |value: &dyn Fn(&Outcome) -> u64| {
            Arc::new(Int64Array::from_iter_values(units.iter().map(|(_, _, o)| value(o) as i64))) as ArrayRef
        };
        let cutoffs: Vec<Day> = units.iter().map(|(_, cell, _)| cell.training_cutoff_date).collect();
        let columns = vec![
            text(&|unit| unit.0.to_owned()),
            text(&|unit| super::selection::display_key(&unit.2.key)),
            text(&|unit| unit.1.model_name.clone()),
            text(&|unit| unit.1.model_version.clone()),
            integers(units.iter().map(|(_, cell, _)| cell.key_bucket)),
            Arc::new(Date32Array::from(cutoffs)) as ArrayRef,
            text(&|unit| unit.2.status.name().to_owned()),
            option(&|outcome| outcome.reason.clone()),
            option(&|outcome| outcome.message.clone()),
            long(&|outcome| outcome.forecasts),
            long(&|outcome| outcome.failed),
            integers(std::iter::repeat_n(1, rows)),
            Arc::new(Float64Array::from_iter_values(units.iter().map(|(_, _, outcome)| outcome.seconds))),
            texts(&host(), rows),
        ];
        self.replace(&tables::units(), columns).await
    }

    async fn replace(&self, def: &tables::TableDef, columns: Vec<ArrayRef>) -> Result<()> {
        let batch = RecordBatch::try_new(def.file_columns(), columns).map_err(EngineError::from_arrow)?;
        let partition = vec![("run_id".to_owned(), self.run_id.clone())];
        replace_partition(&self.warehouse, def, Some(partition), batch).await?;
        Ok(())
    }
}

fn host() -> String {
    std::fs::read_to_string("/etc/hostname").map_or_else(|_| "local".to_owned(), |name| name.trim().to_owned())
}

/// Processor name and cores, for the record.
fn hardware() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(':'));
    format!("{}, {cores} cores", model.map_or(std::env::consts::ARCH, |(_, name)| name.trim()))
}

#[cfg(test)]
mod tests;
