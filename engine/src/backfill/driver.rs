//! The driver: plans what is missing, runs it, commits whole cells, and tells what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use serde_json::json;
use tokio::sync::mpsc;

use crate::backfill::grid;
use crate::backfill::ledger::Ledger;
use crate::backfill::missing::{self, CellWork};
use crate::backfill::selection::{Selection, display_key};
use crate::cell::Cell;
use crate::delta::{CellChange, Snapshot, Warehouse, commit_cells, fault};
use crate::plan::job::{Job, SharedJob};
use crate::plan::result::{CellResult, Outcome, Status, Timings};
use crate::plan::worklist::Unit;
use crate::plan::{panel, pipeline};
use crate::tables::{self, TableDef};
use crate::{EngineError, Result, identity};

/// Rounds of planning after which cells that others keep changing are given up. Each round lost means that someone else
/// got a cell done, so this is about the number of drivers that may share a cell.
const MAX_ROUNDS: usize = 100;
/// Finished cells that may wait for their commit.
const WAITING_CELLS: usize = 64;
/// Seconds between heartbeats.
const HEARTBEAT_SECONDS: u64 = 30;

/// How a step is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is asked for.
    pub selection: Selection,
    /// Where events go; a closed receiver is ignored.
    pub events: Option<mpsc::UnboundedSender<Event>>,
}

/// What a step tells while it runs.
#[derive(Debug, Clone)]
pub enum Event {
    /// A step is planned.
    Planned {
        /// `train` or `infer`.
        step: &'static str,
        /// Cells with missing units.
        cells: usize,
        /// Missing units.
        units: usize,
        /// Missing forecasts.
        forecasts: usize,
        /// Units that exist.
        existing: usize,
        /// Units that cannot be done.
        skipped: usize,
    },
    /// A cell is computed.
    Computed {
        /// `train` or `infer`.
        step: &'static str,
        /// The cell.
        cell: Cell,
        /// Units in it.
        units: usize,
        /// Forecasts in it.
        forecasts: u64,
    },
    /// Cells are committed.
    Committed {
        /// `train` or `infer`.
        step: &'static str,
        /// Cells in the commit.
        cells: usize,
        /// Table versions after it.
        versions: BTreeMap<String, u64>,
    },
}

/// Totals of a step.
#[derive(Debug, Clone, Default)]
pub struct StepReport {
    /// Units done in this run, whatever the outcome.
    pub units: usize,
    /// Units that existed.
    pub existing: usize,
    /// Forecasts written.
    pub forecasts: u64,
    /// Units that failed, wholly or in part.
    pub failed: u64,
    /// Commits made.
    pub commits: usize,
    /// Cells redone because another driver committed them first.
    pub stale: usize,
    /// Computing seconds by stage.
    pub timings: Timings,
    /// Seconds in planning.
    pub plan_seconds: f64,
    /// Seconds in commits.
    pub commit_seconds: f64,
    /// Seconds from start to end.
    pub wall_seconds: f64,
}

/// Which step is driven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Train,
    Infer,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Infer => "infer",
        }
    }
}

/// Fits what is missing.
///
/// # Errors
/// Conflicts, storage and plan errors; failed units are outcomes, not errors.
pub async fn train(warehouse: &Warehouse, job: &Job, options: &Options, ledger: &mut Ledger) -> Result<StepReport> {
    drive(Kind::Train, warehouse, job, options, ledger).await
}

/// Forecasts what is missing, with stored models only.
///
/// # Errors
/// As [`train`].
pub async fn infer(warehouse: &Warehouse, job: &Job, options: &Options, ledger: &mut Ledger) -> Result<StepReport> {
    let mut job = job.clone();
    let models = Snapshot::open(warehouse, &tables::trained_models(&job.settings)).await?;
    job.models_version = models.map(|snapshot| snapshot.version());
    drive(Kind::Infer, warehouse, &job, options, ledger).await
}

