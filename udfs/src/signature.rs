//! Types of arguments: numbers of any width are doubles, lists of them in any layout are lists of doubles.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, plan_err};

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A number.
    Number,
    /// A list of numbers.
    Numbers,
}

/// Item of our lists of doubles.
pub(crate) fn item() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Float64, true))
}

/// A list of doubles.
pub(crate) fn doubles() -> DataType {
    DataType::List(item())
}

/// The types in which arguments are read, one per name.
///
/// # Errors
/// A plan error for another number of arguments, or a type that is none of the kind.
pub(crate) fn coerce(function: &str, expected: &[(&str, Kind)], given: &[DataType]) -> Result<Vec<DataType>> {
    if given.len() != expected.len() {
        let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
        let (wanted, names) = (expected.len(), names.join(", "));
        return plan_err!("{function} takes {wanted} arguments, {function}({names}), not {}", given.len());
    }
    expected.iter().zip(given).map(|((name, kind), given)| one(function, name, *kind, given)).collect()
}

fn one(function: &str, name: &str, kind: Kind, given: &DataType) -> Result<DataType> {
    let number = |kind: &DataType| kind.is_numeric() || kind.is_null();
    let fits = match (kind, given) {
        (Kind::Number, given) => number(given),
        (Kind::Numbers, DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)) => {
            number(item.data_type())
        }
        (Kind::Numbers, DataType::ListView(item)) => number(item.data_type()),
        (Kind::Numbers, given) => given.is_null(),
    };
    match (fits, kind) {
        (true, Kind::Number) => Ok(DataType::Float64),
        (true, Kind::Numbers) => Ok(doubles()),
        (false, Kind::Number) => plan_err!("{function}: {name} is {given}, expected a number"),
        (false, Kind::Numbers) => plan_err!("{function}: {name} is {given}, expected a list of numbers"),
    }
}
