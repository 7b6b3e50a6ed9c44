//! Lay, for keys: bronze onto days, into files of `silver.unified_data` and `silver.model_input`.
//!
//! A key's days run from its first bar to its last, and on to the last day of which anything is known in advance. On
//! each day a column shows the newest row with date ≤ day and `known_at` ≤ day, filled forward only and never across
//! keys. After the last bar there is no target; only columns known in advance go on. A region has rows from the day on
//! which anything of it is known. Rows up to a day therefore do not depend on later rows of bronze, as long as the day
//! is not after the key's last bar.

mod align;
pub(crate) mod disagree;
mod panel;
pub(crate) mod read;
pub(crate) mod report;
mod rows;
pub(crate) mod track;

use std::collections::BTreeMap;
use std::time::Instant;

use arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};
use serde::{Deserialize, Serialize};

use self::disagree::Comparison;
use self::panel::Panel;
use self::read::Bronze;
use self::report::{ColumnReport, Disagreement};
use self::track::SourceTracks;
use crate::cell::Cell;
use crate::delta::replace::one_batch;
use crate::delta::{Rewritten, Snapshot, Version, Warehouse, fault};
use crate::plan::attach_windows::external;
use crate::plan::job::{Job, SharedJob, key_values};
use crate::plan::report as reports;
use crate::plan::result::{CellResult, Outcome, Status, Timings};
use crate::plan::worklist::{self, Unit};
use crate::tables::TableDef;
use crate::tables_input::{self, SilverColumn, silver_columns};
use crate::{EngineError, Result as EngineResult};

/// Keys read and laid out at once. Sixty years of days of each are a million rows; most keys have a tenth.
pub(crate) const GROUP_KEYS: usize = 64;

/// What a job builds from and compares with. `silver.model_input` is pinned by the job's input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Laying {
    /// The bronze table of each source, in their order.
    pub bronze: Vec<Version>,
    /// `silver.unified_data` as it was.
    pub unified: Version,
}

/// A bucket that was laid out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Laid {
    /// Keys with at least one bar.
    pub keys: usize,
    /// Rows of `silver.unified_data`.
    pub unified_rows: usize,
    /// Rows of `silver.model_input`.
    pub model_input_rows: usize,
    /// The bucket of `silver.unified_data`, if its rows are to change.
    pub unified: Option<Rewritten>,
    /// The bucket of `silver.model_input`, if its rows are to change.
    pub model_input: Option<Rewritten>,
    /// One entry per value column.
    pub columns: Vec<ColumnReport>,
    /// Columns that several sources carry by key.
    pub disagreements: Vec<Disagreement>,
}

/// Where a bucket's rows are in both tables.
pub(crate) fn partition(bucket: i32) -> Vec<(String, String)> {
    vec![("key_bucket".to_owned(), bucket.to_string())]
}

/// Runs the step over one partition; the units of a bucket stand together, all of them.
pub fn run(job: SharedJob, mut units: SendableRecordBatchStream) -> impl Stream<Item = Result<RecordBatch>> + Send {
    async_stream::try_stream! {
        let (warehouse, bronze, silver) = open(&job).await.map_err(external)?;
        let mut shared: Option<Vec<SourceTracks>> = None;
        while let Some(batch) = units.next().await {
            for group in groups(worklist::decode(&batch?)) {
                let keys: Vec<Vec<String>> = group.iter().flat_map(|(_, units)| units).map(key).collect();
                let mut tracks = Vec::with_capacity(job.settings.sources.len());
                for (place, source) in job.settings.sources.iter().enumerate() {
                    tracks.push(match &shared {
                        // sources without keys hold for every group
                        Some(known) if source.key.is_empty() => known[place].clone(),
                        _ => bronze.tracks(place, Some(&keys)).await.map_err(external)?,
                    });
                }
                for (cell, units) in group {
                    let result = bucket(&job, &silver, &tracks, cell, &units).await.map_err(external)?;
                    yield reports::send(&job, &warehouse, &result).await.map_err(external)?;
                }
                shared = Some(tracks);
            }
        }
    }
}

/// Both silver tables at the versions that rows are compared with.
struct Silver {
    unified: Snapshot,
    model_input: Snapshot,
}

async fn open(job: &Job) -> EngineResult<(Warehouse, Bronze, Silver)> {
    let laying = job.laying.as_ref();
    let laying = laying.ok_or_else(|| EngineError::Internal("a job without pinned sources was to build".into()))?;
    let (warehouse, settings) = (Warehouse::open(&job.warehouse)?, &job.settings);
    let bronze = Bronze::at(settings, &warehouse, &laying.bronze).await?;
    let unified = Snapshot::at(&warehouse, &tables_input::unified_data(settings), &laying.unified).await?;
    let model_input = Snapshot::at(&warehouse, &tables_input::model_input(settings), &job.input).await?;
    Ok((warehouse, bronze, Silver { unified, model_input }))
}

