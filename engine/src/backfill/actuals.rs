//! What happened: `forecast.forecast_actuals` and, beside paths with a column per day, `forecast.actual_paths`; derived
//! from the input and replaced where it changed.

use std::sync::Arc;

use almanac_models::Day;
use arrow::array::{ArrayRef, Date32Array, Float32Array, Float64Array, RecordBatch, StringArray};

use crate::backfill::grid;
use crate::backfill::selection::day_of;
use crate::delta::{Replaced, Snapshot, Warehouse, replace_partition};
use crate::plan::job::Job;
use crate::plan::panel::{self, KeySeries, Panel};
use crate::plan::rows::integers;
use crate::tables::{self, TableDef, is_long};
use crate::{EngineError, Result, width};

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Written {
    /// Rows of both tables.
    pub rows: usize,
    /// Partitions that changed.
    pub changed: usize,
}

/// Brings both tables up to date.
///
/// # Errors
/// Storage and plan errors.
pub async fn write(warehouse: &Warehouse, job: &Job) -> Result<Written> {
    let input = crate::tables_input::model_input(&job.settings);
    let snapshot = Snapshot::at(warehouse, &input, &job.input).await?;
    let horizon = path_columns(warehouse, job).await?;
    let mut written = Written::default();
    for bucket in grid::buckets(&snapshot)? {
        let panel = panel::load(job, bucket).await?;
        let mut tables = vec![(tables::forecast_actuals(&job.settings), values(job, &panel)?)];
        if let Some(horizon) = horizon {
            tables.push((tables::actual_paths(&job.settings, horizon), paths(job, &panel, horizon)?));
        }
        for (def, rows) in tables {
            if rows.num_rows() == 0 {
                continue;
            }
            written.rows += rows.num_rows();
            let partition = vec![("key_bucket".to_owned(), bucket.to_string())];
            match replace_partition(warehouse, &def, Some(partition), rows).await? {
                Replaced::Unchanged => {}
                Replaced::Written { .. } => written.changed += 1,
            }
        }
    }
    Ok(written)
}

/// Days ahead of `forecast.actual_paths`, which has columns for them when this returns; none beside paths in long form.
async fn path_columns(warehouse: &Warehouse, job: &Job) -> Result<Option<usize>> {
    let horizon = job.settings.forecast.horizon;
    if is_long(horizon) {
        return Ok(None);
    }
    let Some(stored) = width::actual_paths(warehouse, &job.settings).await? else { return Ok(Some(horizon)) };
    width::widen_to(warehouse, &stored, &tables::actual_paths(&job.settings, horizon)).await?;
    // a table kept wider by another model version stays as wide
    Ok(Some(width::days(&stored.schema()).max(horizon)))
}

/// The rows of each key from the first origin on.
fn served<'a>(job: &Job, series: &'a KeySeries) -> (&'a [Day], &'a [f64]) {
    let from = job.settings.forecast.from.map_or(Day::MIN, day_of);
    let first = series.days.partition_point(|&day| day < from);
    (&series.days[first..], &series.target[first..])
}

fn key_columns(job: &Job, panel: &Panel, rows: &dyn Fn(&KeySeries) -> usize) -> Vec<ArrayRef> {
    let column = |position: usize| {
        let values = panel.keys.values().flat_map(|series| std::iter::repeat_n(&series.key[position], rows(series)));
        Arc::new(values.map(Some).collect::<StringArray>()) as ArrayRef
    };
    (0..job.settings.dataset.key.len()).map(column).collect()
}

fn batch(def: &TableDef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(def.file_columns(), columns).map_err(EngineError::from_arrow)
}

fn values(job: &Job, panel: &Panel) -> Result<RecordBatch> {
    let mut columns = key_columns(job, panel, &|series| served(job, series).0.len());
    let days: Vec<Day> = panel.keys.values().flat_map(|series| served(job, series).0).copied().collect();
    let values = panel.keys.values().flat_map(|series| served(job, series).1);
    let values: Float64Array = values.map(|value| (!value.is_nan()).then_some(*value)).collect();
    columns.extend([Arc::new(Date32Array::from(days)) as ArrayRef, Arc::new(values)]);
    batch(&tables::forecast_actuals(&job.settings), columns)
}

fn paths(job: &Job, panel: &Panel, horizon: usize) -> Result<RecordBatch> {
    let to = job.settings.forecast.to.map_or(Day::MAX, day_of);
    let origins = |series: &KeySeries| served(job, series).0.iter().filter(|&&day| day <= to).count();
    let mut columns = key_columns(job, panel, &origins);
    let (mut days, mut known) = (Vec::new(), Vec::new());
    let mut ahead: Vec<Vec<Option<f32>>> = vec![Vec::new(); horizon];
    for series in panel.keys.values() {
        let (sessions, target) = served(job, series);
        for (position, &origin) in sessions.iter().enumerate().take(origins(series)) {
            days.push(origin);
            known.push((sessions.len() - position - 1).min(horizon) as i32);
            for (h, column) in ahead.iter_mut().enumerate() {
                let value = target.get(position + h + 1).filter(|value| !value.is_nan());
                column.push(value.map(|&value| value as f32));
            }
        }
    }
    columns.push(Arc::new(Date32Array::from(days)));
    columns.extend(ahead.into_iter().map(|values| Arc::new(Float32Array::from(values)) as ArrayRef));
    columns.push(integers(known));
    batch(&tables::actual_paths(&job.settings, horizon), columns)
}
