//! Lists of doubles in the state of aggregates.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::Float64Type;
use datafusion::common::{Result, ScalarValue, internal_datafusion_err};

use crate::signature::item;

/// A list of doubles.
pub(crate) fn list(values: Vec<f64>) -> Result<ScalarValue> {
    let offsets = OffsetBuffer::from_lengths([values.len()]);
    Ok(ScalarValue::List(Arc::new(ListArray::try_new(item(), offsets, Arc::new(Float64Array::from(values)), None)?)))
}

/// The doubles of one row; none where it is null.
pub(crate) fn numbers(lists: &ArrayRef, row: usize) -> Result<Vec<f64>> {
    let wrong = || internal_datafusion_err!("a state is {}, expected lists of doubles", lists.data_type());
    let lists = lists.as_list_opt::<i32>().ok_or_else(wrong)?;
    if lists.is_null(row) {
        return Ok(vec![]);
    }
    let values = lists.value(row);
    Ok(values.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?.values().to_vec())
}
