//! Exit codes: 0 done, 1 failed units or checks, 2 usage, 4 not found, 5 bad input, 6 conflict, 7 storage, 130 interrupted (143
//! by SIGTERM, 129 by SIGHUP).

use almanac_engine::EngineError;

use crate::fault::QueryFault;
use crate::signals;

/// A command's end other than success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The engine refused or failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A query cannot be planned.
    #[error("query: {}", .0.message)]
    Query(QueryFault),
    /// A query names a column that is not there.
    #[error("query: No field named {name}{hint}")]
    Column {
        /// As it is written in the query.
        name: String,
        /// What to do, starting with a separator.
        hint: String,
    },
    /// More units failed than `--max-failed` allows.
    #[error("{} failed, --max-failed allows {allowed}; `almanac status` lists them with their reasons", counted(.failed, "unit"))]
    FailedUnits {
        /// Units that failed.
        failed: u64,
        /// Units that may.
        allowed: u64,
    },
    /// Checks of models failed.
    #[error("{} failed; each is listed above with what was seen", counted(.failed, "check"))]
    FailedChecks {
        /// Checks that failed.
        failed: usize,
    },
    /// What a run needs is not as it must be.
    #[error("{} failed; each is listed above with what to do", counted(.failed, "check"))]
    Unfit {
        /// Checks that failed.
        failed: usize,
    },
}

/// A number of things, which are named in the singular.
fn counted(count: impl std::fmt::Display, thing: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

impl Failure {
    pub(crate) fn code(&self) -> i32 {
        match self {
            Self::Engine(EngineError::Interrupted) => signals::code(),
            Self::Engine(error) => error.exit_code(),
            Self::Query(_) | Self::Column { .. } => 2,
            Self::FailedUnits { .. } | Self::FailedChecks { .. } | Self::Unfit { .. } => 1,
        }
    }

    /// The same of a query, which is told where a fault of it tells no place or word.
    pub(crate) fn about(self, query: &str) -> Self {
        match self {
            Self::Query(fault) => Self::Query(fault.about(query)),
            other => other,
        }
    }

    /// Whether the same command may get further later: the store failed it, which says so of itself nowhere else.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Engine(EngineError::Storage { .. }))
    }
}

impl From<datafusion::error::DataFusionError> for Failure {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<QueryFault> for Failure {
    fn from(fault: QueryFault) -> Self {
        Self::Query(fault)
    }
}

/// Result of a command.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;
