//! Errors of the engine. Each names what, where and the value, and carries the exit code of a command that ends in it.

use datafusion::error::DataFusionError;
use deltalake::DeltaTableError;

use crate::delta::store::StoreFault;

/// What stops a job.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The value of a setting or an option is refused.
    #[error("{}{key} = {value}: {message}", kind(.key))]
    Configuration {
        /// Dotted key of a setting, with where it was given; an option with its dashes.
        key: String,
        /// The value as given.
        value: String,
        /// What is accepted.
        message: String,
    },
    /// An argument of a table function is refused.
    #[error("{function}: {argument} = {value}: {message}")]
    Argument {
        /// The function.
        function: &'static str,
        /// Name of the argument.
        argument: String,
        /// The value as given.
        value: String,
        /// What is accepted.
        message: String,
    },
    /// Something asked for by name does not exist.
    #[error("{what} {name:?} not found{hint}")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
        /// What to do, starting with a separator, or empty.
        hint: String,
    },
    /// Input data is refused; nothing was written.
    #[error("{place}: {message}")]
    Input {
        /// File, line and column, or table and feature.
        place: String,
        /// The value for which it is refused; none where it is the whole.
        value: Option<String>,
        /// What is wrong, the value and what to do.
        message: String,
    },
    /// Stored rows were made under other settings.
    #[error(
        "{table}: model version {model_version:?} holds rows made with {key} = {stored}, now {wanted}; choose another --model-version or restore the setting"
    )]
    Conflict {
        /// Table that holds the rows.
        table: String,
        /// The version in question.
        model_version: String,
        /// Setting that differs.
        key: String,
        /// Its stored value.
        stored: String,
        /// Its value now.
        wanted: String,
    },
    /// Stored rows have fewer days ahead than are asked for, or another form.
    #[error("{table}: {held}; a horizon of {asked} is asked for: {remedy}")]
    Horizon {
        /// Table that holds the rows.
        table: String,
        /// What it holds.
        held: String,
        /// Days ahead asked for.
        asked: usize,
        /// What to do.
        remedy: String,
    },
    /// The warehouse was made under other settings of what all its rows share.
    #[error("{table}: the warehouse was made with {key} = {stored}, now {wanted}: {remedy}")]
    Basis {
        /// Table that tells.
        table: String,
        /// Setting that differs.
        key: String,
        /// Its stored value.
        stored: String,
        /// Its value now.
        wanted: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The warehouse cannot be read or written.
    #[error("storage {place}: {source}")]
    Storage {
        /// Path or bucket.
        place: String,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The cluster cannot be reached, or has no executor.
    #[error(
        "scheduler {scheduler}: {source}; run the same command again to resume, or give it time with --wait-scheduler"
    )]
    Scheduler {
        /// Its address.
        scheduler: String,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A Delta operation failed for another reason.
    #[error("table {table}: {}", without_backtrace(.source))]
    Delta {
        /// Table.
        table: String,
        /// Cause.
        source: Box<DeltaTableError>,
    },
    /// A plan failed.
    #[error(transparent)]
    Plan(DataFusionError),
    /// The work was interrupted.
    #[error("interrupted; run the same command again to resume")]
    Interrupted,
    /// A rule of ours was broken: a defect, reported instead of a panic.
    #[error("internal: {0}")]
    Internal(String),
}

/// What is said before a key: an option shows by its dashes what it is.
fn kind(key: &str) -> &'static str {
    if key.starts_with("--") { "" } else { "configuration: " }
}

/// Result of engine operations.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// What an error says. The Delta kernel adds a backtrace where the environment asks Rust for backtraces.
fn without_backtrace(error: &DeltaTableError) -> String {
    let said = error.to_string();
    said.split("\n   0: ").next().unwrap_or_default().trim_end().to_owned()
}

impl EngineError {
    /// Exit code of a command that ends in this error: 1 failed, 2 usage, 4 not found, 5 bad input, 6 conflict,
    /// 7 storage or scheduler, 130 interrupted, whose signal the command may tell by another.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Configuration { .. } | Self::Argument { .. } => 2,
            Self::NotFound { .. } => 4,
            Self::Input { .. } => 5,
            Self::Conflict { .. } | Self::Horizon { .. } | Self::Basis { .. } => 6,
            Self::Storage { .. } | Self::Scheduler { .. } => 7,
            Self::Interrupted => 130,
            Self::Delta { .. } | Self::Plan(_) | Self::Internal(_) => 1,
        }
    }
}

impl EngineError {
    /// Input that is refused as a whole.
    pub fn input(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Input { place: place.into(), value: None, message: message.into() }
    }

    /// The same with the value for which input is refused; other errors stay as they are.
    #[must_use]
    pub fn of_value(self, refused: impl Into<String>) -> Self {
        match self {
            Self::Input { place, message, .. } => Self::Input { place, value: Some(refused.into()), message },
            other => other,
        }
    }

    /// An Arrow failure inside the engine.
    pub fn from_arrow(error: arrow::error::ArrowError) -> Self {
        Self::Plan(error.into())
    }

    /// A storage failure at a path. Where the store itself has told place and cause, these are kept and not the words
    /// of the layers between.
    pub fn storage(place: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let source = error.into();
        match StoreFault::in_chain(source.as_ref()) {
            Some(fault) => Self::Storage { place: fault.place.clone(), source: fault.cause.clone().into() },
            None => Self::Storage { place: place.to_owned(), source },
        }
    }
}

impl From<DataFusionError> for EngineError {
    /// Errors of ours that travelled through a plan come back as they were; storage failures are told apart.
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(ours) => *ours,
                Err(other) if StoreFault::in_chain(other.as_ref()).is_some() => Self::storage("object store", other),
                Err(other) => Self::Plan(DataFusionError::External(other)),
            },
            DataFusionError::Context(_, inner) => (*inner).into(),
            DataFusionError::ObjectStore(source) => Self::storage("object store", source),
            DataFusionError::IoError(source) => Self::storage("file", source),
            other if StoreFault::in_chain(&other).is_some() => Self::storage("object store", other),
            // readers of Parquet, and executors, pass on words only
            other => match StoreFault::in_text(&other.to_string()) {
                Some(fault) => Self::storage("object store", fault),
                None => Self::Plan(other),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_has_no_backtrace() {
        let source = Box::new(DeltaTableError::Generic("no number\n   0: kernel::read\n   1: main".into()));
        let error = EngineError::Delta { table: "silver.unified_data".into(), source };
        assert!(error.to_string().ends_with("no number"), "{error}");
    }
}
