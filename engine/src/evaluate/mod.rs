//! Scores of stored forecasts against what happened: `forecast.forecast_metadata`, derived cell by cell and replaced
//! where forecasts or actuals changed (`plan::score`).

mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tokio::sync::mpsc;

pub use report::ModelScore;

use crate::backfill::Selection;
use crate::cell::Cell;
use crate::delta::{CellChange, CellLog, Snapshot, Warehouse};
use crate::plan::job::Job;
use crate::plan::pipeline;
use crate::plan::result::CellResult;
use crate::plan::score::Verdict;
use crate::plan::score::sources::{self, CellFiles, Cells};
use crate::plan::worklist::Unit;
use crate::runner::{Computation, Part, Runner};
use crate::{EngineError, Result, tables};

/// Cells per commit: one for all but very large warehouses, whose progress is kept.
const CELLS_PER_COMMIT: usize = 512;
/// Rounds after which cells that others keep changing are given up.
const MAX_ROUNDS: usize = 5;
/// What tells the application ids of this table's cells from those of others.
const APPLICATION: &str = "forecast_metadata";
/// Scored cells that may wait for their commit.
const WAITING_CELLS: usize = 64;
/// Stored paths scored in a millisecond on one core, measured with 14 days ahead.
const PATHS_PER_MILLISECOND: f64 = 5_000.0;
/// How a runner computes scores.
const COMPUTATION: Computation = Computation { name: "evaluate", plan: pipeline::score };

/// What an evaluation did, and the scores it found.
#[derive(Debug, Clone, Default)]
pub struct EvaluateReport {
    /// Cells scored in this run.
    pub scored_cells: usize,
    /// Cells whose scores were up to date.
    pub unchanged_cells: usize,
    /// Cells whose scores were removed, because their forecasts are gone.
    pub removed_cells: usize,
    /// Forecasts scored in this run.
    pub scored_forecasts: usize,
    /// Forecasts among them of which at least one day is not known yet.
    pub incomplete_forecasts: usize,
    /// Forecasts among them without stored paths: their CRPS and PIT are null.
    pub pathless_forecasts: usize,
    /// Path rows without point rows, left out.
    pub stray_path_rows: u64,
    /// Commits made.
    pub commits: usize,
    /// Scores by key and model, of the forecasts selected.
    pub scores: Vec<ModelScore>,
    /// Seconds from start to end.
    pub wall_seconds: f64,
}

/// Scores every selected cell that is not up to date, where `runner` says, and summarises.
///
/// A cell is scored as a whole if one of its forecasts is selected. Memory: per worker the points of one cell and the
/// paths of one forecast.
///
/// # Errors
/// [`EngineError::NotFound`] without forecasts; storage errors; `Input` where a file holds several cells.
pub async fn evaluate(
    warehouse: &Warehouse,
    job: &Job,
    selection: &Selection,
    runner: &Runner,
) -> Result<EvaluateReport> {
    let started = Instant::now();
    // those of an evaluation whose driver died
    runner.cancel_orphans(warehouse, Some(COMPUTATION.name)).await?;
    let job = &sources::of_stored_levels(warehouse, job).await?;
    let mut report = EvaluateReport::default();
    let mut only: Option<BTreeSet<Cell>> = None;
    for round in 0.. {
        let (job, cells) = sources::pin(warehouse, job, selection).await?;
        let wanted =
            |cell: &Cell| selection.model(&cell.model_name) && only.as_ref().is_none_or(|only| only.contains(cell));
        let stale = Round::new(warehouse, &job, &cells, &mut report).run(selection, runner, wanted).await?;
        if stale.is_empty() {
            break;
        }
        if round + 1 == MAX_ROUNDS {
            let message = format!("{} cells of {APPLICATION} are changed by others at once", stale.len());
            return Err(EngineError::Internal(message));
        }
        only = Some(stale);
    }
    report.scores = report::summarise(warehouse, job, selection).await?;
    report.wall_seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// One round: cells are scored and committed.
struct Round<'a> {
    warehouse: &'a Warehouse,
    job: &'a Job,
    cells: &'a Arc<Cells>,
    report: &'a mut EvaluateReport,
    ready: Vec<CellChange>,
    stale: BTreeSet<Cell>,
    /// The table of scores, once it was committed to.
    log: Option<CellLog>,
}

impl<'a> Round<'a> {
    fn new(warehouse: &'a Warehouse, job: &'a Job, cells: &'a Arc<Cells>, report: &'a mut EvaluateReport) -> Self {
        Self { warehouse, job, cells, report, ready: Vec::new(), stale: BTreeSet::new(), log: None }
    }

