//! How a write step's report reaches the driver.
//!
//! Embedded, the report is the step's row. On a cluster rows of a finished task are on its executor's disk and are lost
//! with it, so the report is an object beside the tables: it outlives executor and scheduler, is there as soon as the
//! cell is, and is written once, whichever of two attempts comes first.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode};
use sha2::{Digest, Sha256};

use crate::backfill::display_key;
use crate::cell::hex;
use crate::delta::Warehouse;
use crate::plan::job::{Job, iso};
use crate::plan::result::{self, CellResult, Status};
use crate::{EngineError, Result};

/// Folder of all reports below the warehouse's root.
pub const FOLDER: &str = "ops/_reports";

/// Hands a report over; returns the step's rows.
pub(crate) async fn send(job: &Job, warehouse: &Warehouse, report: &CellResult) -> Result<RecordBatch> {
    note(job, report);
    let Some(folder) = &job.reports else { return result::encode(report) };
    let json = serde_json::to_vec(report).map_err(|e| EngineError::Internal(e.to_string()))?;
    let path = Path::from(format!("{folder}/{}.json", name(report)?));
    let put = warehouse.store().put_opts(&path, json.into(), PutMode::Create.into()).await;
    match put {
        // another attempt of the same task was first; the files of this one stay without a reader
        Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(RecordBatch::new_empty(result::schema())),
        Err(error) => Err(EngineError::storage(path.as_ref(), error)),
    }
}

/// Logs what became of each unit, where it was computed.
fn note(job: &Job, report: &CellResult) {
    let (run, cell) = (job.run_id.as_str(), &report.cell);
    for outcome in &report.outcomes {
        let unit = format!(
            "{}/{}/{}/{}",
            cell.model_name,
            cell.model_version,
            iso(cell.training_cutoff_date),
            display_key(&outcome.key)
        );
        let (status, reason) = (outcome.status.name(), outcome.reason.as_deref());
        let (forecasts, seconds) = (outcome.forecasts, outcome.seconds);
        match outcome.status {
            Status::Failed => {
                let message = outcome.message.as_deref();
                tracing::info!(run, unit, status, reason, message, forecasts, failed = outcome.failed, seconds, "unit");
            }
            _ => tracing::debug!(run, unit, status, reason, forecasts, seconds, "unit"),
        }
    }
    let forecasts: u64 = report.outcomes.iter().map(|outcome| outcome.forecasts).sum();
    let cell = format!("{}/{}/{}", cell.model_name, cell.model_version, iso(cell.training_cutoff_date));
    tracing::info!(run, cell, bucket = report.cell.key_bucket, units = report.outcomes.len(), forecasts, "cell");
}

/// The same for every attempt of a part: its cell and first unit.
fn name(report: &CellResult) -> Result<String> {
    let first = report.outcomes.first().map(|outcome| outcome.key.as_str());
    let identity = serde_json::to_vec(&(&report.cell, first)).map_err(|e| EngineError::Internal(e.to_string()))?;
    Ok(hex(&Sha256::digest(identity)))
}

/// Reads the reports of a folder as they appear.
#[derive(Debug)]
pub(crate) struct Inbox {
    warehouse: Warehouse,
    folder: Path,
    seen: BTreeSet<Path>,
}

impl Inbox {
    pub(crate) fn new(warehouse: &Warehouse, folder: &str) -> Self {
        Self { warehouse: warehouse.clone(), folder: Path::from(folder), seen: BTreeSet::new() }
    }

    /// Reports that have come since the last call that succeeded.
    pub(crate) async fn receive(&mut self) -> Result<Vec<CellResult>> {
        let store = self.warehouse.store();
        let storage = |error| EngineError::storage(self.folder.as_ref(), error);
        let found: Vec<_> = store.list(Some(&self.folder)).try_collect().await.map_err(storage)?;
        let (mut paths, mut reports) = (Vec::new(), Vec::new());
        for object in found.into_iter().filter(|object| !self.seen.contains(&object.location)) {
            let read = store.get(&object.location).await.map_err(storage)?.bytes().await.map_err(storage)?;
            reports.push(serde_json::from_slice(&read).map_err(|e| EngineError::Internal(e.to_string()))?);
            paths.push(object.location);
        }
        self.seen.extend(paths);
        Ok(reports)
    }

    /// Removes the folder's reports; what cannot be removed now is left to `maintain vacuum`.
    pub(crate) async fn clear(self) {
        let store = self.warehouse.store();
        for path in &self.seen {
            if let Err(error) = store.delete(path).await {
                tracing::debug!(%path, %error, "a report stays");
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cell::Cell;
    use crate::plan::result::Timings;

    fn report(window: i32) -> CellResult {
        CellResult {
            cell: Cell {
                model_name: "naive".into(),
                model_version: "v1".into(),
                key_bucket: 0,
                training_cutoff_date: window,
            },
            files: BTreeMap::new(),
            outcomes: Vec::new(),
            timings: Timings::default(),
            spans: Vec::new(),
            scored: None,
            laid: None,
        }
    }

    #[tokio::test]
    async fn every_report_is_received_once_though_one_could_not_be_read_at_first() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(folder.path().to_str().unwrap()).unwrap();
        let put = async |name: &str, bytes: Vec<u8>| {
            warehouse.store().put(&Path::from(format!("reports/{name}")), bytes.into()).await.unwrap();
        };
        let json = |window| serde_json::to_vec(&report(window)).unwrap();
        for (name, bytes) in [("a", json(1)), ("b", b"{".to_vec()), ("c", json(3))] {
            put(name, bytes).await;
        }
        let mut inbox = Inbox::new(&warehouse, "reports");
        assert!(inbox.receive().await.is_err());
        put("b", json(2)).await;
        let mut windows: Vec<i32> =
            inbox.receive().await.unwrap().iter().map(|report| report.cell.training_cutoff_date).collect();
        windows.sort_unstable();
        assert_eq!(windows, [1, 2, 3]);
        assert!(inbox.receive().await.unwrap().is_empty());
    }
}
