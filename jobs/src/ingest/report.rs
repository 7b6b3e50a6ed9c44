//! What an ingest did, for people and as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::Reason;
use super::duplicates::DifferingRows;

/// Outcome of one ingest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IngestReport {
    /// Today in the dataset's time zone, or `--as-of`.
    pub as_of: chrono::NaiveDate,
    /// One entry per source, as configured.
    pub sources: Vec<SourceReport>,
    /// Rows in `bronze.quarantine` after this ingest.
    pub quarantined: usize,
    /// Wall-clock seconds.
    pub ingest_seconds: f64,
}

/// Outcome of one source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceReport {
    /// Name of the source and of its bronze table.
    pub source: String,
    /// Its file.
    pub file: String,
    /// Rows in the file.
    pub rows_read: usize,
    /// Rows in the bronze table.
    pub rows_kept: usize,
    /// First date kept, `YYYY-MM-DD`.
    pub first_date: Option<String>,
    /// Last date kept, `YYYY-MM-DD`.
    pub last_date: Option<String>,
    /// Rows refused, by reason.
    pub quarantined: BTreeMap<Reason, usize>,
    /// The refused rows, at most [`LISTED`] of them.
    pub refused: Vec<RefusedRow>,
    /// Rows that would have been refused but were accepted.
    pub accepted: usize,
    /// Duplicates dropped that equalled the row kept.
    pub duplicates_equal: usize,
    /// Duplicates dropped that differed from the row kept.
    pub duplicates_different: usize,
    /// Groups of duplicates that differed, at most [`LISTED`] of them.
    pub differing: Vec<DifferingRows>,
    /// Warning: rows whose open or close lies outside high and low; they are kept.
    pub open_close_outside_high_low: usize,
    /// Whether the bronze table was written; false when it already held these rows.
    pub written: bool,
}

/// A row in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Line of the file (CSV) or number of the row (Parquet).
    pub line: u64,
    /// Why.
    pub reason: Reason,
    /// Column and value.
    pub detail: String,
}

/// Most entries listed one by one in a report; counts are always whole.
pub const LISTED: usize = 100;
