//! What is missing: the grid less what the tables hold.

use std::collections::{BTreeMap, BTreeSet};

use almanac_models::Day;

use crate::backfill::existing::{self, ModelRow, files_by_cell};
use crate::backfill::grid::{GridCell, grid};
use crate::backfill::selection::Selection;
use crate::cell::Cell;
use crate::delta::{DataFile, Snapshot, Warehouse};
use crate::plan::job::Job;
use crate::plan::result::{Outcome, Status};
use crate::plan::servable::Refusal;
use crate::plan::worklist::Unit;
use crate::{EngineError, Result, identity, tables};

/// What is to be done in one cell.
#[derive(Debug, Clone)]
pub struct CellWork {
    /// The cell.
    pub cell: Cell,
    /// Missing units.
    pub units: Vec<Unit>,
    /// Units that cannot be done, by a documented rule.
    pub skipped: Vec<Outcome>,
    /// Units that exist already.
    pub existing: usize,
    /// Forecasts among the missing units.
    pub forecasts: usize,
    /// Live files of the cell on the snapshots this was planned on, by table.
    pub base: BTreeMap<String, BTreeSet<String>>,
    /// Whether the existing rows are to be replaced.
    pub replace: bool,
    /// Existing units that were made from older inputs.
    pub stale: usize,
}

/// Missing fits of one bucket.
///
/// # Errors
/// [`EngineError::Conflict`] if stored models were made under other settings.
pub async fn fits(job: &Job, warehouse: &Warehouse, selection: &Selection, bucket: i32) -> Result<Vec<CellWork>> {
    let table = tables::trained_models(&job.settings);
    let snapshot = Snapshot::open(warehouse, &table).await?;
    let files = files_by_cell(snapshot.as_ref())?;
    let models = match &snapshot {
        Some(snapshot) => existing::models(job, snapshot, bucket).await?,
        None => BTreeMap::new(),
    };
    let mut work = Vec::new();
    let mut replaced = BTreeSet::new();
    for grid_cell in grid(job, selection, bucket).await? {
        let cell = grid_cell.cell.clone();
        let found = models.get(&cell).cloned().unwrap_or_default();
        let stale = found.values().filter(|model| model.data_version != job.data_version()).count();
        let replace = (selection.force || selection.refresh_stale && stale > 0) && !found.is_empty();
        if replace {
            replaced.insert(cell.clone());
        }
        let exists = |key: &str| !replace && found.contains_key(key);
        let wanted = grid_cell.units.iter().filter(|unit| unit.refusal.is_none() && !unit.origins.is_empty());
        let units: Vec<Unit> = wanted
            .clone()
            .filter(|unit| !exists(&unit.key))
            .map(|unit| Unit {
                cell: cell.clone(),
                key: unit.key.clone(),
                origins: (cell.training_cutoff_date + 1, cell.training_cutoff_date + 1),
                only: None,
                paths: false,
                points: false,
            })
            .collect();
        work.push(CellWork {
            existing: wanted.count() - units.len(),
            skipped: refusals(&grid_cell),
            forecasts: 0,
            base: BTreeMap::from([(table.full_name(), paths(files.get(&cell)))]),
            units,
            replace,
            stale,
            cell,
        });
    }
    refuse_other_settings(job, models.iter().filter(|(cell, _)| !replaced.contains(*cell)))?;
    Ok(work)
}

/// Missing forecasts of one bucket.
///
/// # Errors
/// Storage and plan errors; [`EngineError::Conflict`] if stored forecasts have another number of paths or days.
pub async fn forecasts(job: &Job, warehouse: &Warehouse, selection: &Selection, bucket: i32) -> Result<Vec<CellWork>> {
    let (paths_table, points_table) = (job.distributions(), tables::point_forecasts(&job.settings));
    let path_rows = Snapshot::open(warehouse, &paths_table).await?;
    let point_rows = Snapshot::open(warehouse, &points_table).await?;
    let (path_files, point_files) = (files_by_cell(path_rows.as_ref())?, files_by_cell(point_rows.as_ref())?);
    let forecast = &job.settings.forecast;
    if let Some(models) = Snapshot::open(warehouse, &tables::trained_models(&job.settings)).await? {
        refuse_other_settings(job, existing::models(job, &models, bucket).await?.iter())?;
    }
    let mut work = Vec::new();
    for grid_cell in grid(job, selection, bucket).await? {
        let cell = grid_cell.cell.clone();
        let (with_paths, with_points) = (path_files.get(&cell), point_files.get(&cell));
        let stale = stale_cell(job, selection, point_rows.as_ref(), &cell, with_points).await?;
        let replace = (selection.force || stale) && (with_paths.is_some() || with_points.is_some());
        let (held_paths, held_points) = match replace {
            true => (Held::default(), Held::default()),
            false => (
                held(job, path_rows.as_ref(), &grid_cell, with_paths, forecast.paths).await?,
                held(job, point_rows.as_ref(), &grid_cell, with_points, forecast.horizon).await?,
            ),
        };
        let mut units = Vec::new();
        let mut missing_forecasts = 0;
        for unit in grid_cell.units.iter().filter(|unit| unit.refusal.is_none()) {
            let lacking = |held: &Held| held.lacking(&unit.key, &unit.origins);
            let (no_paths, no_points) = (lacking(&held_paths), lacking(&held_points));
            missing_forecasts += no_paths.iter().chain(&no_points).collect::<BTreeSet<_>>().len();
            let mut ask = |missing: Vec<Day>, paths: bool, points: bool| {
                let (Some(&first), Some(&last)) = (missing.first(), missing.last()) else { return };
                let whole = missing.len() == unit.origins.len() && unit.refused.is_none();
                let only = if whole { None } else { Some(missing) };
                units.push(Unit {
                    cell: cell.clone(),
                    key: unit.key.clone(),
                    origins: (first, last),
                    only,
                    paths,
                    points,
                });
            };
            if no_paths == no_points {
                ask(no_paths, true, true);
            } else {
                ask(no_paths, true, false);
                ask(no_points, false, true);
            }
        }
        work.push(CellWork {
            existing: grid_cell.forecasts() - missing_forecasts,
            skipped: refusals(&grid_cell),
            forecasts: missing_forecasts,
            base: BTreeMap::from([
                (paths_table.full_name(), paths(with_paths)),
                (points_table.full_name(), paths(with_points)),
            ]),
            units,
            replace,
            stale: usize::from(stale),
            cell,
        });
    }
    Ok(work)
}

