//! What a backfill would do, before anything runs.

use std::collections::BTreeMap;

use crate::backfill::driver::{self, Group, Kind};
use crate::backfill::missing::CellWork;
use crate::backfill::selection::Selection;
use crate::delta::Warehouse;
use crate::plan::job::Job;
use crate::{Result, width};

/// Missing work per model, and in total, which has fewer commits than the models one by one.
#[derive(Debug, Clone, Default)]
pub struct Estimate {
    /// One row per model.
    pub models: Vec<ModelEstimate>,
    /// Their sum.
    pub total: ModelEstimate,
    /// Units that cannot be done: model, reason, units.
    pub skipped: Vec<(String, String, usize)>,
}

/// Missing work of one model.
#[derive(Debug, Clone, Default)]
pub struct ModelEstimate {
    /// Model name, or `total`.
    pub model: String,
    /// Fits.
    pub fits: usize,
    /// Forecasts.
    pub forecasts: usize,
    /// Rows of models, paths and points.
    pub rows: u64,
    /// Bytes of paths and points, estimated.
    pub bytes: u64,
    /// Commits.
    pub commits: usize,
    /// Computing seconds on one core, estimated from measured costs.
    pub core_seconds: f64,
}

/// Plans both steps without running them.
///
/// # Errors
/// As planning itself.
pub async fn estimate(warehouse: &Warehouse, job: &Job, selection: &Selection) -> Result<Estimate> {
    let mut fits = driver::plan(Kind::Train, warehouse, job, selection).await?;
    let mut forecasts = driver::plan(Kind::Infer, warehouse, job, selection).await?;
    for work in [&mut fits, &mut forecasts] {
        driver::limit(work, selection.limit);
    }
    let mut models: BTreeMap<String, ModelEstimate> = BTreeMap::new();
    let mut skipped: BTreeMap<(String, String), usize> = BTreeMap::new();
    for cell in &fits {
        let entry = models.entry(cell.cell.model_name.clone()).or_default();
        entry.fits += cell.units.len();
        entry.rows += cell.units.len() as u64;
        entry.core_seconds += seconds(job, cell);
        for outcome in &cell.skipped {
            let reason = outcome.message.clone().or_else(|| outcome.reason.clone()).unwrap_or_default();
            *skipped.entry((cell.cell.model_name.clone(), reason)).or_default() += 1;
        }
    }
    let forecast = &job.settings.forecast;
    for cell in &forecasts {
        let entry = models.entry(cell.cell.model_name.clone()).or_default();
        entry.forecasts += cell.forecasts();
        let (paths, points) =
            (cell.with_paths() * width::rows_per_forecast(&job.settings), cell.forecasts() * forecast.horizon);
        entry.rows += (paths + points) as u64;
        // measured: four bytes a value, constants encode to almost nothing; about 90 bytes a point row
        let values = cell.with_paths() * forecast.paths * forecast.horizon;
        entry.bytes += (values * 4 + paths * 2 + points * 90) as u64;
        entry.core_seconds += seconds(job, cell);
    }
    let group = Group::of(&job.settings.run).cells();
    // one commit of models, one of points and, where they are wanted, one of paths per group of cells
    let tables = 1 + usize::from(forecasts.iter().any(|cell| cell.with_paths() > 0));
    let commits = |of: &dyn Fn(&CellWork) -> bool| {
        let cells = |work: &[CellWork]| work.iter().filter(|cell| of(cell) && !cell.units.is_empty()).count();
        cells(&fits).div_ceil(group) + tables * cells(&forecasts).div_ceil(group)
    };
    for (name, entry) in &mut models {
        entry.model.clone_from(name);
        entry.commits = commits(&|cell| &cell.cell.model_name == name);
    }
    // groups are made of the cells of all models
    let mut total = ModelEstimate { model: "total".into(), commits: commits(&|_| true), ..ModelEstimate::default() };
    for entry in models.values() {
        total.fits += entry.fits;
        total.forecasts += entry.forecasts;
        total.rows += entry.rows;
        total.bytes += entry.bytes;
        total.core_seconds += entry.core_seconds;
    }
    let skipped = skipped.into_iter().map(|((model, reason), units)| (model, reason, units)).collect();
    Ok(Estimate { models: models.into_values().collect(), total, skipped })
}

fn seconds(job: &Job, cell: &CellWork) -> f64 {
    cell.units_with_forecasts().map(|(unit, forecasts)| driver::cost(job, unit, forecasts)).sum::<f64>() / 1_000.0
}
