//! Rows of `forecast.distributions`: the paths of one forecast, in either form.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Array, RecordBatch};
use arrow::datatypes::{Date32Type, Float32Type, SchemaRef};

use crate::cell::Cell;
use crate::plan::job::{Job, SharedJob, key_values};
use crate::plan::rows::{Rows, days, flags, integers, texts, times};
use crate::width::Form;
use crate::{EngineError, Result};

/// Rows that are built at once: small enough to stay in a core's cache until they are encoded.
const WIDE_ROWS: usize = 4 << 10;
/// Rows of the long form that are built at once, in whole days.
const LONG_ROWS: usize = 128 << 10;

/// Columns that are the same in every row of a cell, built once.
pub(super) struct Constants {
    /// As many rows as most batches have.
    columns: [ArrayRef; 5],
    job: SharedJob,
    cell: Cell,
}

impl Constants {
    pub(super) fn new(job: &SharedJob, cell: &Cell) -> Self {
        let rows = WIDE_ROWS.min(job.settings.forecast.paths);
        Self { columns: Self::of(job, cell, rows), job: Arc::clone(job), cell: cell.clone() }
    }

    /// Model version, training cutoff, data version, generation time and run, so many times.
    fn of(job: &Job, cell: &Cell, rows: usize) -> [ArrayRef; 5] {
        [
            texts(&cell.model_version, rows),
            days(cell.training_cutoff_date, rows),
            texts(&job.data_version(), rows),
            times(job.generated_at, rows),
            texts(&job.run_id, rows),
        ]
    }

    fn rows(&self, rows: usize) -> [ArrayRef; 5] {
        match rows <= self.columns[0].len() {
            true => self.columns.each_ref().map(|column| column.slice(0, rows)),
            false => Self::of(&self.job, &self.cell, rows),
        }
    }
}

/// The paths of one forecast and what all of their rows share.
pub(super) struct PathRows<'a> {
    constants: &'a Constants,
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
        constants: &'a Constants,
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
            constants,
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
        // a batch holds some days of all paths, or all days of some
        let (step, end) = match long {
            true => ((LONG_ROWS / paths.max(1)).max(1), self.horizon),
            false => (WIDE_ROWS, paths),
        };
        (0..end).step_by(step).map(move |first| {
            let part = first..(first + step).min(end);
            let own = if long { self.long(part, paths) } else { self.wide(part, paths) };
            self.with_shared(schema, own)
        })
    }

    /// Path and day ahead with its value, of some days.
    fn long(&self, days: Range<usize>, paths: usize) -> Vec<ArrayRef> {
        let values = self.values.slice(days.start * paths, days.len() * paths);
        let each = days.clone().flat_map(|day| std::iter::repeat_n(day as i32 + 1, paths));
        let numbers = days.flat_map(|_| 1..=paths as i32);
        vec![integers(numbers), integers(each), Arc::new(values)]
    }

    /// Path and its value on every day, of some paths.
    fn wide(&self, part: Range<usize>, paths: usize) -> Vec<ArrayRef> {
        let numbers = integers(part.start as i32 + 1..=part.end as i32);
        let day = |h: usize| Arc::new(self.values.slice(h * paths + part.start, part.len())) as ArrayRef;
        std::iter::once(numbers).chain((0..self.horizon).map(day)).collect()
    }

    fn with_shared(&self, schema: &SchemaRef, own: Vec<ArrayRef>) -> Result<RecordBatch> {
        let n = own.first().map_or(0, |column| column.len());
        let [model_version, cutoff, data_version, generated_at, run] = self.constants.rows(n);
        let mut columns: Vec<ArrayRef> = self.key.iter().map(|value| texts(value, n)).collect();
        columns.extend([model_version, cutoff, days(self.origin, n), days(self.start, n)]);
        columns.extend(own);
        columns.extend([flags(self.leaks, n), data_version, generated_at, run]);
        RecordBatch::try_new(Arc::clone(schema), columns).map_err(EngineError::from_arrow)
    }
}
