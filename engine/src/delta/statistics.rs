//! File statistics as Delta keeps them: a JSON text per file, exact for the columns of [`TableDef::statistics`].

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Date32Type, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use serde_json::{Map, Value, json};

use crate::Result;

/// Running statistics of one file.
#[derive(Debug, Default)]
pub(super) struct FileStatistics {
    pub(super) rows: u64,
    columns: BTreeMap<String, ColumnStatistics>,
}

#[derive(Debug, Default)]
struct ColumnStatistics {
    nulls: u64,
    range: Option<(ScalarValue, ScalarValue)>,
}

impl FileStatistics {
    pub(super) fn new(columns: &[String]) -> Self {
        let columns = columns.iter().map(|name| (name.clone(), ColumnStatistics::default())).collect();
        Self { rows: 0, columns }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        for (name, column) in &mut self.columns {
            let Some(values) = batch.column_by_name(name) else { continue };
            column.nulls += values.null_count() as u64;
            let Some((low, high)) = range(values)? else { continue };
            column.range = Some(match column.range.take() {
                None => (low, high),
                Some((min, max)) => (if low < min { low } else { min }, if high > max { high } else { max }),
            });
        }
        Ok(())
    }

    /// The `stats` text of a Delta `add` action.
    pub(super) fn to_json(&self) -> String {
        let (mut min, mut max, mut nulls) = (Map::new(), Map::new(), Map::new());
        for (name, column) in &self.columns {
            nulls.insert(name.clone(), json!(column.nulls));
            let Some((low, high)) = &column.range else { continue };
            if let (Some(low), Some(high)) = (to_value(low), to_value(high)) {
                min.insert(name.clone(), low);
                max.insert(name.clone(), high);
            }
        }
        json!({ "numRecords": self.rows, "minValues": min, "maxValues": max, "nullCount": nulls }).to_string()
    }
}

/// Least and greatest value; none for types without an exact text form in Delta statistics.
fn range(values: &ArrayRef) -> Result<Option<(ScalarValue, ScalarValue)>> {
    use arrow::compute::{max, max_string, min, min_string};
    use arrow::datatypes::{Int32Type, Int64Type};
    if values.null_count() == values.len() {
        return Ok(None);
    }
    Ok(match values.data_type() {
        DataType::Utf8 => {
            let texts = values.as_string::<i32>();
            if is_constant(texts) {
                let value = ScalarValue::from(texts.value(0));
                return Ok(Some((value.clone(), value)));
            }
            min_string(texts).zip(max_string(texts)).map(|(low, high)| (low.into(), high.into()))
        }
        DataType::Int32 => {
            let numbers = values.as_primitive::<Int32Type>();
            min(numbers).zip(max(numbers)).map(|(low, high)| (low.into(), high.into()))
        }
        DataType::Int64 => {
            let numbers = values.as_primitive::<Int64Type>();
            min(numbers).zip(max(numbers)).map(|(low, high)| (low.into(), high.into()))
        }
        DataType::Date32 => {
            let days = values.as_primitive::<Date32Type>();
            min(days)
                .zip(max(days))
                .map(|(low, high)| (ScalarValue::Date32(Some(low)), ScalarValue::Date32(Some(high))))
        }
        _ => None,
    })
}

/// Whether every text is the first one, seen by one comparison of the buffer with itself, shifted by one text.
fn is_constant(texts: &StringArray) -> bool {
    if texts.null_count() > 0 || texts.is_empty() {
        return false;
    }
    let offsets = texts.value_offsets();
    let length = offsets[1] - offsets[0];
    if offsets.windows(2).any(|pair| pair[1] - pair[0] != length) {
        return false;
    }
    let bytes = &texts.value_data()[offsets[0] as usize..offsets[texts.len()] as usize];
    bytes[length as usize..] == bytes[..bytes.len() - length as usize]
}

fn to_value(scalar: &ScalarValue) -> Option<Value> {
    match scalar {
        ScalarValue::Utf8(Some(text)) => Some(json!(text)),
        ScalarValue::Int32(Some(number)) => Some(json!(number)),
        ScalarValue::Int64(Some(number)) => Some(json!(number)),
        ScalarValue::Date32(Some(day)) => Date32Type::to_naive_date_opt(*day).map(|date| json!(date.to_string())),
        _ => None,
    }
}

/// What a `stats` text says: rows, and for each column of known type its least and greatest value.
#[derive(Debug, Default)]
pub(super) struct ReadStatistics {
    pub(super) rows: Option<u64>,
    pub(super) min: BTreeMap<String, ScalarValue>,
    pub(super) max: BTreeMap<String, ScalarValue>,
}

/// Values of a wrong type or form are left out: statistics are a help, never a reason to fail.
pub(super) fn parse(stats: &str, schema: &SchemaRef) -> ReadStatistics {
    let Ok(Value::Object(stats)) = serde_json::from_str::<Value>(stats) else { return ReadStatistics::default() };
    let values = |key: &str| -> BTreeMap<String, ScalarValue> {
        let Some(Value::Object(values)) = stats.get(key) else { return BTreeMap::new() };
        let typed = values.iter().filter_map(|(name, value)| {
            let field = schema.field_with_name(name).ok()?;
            Some((name.clone(), from_value(value, field.data_type())?))
        });
        typed.collect()
    };
    ReadStatistics {
        rows: stats.get("numRecords").and_then(Value::as_u64),
        min: values("minValues"),
        max: values("maxValues"),
    }
}

fn from_value(value: &Value, kind: &DataType) -> Option<ScalarValue> {
    match kind {
        DataType::Utf8 => value.as_str().map(ScalarValue::from),
        DataType::Int32 => value.as_i64().and_then(|number| i32::try_from(number).ok()).map(ScalarValue::from),
        DataType::Int64 => value.as_i64().map(ScalarValue::from),
        DataType::Date32 => {
            let date = value.as_str()?.parse::<chrono::NaiveDate>().ok()?;
            Some(ScalarValue::Date32(Some(Date32Type::from_naive_date(date))))
        }
        _ => None,
    }
}
