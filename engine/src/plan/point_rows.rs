//! Rows of `forecast.point_forecasts`: one per day ahead.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, SchemaRef};

use crate::cell::Cell;
use crate::plan::job::{SharedJob, key_values};
use crate::plan::rows::{Rows, days, flags, integers, texts, times};
use crate::{EngineError, identity};

/// Point rows of a batch of forecasts.
pub(super) struct PointRows {
    job: SharedJob,
    keys: Vec<Vec<String>>,
    origins: Vec<i32>,
    ahead: Vec<i32>,
    dates: Vec<i32>,
    leaks: Vec<bool>,
    seconds: Vec<f64>,
    /// point, mean, deviation, then lower and upper by level.
    numbers: Vec<Vec<f64>>,
}

impl PointRows {
    pub(super) fn new(job: &SharedJob) -> Self {
        let numbers = 3 + 2 * job.settings.forecast.levels.len();
        Self {
            job: Arc::clone(job),
            keys: vec![Vec::new(); job.settings.dataset.key.len()],
            origins: Vec::new(),
            ahead: Vec::new(),
            dates: Vec::new(),
            leaks: Vec::new(),
            seconds: Vec::new(),
            numbers: vec![Vec::new(); numbers],
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    pub(super) fn push(
        &mut self,
        key: &str,
        rows: &Rows<'_>,
        forecasts: &Rows<'_>,
        row: usize,
        seconds: f64,
    ) -> crate::Result<()> {
        let dates = rows.list("future_days", row)?;
        let dates = dates.as_primitive::<Date32Type>();
        let horizon = dates.len();
        for (column, value) in self.keys.iter_mut().zip(key_values(key)) {
            column.extend(std::iter::repeat_n(value.to_owned(), horizon));
        }
        self.origins.extend(std::iter::repeat_n(rows.day("data_cutoff_date", row)?, horizon));
        self.ahead.extend(1..=horizon as i32);
        self.dates.extend(dates.values());
        self.leaks.extend(std::iter::repeat_n(rows.flag("has_data_leakage", row)?, horizon));
        self.seconds.extend(std::iter::repeat_n(seconds, horizon));
        for (i, name) in ["point", "mean", "std"].into_iter().enumerate() {
            self.numbers[i].extend(forecasts.doubles(name, row)?.values());
        }
        let (lower, upper) = (forecasts.doubles("lower", row)?, forecasts.doubles("upper", row)?);
        for level in 0..self.job.settings.forecast.levels.len() {
            let ends = level * horizon..(level + 1) * horizon;
            self.numbers[3 + 2 * level].extend(&lower.values()[ends.clone()]);
            self.numbers[4 + 2 * level].extend(&upper.values()[ends]);
        }
        Ok(())
    }

    pub(super) fn finish(self, cell: &Cell, schema: SchemaRef) -> crate::Result<RecordBatch> {
        let rows = self.origins.len();
        let config_hash = identity::config_hash(&identity::settings_json(&self.job.settings, &cell.model_name)?);
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
        for key in self.keys {
            columns.push(Arc::new(StringArray::from(key)));
        }
        columns.extend([
            texts(&cell.model_version, rows),
            days(cell.training_cutoff_date, rows),
            Arc::new(Date32Array::from(self.origins)) as ArrayRef,
            integers(self.ahead),
            Arc::new(Date32Array::from(self.dates)),
        ]);
        columns.extend(self.numbers.into_iter().map(|values| Arc::new(Float64Array::from(values)) as ArrayRef));
        columns.extend([
            flags(true, rows),
            Arc::new(BooleanArray::from(self.leaks)) as ArrayRef,
            texts(&config_hash, rows),
            texts(&self.job.data_version(), rows),
            Arc::new(Float64Array::from(self.seconds)),
            times(self.job.generated_at, rows),
            texts(&self.job.run_id, rows),
        ]);
        RecordBatch::try_new(schema, columns).map_err(EngineError::from_arrow)
    }
}
