//! What a write step reports of a finished cell: files to be committed, outcomes, where the time went.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use deltalake::kernel::Add;
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::plan::score::Verdict;
use crate::plan::silver::Laid;
use crate::{EngineError, Result};

/// A cell (or the part of it that one partition computed), ready to commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CellResult {
    /// Which cell.
    pub cell: Cell,
    /// Files by table name.
    pub files: BTreeMap<String, Vec<Add>>,
    /// One per unit.
    pub outcomes: Vec<Outcome>,
    /// Where the time went.
    pub timings: Timings,
    /// When its parts were computed.
    #[serde(default)]
    pub spans: Vec<(i64, i64)>,
    /// What became of a cell that was to be scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scored: Option<Verdict>,
    /// What became of a bucket that was to be laid out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub laid: Option<Laid>,
}

impl CellResult {
    /// Adds another part of the same cell.
    pub(crate) fn absorb(&mut self, part: Self) {
        for (table, files) in part.files {
            self.files.entry(table).or_default().extend(files);
        }
        self.outcomes.extend(part.outcomes);
        self.timings.add(&part.timings);
        self.spans.extend(part.spans);
    }
}

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Text of the key.
    pub key: String,
    /// `ok`, `fallback`, `skipped` or `failed`.
    pub status: Status,
    /// Stable code of a skip, fallback or failure.
    pub reason: Option<String>,
    /// The same in words.
    pub message: Option<String>,
    /// Forecasts written (0 for fits).
    pub forecasts: u64,
    /// Forecasts that failed.
    pub failed: u64,
    /// Computing seconds.
    pub seconds: f64,
}

/// Kinds of outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Done as configured.
    Ok,
    /// Done by a documented simpler form.
    Fallback,
    /// Not possible on this data, by a documented rule.
    Skipped,
    /// Should have been possible.
    Failed,
}

impl Status {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fallback => "fallback",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// Seconds of computing per stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Estimating parameters.
    pub fit: f64,
    /// Conditioning on history.
    pub condition: f64,
    /// Drawing paths.
    pub simulate: f64,
    /// Statistics of the paths.
    pub summarise: f64,
    /// Building rows, encoding Parquet and handing bytes to the store.
    pub write: f64,
}

impl Timings {
    /// Adds another's seconds.
    pub fn add(&mut self, other: &Self) {
        self.fit += other.fit;
        self.condition += other.condition;
        self.simulate += other.simulate;
        self.summarise += other.summarise;
        self.write += other.write;
    }
}

/// The single column of a write step's output.
pub fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("result", DataType::Utf8, false)]))
}

/// One row for a finished cell.
///
/// # Errors
/// [`EngineError::Internal`] if it cannot be written as JSON.
pub fn encode(result: &CellResult) -> Result<RecordBatch> {
    let json = serde_json::to_string(result).map_err(|e| EngineError::Internal(e.to_string()))?;
    RecordBatch::try_new(schema(), vec![Arc::new(StringArray::from(vec![json]))]).map_err(EngineError::from_arrow)
}

/// The cells of a batch.
///
/// # Errors
/// [`EngineError::Internal`] if a row is not ours.
pub fn decode(batch: &RecordBatch) -> Result<Vec<CellResult>> {
    let rows = batch.column(0).as_string::<i32>().iter().flatten();
    rows.map(|json| serde_json::from_str(json).map_err(|e| EngineError::Internal(e.to_string()))).collect()
}