async fn drive(
    kind: Kind,
    warehouse: &Warehouse,
    job: &Job,
    options: &Options,
    ledger: &mut Ledger,
) -> Result<StepReport> {
    let started = Instant::now();
    let mut report = StepReport::default();
    let selection = options.selection.clone();
    let mut again: Option<BTreeSet<Cell>> = None;
    let mut left = 0;
    for round in 0..MAX_ROUNDS {
        let planning = Instant::now();
        let mut work = plan(kind, warehouse, job, &selection).await?;
        work.retain(|cell| again.as_ref().is_none_or(|again| again.contains(&cell.cell)));
        limit(&mut work, selection.limit);
        report.plan_seconds += planning.elapsed().as_secs_f64();
        if round == 0 {
            announce(kind, options, &work, ledger);
            report.existing = work.iter().map(|cell| cell.existing).sum();
        }
        work.retain(|cell| !cell.units.is_empty());
        left = 0;
        if work.is_empty() {
            break;
        }
        let stale = run_round(kind, warehouse, job, options, ledger, work, &mut report).await?;
        left = stale.len();
        report.stale += left;
        if left == 0 {
            break;
        }
        // only what others changed in the meantime is looked at again
        again = Some(stale);
    }
    if left > 0 {
        let step = kind.name();
        return Err(EngineError::Internal(format!(
            "{step}: others still changed {left} cells after {MAX_ROUNDS} rounds; run it again"
        )));
    }
    report.wall_seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

pub(crate) async fn plan(kind: Kind, warehouse: &Warehouse, job: &Job, selection: &Selection) -> Result<Vec<CellWork>> {
    let input = crate::tables_input::model_input(&job.settings);
    let snapshot = Snapshot::at(warehouse, &input, job.input_version).await?;
    let buckets = grid::buckets(&snapshot);
    if kind == Kind::Train {
        // a table that cannot hold the forecasts is refused before the first fit
        Snapshot::open(warehouse, &job.distributions()).await?;
        Snapshot::open(warehouse, &tables::point_forecasts(&job.settings)).await?;
    }
    let mut work = Vec::new();
    let mut unknown: BTreeSet<&str> = selection.named_keys().collect();
    let mut known = BTreeSet::new();
    for bucket in 0..buckets {
        if !unknown.is_empty() {
            let panel = panel::load(job, bucket).await?;
            known.extend(panel.keys.keys().map(|key| display_key(key)));
            unknown.retain(|key| !known.contains(*key));
        }
    }
    if let Some(key) = unknown.first() {
        let shown: Vec<&str> = known.iter().map(String::as_str).take(10).collect();
        let hint = format!("; known keys are {}{}", shown.join(", "), if known.len() > 10 { ", …" } else { "" });
        return Err(EngineError::NotFound { what: "key", name: (*key).to_owned(), hint });
    }
    for name in selection.named_models() {
        job.model(name)?;
    }
    for bucket in 0..buckets {
        work.extend(match kind {
            Kind::Train => missing::fits(job, warehouse, selection, bucket).await?,
            Kind::Infer => missing::forecasts(job, warehouse, selection, bucket).await?,
        });
    }
    Ok(work)
}

/// Keeps the first `limit` missing units; a cell that is replaced stays whole, or its other rows would go.
fn limit(work: &mut [CellWork], limit: Option<usize>) {
    let Some(mut left) = limit else { return };
    for cell in work {
        if !cell.replace || left == 0 {
            cell.units.truncate(left);
        }
        left = left.saturating_sub(cell.units.len());
    }
}

fn announce(kind: Kind, options: &Options, work: &[CellWork], ledger: &mut Ledger) {
    let units: usize = work.iter().map(|cell| cell.units.len()).sum();
    ledger.plan(units);
    let event = Event::Planned {
        step: kind.name(),
        cells: work.iter().filter(|cell| !cell.units.is_empty()).count(),
        units,
        forecasts: work.iter().map(|cell| cell.forecasts).sum(),
        existing: work.iter().map(|cell| cell.existing).sum(),
        skipped: work.iter().map(|cell| cell.skipped.len()).sum(),
    };
    tell(options, event);
    for cell in work {
        ledger.note(kind.name(), &cell.cell, &cell.skipped);
    }
}

fn tell(options: &Options, event: Event) {
    if let Some(events) = &options.events {
        // a listener that went away does not stop the work
        let _ = events.send(event);
    }
}

/// Runs the planned cells and commits them; returns those that were changed by others meanwhile.
async fn run_round(
    kind: Kind,
    warehouse: &Warehouse,
    job: &Job,
    options: &Options,
    ledger: &mut Ledger,
    work: Vec<CellWork>,
    report: &mut StepReport,
) -> Result<BTreeSet<Cell>> {
    let shared: SharedJob = Arc::new(job.clone());
    let partitions = pack(job, &work);
    let mut parts: BTreeMap<Cell, usize> = BTreeMap::new();
    for units in &partitions {
        if let Some(unit) = units.first() {
            *parts.entry(unit.cell.clone()).or_default() += 1;
        }
    }
    let plan: Arc<dyn ExecutionPlan> = match kind {
        Kind::Train => pipeline::train(&shared, &partitions)?,
        Kind::Infer => pipeline::infer(&shared, &partitions)?,
    };
    let threads = match job.settings.run.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let planned: BTreeMap<Cell, CellWork> = work.into_iter().map(|cell| (cell.cell.clone(), cell)).collect();
    let (sender, mut results) = mpsc::channel(WAITING_CELLS);
    let context = SessionContext::new().task_ctx();
    let mut committer = Committer { kind, warehouse, job, options, planned, ready: Vec::new(), stale: BTreeSet::new() };
    let mut partial: BTreeMap<Cell, CellResult> = BTreeMap::new();
    ledger.beat("running").await?;
    let mut heartbeat = tokio::time::interval(std::time::Duration::from_secs(HEARTBEAT_SECONDS));
    heartbeat.reset();
    let running = pipeline::run_local(plan, context, threads, sender);
    tokio::pin!(running);
    let mut finished = false;
    loop {
        tokio::select! {
            result = results.recv() => {
                let Some(result) = result else { break };
                let Some(whole) = merge(&mut partial, &mut parts, result) else { continue };
                committer.add(whole, ledger, report).await?;
            }
            outcome = &mut running, if !finished => {
                if let Err(error) = outcome {
                    // what is finished is kept
                    committer.commit(ledger, report).await?;
                    return Err(error);
                }
                finished = true;
            }
            _ = heartbeat.tick() => ledger.beat("running").await?,
        }
    }
    committer.commit(ledger, report).await?;
    if let Some(cell) = partial.keys().next() {
        return Err(EngineError::Internal(format!("cell {cell:?} was left unfinished")));
    }
    Ok(committer.stale)
}

/// Adds a part to its cell; returns the cell once all parts are there.
fn merge(
    partial: &mut BTreeMap<Cell, CellResult>,
    parts: &mut BTreeMap<Cell, usize>,
    result: CellResult,
) -> Option<CellResult> {
    let left = parts.get_mut(&result.cell)?;
    *left = left.saturating_sub(1);
    let done = *left == 0;
    let cell = result.cell.clone();
    match partial.get_mut(&cell) {
        None => {
            partial.insert(cell.clone(), result);
        }
        Some(whole) => {
            for (table, files) in result.files {
                whole.files.entry(table).or_default().extend(files);
            }
            whole.outcomes.extend(result.outcomes);
            whole.timings.add(&result.timings);
        }
    }
    if done { partial.remove(&cell) } else { None }
}

/// Relative cost of a unit, for packing: measured milliseconds on one core, by family.
pub(crate) fn cost(job: &Job, unit: &Unit, forecasts: usize) -> f64 {
    let family = job.model(&unit.cell.model_name).map(|spec| spec.family).unwrap_or_default();
    let (fit, forecast) = match family.as_str() {
        "xgboost" => (250.0, 6.0),
        "arima" => (200.0, 0.7),
        _ => (0.2, 0.7),
    };
    if unit.paths || unit.points { forecast * forecasts as f64 } else { fit }
}

/// One partition per cell, split where a cell alone would keep a core for long; longest first.
fn pack(job: &Job, work: &[CellWork]) -> Vec<Vec<Unit>> {
    const LONGEST_PART_MILLISECONDS: f64 = 5_000.0;
    let mut partitions: Vec<(f64, Vec<Unit>)> = Vec::new();
    for cell in work {
        let per_unit = cell.forecasts.div_ceil(cell.units.len().max(1));
        let mut part = (0.0, Vec::new());
        for unit in &cell.units {
            let cost = cost(job, unit, per_unit);
            if part.0 > 0.0 && part.0 + cost > LONGEST_PART_MILLISECONDS {
                partitions.push(std::mem::take(&mut part));
            }
            part.0 += cost;
            part.1.push(unit.clone());
        }
        if !part.1.is_empty() {
            partitions.push(part);
        }
    }
    partitions.sort_by(|a, b| b.0.total_cmp(&a.0));
    partitions.into_iter().map(|(_, units)| units).collect()
}

/// Collects finished cells and commits them in groups, table after table.
struct Committer<'a> {
    kind: Kind,
    warehouse: &'a Warehouse,
    job: &'a Job,
    options: &'a Options,
    planned: BTreeMap<Cell, CellWork>,
    ready: Vec<CellResult>,
    stale: BTreeSet<Cell>,
}

