//! Rows of `forecast.distributions`: the paths of one forecast, in either form.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Array, RecordBatch};
use arrow::datatypes::{Date32Type, Float32Type, SchemaRef};

use crate::cell::Cell;
use crate::plan::job::{Job, key_values};
use crate::plan::rows::{Rows, days, flags, integers, texts, times};
use crate::width::Form;
use crate::{EngineError, Result};

/// Rows of the long form that are built at once, in whole days.
const LONG_ROWS: usize = 128 << 10;

/// The paths of one forecast and what all of their rows share.
pub(super) struct PathRows<'a> {
    job: &'a Job,
    cell: &'a Cell,
    key: Vec<&'a str>,
    origin: i32,
    start: i32,
    leaks: bool,
    horizon: usize,
    /// Day after day, of each the value of every path.
    values: Float32Array,
}

impl<'a> PathRows<'a> {
    /// The forecast in one row of the function's result.
    pub(super) fn new(
        job: &'a Job,
        cell: &'a Cell,
        key: &'a str,
        rows: &Rows<'_>,
        forecasts: &Rows<'_>,
        row: usize,
    ) -> Result<Self> {
        let ahead = rows.list("future_days", row)?;
        let ahead = ahead.as_primitive::<Date32Type>();
        let values = forecasts.list("paths", row)?.as_primitive::<Float32Type>().clone();
        if ahead.is_empty() || values.len() % ahead.len() != 0 {
            let (values, days) = (values.len(), ahead.len());
            return Err(EngineError::Internal(format!("a forecast has {values} values for {days} days")));
        }
        Ok(Self {
            job,
            cell,
            key: key_values(key),
            origin: rows.day("data_cutoff_date", row)?,
            start: ahead.value(0),
            leaks: rows.flag("has_data_leakage", row)?,
            horizon: ahead.len(),
            values,
        })
    }

    /// The rows, in the form and with the columns of `schema`. Memory: one batch of bounded size, or of one day.
    pub(super) fn batches<'b>(&'b self, schema: &'b SchemaRef) -> impl Iterator<Item = Result<RecordBatch>> + 'b {
        let paths = self.values.len() / self.horizon;
        let long = Form::of(schema) == Form::Long;
        // one row per path: all days are in each
        let step = if long { (LONG_ROWS / paths.max(1)).max(1) } else { self.horizon };
        (0..self.horizon).step_by(step).map(move |first| {
            let of_days = first..(first + step).min(self.horizon);
            let values = self.values.slice(of_days.start * paths, of_days.len() * paths);
            let own: Vec<ArrayRef> = match long {
                true => {
                    let each = of_days.clone().flat_map(|day| std::iter::repeat_n(day as i32 + 1, paths));
                    let numbers = of_days.flat_map(|_| 1..=paths as i32);
                    vec![integers(numbers), integers(each), Arc::new(values)]
                }
                false => {
                    let day = |h: usize| Arc::new(values.slice(h * paths, paths)) as ArrayRef;
                    std::iter::once(integers(1..=paths as i32)).chain(of_days.map(day)).collect()
                }
            };
            self.with_shared(schema, own)
        })
    }

    fn with_shared(&self, schema: &SchemaRef, own: Vec<ArrayRef>) -> Result<RecordBatch> {
        let n = own.first().map_or(0, |column| column.len());
        let mut columns: Vec<ArrayRef> = self.key.iter().map(|value| texts(value, n)).collect();
        columns.extend([
            texts(&self.cell.model_version, n),
            days(self.cell.training_cutoff_date, n),
            days(self.origin, n),
            days(self.start, n),
        ]);
        columns.extend(own);
        columns.extend([
            flags(self.leaks, n),
            texts(&self.job.data_version(), n),
            times(self.job.generated_at, n),
            texts(&self.job.run_id, n),
        ]);
        RecordBatch::try_new(Arc::clone(schema), columns).map_err(EngineError::from_arrow)
    }
}