    /// Scores the wanted cells and commits them; returns those that others changed meanwhile.
    async fn run(
        mut self,
        selection: &Selection,
        runner: &Runner,
        wanted: impl Fn(&Cell) -> bool,
    ) -> Result<BTreeSet<Cell>> {
        let mut parts: Vec<Part> = Vec::new();
        let mut missing = BTreeSet::new();
        for (cell, files) in self.cells.iter().filter(|(cell, _)| wanted(cell)) {
            if !files.points.is_empty() {
                parts.push(part(cell, files));
                missing.insert(cell.clone());
            } else if is_unrestricted(selection) {
                self.report.removed_cells += 1;
                self.ready.push(change(cell.clone(), files, Vec::new()));
            }
        }
        // by bucket, whose panel is kept; within it the largest first, so that no worker ends late with one of them
        let bucket = |part: &Part| part.units.first().map(|unit| unit.cell.key_bucket);
        parts.sort_by(|a, b| bucket(a).cmp(&bucket(b)).then(b.cost.total_cmp(&a.cost)));
        if !parts.is_empty() {
            self.compute(runner, parts, missing).await?;
        }
        self.commit().await?;
        Ok(self.stale)
    }

    async fn compute(&mut self, runner: &Runner, parts: Vec<Part>, mut missing: BTreeSet<Cell>) -> Result<()> {
        let (sender, mut results) = mpsc::channel(WAITING_CELLS);
        let running = runner.run(COMPUTATION, self.job, parts, sender);
        tokio::pin!(running);
        let mut finished = false;
        loop {
            tokio::select! {
                result = results.recv() => {
                    let Some(result) = result else { break };
                    if !missing.remove(&result.cell) {
                        let cell = result.cell;
                        return Err(EngineError::Internal(format!("{cell:?} was scored twice, or not asked for")));
                    }
                    self.take(result).await?;
                }
                outcome = &mut running, if !finished => {
                    if let Err(error) = outcome {
                        // what is finished is kept
                        self.commit().await?;
                        return Err(error);
                    }
                    finished = true;
                }
            }
        }
        match missing.first() {
            None => Ok(()),
            Some(first) => {
                let left = missing.len();
                Err(EngineError::Internal(format!("{left} cells were not scored, first {first:?}; run it again")))
            }
        }
    }

    async fn take(&mut self, mut result: CellResult) -> Result<()> {
        match result.scored {
            None | Some(Verdict::NotAsked) => {}
            Some(Verdict::Unchanged) => self.report.unchanged_cells += 1,
            Some(Verdict::Scored(counts)) => {
                self.report.scored_cells += 1;
                self.report.scored_forecasts += counts.forecasts;
                self.report.incomplete_forecasts += counts.incomplete;
                self.report.pathless_forecasts += counts.pathless;
                self.report.stray_path_rows += counts.stray_path_rows;
                let table = tables::forecast_metadata(&self.job.settings).full_name();
                let add = result.files.remove(&table).unwrap_or_default();
                let files = self.cells.get(&result.cell).cloned().unwrap_or_default();
                self.ready.push(change(result.cell, &files, add));
            }
        }
        if self.ready.len() >= CELLS_PER_COMMIT { self.commit().await } else { Ok(()) }
    }

    async fn commit(&mut self) -> Result<()> {
        let changes = std::mem::take(&mut self.ready);
        if changes.is_empty() {
            return Ok(());
        }
        let table = tables::forecast_metadata(&self.job.settings);
        let info = json!({ "run_id": self.job.run_id, "step": COMPUTATION.name });
        let info = info.as_object().cloned().unwrap_or_default();
        let log = match &mut self.log {
            Some(log) => log,
            unknown => unknown.insert(CellLog::of(&Snapshot::open_or_create(self.warehouse, &table).await?).await?),
        };
        let outcome = log.commit(changes, info).await?;
        self.report.commits += usize::from(outcome.version.is_some());
        self.stale.extend(outcome.stale);
        Ok(())
    }
}

/// A cell as a part of its own: its one unit stands for all keys.
fn part(cell: &Cell, files: &CellFiles) -> Part {
    let rows: u64 = files.paths.iter().map(|file| file.rows).sum();
    let unit = Unit {
        cell: cell.clone(),
        key: String::new(),
        origins: (cell.training_cutoff_date, cell.training_cutoff_date),
        only: None,
        paths: false,
        points: false,
    };
    Part { cost: 1.0 + rows as f64 / PATHS_PER_MILLISECOND, units: vec![unit] }
}

fn is_unrestricted(selection: &Selection) -> bool {
    selection.keys.is_empty() && selection.conditions.is_empty() && selection.from.is_none() && selection.to.is_none()
}

fn change(cell: Cell, files: &CellFiles, add: Vec<deltalake::kernel::Add>) -> CellChange {
    CellChange {
        app_id: cell.app_id(APPLICATION),
        base: files.scores.iter().map(|file| file.path.clone()).collect(),
        replace: true,
        cell,
        add,
        claims: Arc::default(),
    }
}
