//! What was seen while bronze was laid out, for people and as JSON.

use serde::{Deserialize, Serialize};

/// How a later source's values compare with those of the source listed first, which win.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Column both carry.
    pub column: String,
    /// Source whose values are used where both have one.
    pub used: String,
    /// The other source.
    pub other: String,
    /// Values both have.
    pub compared: usize,
    /// Values that differ.
    pub different: usize,
    /// Values that differ by more than [`TOLERANCE`].
    pub over_tolerance: usize,
    /// Those, at most [`LISTED`] of them.
    pub listed: Vec<DifferingValue>,
}

/// One value on which two sources differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DifferingValue {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Key and region.
    pub key: String,
    /// The value in use.
    pub used: f64,
    /// The other source's.
    pub other: f64,
}

/// Cover and age of a value column on sessions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnReport {
    /// Name in silver.
    pub column: String,
    /// Sessions, over all keys, on which no value is known.
    pub sessions_without: usize,
    /// Greatest age in days of a value in use on a session: the session's date less the value's.
    pub max_age_days: i32,
    /// Limit on that age, if any; the least, if sources have their own.
    pub max_staleness_days: Option<i32>,
    /// Sessions on which a value is older than its own source allows.
    pub sessions_over_limit: usize,
}

/// Keys of a source that never had a bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusedKeys {
    /// The source.
    pub source: String,
    /// How many keys.
    pub keys: usize,
    /// The first of them.
    pub first: String,
}

/// Relative difference above which two sources' values are listed.
pub const TOLERANCE: f64 = 0.01;

/// Most values listed one by one; counts are always whole.
pub const LISTED: usize = 100;

impl ColumnReport {
    /// Adds what was seen of the same column elsewhere.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.sessions_without += other.sessions_without;
        self.max_age_days = self.max_age_days.max(other.max_age_days);
        self.sessions_over_limit += other.sessions_over_limit;
    }
}

impl Disagreement {
    /// Adds what was found of the same sources elsewhere.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.compared += other.compared;
        self.different += other.different;
        self.over_tolerance += other.over_tolerance;
        self.listed.extend(other.listed);
        self.listed.truncate(LISTED);
    }
}
