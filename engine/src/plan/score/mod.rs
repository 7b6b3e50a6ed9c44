//! Score, for forecasts: stored paths and points against what happened, into files of `forecast.forecast_metadata`.
//!
//! A cell is scored anew if the hash of all that its scores are made from differs from the stored one: its point rows,
//! the number of its path rows, the actuals and the last closes of its origins, MASE's scale. So new or corrected
//! actuals, added and redone forecasts are seen, and nothing else is read twice.

mod cell;
pub(crate) mod forecasts;
mod paths;
pub(crate) mod read;
mod rows;
pub(crate) mod sources;
mod truth;

use std::collections::BTreeMap;
use std::time::Instant;

use arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};
use serde::{Deserialize, Serialize};

pub use self::sources::Scoring;
use self::sources::Sources;
use crate::EngineError;
use crate::delta::fault;
use crate::plan::attach_windows::external;
use crate::plan::job::SharedJob;
use crate::plan::report;
use crate::plan::result::{CellResult, Outcome, Status, Timings};
use crate::plan::worklist::{self, Unit};

/// What became of a cell that was to be scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// None of its forecasts is selected.
    NotAsked,
    /// Its scores say what they should.
    Unchanged,
    /// It was scored.
    Scored(Counts),
}

/// Numbers of a scored cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Forecasts scored.
    pub forecasts: usize,
    /// Those of which at least one day is not known yet.
    pub incomplete: usize,
    /// Those without stored paths.
    pub pathless: usize,
    /// Path rows without point rows.
    pub stray_path_rows: u64,
}

/// Runs the step over one partition; each unit is a whole cell.
pub fn run(job: SharedJob, mut units: SendableRecordBatchStream) -> impl Stream<Item = Result<RecordBatch>> + Send {
    async_stream::try_stream! {
        let sources = Sources::of(&job).map_err(external)?;
        while let Some(batch) = units.next().await {
            for unit in worklist::decode(&batch?) {
                let result = one(&job, &sources, unit).await.map_err(external)?;
                yield report::send(&job, &sources.warehouse, &result).await.map_err(external)?;
            }
        }
    }
}

async fn one(job: &SharedJob, sources: &Sources, unit: Unit) -> crate::Result<CellResult> {
    fault::pause("score").await;
    let started = Instant::now();
    let cells = sources::cells(job).await?;
    let lost = || EngineError::Internal(format!("{:?} has no forecasts at the pinned version", unit.cell));
    let done = cell::score(sources, &unit.cell, cells.get(&unit.cell).ok_or_else(lost)?).await?;
    let (files, verdict) = match done {
        cell::Done::NotAsked => (BTreeMap::new(), Verdict::NotAsked),
        cell::Done::Unchanged => (BTreeMap::new(), Verdict::Unchanged),
        cell::Done::Scored(files, counts) => {
            (BTreeMap::from([(sources.scores.full_name(), files)]), Verdict::Scored(counts))
        }
    };
    let forecasts = if let Verdict::Scored(counts) = &verdict { counts.forecasts as u64 } else { 0 };
    let outcome = Outcome {
        key: unit.key,
        status: Status::Ok,
        reason: None,
        message: None,
        forecasts,
        failed: 0,
        seconds: started.elapsed().as_secs_f64(),
    };
    let outcomes = vec![outcome];
    Ok(CellResult {
        cell: unit.cell,
        files,
        outcomes,
        timings: Timings::default(),
        spans: Vec::new(),
        scored: Some(verdict),
        laid: None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
