//! Reading function arguments: lists in any of Arrow's layouts, text and bytes in any of theirs.
//!
//! The backfill's own plan passes list views that share one buffer over all origins of a key; SQL passes what
//! `array_agg` makes. Both read the same here.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Date32Array, Float64Array, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ScalarFunctionArgs;

/// The evaluated arguments of one call.
pub(crate) struct Arguments {
    function: &'static str,
    arrays: Vec<ArrayRef>,
}

impl Arguments {
    pub(crate) fn new(function: &'static str, args: ScalarFunctionArgs) -> Result<Self> {
        let rows = args.number_rows;
        let arrays = args.args.into_iter().map(|value| value.into_array(rows)).collect::<Result<_>>()?;
        Ok(Self { function, arrays })
    }

    /// The arguments of an aggregate, of one length.
    pub(crate) fn of_arrays(function: &'static str, arrays: Vec<ArrayRef>) -> Self {
        Self { function, arrays }
    }

    fn array(&self, index: usize) -> Result<&ArrayRef> {
        match self.arrays.get(index) {
            Some(array) => Ok(array),
            None => exec_err!("{}: argument {} is missing", self.function, index + 1),
        }
    }

    /// The argument as a type, null in no row.
    fn present(&self, index: usize, kind: &DataType) -> Result<ArrayRef> {
        let values = cast(self.array(index)?, kind)?;
        match values.null_count() {
            0 => Ok(values),
            _ => exec_err!("{}: argument {} is null", self.function, index + 1),
        }
    }

    pub(crate) fn text(&self, index: usize) -> Result<StringArray> {
        Ok(self.present(index, &DataType::Utf8)?.as_string::<i32>().clone())
    }

    /// As [`Self::text`], but a null is an empty text.
    pub(crate) fn text_or_empty(&self, index: usize) -> Result<StringArray> {
        let values = cast(self.array(index)?, &DataType::Utf8)?;
        let values = values.as_string::<i32>();
        Ok(match values.null_count() {
            0 => values.clone(),
            _ => values.iter().map(|value| Some(value.unwrap_or_default())).collect(),
        })
    }

    pub(crate) fn integers(&self, index: usize) -> Result<arrow::array::Int64Array> {
        Ok(self.present(index, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
    }

    /// Doubles; SQL nulls become NaN.
    pub(crate) fn doubles(&self, index: usize) -> Result<Float64Array> {
        doubles(self.array(index)?)
    }

    pub(crate) fn dates(&self, index: usize) -> Result<Date32Array> {
        Ok(self.present(index, &DataType::Date32)?.as_primitive::<Date32Type>().clone())
    }

    pub(crate) fn bytes(&self, index: usize) -> Result<Bytes<'_>> {
        let array = self.array(index)?;
        match array.data_type() {
            DataType::Binary => Ok(Bytes::Offsets(array.as_binary::<i32>())),
            DataType::BinaryView => Ok(Bytes::View(array.as_binary_view())),
            other => exec_err!("{}: argument {} is {other}, expected binary", self.function, index + 1),
        }
    }

    pub(crate) fn lists(&self, index: usize) -> Result<Lists> {
        Lists::new(self.function, index, self.array(index)?)
    }
}

/// A binary column in either layout.
pub(crate) enum Bytes<'a> {
    Offsets(&'a BinaryArray),
    View(&'a arrow::array::BinaryViewArray),
}

impl Bytes<'_> {
    pub(crate) fn get(&self, row: usize) -> Option<&[u8]> {
        match self {
            Self::Offsets(array) => array.is_valid(row).then(|| array.value(row)),
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// A list column in any layout.
pub(crate) struct Lists {
    function: &'static str,
    index: usize,
    array: ArrayRef,
}

impl Lists {
    fn new(function: &'static str, index: usize, array: &ArrayRef) -> Result<Self> {
        match array.data_type() {
            DataType::List(_) | DataType::LargeList(_) | DataType::ListView(_) => {
                Ok(Self { function, index, array: Arc::clone(array) })
            }
            // an untyped empty list or null: every row is empty
            DataType::Null => Ok(Self { function, index, array: Arc::clone(array) }),
            other => exec_err!("{function}: argument {} is {other}, expected a list", index + 1),
        }
    }

    fn row(&self, row: usize) -> Option<ArrayRef> {
        if self.array.is_null(row) {
            return None;
        }
        match self.array.data_type() {
            DataType::List(_) => Some(self.array.as_list::<i32>().value(row)),
            DataType::LargeList(_) => Some(self.array.as_list::<i64>().value(row)),
            DataType::ListView(_) => Some(self.array.as_list_view::<i32>().value(row)),
            _ => None,
        }
    }

    /// The row's values as doubles; SQL nulls become NaN.
    pub(crate) fn doubles(&self, row: usize) -> Result<Float64Array> {
        let Some(values) = self.row(row) else { return Ok(Float64Array::from(Vec::<f64>::new())) };
        doubles(&values)
    }

    /// The row's values as dates.
    pub(crate) fn dates(&self, row: usize) -> Result<Date32Array> {
        let Some(values) = self.row(row) else { return Ok(Date32Array::from(Vec::<i32>::new())) };
        let values = cast(&values, &DataType::Date32)?;
        if values.null_count() > 0 {
            return exec_err!("{}: argument {} holds a null date", self.function, self.index + 1);
        }
        Ok(values.as_primitive::<Date32Type>().clone())
    }

    /// The row's lists of doubles, one per regressor.
    pub(crate) fn series(&self, row: usize) -> Result<Vec<Float64Array>> {
        let Some(values) = self.row(row) else { return Ok(Vec::new()) };
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let inner = Self::new(self.function, self.index, &values)?;
        (0..values.len()).map(|i| inner.doubles(i)).collect()
    }
}

/// A cast that refuses what it cannot convert, where Arrow's default makes a null of it.
fn cast(values: &ArrayRef, kind: &DataType) -> Result<ArrayRef> {
    Ok(cast_with_options(values, kind, &CastOptions { safe: false, ..CastOptions::default() })?)
}

fn doubles(values: &ArrayRef) -> Result<Float64Array> {
    let values = cast(values, &DataType::Float64)?;
    let values = values.as_primitive::<Float64Type>();
    if values.null_count() == 0 {
        return Ok(values.clone());
    }
    Ok(values.iter().map(|value| Some(value.unwrap_or(f64::NAN))).collect())
}
