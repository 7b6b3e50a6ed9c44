//! The point rows of one cell, as forecasts.

use std::collections::BTreeMap;

use almanac_models::{Day, Summary};
use arrow::array::{Array, AsArray, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::Float64Type;
use futures::TryStreamExt;

use super::read;
use super::sources::{CellFiles, Sources};
use crate::delta::content::{self, Content};
use crate::plan::job::key_text;
use crate::plan::rows::Rows;
use crate::settings::LONGEST_HORIZON;
use crate::{EngineError, Result};

/// A key's text and an origin.
pub(crate) type Identity = (String, Day);

/// One forecast's point rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forecast {
    /// Point, mean and interval ends by day; NaN for a day without a row.
    pub(crate) summary: Summary,
    pub(crate) has_data_leakage: bool,
    pub(crate) inference_seconds: f64,
}

impl Forecast {
    /// Days ahead.
    pub(crate) fn horizon(&self) -> usize {
        self.summary.point.len()
    }
}

/// The forecasts of one cell, and the content of the rows they were read from.
pub(crate) struct Forecasts {
    pub(crate) by_identity: BTreeMap<Identity, Forecast>,
    pub(crate) content: Content,
}

/// Reads a cell's point rows.
pub(crate) async fn load(sources: &Sources, files: &CellFiles) -> Result<Forecasts> {
    let mut forecasts = Forecasts { by_identity: BTreeMap::new(), content: Content::EMPTY };
    for file in &files.points {
        let mut rows = read::file(&sources.warehouse, &sources.points, file, |_| true).await?;
        while let Some(batch) = rows.try_next().await? {
            forecasts.content = forecasts.content.and(content::of_batch(&batch)?);
            add(sources, &batch, &mut forecasts.by_identity)?;
        }
    }
    Ok(forecasts)
}

/// The key columns of a batch.
pub(crate) fn key_columns<'a>(sources: &Sources, batch: &'a RecordBatch) -> Result<Vec<&'a StringArray>> {
    let rows = Rows::batch(batch);
    let text = |name: &String| {
        let array = rows.array(name)?.as_string_opt::<i32>();
        array.ok_or_else(|| EngineError::Internal(format!("column {name} is not text")))
    };
    sources.job.settings.dataset.key.iter().map(text).collect()
}

/// The key's text in one row.
pub(crate) fn key_at(columns: &[&StringArray], row: usize) -> String {
    key_text(&columns.iter().map(|column| column.value(row)).collect::<Vec<_>>())
}

fn add(sources: &Sources, batch: &RecordBatch, into: &mut BTreeMap<Identity, Forecast>) -> Result<()> {
    let keys = key_columns(sources, batch)?;
    let rows = Rows::batch(batch);
    let number = |name: &str| {
        let array = rows.array(name)?.as_primitive_opt::<Float64Type>();
        array.ok_or_else(|| EngineError::Internal(format!("column {name} is not a double")))
    };
    let (point, mean, std) = (number("forecast_point")?, number("forecast_mean")?, number("forecast_std")?);
    let levels = &sources.job.settings.forecast.levels;
    // files of a model version with fewer levels lack the columns of the others
    let end = |name: String| match batch.schema_ref().column_with_name(&name) {
        Some(_) => number(&name).map(Some),
        None => Ok(None),
    };
    let ends = |side: &str| levels.iter().map(|level| end(format!("{side}_{level}"))).collect::<Result<Vec<_>>>();
    let (lower, upper) = (ends("lower")?, ends("upper")?);
    let seconds = number("inference_seconds")?;
    for row in 0..batch.num_rows() {
        let day = usize::try_from(rows.integer("day_ahead", row)?).unwrap_or(0);
        if !(1..=LONGEST_HORIZON).contains(&day) {
            return Err(EngineError::Internal(format!("{} holds day_ahead {day}", sources.points.full_name())));
        }
        let forecast = into.entry((key_at(&keys, row), rows.day("data_cutoff_date", row)?)).or_default();
        let summary = &mut forecast.summary;
        summary.lower.resize_with(levels.len(), Vec::new);
        summary.upper.resize_with(levels.len(), Vec::new);
        put(&mut summary.point, day, point.value(row));
        put(&mut summary.mean, day, mean.value(row));
        put(&mut summary.std, day, std.value(row));
        for level in 0..levels.len() {
            put(&mut summary.lower[level], day, end_at(lower[level], row));
            put(&mut summary.upper[level], day, end_at(upper[level], row));
        }
        forecast.has_data_leakage |= rows.flag("has_data_leakage", row)?;
        forecast.inference_seconds = seconds.value(row);
    }
    Ok(())
}

/// The end of an interval; NaN of a model version without its level.
fn end_at(ends: Option<&Float64Array>, row: usize) -> f64 {
    ends.filter(|ends| ends.is_valid(row)).map_or(f64::NAN, |ends| ends.value(row))
}

fn put(values: &mut Vec<f64>, day: usize, value: f64) {
    if values.len() < day {
        values.resize(day, f64::NAN);
    }
    values[day - 1] = value;
}
