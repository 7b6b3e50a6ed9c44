//! What is missing: the grid less what the tables hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use almanac_models::Day;

use crate::backfill::claim;
use crate::backfill::existing::{self, files_by_cell};
use crate::backfill::grid::{Extent, GridCell, GridUnit, grid, whole_cell};
use crate::backfill::held::{Held, StoredForecasts};
use crate::backfill::inputs::Inputs;
use crate::backfill::selection::Selection;
use crate::backfill::settled::{self, Horizon, refuse_other_settings};
use crate::cell::Cell;
use crate::delta::{Claim, DataFile, Snapshot, Warehouse};
use crate::plan::job::Job;
use crate::plan::result::{Outcome, Status};
use crate::plan::servable::{Ages, Refusal};
use crate::plan::worklist::Unit;
use crate::{Result, tables, width};

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
    /// Missing forecasts of each missing unit; empty for fits.
    pub unit_forecasts: Vec<usize>,
    /// Live files of the cell on the snapshots this was planned on, by table.
    pub base: BTreeMap<String, BTreeSet<String>>,
    /// Whether the existing rows are to be replaced.
    pub replace: bool,
    /// What fits claim: the model version, for the settings of today; forecasts are refused with the models that make them.
    pub claims: Arc<[Claim]>,
    /// Existing units that were made from older inputs.
    pub stale: usize,
    /// By key, how old the unit's columns of limited age are, in words.
    pub ages: BTreeMap<String, String>,
}

impl CellWork {
    /// Missing forecasts.
    pub fn forecasts(&self) -> usize {
        self.unit_forecasts.iter().sum()
    }

    /// Each missing unit with its missing forecasts, none of a fit.
    pub fn units_with_forecasts(&self) -> impl Iterator<Item = (&Unit, usize)> {
        self.units.iter().zip(self.unit_forecasts.iter().copied().chain(std::iter::repeat(0)))
    }

    /// Missing forecasts whose paths are missing and wanted.
    pub fn with_paths(&self) -> usize {
        self.units_with_forecasts().filter(|(unit, _)| unit.paths).map(|(_, forecasts)| forecasts).sum()
    }
}

/// A table as it was found, and its files by cell.
struct Found {
    snapshot: Option<Snapshot>,
    files: BTreeMap<Cell, Vec<DataFile>>,
}

impl Found {
    fn of(snapshot: Option<Snapshot>) -> Result<Self> {
        Ok(Self { files: files_by_cell(snapshot.as_ref())?, snapshot })
    }
}

/// The tables that a backfill fills, each opened once for all buckets.
pub struct Stored {
    models: Found,
    paths: Found,
    points: Found,
}

impl Stored {
    /// Opens their latest versions; a table that is not there holds nothing.
    ///
    /// # Errors
    /// Those of opening a table; [`EngineError::Input`] for a file that is no cell's.
    pub async fn open(job: &Job, warehouse: &Warehouse) -> Result<Self> {
        let settings = &job.settings;
        Ok(Self {
            models: Found::of(Snapshot::open(warehouse, &tables::trained_models(settings)).await?)?,
            paths: Found::of(width::distributions(warehouse, settings).await?)?,
            points: Found::of(Snapshot::open(warehouse, &tables::point_forecasts(settings)).await?)?,
        })
    }

    /// Claims the version of all models for the run that makes these fits.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn claim(&self, job: &Job, fits: &mut [CellWork]) -> Result<()> {
        if fits.iter().all(|cell| cell.units.is_empty()) {
            return Ok(());
        }
        let marks = match &self.models.snapshot {
            Some(models) => models.transactions().await?,
            None => HashMap::new(),
        };
        let claims = claim::of(job, &marks)?;
        for cell in fits {
            cell.claims = Arc::clone(&claims);
        }
        Ok(())
    }
}

/// Missing fits of one bucket.
///
/// # Errors
/// [`EngineError::Conflict`] if stored models were made under other settings.
pub async fn fits(job: &Job, stored: &Stored, selection: &Selection, bucket: i32) -> Result<Vec<CellWork>> {
    let table = tables::trained_models(&job.settings);
    let Found { snapshot, files } = &stored.models;
    let models = match snapshot {
        Some(snapshot) => existing::models(job, snapshot, bucket).await?,
        None => BTreeMap::new(),
    };
    let mut work = Vec::new();
    let mut replaced = BTreeSet::new();
    for mut grid_cell in grid(job, selection, bucket).await? {
        let cell = grid_cell.cell.clone();
        let found = models.get(&cell).cloned().unwrap_or_default();
        let stale = found.values().filter(|model| model.data_version != job.data_version()).count();
        let redo = (selection.force || selection.refresh_stale && stale > 0) && !found.is_empty();
        let replace = redo || selection.widen && settled::fitted_for_fewer_days(job, &cell, &found)?;
        if replace {
            let mut kept = found.keys().map(|key| (key.clone(), BTreeSet::new())).collect();
            grid_cell.add_to(&mut kept);
            grid_cell = whole_cell(job, &cell, &kept, extent(redo)).await?;
            // under a limit a cell may be left as it is
            if selection.limit.is_none() {
                replaced.insert(cell.clone());
            }
        }
        let asked = |unit: &&GridUnit| !unit.origins.is_empty() || found.contains_key(&unit.key);
        let exists = |key: &str| !replace && found.contains_key(key);
        let wanted = grid_cell.units.iter().filter(|unit| unit.refusal.is_none()).filter(asked);
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
            ages: ages(job, &grid_cell, |unit| &unit.fit_ages)?,
            unit_forecasts: Vec::new(),
            base: BTreeMap::from([(table.full_name(), paths(files.get(&cell)))]),
            units,
            replace,
            claims: Arc::default(),
            stale,
            cell,
        });
    }
    let kept = models.iter().filter(|(cell, _)| !replaced.contains(*cell));
    refuse_other_settings(job, kept, if selection.widen { Horizon::MayBeShorter } else { Horizon::Same })?;
    Ok(work)
}

