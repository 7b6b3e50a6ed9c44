//! Long files in Parquet: the same three columns, dates and times in any type that reads as text.

use std::fs::File;
use std::path::Path;

use almanac_engine::Result;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::long::{COLUMNS, Row, time, unreadable};
use super::{input, storage};

/// The rows of a Parquet file.
pub(super) fn rows(path: &Path) -> Result<Vec<Row>> {
    let not_parquet = |error: &dyn std::fmt::Display| input(path, None, format!("not readable as Parquet: {error}"));
    let file = File::open(path).map_err(|error| storage(path, error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| not_parquet(&error))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), COLUMNS);
    let reader = builder.with_projection(mask).build().map_err(|error| not_parquet(&error))?;
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|error| not_parquet(&error))?;
        let column = |name: &str, kind: &DataType| -> Result<ArrayRef> {
            let refused = |what: String| input(path, None, format!("column {name:?}{what}")).of_value(name);
            let missing = || refused(" is missing; unique_id, ds and y are needed".to_owned());
            let array = batch.column_by_name(name).ok_or_else(missing)?;
            cast(array, kind).map_err(|error| refused(format!(": {error}")))
        };
        let [ids, times, values] =
            [column("unique_id", &DataType::Utf8)?, column("ds", &DataType::Utf8)?, column("y", &DataType::Float64)?];
        let (ids, times) = (ids.as_string::<i32>(), times.as_string::<i32>());
        let values = values.as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let line = Some(rows.len() as u64 + 1);
            let ds = if times.is_null(row) { "" } else { times.value(row) };
            let time = time(ds).ok_or_else(|| input(path, line, format!("ds {}", unreadable(ds))).of_value(ds))?;
            let value = if values.is_null(row) { f64::NAN } else { values.value(row) };
            if value.is_infinite() {
                return Err(input(path, line, format!("y {value} is not a number")).of_value(value.to_string()));
            }
            let id = if ids.is_null(row) { "" } else { ids.value(row) };
            rows.push(Row { id: id.to_owned(), time, value });
        }
    }
    Ok(rows)
}
