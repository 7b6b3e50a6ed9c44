//! Rows as Arrow, ready for their tables.

use std::sync::Arc;

use almanac_engine::tables::TableDef;
use almanac_engine::{EngineError, Result};
use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use serde_json::{Map, Value};

use super::check::Refusal;
use super::layout::Layout;
use super::read::date_text;
use super::rows::{Rows, Text, Values};

/// The rows kept, in the order given, with the columns of `def`. NaN and infinite values that were accepted are null.
pub(super) fn bronze(def: &TableDef, rows: &Rows, kept: &[usize]) -> Result<RecordBatch> {
    let text = |text: &Text| -> ArrayRef { Arc::new(kept.iter().map(|&row| text.get(row)).collect::<StringArray>()) };
    let mut columns: Vec<ArrayRef> =
        vec![Arc::new(Date32Array::from_iter_values(kept.iter().map(|&row| rows.dates[row])))];
    columns.extend(rows.keys.iter().chain(&rows.region).map(text));
    for values in &rows.values {
        columns.push(match values {
            Values::Text(values) => text(values),
            Values::Number(values) => {
                let finite = kept.iter().map(|&row| values[row].filter(|value| value.is_finite()));
                Arc::new(finite.collect::<Float64Array>())
            }
        });
    }
    columns.push(Arc::new(kept.iter().map(|&row| rows.known_at[row]).collect::<Date32Array>()));
    build(def, columns)
}

/// Refused rows with the columns of `bronze.quarantine` but its partition column, in file order.
pub(super) fn quarantine(def: &TableDef, layout: &Layout, rows: &Rows, refused: &[Refusal]) -> Result<RecordBatch> {
    let text =
        |f: &dyn Fn(&Refusal) -> String| -> ArrayRef { Arc::new(StringArray::from_iter_values(refused.iter().map(f))) };
    let columns = vec![
        text(&|refusal| refusal.reason.name().into()),
        text(&|refusal| refusal.detail.clone()),
        text(&|_| layout.file.clone()),
        Arc::new(Int64Array::from_iter_values(refused.iter().map(|refusal| rows.lines[refusal.row] as i64))),
        Arc::new(Date32Array::from_iter_values(refused.iter().map(|refusal| rows.dates[refusal.row]))),
        text(&|refusal| row_json(layout, rows, refusal.row)),
    ];
    build(def, columns)
}

fn build(def: &TableDef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(def.file_columns(), columns).map_err(|error| EngineError::Plan(error.into()))
}

/// The row under the file's column names. JSON has no NaN: such numbers stand as text.
fn row_json(layout: &Layout, rows: &Rows, row: usize) -> String {
    let text = |text: &Text| text.get(row).map_or(Value::Null, Value::from);
    let mut json = Map::new();
    json.insert(layout.date.clone(), Value::from(date_text(rows.dates[row])));
    for ((_, name), key) in layout.keys.iter().zip(&rows.keys) {
        json.insert(name.clone(), text(key));
    }
    if let (Some(name), Some(region)) = (&layout.region, &rows.region) {
        json.insert(name.clone(), text(region));
    }
    for (column, values) in layout.values.iter().zip(&rows.values) {
        let value = match values {
            Values::Text(values) => text(values),
            Values::Number(values) => match values[row] {
                None => Value::Null,
                Some(number) => {
                    serde_json::Number::from_f64(number).map_or_else(|| Value::from(number.to_string()), Value::Number)
                }
            },
        };
        json.insert(column.from.clone(), value);
    }
    if let (Some(name), Some(known_at)) = (&layout.known_at, rows.known_at[row]) {
        json.insert(name.clone(), Value::from(date_text(known_at)));
    }
    Value::Object(json).to_string()
}
