//! Evaluated arguments of numbers and lists, row by row.

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray};
use arrow::datatypes::Float64Type;
use datafusion::common::{Result, internal_err};

use crate::error::ArgumentError;
use crate::signature::Kind;

/// A column of doubles or of lists of them, as `signature::coerce` asks for.
pub(crate) enum Column<'a> {
    Numbers(&'a Float64Array),
    Lists(&'a ListArray, &'a Float64Array),
}

impl<'a> Column<'a> {
    pub(crate) fn of(array: &'a ArrayRef) -> Result<Self> {
        if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
            return Ok(Self::Numbers(numbers));
        }
        if let Some(lists) = array.as_list_opt::<i32>()
            && let Some(items) = lists.values().as_primitive_opt::<Float64Type>()
        {
            return Ok(Self::Lists(lists, items));
        }
        internal_err!("an argument is {}, which planning should have cast", array.data_type())
    }

    /// Columns of all arguments.
    pub(crate) fn all(arrays: &'a [ArrayRef]) -> Result<Vec<Self>> {
        arrays.iter().map(Self::of).collect()
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Numbers(numbers) => numbers.is_null(row),
            Self::Lists(lists, _) => lists.is_null(row),
        }
    }

    /// The row's values, one for a number; the row is not null.
    ///
    /// # Errors
    /// [`ArgumentError::HoldsNull`] for a list with a null in it.
    pub(crate) fn values(
        &self,
        row: usize,
        function: &'static str,
        argument: &'static str,
    ) -> Result<&'a [f64], ArgumentError> {
        match self {
            Self::Numbers(numbers) => Ok(&numbers.values()[row..=row]),
            Self::Lists(lists, items) => {
                let (from, to) = (lists.value_offsets()[row] as usize, lists.value_offsets()[row + 1] as usize);
                if items.null_count() > 0 && (from..to).any(|item| items.is_null(item)) {
                    return Err(ArgumentError::HoldsNull { function, argument });
                }
                Ok(&items.values()[from..to])
            }
        }
    }
}

/// The row's numbers, one per argument; none where one is null.
///
/// # Errors
/// [`ArgumentError::NotFinite`].
pub(crate) fn finite<const N: usize>(
    columns: &[Column<'_>],
    row: usize,
    function: &'static str,
    arguments: &[(&'static str, Kind); N],
) -> Result<Option<[f64; N]>, ArgumentError> {
    let mut numbers = [0.0; N];
    for ((to, column), (argument, _)) in numbers.iter_mut().zip(columns).zip(arguments) {
        if column.is_null(row) {
            return Ok(None);
        }
        for value in column.values(row, function, argument)? {
            check_finite(function, argument, &[*value])?;
            *to = *value;
        }
    }
    Ok(Some(numbers))
}

pub(crate) fn check_finite(
    function: &'static str,
    argument: &'static str,
    values: &[f64],
) -> Result<(), ArgumentError> {
    match values.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(&value) => Err(ArgumentError::NotFinite { function, argument, value }),
    }
}

/// # Errors
/// [`ArgumentError::Probability`] for a value outside 0 to 1.
pub(crate) fn check_probability(
    function: &'static str,
    argument: &'static str,
    values: &[f64],
) -> Result<(), ArgumentError> {
    match values.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        None => Ok(()),
        Some(&value) => Err(ArgumentError::Probability { function, argument, value }),
    }
}