/// Missing forecasts of one bucket.
///
/// # Errors
/// Storage and plan errors; [`EngineError::Conflict`] if stored forecasts were made under other settings,
/// [`EngineError::Horizon`] if they have fewer days and may not be widened.
pub async fn forecasts(job: &Job, stored: &Stored, selection: &Selection, bucket: i32) -> Result<Vec<CellWork>> {
    let (paths_table, points_table) = (job.distributions(), tables::point_forecasts(&job.settings));
    let Stored { models, paths: Found { snapshot: path_rows, files: path_files }, points } = stored;
    let Found { snapshot: point_rows, files: point_files } = points;
    let stored = StoredForecasts { job, paths: path_rows.as_ref(), points: point_rows.as_ref() };
    // an estimate has no pinned models: it refused theirs with the fits, those that will be replaced excepted
    if job.models.is_some()
        && let Some(models) = &models.snapshot
    {
        // a model simulates as far as it is asked to
        refuse_other_settings(job, existing::models(job, models, bucket).await?.iter(), Horizon::MayBeShorter)?;
    }
    let mut work = Vec::new();
    for mut grid_cell in grid(job, selection, bucket).await? {
        let cell = grid_cell.cell.clone();
        let (with_paths, with_points) = (path_files.get(&cell), point_files.get(&cell));
        let inputs = match stored.inputs_of(&cell, with_paths, with_points).await? {
            // no paths of today will join these points
            Inputs::Torn if selection.no_paths && with_paths.is_none() => Inputs::Older,
            inputs => inputs,
        };
        let stale = selection.refresh_stale && inputs == Inputs::Older;
        let there = with_paths.is_some() || with_points.is_some();
        // rows of two inputs must not stand side by side, whoever left them so
        let redo = there && (selection.force || stale || inputs == Inputs::Torn);
        let mut held = None;
        if !redo {
            held = stored.of_cell(&grid_cell, with_paths, with_points).await?;
            if held.is_none() && !selection.widen {
                return Err(settled::shorter(job, &points_table, "forecasts"));
            }
        }
        let replace = held.is_none();
        if replace {
            let mut kept = existing::stored_origins(job, path_rows.as_ref(), &cell).await?;
            for (key, days) in existing::stored_origins(job, point_rows.as_ref(), &cell).await? {
                kept.entry(key).or_default().extend(days);
            }
            grid_cell.add_to(&mut kept);
            grid_cell = whole_cell(job, &cell, &kept, extent(redo)).await?;
        }
        let (held_paths, held_points) = held.unwrap_or_default();
        let (mut units, mut unit_forecasts) = (Vec::new(), Vec::new());
        // a cell that is replaced keeps having what it has
        let wants_paths = !selection.no_paths || replace && with_paths.is_some();
        for unit in grid_cell.units.iter().filter(|unit| unit.refusal.is_none()) {
            let lacking = |held: &Held| held.lacking(&unit.key, &unit.origins);
            let no_paths = if wants_paths { lacking(&held_paths) } else { Vec::new() };
            let no_points = lacking(&held_points);
            let all = no_paths.iter().chain(&no_points).collect::<BTreeSet<_>>().len();
            let mut ask = |missing: Vec<Day>, forecasts: usize, paths: bool, points: bool| {
                let (Some(&first), Some(&last)) = (missing.first(), missing.last()) else { return };
                // what is kept may have gaps
                let gapless = !replace || redo;
                let between = unit.origins.iter().filter(|day| (first..=last).contains(*day)).count();
                let are_all = gapless && missing.len() == between && unit.refused.is_none();
                let only = if are_all { None } else { Some(missing) };
                unit_forecasts.push(forecasts);
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
                ask(no_paths, all, true, true);
            } else {
                // one forecast, if it lacks both
                let lack_paths = no_paths.len();
                ask(no_paths, lack_paths, true, false);
                ask(no_points, all - lack_paths, false, true);
            }
        }
        work.push(CellWork {
            existing: grid_cell.forecasts() - unit_forecasts.iter().sum::<usize>(),
            skipped: refusals(&grid_cell),
            ages: ages(job, &grid_cell, |unit| &unit.ages)?,
            unit_forecasts,
            base: BTreeMap::from([
                (paths_table.full_name(), paths(with_paths)),
                (points_table.full_name(), paths(with_points)),
            ]),
            units,
            replace,
            claims: Arc::default(),
            stale: usize::from(stale),
            cell,
        });
    }
    Ok(work)
}

/// A cell that is redone takes in all that is configured; one that only lacks days keeps its origins.
fn extent(redo: bool) -> Extent {
    if redo { Extent::Configured } else { Extent::Kept }
}

fn paths(files: Option<&Vec<DataFile>>) -> BTreeSet<String> {
    files.into_iter().flatten().map(|file| file.path.clone()).collect()
}

fn ages(job: &Job, grid_cell: &GridCell, of: impl Fn(&GridUnit) -> &Ages) -> Result<BTreeMap<String, String>> {
    let spec = job.model(&grid_cell.cell.model_name)?;
    Ok(grid_cell.units.iter().filter_map(|unit| Some((unit.key.clone(), of(unit).describe(&spec)?))).collect())
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
