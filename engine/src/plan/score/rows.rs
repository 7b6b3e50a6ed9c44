//! Score rows as columns of `forecast.forecast_metadata`.

use std::sync::Arc;

use almanac_models::score::{Scope, ScoreRow};
use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::SchemaRef;

use super::forecasts::{Forecast, Identity};
use crate::cell::Cell;
use crate::plan::job::key_values;
use crate::plan::rows::{days, integers, texts};
use crate::{EngineError, Result};

/// Rows that wait to be written, all of one cell.
pub(super) struct ScoreRows {
    cell: Cell,
    inputs_hash: String,
    schema: SchemaRef,
    keys: Vec<Vec<String>>,
    origins: Vec<i32>,
    horizons: Vec<i32>,
    scopes: Vec<&'static str>,
    available: Vec<i32>,
    /// In the order of `tables::score_columns`.
    scores: Vec<Vec<f64>>,
    leaks: Vec<bool>,
    seconds: Vec<f64>,
}

/// The scores of a row, in the order of `tables::score_columns`.
fn numbers(row: &ScoreRow) -> impl Iterator<Item = f64> {
    let head = [row.mae, row.rmse, row.mape, row.wape, row.smape, row.mase, row.bias, row.crps, row.pinball];
    let tail =
        [row.interval_score, row.pit.unwrap_or(f64::NAN), row.direction_last_close, row.direction_day1, row.ties];
    head.into_iter().chain(row.coverage.iter().copied()).chain(row.sharpness.iter().copied()).chain(tail)
}

pub(super) fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::At => "at",
        Scope::Through => "through",
    }
}

impl ScoreRows {
    /// For `keys` key columns, `scores` score columns and the table's file columns.
    pub(super) fn new(cell: &Cell, inputs_hash: &str, keys: usize, scores: usize, schema: SchemaRef) -> Self {
        Self {
            cell: cell.clone(),
            inputs_hash: inputs_hash.to_owned(),
            schema,
            keys: vec![Vec::new(); keys],
            origins: Vec::new(),
            horizons: Vec::new(),
            scopes: Vec::new(),
            available: Vec::new(),
            scores: vec![Vec::new(); scores],
            leaks: Vec::new(),
            seconds: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.origins.len()
    }

    pub(super) fn push(&mut self, (key, origin): &Identity, forecast: &Forecast, rows: &[ScoreRow]) {
        for row in rows {
            for (column, value) in self.keys.iter_mut().zip(key_values(key)) {
                column.push(value.to_owned());
            }
            self.origins.push(*origin);
            self.horizons.push(row.horizon as i32);
            self.scopes.push(scope_name(row.scope));
            self.available.push(row.actuals_available as i32);
            for (column, value) in self.scores.iter_mut().zip(numbers(row)) {
                column.push(value);
            }
            self.leaks.push(forecast.has_data_leakage);
            self.seconds.push(forecast.inference_seconds);
        }
    }

    /// The waiting rows as a batch; none wait afterwards.
    pub(super) fn take(&mut self) -> Result<RecordBatch> {
        let rows = self.len();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for key in &mut self.keys {
            columns.push(Arc::new(StringArray::from(std::mem::take(key))));
        }
        columns.extend([
            texts(&self.cell.model_version, rows),
            days(self.cell.training_cutoff_date, rows),
            Arc::new(Date32Array::from(std::mem::take(&mut self.origins))) as ArrayRef,
            integers(std::mem::take(&mut self.horizons)),
            Arc::new(StringArray::from(std::mem::take(&mut self.scopes))),
            integers(std::mem::take(&mut self.available)),
        ]);
        for score in &mut self.scores {
            let known = std::mem::take(score).into_iter().map(|value| (!value.is_nan()).then_some(value));
            columns.push(Arc::new(known.collect::<Float64Array>()));
        }
        columns.extend([
            Arc::new(BooleanArray::from(std::mem::take(&mut self.leaks))) as ArrayRef,
            texts(&self.inputs_hash, rows),
            Arc::new(Float64Array::from(std::mem::take(&mut self.seconds))),
        ]);
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(EngineError::from_arrow)
    }
}
