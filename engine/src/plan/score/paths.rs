//! The path rows of one file, forecast by forecast.

use almanac_models::Day;
use arrow::array::{Array, AsArray, Float32Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Float32Type, Int32Type};

use super::forecasts::{Identity, key_at};
use crate::{EngineError, Result};

/// Paths of one forecast, day by day.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    identity: Option<Identity>,
    /// Values by day ahead, each of one value per path.
    days: Vec<Vec<f32>>,
}

/// A run of rows of one forecast within a batch, and whether more rows may follow.
pub(super) struct Run {
    identity: Identity,
    first: usize,
    rows: usize,
}

impl Gathered {
    pub(super) fn new(horizon: usize) -> Self {
        Self { identity: None, days: vec![Vec::new(); horizon] }
    }

    /// Whether rows of another forecast than this run's are held.
    pub(super) fn ends_before(&self, run: &Run) -> bool {
        self.identity.as_ref().is_some_and(|identity| *identity != run.identity)
    }

    /// Adds a run. A day that the file lacks stays empty; a null counts as NaN.
    pub(super) fn add(&mut self, run: Run, values: &Values<'_>) {
        let rows = run.first..run.first + run.rows;
        match values {
            Values::Wide(days) => {
                for (held, day) in self.days.iter_mut().zip(days) {
                    let Some(day) = day else { continue };
                    match day.null_count() {
                        0 => held.extend_from_slice(&day.values()[rows.clone()]),
                        _ => held
                            .extend(rows.clone().map(|row| if day.is_valid(row) { day.value(row) } else { f32::NAN })),
                    }
                }
            }
            Values::Long { day, value } => {
                for row in rows {
                    let held = usize::try_from(day.value(row) - 1).ok().and_then(|h| self.days.get_mut(h));
                    if let Some(held) = held {
                        held.push(value.value(row));
                    }
                }
            }
        }
        self.identity = Some(run.identity);
    }

    /// Hands out what is held: whose, and the paths day-major with their number. Days are cut off at the first that has
    /// no values.
    pub(super) fn take(&mut self, paths: &mut Vec<f32>) -> Option<(Identity, usize)> {
        let identity = self.identity.take()?;
        let n = self.days.first().map_or(0, Vec::len);
        paths.clear();
        for values in self.days.iter().take_while(|values| values.len() == n) {
            paths.extend_from_slice(values);
        }
        for values in &mut self.days {
            values.clear();
        }
        Some((identity, n))
    }
}

/// The runs of a batch. Rows of one forecast stand together.
pub(super) fn runs(keys: &[&StringArray], batch: &RecordBatch) -> Result<Vec<Run>> {
    let origins = batch.column_by_name("data_cutoff_date").and_then(|array| array.as_primitive_opt::<Date32Type>());
    let origins = origins.ok_or_else(|| EngineError::Internal("no column data_cutoff_date".into()))?;
    let origins: &[Day] = origins.values();
    let mut runs = Vec::new();
    let mut first = 0;
    while first < batch.num_rows() {
        let same =
            |row: &usize| origins[*row] == origins[first] && keys.iter().all(|key| key.value(*row) == key.value(first));
        let rows = (first..batch.num_rows()).take_while(same).count();
        runs.push(Run { identity: (key_at(keys, first), origins[first]), first, rows });
        first += rows;
    }
    Ok(runs)
}

/// The values of a batch, in the form of its table.
pub(super) enum Values<'a> {
    /// The columns `day_1` … `day_H`, as far as the file has them.
    Wide(Vec<Option<&'a Float32Array>>),
    /// The days and their values, row by row.
    Long {
        /// Day ahead.
        day: &'a Int32Array,
        /// Value of one path on it.
        value: &'a Float32Array,
    },
}

impl<'a> Values<'a> {
    /// The values of the first `horizon` days ahead.
    pub(super) fn of(batch: &'a RecordBatch, horizon: usize) -> Self {
        let floats = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Float32Type>();
        let day = batch.column_by_name("day_ahead").and_then(|days| days.as_primitive_opt::<Int32Type>());
        match (day, floats("value")) {
            (Some(day), Some(value)) => Self::Long { day, value },
            _ => Self::Wide((1..=horizon).map(|h| floats(&format!("day_{h}"))).collect()),
        }
    }

    /// Whether a column holds values of the first `horizon` days, in either form.
    pub(super) fn are_in(column: &str, horizon: usize) -> bool {
        let day = column.strip_prefix("day_").and_then(|h| h.parse::<usize>().ok());
        matches!(column, "day_ahead" | "value") || day.is_some_and(|h| h <= horizon)
    }
}
