//! Observations of bronze, ready to be laid on a spine of days.

use std::collections::BTreeMap;

use almanac_models::Day;
use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Float64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type};
use arrow::record_batch::RecordBatch;

use crate::settings::{Column, Settings, Source};
use crate::tables_input::{bronze_names, source_keys};
use crate::{EngineError, Result};

/// The region of rows that have none.
pub(crate) const NO_REGION: &str = "-";

/// Rows of one source for one key and region, ordered by the day from which they may be seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Track {
    /// First day on which the row may be seen: its date, or `known_at` if later.
    pub(crate) visible: Vec<Day>,
    pub(crate) dates: Vec<Day>,
    pub(crate) known_at: Vec<Day>,
    /// Scaled and mapped values, one vector per column of the source; NaN where null.
    pub(crate) columns: Vec<Vec<f64>>,
}

impl Track {
    fn sort(&mut self) {
        let order_of = |i: usize| (self.visible[i], self.dates[i]);
        if (1..self.dates.len()).all(|i| order_of(i - 1) <= order_of(i)) {
            return;
        }
        let mut order: Vec<usize> = (0..self.dates.len()).collect();
        order.sort_by_key(|&i| order_of(i));
        let days = |days: &[Day]| order.iter().map(|&i| days[i]).collect();
        (self.visible, self.dates, self.known_at) = (days(&self.visible), days(&self.dates), days(&self.known_at));
        for column in &mut self.columns {
            *column = order.iter().map(|&i| column[i]).collect();
        }
    }
}

/// All tracks of one source: by the keys it carries, then by region.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceTracks {
    /// For each key of the source its place among the dataset's keys.
    pub(crate) key_places: Vec<usize>,
    pub(crate) tracks: BTreeMap<Vec<String>, BTreeMap<String, Track>>,
}

impl SourceTracks {
    /// An empty set for `source`.
    pub(crate) fn new(settings: &Settings, source: &Source) -> Self {
        let places = source_keys(settings, source).filter_map(|key| settings.dataset.key.iter().position(|k| k == key));
        Self { key_places: places.collect(), tracks: BTreeMap::new() }
    }

    /// Tracks that hold for a dataset key, by region.
    pub(crate) fn of_key(&self, key: &[String]) -> Option<&BTreeMap<String, Track>> {
        let part: Vec<String> = self.key_places.iter().map(|place| key[*place].clone()).collect();
        self.tracks.get(&part)
    }

    /// Adds rows of the bronze table; call [`Self::finish`] after the last.
    ///
    /// # Errors
    /// [`EngineError::Input`] for a text that the column's map does not know.
    pub(crate) fn add(&mut self, settings: &Settings, source: &Source, batch: &RecordBatch) -> Result<()> {
        let names = source_keys(settings, source).map(|key| text(batch, key));
        let mut keys: Vec<StringArray> = names.collect::<Result<_>>()?;
        let has_region = source.region.is_some();
        keys.extend(has_region.then(|| text(batch, "region")).transpose()?);
        let (dates, known_at) = (days(batch, "date")?, days(batch, "known_at")?);
        let columns = source.columns.iter().zip(bronze_names(settings, source));
        let columns: Vec<Float64Array> =
            columns.map(|(column, name)| values(source, column, batch, &name)).collect::<Result<_>>()?;
        let same = |a: usize, b: usize| keys.iter().all(|key| key.value(a) == key.value(b));
        let mut start = 0;
        while start < batch.num_rows() {
            let end = (start + 1..batch.num_rows()).find(|&row| !same(start, row)).unwrap_or(batch.num_rows());
            let mut name: Vec<String> = keys.iter().map(|key| key.value(start).to_owned()).collect();
            let region = if has_region { name.pop() } else { None }.unwrap_or_else(|| NO_REGION.to_owned());
            let track = self.tracks.entry(name).or_default().entry(region).or_default();
            track.columns.resize(columns.len(), Vec::new());
            for row in start..end {
                let (date, known_at) = (dates.value(row), known_at.value(row));
                track.visible.push(date.max(known_at));
                track.dates.push(date);
                track.known_at.push(known_at);
            }
            for (into, column) in track.columns.iter_mut().zip(&columns) {
                into.extend((start..end).map(|row| if column.is_null(row) { f64::NAN } else { column.value(row) }));
            }
            start = end;
        }
        Ok(())
    }

    /// Orders every track.
    pub(crate) fn finish(&mut self) {
        self.tracks.values_mut().flat_map(BTreeMap::values_mut).for_each(Track::sort);
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| EngineError::Internal(format!("bronze column {name} was not read")))
}

/// A text column, whatever text type the reader chose.
pub(crate) fn text(batch: &RecordBatch, name: &str) -> Result<StringArray> {
    Ok(as_kind(column(batch, name)?, &DataType::Utf8)?.as_string::<i32>().clone())
}

fn days(batch: &RecordBatch, name: &str) -> Result<Date32Array> {
    Ok(as_kind(column(batch, name)?, &DataType::Date32)?.as_primitive::<Date32Type>().clone())
}

fn as_kind(array: &ArrayRef, kind: &DataType) -> Result<ArrayRef> {
    cast(array, kind).map_err(|error| EngineError::Plan(error.into()))
}

fn values(source: &Source, wanted: &Column, batch: &RecordBatch, name: &str) -> Result<Float64Array> {
    let scale = wanted.scale.unwrap_or(1.0);
    if wanted.map.is_empty() {
        let numbers = as_kind(column(batch, name)?, &DataType::Float64)?;
        let numbers = numbers.as_primitive::<Float64Type>();
        return Ok(if wanted.scale.is_none() { numbers.clone() } else { numbers.unary(|value| value * scale) });
    }
    let texts = text(batch, name)?;
    let number = |text: Option<&str>| match text {
        None => Ok(None),
        Some(text) => wanted.map.get(text).map(|value| Some(value * scale)).ok_or_else(|| EngineError::Input {
            place: format!("bronze.{}, column {name}", source.name),
            value: Some(text.to_owned()),
            message: format!("value {text:?} is not in the column's map; add it or ingest again"),
        }),
    };
    texts.iter().map(number).collect()
}
