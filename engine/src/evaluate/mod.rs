//! Scores of stored forecasts against what happened: `forecast.forecast_metadata`, derived cell by cell and replaced
//! where forecasts or actuals changed.
//!
//! A cell is scored anew if the hash of all that its scores are made from differs from the stored one: its point rows,
//! the number of its path rows, the actuals and the last closes of its origins, MASE's scale. So new or corrected
//! actuals, added and redone forecasts are seen, and nothing else is read twice.

mod cell;
mod forecasts;
mod paths;
mod read;
mod report;
mod rows;
#[cfg(test)]
mod tests;
mod truth;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tokio::task::JoinSet;

pub use report::ModelScore;

use crate::backfill::Selection;
use crate::cell::Cell;
use crate::delta::{CellChange, DataFile, Snapshot, Warehouse, commit_cells};
use crate::plan::job::Job;
use crate::tables::{self, TableDef};
use crate::{EngineError, Result, width};

/// Cells per commit: one for all but very large warehouses, whose progress is kept.
const CELLS_PER_COMMIT: usize = 512;
/// Rounds after which cells that others keep changing are given up.
const MAX_ROUNDS: usize = 5;
/// What tells the application ids of this table's cells from those of others.
const APPLICATION: &str = "forecast_metadata";

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

/// Scores every selected cell that is not up to date, on `threads` workers, and summarises.
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
    threads: usize,
) -> Result<EvaluateReport> {
    let started = Instant::now();
    let mut report = EvaluateReport::default();
    let mut only: Option<BTreeSet<Cell>> = None;
    for round in 0.. {
        let cells = plan(warehouse, job, selection, only.as_ref()).await?;
        let stale = run(warehouse, job, selection, threads, cells, &mut report).await?;
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

/// The tables a cell's scores are made from, and what is asked for.
struct Sources {
    warehouse: Warehouse,
    job: Job,
    selection: Selection,
    points: TableDef,
    paths: TableDef,
    models: TableDef,
    scores: TableDef,
}

impl Sources {
    fn new(warehouse: &Warehouse, job: &Job, selection: &Selection) -> Self {
        Self {
            warehouse: warehouse.clone(),
            job: job.clone(),
            selection: selection.clone(),
            points: tables::point_forecasts(&job.settings),
            paths: job.distributions(),
            models: tables::trained_models(&job.settings),
            scores: tables::forecast_metadata(&job.settings),
        }
    }
}

/// Live files of one cell.
#[derive(Debug, Clone, Default)]
struct CellFiles {
    points: Vec<DataFile>,
    paths: Vec<DataFile>,
    models: Vec<DataFile>,
    scores: Vec<DataFile>,
}

type Plan = (Arc<Sources>, Vec<(Cell, CellFiles)>);

async fn plan(warehouse: &Warehouse, job: &Job, selection: &Selection, only: Option<&BTreeSet<Cell>>) -> Result<Plan> {
    let sources = Sources::new(warehouse, job, selection);
    let points = Snapshot::open(warehouse, &sources.points).await?.ok_or_else(|| EngineError::NotFound {
        what: "table",
        name: sources.points.full_name(),
        hint: "; run `almanac backfill` first".into(),
    })?;
    let mut cells: BTreeMap<Cell, CellFiles> = BTreeMap::new();
    for (cell, file) in by_cell(Some(points))? {
        cells.entry(cell).or_default().points.push(file);
    }
    for (cell, file) in by_cell(width::distributions(warehouse, &job.settings).await?)? {
        if let Some(files) = cells.get_mut(&cell) {
            files.paths.push(file);
        }
    }
    for (cell, file) in by_cell(Snapshot::open(warehouse, &sources.models).await?)? {
        if let Some(files) = cells.get_mut(&cell) {
            files.models.push(file);
        }
    }
    for (cell, file) in by_cell(Snapshot::open(warehouse, &sources.scores).await?)? {
        // also cells without forecasts: their scores go
        cells.entry(cell).or_default().scores.push(file);
    }
    let wanted = |cell: &Cell| selection.model(&cell.model_name) && only.is_none_or(|only| only.contains(cell));
    let mut cells: Vec<(Cell, CellFiles)> = cells.into_iter().filter(|(cell, _)| wanted(cell)).collect();
    // by bucket, whose panel is kept; within it the largest first, so that no worker ends late with one of them
    let rows = |files: &CellFiles| files.paths.iter().map(|file| file.rows).sum::<u64>();
    cells.sort_by_key(|(cell, files)| (cell.key_bucket, std::cmp::Reverse(rows(files))));
    Ok((Arc::new(sources), cells))
}

fn by_cell(snapshot: Option<Snapshot>) -> Result<Vec<(Cell, DataFile)>> {
    let Some(snapshot) = snapshot else { return Ok(Vec::new()) };
    let cell = |file: DataFile| match file.cell() {
        Some(cell) => Ok((cell, file)),
        None => Err(EngineError::Input {
            place: format!("{}/{}", snapshot.def().full_name(), file.path),
            message: "the file spans several windows; it was not written by almanac".into(),
        }),
    };
    snapshot.files()?.into_iter().map(cell).collect()
}

/// Scores the cells and commits them; returns those that others changed meanwhile.
async fn run(
    warehouse: &Warehouse,
    job: &Job,
    selection: &Selection,
    threads: usize,
    (sources, cells): Plan,
    report: &mut EvaluateReport,
) -> Result<BTreeSet<Cell>> {
    let mut waiting = cells.into_iter();
    let mut running = JoinSet::new();
    let mut ready: Vec<CellChange> = Vec::new();
    let mut stale = BTreeSet::new();
    loop {
        while running.len() < threads.max(1) {
            let Some((cell, files)) = waiting.next() else { break };
            if files.points.is_empty() {
                if is_unrestricted(selection) {
                    report.removed_cells += 1;
                    ready.push(change(cell, &files, Vec::new()));
                }
                continue;
            }
            let sources = Arc::clone(&sources);
            running.spawn(async move { cell::evaluate(&sources, &cell, &files).await.map(|done| (cell, files, done)) });
        }
        let Some(joined) = running.join_next().await else { break };
        let (cell, files, done) = joined.map_err(|e| EngineError::Internal(format!("a worker stopped: {e}")))??;
        match done {
            cell::Done::NotAsked => {}
            cell::Done::Unchanged => report.unchanged_cells += 1,
            cell::Done::Scored(scored) => {
                report.scored_cells += 1;
                report.scored_forecasts += scored.forecasts;
                report.incomplete_forecasts += scored.incomplete;
                report.pathless_forecasts += scored.pathless;
                report.stray_path_rows += scored.stray_path_rows;
                ready.push(change(cell, &files, scored.files));
            }
        }
        if ready.len() >= CELLS_PER_COMMIT {
            stale.extend(commit(warehouse, job, std::mem::take(&mut ready), report).await?);
        }
    }
    stale.extend(commit(warehouse, job, ready, report).await?);
    Ok(stale)
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
    }
}

async fn commit(
    warehouse: &Warehouse,
    job: &Job,
    changes: Vec<CellChange>,
    report: &mut EvaluateReport,
) -> Result<Vec<Cell>> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let table = tables::forecast_metadata(&job.settings);
    Snapshot::open_or_create(warehouse, &table).await?;
    let info = json!({ "run_id": job.run_id, "step": "evaluate" });
    let outcome = commit_cells(warehouse, &table, changes, info.as_object().cloned().unwrap_or_default()).await?;
    report.commits += usize::from(outcome.version.is_some());
    Ok(outcome.stale)
}