/// One model version never mixes settings: its stored models must have been made under today's.
fn refuse_other_settings<'a>(
    job: &Job,
    models: impl Iterator<Item = (&'a Cell, &'a BTreeMap<String, ModelRow>)>,
) -> Result<()> {
    for (cell, rows) in models.filter(|(cell, _)| job.settings.forecast.models.contains(&cell.model_name)) {
        let now = identity::settings_json(&job.settings, &cell.model_name)?;
        for model in rows.values() {
            if let Some((key, stored, wanted)) = identity::difference(&model.settings, &now) {
                return Err(EngineError::Conflict {
                    table: "forecast.trained_models".into(),
                    model_version: cell.model_version.clone(),
                    key,
                    stored,
                    wanted,
                });
            }
        }
    }
    Ok(())
}

fn paths(files: Option<&Vec<DataFile>>) -> BTreeSet<String> {
    files.into_iter().flatten().map(|file| file.path.clone()).collect()
}

/// Forecasts that a table holds of one cell.
#[derive(Default)]
struct Held {
    /// Every unit asked for is there.
    all: bool,
    by_key: BTreeMap<String, BTreeSet<Day>>,
}

impl Held {
    fn lacking(&self, key: &str, origins: &[Day]) -> Vec<Day> {
        if self.all {
            return Vec::new();
        }
        match self.by_key.get(key) {
            None => origins.to_vec(),
            Some(held) => origins.iter().filter(|day| !held.contains(day)).copied().collect(),
        }
    }
}

async fn held(
    job: &Job,
    snapshot: Option<&Snapshot>,
    grid_cell: &GridCell,
    files: Option<&Vec<DataFile>>,
    rows_per_forecast: usize,
) -> Result<Held> {
    let (Some(snapshot), Some(files)) = (snapshot, files) else { return Ok(Held::default()) };
    let rows: u64 = files.iter().map(|file| file.rows).sum();
    // a cell never holds a row twice nor a row outside its grid, so a full count means that nothing is missing
    if grid_cell.whole && rows == (grid_cell.forecasts() * rows_per_forecast) as u64 {
        return Ok(Held { all: true, by_key: BTreeMap::new() });
    }
    let by_key = existing::origins(job, snapshot, &grid_cell.cell, rows_per_forecast).await?;
    Ok(Held { all: false, by_key })
}

/// Whether `--refresh stale` redoes the cell.
async fn stale_cell(
    job: &Job,
    selection: &Selection,
    snapshot: Option<&Snapshot>,
    cell: &Cell,
    files: Option<&Vec<DataFile>>,
) -> Result<bool> {
    let (true, Some(snapshot), Some(_)) = (selection.refresh_stale, snapshot, files) else { return Ok(false) };
    let versions = existing::data_versions(snapshot, cell).await?;
    Ok(versions.iter().any(|version| *version != job.data_version()))
}

fn refusals(grid_cell: &GridCell) -> Vec<Outcome> {
    let outcome = |key: &str, refusal: &Refusal, forecasts: usize| Outcome {
        key: key.to_owned(),
        status: Status::Skipped,
        reason: Some(refusal.code.to_owned()),
        message: Some(match forecasts {
            0 => refusal.message.clone(),
            n => format!("{n} origins: {}", refusal.message),
        }),
        forecasts: 0,
        failed: 0,
        seconds: 0.0,
    };
    let mut outcomes = Vec::new();
    for unit in &grid_cell.units {
        if let Some(refusal) = &unit.refusal {
            outcomes.push(outcome(&unit.key, refusal, 0));
        }
        if let Some((origins, refusal)) = &unit.refused {
            outcomes.push(outcome(&unit.key, refusal, *origins));
        }
    }
    outcomes
}
