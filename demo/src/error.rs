//! What can go wrong while writing demo data.

use std::path::PathBuf;

use chrono::NaiveDate;

/// A failure to write demo data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The directory could not be made.
    #[error("cannot create the directory {path}: {source}; choose one that you may write to", path = path.display())]
    Directory {
        /// The directory asked for.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The writer's reason.
        source: csv::Error,
    },
    /// The calendar has no session in the range.
    #[error("no session between {first} and {last}")]
    NoSessions {
        /// First day of the range.
        first: NaiveDate,
        /// Last day of the range.
        last: NaiveDate,
    },
}
