//! What is wrong with the arguments of a call.

use datafusion::error::DataFusionError;

/// An argument that a function cannot answer. It fails the query; nulls do not, they give null.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// A list without values.
    #[error("{function}: argument {argument} is empty, expected at least one value")]
    Empty {
        /// Function called.
        function: &'static str,
        /// Name of the argument.
        argument: &'static str,
    },
    /// A list with a null in it.
    #[error("{function}: argument {argument} holds a null, expected numbers; leave absent values out")]
    HoldsNull {
        /// Function called.
        function: &'static str,
        /// Name of the argument.
        argument: &'static str,
    },
    /// A value that is infinite or not a number.
    #[error("{function}: argument {argument} holds {value}, expected finite numbers")]
    NotFinite {
        /// Function called.
        function: &'static str,
        /// Name of the argument.
        argument: &'static str,
        /// The value.
        value: f64,
    },
    /// A level that is no probability.
    #[error("{function}: argument {argument} holds {value}, expected a probability from 0 to 1, such as 0.95")]
    Probability {
        /// Function called.
        function: &'static str,
        /// Name of the argument.
        argument: &'static str,
        /// The value.
        value: f64,
    },
    /// An argument of an aggregate that must be the same in every row of a group.
    #[error(
        "{function}: argument {argument} is {first} in one row and {other} in another of the same group; group by it too"
    )]
    Differs {
        /// Function called.
        function: &'static str,
        /// Name of the argument.
        argument: &'static str,
        /// Its value in one row.
        first: String,
        /// Its value in another.
        other: String,
    },
}

impl From<ArgumentError> for DataFusionError {
    fn from(error: ArgumentError) -> Self {
        Self::External(Box::new(error))
    }
}
