//! Small helpers for reading a plan's rows and building constant columns.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int32Array, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{ArrowPrimitiveType, Date32Type, Float64Type, Int32Type};

use crate::cell::Cell;
use crate::{EngineError, Result};

/// A batch (or struct) whose columns are read by name.
pub(crate) struct Rows<'a> {
    names: Vec<&'a str>,
    columns: &'a [ArrayRef],
}

impl<'a> Rows<'a> {
    pub(crate) fn batch(batch: &'a RecordBatch) -> Self {
        let names = batch.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
        Self { names, columns: batch.columns() }
    }

    pub(crate) fn nested(array: &'a StructArray) -> Self {
        Self { names: array.column_names(), columns: array.columns() }
    }

    pub(crate) fn array(&self, name: &str) -> Result<&'a ArrayRef> {
        let position = self.names.iter().position(|known| *known == name);
        position.and_then(|i| self.columns.get(i)).ok_or_else(|| EngineError::Internal(format!("no column {name}")))
    }

    fn primitive<T: ArrowPrimitiveType>(&self, name: &str) -> Result<&'a arrow::array::PrimitiveArray<T>> {
        let array = self.array(name)?;
        array
            .as_primitive_opt::<T>()
            .ok_or_else(|| EngineError::Internal(format!("column {name} is {}", array.data_type())))
    }

    pub(crate) fn text(&self, name: &str, row: usize) -> Result<Option<String>> {
        let array = self.array(name)?;
        let array = array.as_string_opt::<i32>();
        let array = array.ok_or_else(|| EngineError::Internal(format!("column {name} is not text")))?;
        Ok(array.is_valid(row).then(|| array.value(row).to_owned()))
    }

    pub(crate) fn number(&self, name: &str, row: usize) -> Result<Option<f64>> {
        let array = self.primitive::<Float64Type>(name)?;
        Ok(array.is_valid(row).then(|| array.value(row)))
    }

    pub(crate) fn day(&self, name: &str, row: usize) -> Result<i32> {
        Ok(self.primitive::<Date32Type>(name)?.value(row))
    }

    pub(crate) fn integer(&self, name: &str, row: usize) -> Result<i32> {
        Ok(self.primitive::<Int32Type>(name)?.value(row))
    }

    pub(crate) fn flag(&self, name: &str, row: usize) -> Result<bool> {
        Ok(self.array(name)?.as_boolean().value(row))
    }

    /// A list's values in one row.
    pub(crate) fn list(&self, name: &str, row: usize) -> Result<ArrayRef> {
        Ok(self.array(name)?.as_list::<i32>().value(row))
    }

    pub(crate) fn doubles(&self, name: &str, row: usize) -> Result<Float64Array> {
        Ok(self.list(name, row)?.as_primitive::<Float64Type>().clone())
    }

    pub(crate) fn cell(&self, row: usize) -> Result<Cell> {
        Ok(Cell {
            model_name: self.text("model_name", row)?.unwrap_or_default(),
            model_version: self.text("model_version", row)?.unwrap_or_default(),
            key_bucket: self.integer("key_bucket", row)?,
            training_cutoff_date: self.day("training_cutoff_date", row)?,
        })
    }
}

/// Why a forecast failed, by code and in words: before the function was called, or in it.
pub(crate) fn failure(rows: &Rows<'_>, forecasts: &Rows<'_>, row: usize) -> Result<Option<(String, Option<String>)>> {
    for place in [rows, forecasts] {
        if let Some(code) = place.text("error_code", row)? {
            let message = match place.text("error_message", row)? {
                Some(message) => Some(message),
                None => forecasts.text("error_message", row)?,
            };
            return Ok(Some((code, message)));
        }
    }
    Ok(None)
}

pub(crate) fn texts(value: &str, rows: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, rows)))
}

pub(crate) fn days(value: i32, rows: usize) -> ArrayRef {
    Arc::new(Date32Array::from(vec![value; rows]))
}

pub(crate) fn flags(value: bool, rows: usize) -> ArrayRef {
    Arc::new(BooleanArray::from(vec![value; rows]))
}

pub(crate) fn integers(values: impl IntoIterator<Item = i32>) -> ArrayRef {
    Arc::new(Int32Array::from_iter_values(values))
}

pub(crate) fn times(value: i64, rows: usize) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![value; rows]).with_timezone("UTC"))
}