impl Committer<'_> {
    async fn add(&mut self, cell: CellResult, ledger: &mut Ledger, report: &mut StepReport) -> Result<()> {
        report.timings.add(&cell.timings);
        report.units += cell.outcomes.len();
        let forecasts = cell.outcomes.iter().map(|outcome| outcome.forecasts).sum();
        let event =
            Event::Computed { step: self.kind.name(), cell: cell.cell.clone(), units: cell.outcomes.len(), forecasts };
        tell(self.options, event);
        self.ready.push(cell);
        if self.ready.len() >= self.job.settings.run.cells_per_commit.max(1) {
            self.commit(ledger, report).await?;
        }
        Ok(())
    }

    async fn commit(&mut self, ledger: &mut Ledger, report: &mut StepReport) -> Result<()> {
        let group = std::mem::take(&mut self.ready);
        if group.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        fault::reach("files_written");
        let settings = &self.job.settings;
        let tables: Vec<TableDef> = match self.kind {
            Kind::Train => vec![tables::trained_models(settings)],
            Kind::Infer => vec![self.job.distributions(), tables::point_forecasts(settings)],
        };
        let mut versions = BTreeMap::new();
        let mut stale: Vec<Cell> = Vec::new();
        for (position, def) in tables.iter().enumerate() {
            if position > 0 {
                fault::reach("between_tables");
            }
            let changes = self.changes(def, &group)?;
            if changes.is_empty() {
                continue;
            }
            Snapshot::open_or_create(self.warehouse, def).await?;
            let info = json!({ "run_id": self.job.run_id, "step": self.kind.name() });
            let info = info.as_object().cloned().unwrap_or_default();
            let outcome = commit_cells(self.warehouse, def, changes, info).await?;
            if let Some(version) = outcome.version {
                versions.insert(def.full_name(), version);
                report.commits += 1;
            }
            stale.extend(outcome.stale);
        }
        stale.sort();
        stale.dedup();
        self.stale.extend(stale.iter().cloned());
        for cell in &group {
            if stale.contains(&cell.cell) {
                continue;
            }
            report.forecasts += cell.outcomes.iter().map(|outcome| outcome.forecasts).sum::<u64>();
            report.failed += failures(&cell.outcomes);
            ledger.note(self.kind.name(), &cell.cell, &cell.outcomes);
        }
        report.commit_seconds += started.elapsed().as_secs_f64();
        tell(self.options, Event::Committed { step: self.kind.name(), cells: group.len() - stale.len(), versions });
        Ok(())
    }

    fn changes(&self, def: &TableDef, group: &[CellResult]) -> Result<Vec<CellChange>> {
        let mut changes = Vec::new();
        for cell in group {
            let Some(work) = self.planned.get(&cell.cell) else { continue };
            let files = cell.files.get(&def.full_name()).cloned().unwrap_or_default();
            let base = work.base.get(&def.full_name()).cloned().unwrap_or_default();
            // a cell whose every unit failed keeps what it has; one that is replaced keeps it if any did
            if files.is_empty() || (work.replace && failures(&cell.outcomes) > 0) {
                continue;
            }
            let settings = identity::settings_json(&self.job.settings, &cell.cell.model_name)?;
            changes.push(CellChange {
                app_id: cell.cell.app_id(&identity::config_hash(&settings)),
                cell: cell.cell.clone(),
                base,
                replace: work.replace,
                add: files,
            });
        }
        Ok(changes)
    }
}

fn failures(outcomes: &[Outcome]) -> u64 {
    outcomes.iter().filter(|outcome| outcome.status == Status::Failed).count() as u64
}
