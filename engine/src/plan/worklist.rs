//! The worklist: which units a plan computes, in partitions. It carries keys, never histories.

use std::sync::Arc;

use almanac_models::Day;
use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Date32Builder, Int32Array, ListBuilder, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Date32Type, Field, Int32Type, Schema, SchemaRef};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;

use crate::Result;
use crate::cell::Cell;

/// Of a unit's columns, besides texts and days: numbers, offsets and bits.
const FIXED_BYTES: usize = 40;

/// One unit: a key within a cell, and what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The cell it belongs to.
    pub cell: Cell,
    /// Text of the key.
    pub key: String,
    /// First and last origin asked for; for a fit both are the window's start.
    pub origins: (Day, Day),
    /// If not every session between them is asked for: those that are.
    pub only: Option<Vec<Day>>,
    /// Whether paths are to be written.
    pub paths: bool,
    /// Whether points are to be written.
    pub points: bool,
}

impl Unit {
    /// The origins among `sessions`.
    pub fn select(&self, sessions: &[Day]) -> Vec<Day> {
        let within = |day: &&Day| self.origins.0 <= **day && **day <= self.origins.1;
        let asked = |day: &&Day| self.only.as_ref().is_none_or(|only| only.binary_search(day).is_ok());
        sessions.iter().filter(within).filter(asked).copied().collect()
    }

    /// About what it takes in a plan that is sent.
    pub fn bytes(&self) -> usize {
        let texts = self.cell.model_name.len() + self.cell.model_version.len() + self.key.len();
        let days = self.only.as_ref().map_or(0, Vec::len);
        FIXED_BYTES + texts + days * size_of::<Day>()
    }
}

/// Columns of the worklist.
pub fn schema() -> SchemaRef {
    let dates = DataType::List(Arc::new(Field::new_list_field(DataType::Date32, true)));
    Arc::new(Schema::new(vec![
        Field::new("model_name", DataType::Utf8, false),
        Field::new("model_version", DataType::Utf8, false),
        Field::new("key_bucket", DataType::Int32, false),
        Field::new("training_cutoff_date", DataType::Date32, false),
        Field::new("key", DataType::Utf8, false),
        Field::new("first_origin", DataType::Date32, false),
        Field::new("last_origin", DataType::Date32, false),
        Field::new("only", dates, true),
        Field::new("paths", DataType::Boolean, false),
        Field::new("points", DataType::Boolean, false),
    ]))
}

/// A memory source with one partition per list of units. It is sliced per task by a cluster, unlike a custom leaf.
///
/// # Errors
/// Arrow errors.
pub fn source(partitions: &[Vec<Unit>]) -> Result<Arc<DataSourceExec>> {
    let batches: Vec<Vec<RecordBatch>> =
        partitions.iter().map(|units| Ok(vec![encode(units)?])).collect::<Result<_>>()?;
    Ok(MemorySourceConfig::try_new_exec(&batches, schema(), None)?)
}

fn encode(units: &[Unit]) -> Result<RecordBatch> {
    let texts = |text: fn(&Unit) -> &str| StringArray::from_iter_values(units.iter().map(text));
    let days = |day: fn(&Unit) -> Day| Date32Array::from_iter_values(units.iter().map(day));
    let mut only = ListBuilder::new(Date32Builder::new());
    for unit in units {
        only.append_option(unit.only.as_ref().map(|days| days.iter().map(|&day| Some(day))));
    }
    let columns: Vec<Arc<dyn Array>> = vec![
        Arc::new(texts(|u| &u.cell.model_name)),
        Arc::new(texts(|u| &u.cell.model_version)),
        Arc::new(Int32Array::from_iter_values(units.iter().map(|u| u.cell.key_bucket))),
        Arc::new(days(|u| u.cell.training_cutoff_date)),
        Arc::new(texts(|u| &u.key)),
        Arc::new(days(|u| u.origins.0)),
        Arc::new(days(|u| u.origins.1)),
        Arc::new(only.finish()),
        Arc::new(units.iter().map(|u| Some(u.paths)).collect::<BooleanArray>()),
        Arc::new(units.iter().map(|u| Some(u.points)).collect::<BooleanArray>()),
    ];
    RecordBatch::try_new(schema(), columns).map_err(crate::EngineError::from_arrow)
}

/// The units of a worklist batch.
pub fn decode(batch: &RecordBatch) -> Vec<Unit> {
    let text = |column: usize| batch.column(column).as_string::<i32>();
    let date = |column: usize| batch.column(column).as_primitive::<Date32Type>();
    let only = batch.column(7).as_list::<i32>();
    (0..batch.num_rows())
        .map(|row| Unit {
            cell: Cell {
                model_name: text(0).value(row).to_owned(),
                model_version: text(1).value(row).to_owned(),
                key_bucket: batch.column(2).as_primitive::<Int32Type>().value(row),
                training_cutoff_date: date(3).value(row),
            },
            key: text(4).value(row).to_owned(),
            origins: (date(5).value(row), date(6).value(row)),
            only: only.is_valid(row).then(|| only.value(row).as_primitive::<Date32Type>().values().to_vec()),
            paths: batch.column(8).as_boolean().value(row),
            points: batch.column(9).as_boolean().value(row),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_survive_the_worklist() {
        let cell = Cell {
            model_name: "naive".into(),
            model_version: "v1".into(),
            key_bucket: 1,
            training_cutoff_date: 17_531,
        };
        let whole =
            Unit { cell, key: "Coffee".into(), origins: (17_532, 17_712), only: None, paths: true, points: true };
        let part = Unit { only: Some(vec![17_540, 17_541]), paths: false, ..whole.clone() };
        let units = vec![whole, part];
        assert!(encode(&units).is_ok_and(|batch| decode(&batch) == units));
    }
}