fn key(unit: &Unit) -> Vec<String> {
    key_values(&unit.key).into_iter().map(str::to_owned).collect()
}

/// Whole buckets, in groups of about [`GROUP_KEYS`] keys.
fn groups(units: Vec<Unit>) -> Vec<Vec<(Cell, Vec<Unit>)>> {
    let mut groups: Vec<Vec<(Cell, Vec<Unit>)>> = Vec::new();
    let mut keys = 0;
    for unit in units {
        let begun = groups.last_mut().and_then(|group| group.last_mut());
        if let Some((_, units)) = begun.filter(|(cell, _)| *cell == unit.cell) {
            units.push(unit);
        } else {
            if groups.is_empty() || keys >= GROUP_KEYS {
                groups.push(Vec::new());
                keys = 0;
            }
            if let Some(group) = groups.last_mut() {
                group.push((unit.cell.clone(), vec![unit]));
            }
        }
        keys += 1;
    }
    groups
}

/// Lays out the keys of a bucket and writes the rows that are to change.
async fn bucket(
    job: &Job,
    silver: &Silver,
    sources: &[SourceTracks],
    cell: Cell,
    units: &[Unit],
) -> EngineResult<CellResult> {
    fault::pause("bucket").await;
    let started = Instant::now();
    let settings = &job.settings;
    let columns = silver_columns(settings);
    let mut comparison = Comparison::by_key(settings, &columns);
    let mut laid = Laid { columns: column_reports(&columns), ..Laid::default() };
    let (mut wide, mut narrow) = (Vec::new(), Vec::new());
    for unit in units {
        let key = key(unit);
        let Some(panel) = Panel::of(settings, &columns, sources, &key) else { continue };
        comparison.add(sources, &key);
        panel.note(&mut laid.columns);
        laid.keys += 1;
        wide.push(rows::unified(silver.unified.def(), &columns, &panel)?);
        narrow.push(rows::model_input(silver.model_input.def(), &columns, &panel)?);
    }
    (laid.unified_rows, laid.unified) = store(&silver.unified, &cell, &wide).await?;
    (laid.model_input_rows, laid.model_input) = store(&silver.model_input, &cell, &narrow).await?;
    laid.disagreements = comparison.finish();
    let seconds = started.elapsed().as_secs_f64();
    let outcomes = units.iter().map(|unit| outcome(unit, seconds / units.len() as f64)).collect();
    let timings = Timings::default();
    Ok(CellResult {
        cell,
        files: BTreeMap::new(),
        outcomes,
        timings,
        spans: Vec::new(),
        scored: None,
        laid: Some(laid),
    })
}

/// The bucket's number of rows, and what is to be written of them.
async fn store(table: &Snapshot, bucket: &Cell, rows: &[RecordBatch]) -> EngineResult<(usize, Option<Rewritten>)> {
    let rows = one_batch(table.def(), rows)?;
    Ok((rows.num_rows(), Rewritten::write(table, partition(bucket.key_bucket), &rows).await?))
}

fn outcome(unit: &Unit, seconds: f64) -> Outcome {
    let key = unit.key.clone();
    Outcome { key, status: Status::Ok, reason: None, message: None, forecasts: 0, failed: 0, seconds }
}

/// One empty entry per value column.
pub(crate) fn column_reports(columns: &[SilverColumn<'_>]) -> Vec<ColumnReport> {
    let report = |column: &SilverColumn<'_>| ColumnReport {
        column: column.name.to_owned(),
        max_staleness_days: column.max_staleness_days,
        ..ColumnReport::default()
    };
    columns.iter().map(report).collect()
}

/// Definitions of both silver tables, the wide one first.
pub(crate) fn tables(settings: &crate::settings::Settings) -> [TableDef; 2] {
    [tables_input::unified_data(settings), tables_input::model_input(settings)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cell::key_bucket;

    #[test]
    fn groups_are_whole_buckets_and_bounded() {
        let unit = |number: usize| {
            let key = format!("store {number}");
            Unit {
                cell: Cell::bucket(key_bucket(&key, 64)),
                key,
                origins: (0, 0),
                only: None,
                paths: false,
                points: false,
            }
        };
        let mut units: Vec<Unit> = (0..300).map(unit).collect();
        units.sort_by_key(|unit| unit.cell.key_bucket);
        let groups = groups(units.clone());
        let keys = |group: &Vec<(Cell, Vec<Unit>)>| group.iter().map(|(_, units)| units.len()).sum::<usize>();
        assert_eq!(groups.iter().map(keys).sum::<usize>(), 300);
        assert!((4..=6).contains(&groups.len()) && groups.iter().all(|group| keys(group) < 2 * GROUP_KEYS));
        let buckets: Vec<&Cell> = groups.iter().flatten().map(|(cell, _)| cell).collect();
        let mut once = buckets.clone();
        once.dedup();
        assert_eq!(buckets, once);
        let flat: Vec<Unit> = groups.iter().flatten().flat_map(|(_, units)| units.clone()).collect();
        assert_eq!(flat, units);
    }
}
