//! What scores are made from: tables at pinned versions, and their live files by cell.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::backfill::Selection;
use crate::cell::Cell;
use crate::delta::{DataFile, Snapshot, Version, Warehouse, interval_levels};
use crate::plan::job::Job;
use crate::tables::{self, TableDef};
use crate::{EngineError, Result, width};

/// What a job scores: tables at their versions, none where there is no table, and what is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scoring {
    /// Version of `forecast.point_forecasts`.
    pub points: Version,
    /// Version of `forecast.distributions`.
    pub paths: Option<Version>,
    /// Version of `forecast.trained_models`.
    pub models: Option<Version>,
    /// Version of `forecast.forecast_metadata`.
    pub scores: Option<Version>,
    /// Forecasts asked for.
    pub selection: Selection,
}

/// The tables a cell's scores are made from, and what is asked for.
pub(crate) struct Sources {
    pub(crate) warehouse: Warehouse,
    pub(crate) job: Job,
    pub(crate) selection: Selection,
    pub(crate) points: TableDef,
    pub(crate) paths: TableDef,
    pub(crate) models: TableDef,
    pub(crate) scores: TableDef,
}

impl Sources {
    pub(crate) fn new(warehouse: &Warehouse, job: &Job, selection: &Selection) -> Self {
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

    /// Those of a job that scores.
    pub(super) fn of(job: &Job) -> Result<Self> {
        Ok(Self::new(&Warehouse::open(&job.warehouse)?, job, &scoring(job)?.selection))
    }
}

fn scoring(job: &Job) -> Result<&Scoring> {
    job.scoring.as_ref().ok_or_else(|| EngineError::Internal("a job without pinned forecasts was to score".into()))
}

/// Live files of one cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct CellFiles {
    pub(crate) points: Vec<DataFile>,
    pub(crate) paths: Vec<DataFile>,
    pub(crate) models: Vec<DataFile>,
    pub(crate) scores: Vec<DataFile>,
}

/// Files by cell, of every cell with forecasts or scores.
pub(crate) type Cells = BTreeMap<Cell, CellFiles>;

/// The tables, opened.
struct Opened {
    points: Snapshot,
    paths: Option<Snapshot>,
    models: Option<Snapshot>,
    scores: Option<Snapshot>,
}

impl Opened {
    fn cells(&self) -> Result<Cells> {
        let mut cells = Cells::new();
        for (cell, file) in by_cell(Some(&self.points))? {
            cells.entry(cell).or_default().points.push(file);
        }
        for (cell, file) in by_cell(self.paths.as_ref())? {
            if let Some(files) = cells.get_mut(&cell) {
                files.paths.push(file);
            }
        }
        for (cell, file) in by_cell(self.models.as_ref())? {
            if let Some(files) = cells.get_mut(&cell) {
                files.models.push(file);
            }
        }
        for (cell, file) in by_cell(self.scores.as_ref())? {
            // also cells without forecasts: their scores go
            cells.entry(cell).or_default().scores.push(file);
        }
        Ok(cells)
    }
}

/// The cells last asked for, with the warehouse and versions they were read at. One process scores one job at a time.
static CELLS: Mutex<Option<(String, Scoring, Arc<Cells>)>> = Mutex::const_new(None);

/// A job that scores all levels that stored forecasts have: those of today's settings may be fewer, and other model
/// versions keep theirs.
///
/// # Errors
/// Storage errors; `Basis` for a level that none of them has.
pub(crate) async fn of_stored_levels(warehouse: &Warehouse, job: &Job) -> Result<Job> {
    let mut job = job.clone();
    if let Some(points) = Snapshot::open(warehouse, &tables::point_forecasts(&job.settings)).await? {
        job.settings.forecast.levels = interval_levels(&points.schema());
    }
    Ok(job)
}

/// Pins the tables at their latest versions: a job that scores, and the cells there are.
///
/// # Errors
/// [`EngineError::NotFound`] without forecasts; `Input` where a file holds several cells.
pub(crate) async fn pin(warehouse: &Warehouse, job: &Job, selection: &Selection) -> Result<(Job, Arc<Cells>)> {
    let settings = &job.settings;
    let points = tables::point_forecasts(settings);
    let opened = Opened {
        points: Snapshot::open(warehouse, &points).await?.ok_or_else(|| EngineError::NotFound {
            what: "table",
            name: points.full_name(),
            hint: "; run `almanac backfill` first".into(),
        })?,
        paths: width::distributions(warehouse, settings).await?,
        models: Snapshot::open(warehouse, &tables::trained_models(settings)).await?,
        scores: Snapshot::open(warehouse, &tables::forecast_metadata(settings)).await?,
    };
    let version = |snapshot: &Option<Snapshot>| snapshot.as_ref().map(Snapshot::identity);
    let scoring = Scoring {
        points: opened.points.identity(),
        paths: version(&opened.paths),
        models: version(&opened.models),
        scores: version(&opened.scores),
        selection: selection.clone(),
    };
    let cells = Arc::new(opened.cells()?);
    *CELLS.lock().await = Some((job.warehouse.clone(), scoring.clone(), Arc::clone(&cells)));
    Ok((Job { scoring: Some(scoring), ..job.clone() }, cells))
}

/// The cells of a job that scores: read once per process.
///
/// # Errors
/// As [`pin`].
pub(super) async fn cells(job: &Job) -> Result<Arc<Cells>> {
    let scoring = scoring(job)?;
    let mut held = CELLS.lock().await;
    if let Some((warehouse, known, cells)) = held.as_ref()
        && (warehouse, known) == (&job.warehouse, scoring)
    {
        return Ok(Arc::clone(cells));
    }
    let (warehouse, settings) = (Warehouse::open(&job.warehouse)?, &job.settings);
    let opened = Opened {
        points: Snapshot::at(&warehouse, &tables::point_forecasts(settings), &scoring.points).await?,
        // the columns that every width has
        paths: at(&warehouse, tables::distributions(settings, 0), scoring.paths.as_ref()).await?,
        models: at(&warehouse, tables::trained_models(settings), scoring.models.as_ref()).await?,
        scores: at(&warehouse, tables::forecast_metadata(settings), scoring.scores.as_ref()).await?,
    };
    let cells = Arc::new(opened.cells()?);
    *held = Some((job.warehouse.clone(), scoring.clone(), Arc::clone(&cells)));
    Ok(cells)
}

async fn at(warehouse: &Warehouse, def: TableDef, version: Option<&Version>) -> Result<Option<Snapshot>> {
    match version {
        None => Ok(None),
        Some(version) => Snapshot::at(warehouse, &def, version).await.map(Some),
    }
}

/// The files of a table with the cell of each.
///
/// # Errors
/// `Input` where a file holds several cells.
pub(crate) fn by_cell(snapshot: Option<&Snapshot>) -> Result<Vec<(Cell, DataFile)>> {
    let Some(snapshot) = snapshot else { return Ok(Vec::new()) };
    let cell = |file: DataFile| match file.cell() {
        Some(cell) => Ok((cell, file)),
        None => Err(EngineError::Input {
            place: format!("{}/{}", snapshot.def().full_name(), file.path),
            value: Some(file.path.clone()),
            message: "the file spans several windows; it was not written by almanac".into(),
        }),
    };
    snapshot.files()?.into_iter().map(cell).collect()
}
