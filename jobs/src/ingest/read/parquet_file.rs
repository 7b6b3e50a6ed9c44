//! Parquet: only the columns wanted are read; types must fit without guessing.

use std::fs::File;
use std::path::Path;

use almanac_engine::{EngineError, Result};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::super::layout::{Layout, Located};
use super::super::rows::{Rows, Text, Values};
use super::{parse_date, storage};

pub(super) fn read(layout: &Layout, path: &Path) -> Result<Rows> {
    let not_parquet =
        |error: &dyn std::fmt::Display| layout.refuse(None, None, format!("not readable as Parquet: {error}"));
    let file = File::open(path).map_err(|error| storage(path, error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| not_parquet(&error))?;
    let header: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let located = layout.locate(&header)?;
    let mut roots: Vec<usize> = located.keys.iter().chain(&located.values).copied().collect();
    roots.extend([Some(located.date), located.known_at, located.region].into_iter().flatten());
    roots.sort_unstable();
    roots.dedup();
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
    let reader = builder.with_projection(mask).build().map_err(|error| not_parquet(&error))?;
    let located = located.projected(&roots);
    let values = layout.values.iter().map(|column| match column.texts {
        Some(_) => Values::Text(Text::default()),
        None => Values::Number(Vec::new()),
    });
    let mut rows = Rows {
        lines: Vec::new(),
        dates: Vec::new(),
        known_at: Vec::new(),
        keys: vec![Text::default(); layout.keys.len()],
        region: layout.region.as_ref().map(|_| Text::default()),
        values: values.collect(),
    };
    for batch in reader {
        let batch = batch.map_err(|error| not_parquet(&error))?;
        push(layout, &located, &mut rows, &batch)?;
    }
    Ok(rows)
}

impl Located {
    /// Positions among the projected columns instead of those of the file.
    fn projected(&self, roots: &[usize]) -> Self {
        let place = |root: usize| roots.binary_search(&root).unwrap_or(root);
        Self {
            date: place(self.date),
            known_at: self.known_at.map(place),
            keys: self.keys.iter().copied().map(place).collect(),
            region: self.region.map(place),
            values: self.values.iter().copied().map(place).collect(),
        }
    }
}

fn push(layout: &Layout, located: &Located, rows: &mut Rows, batch: &RecordBatch) -> Result<()> {
    let first = rows.len();
    let dates = dates(layout, &layout.date, batch.column(located.date), first)?;
    for (i, date) in dates.iter().enumerate() {
        let line = line_of(first, i);
        let Some(date) = date else {
            return Err(layout.refuse(Some(line), Some(&layout.date), "unparsable date: null").of_value("null"));
        };
        rows.lines.push(line);
        rows.dates.push(*date);
    }
    match (located.known_at, &layout.known_at) {
        (Some(place), Some(column)) => rows.known_at.extend(self::dates(layout, column, batch.column(place), first)?),
        _ => rows.known_at.extend(dates.iter().map(|date| date.map(|date| date.saturating_add(layout.lag_days)))),
    }
    for ((place, column), (_, name)) in located.keys.iter().zip(&mut rows.keys).zip(&layout.keys) {
        push_texts(layout, name, batch.column(*place), column)?;
    }
    if let (Some(place), Some(column), Some(name)) = (located.region, &mut rows.region, &layout.region) {
        push_texts(layout, name, batch.column(place), column)?;
    }
    for ((place, values), wanted) in located.values.iter().zip(&mut rows.values).zip(&layout.values) {
        let array = batch.column(*place);
        match values {
            Values::Number(numbers) => numbers.extend(self::numbers(layout, &wanted.from, array)?),
            Values::Text(column) => {
                push_texts(layout, &wanted.from, array, column)?;
                let known = |text: &str| wanted.texts.iter().flatten().any(|known| known == text);
                let unknown = (first..rows.lines.len()).find(|row| column.get(*row).is_some_and(|text| !known(text)));
                if let Some(row) = unknown {
                    let value = column.get(row).unwrap_or_default();
                    let message = format!("value {value:?} is not in the column's map; add it or correct the file");
                    return Err(layout.refuse(Some(rows.lines[row]), Some(&wanted.from), message).of_value(value));
                }
            }
        }
    }
    Ok(())
}

fn line_of(first: usize, i: usize) -> u64 {
    (first + i + 1) as u64
}

fn dates(layout: &Layout, column: &str, array: &ArrayRef, first: usize) -> Result<Vec<Option<i32>>> {
    match array.data_type() {
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _) => {
            // With a zone, the date as that zone shows it.
            let array = cast(array, &DataType::Date32).map_err(arrow_error)?;
            Ok(array.as_primitive::<Date32Type>().iter().collect())
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let array = cast(array, &DataType::Utf8).map_err(arrow_error)?;
            let parse = |(i, text): (usize, Option<&str>)| match text {
                None => Ok(None),
                Some(text) => parse_date(text).map(Some).ok_or_else(|| {
                    let message = format!("unparsable date {text:?}; YYYY-MM-DD is needed");
                    layout.refuse(Some(line_of(first, i)), Some(column), message).of_value(text)
                }),
            };
            array.as_string::<i32>().iter().enumerate().map(parse).collect()
        }
        other => Err(wrong_type(layout, column, other, "not a date")),
    }
}

fn numbers(layout: &Layout, column: &str, array: &ArrayRef) -> Result<Vec<Option<f64>>> {
    let kind = array.data_type();
    if !(kind.is_numeric() || matches!(kind, DataType::Boolean | DataType::Null)) {
        return Err(wrong_type(layout, column, kind, "not a number"));
    }
    let array = cast(array, &DataType::Float64).map_err(arrow_error)?;
    Ok(array.as_primitive::<Float64Type>().iter().collect())
}

fn push_texts(layout: &Layout, column: &str, array: &ArrayRef, into: &mut Text) -> Result<()> {
    let kind = array.data_type();
    let texts = matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _));
    if !(texts || kind.is_integer() || matches!(kind, DataType::Boolean | DataType::Null)) {
        return Err(wrong_type(layout, column, kind, "neither text nor whole number"));
    }
    let array = cast(array, &DataType::Utf8).map_err(arrow_error)?;
    array.as_string::<i32>().iter().for_each(|text| into.push(text.map(str::trim)));
    Ok(())
}

fn wrong_type(layout: &Layout, column: &str, kind: &DataType, what: &str) -> EngineError {
    layout.refuse(None, Some(column), format!("wrong type: {kind} is {what}")).of_value(kind.to_string())
}

fn arrow_error(error: arrow::error::ArrowError) -> EngineError {
    EngineError::Plan(error.into())
}
