//! Write, for forecasts: rows of `forecast.distributions` and `forecast.point_forecasts` into files of one cell each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};

use crate::EngineError;
use crate::cell::Cell;
use crate::delta::{CellWriter, Warehouse};
use crate::plan::attach_windows::external;
use crate::plan::job::SharedJob;
use crate::plan::path_rows::{Constants, PathRows};
use crate::plan::point_rows::PointRows;
use crate::plan::report;
use crate::plan::result::{CellResult, Outcome, Status, Timings};
use crate::plan::rows::{Rows, failure};
use crate::runner::idle;
use crate::tables::{self, TableDef};

/// Runs the step over one partition.
pub fn run(job: SharedJob, mut forecasts: SendableRecordBatchStream) -> impl Stream<Item = Result<RecordBatch>> + Send {
    async_stream::try_stream! {
        let warehouse = Warehouse::open(&job.warehouse).map_err(external)?;
        let mut open: Option<OpenCell> = None;
        let mut since = idle::now();
        while let Some(batch) = forecasts.next().await {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    OpenCell::abort(open.take()).await;
                    Err(error)?
                }
            };
            // a batch holds one unit, hence one cell
            let cell = Rows::batch(&batch).cell(0).map_err(external)?;
            if open.as_ref().is_some_and(|current| current.cell != cell)
                && let Some(done) = open.take()
            {
                yield done.report(&mut since).await.map_err(external)?;
            }
            let current = open.get_or_insert_with(|| OpenCell::new(&job, &warehouse, cell));
            if let Err(error) = current.write(&batch).await {
                OpenCell::abort(open.take()).await;
                Err(external(error))?;
            }
        }
        if let Some(done) = open.take() {
            yield done.report(&mut since).await.map_err(external)?;
        }
    }
}

/// A cell being written.
struct OpenCell {
    job: SharedJob,
    warehouse: Warehouse,
    cell: Cell,
    distributions: (TableDef, SchemaRef, CellWriter),
    points: (TableDef, SchemaRef, CellWriter),
    constants: Constants,
    wrote_paths: bool,
    wrote_points: bool,
    outcomes: BTreeMap<String, Outcome>,
    timings: Timings,
}

impl OpenCell {
    fn new(job: &SharedJob, warehouse: &Warehouse, cell: Cell) -> Self {
        let partition = vec![
            ("model_name".to_owned(), cell.model_name.clone()),
            ("key_bucket".to_owned(), cell.key_bucket.to_string()),
        ];
        let table = |def: TableDef| {
            let writer = CellWriter::new(warehouse, &def, partition.clone());
            let columns = def.file_columns();
            (def, columns, writer)
        };
        Self {
            job: Arc::clone(job),
            warehouse: warehouse.clone(),
            distributions: table(job.distributions()),
            points: table(tables::point_forecasts(&job.settings)),
            constants: Constants::new(job, &cell),
            cell,
            wrote_paths: false,
            wrote_points: false,
            outcomes: BTreeMap::new(),
            timings: Timings::default(),
        }
    }

    async fn write(&mut self, batch: &RecordBatch) -> crate::Result<()> {
        let rows = Rows::batch(batch);
        let forecasts = rows.array("forecast")?.as_struct();
        let forecasts = Rows::nested(forecasts);
        let mut points = PointRows::new(&self.job);
        for row in 0..batch.num_rows() {
            let key = rows.text("key", row)?.unwrap_or_default();
            if let Some((code, message)) = failure(&rows, &forecasts, row)? {
                self.fail(key, code, message);
                continue;
            }
            let seconds = |name: &str| Ok::<f64, EngineError>(forecasts.number(name, row)?.unwrap_or(0.0));
            let timings = Timings {
                condition: seconds("condition_seconds")?,
                simulate: seconds("simulate_seconds")?,
                summarise: seconds("summarise_seconds")?,
                ..Timings::default()
            };
            self.timings.add(&timings);
            let elapsed = timings.condition + timings.simulate + timings.summarise;
            self.succeed(&key, elapsed, forecasts.text("fallback_reason", row)?);
            let started = Instant::now();
            if rows.flag("paths", row)? {
                let paths = PathRows::new(&self.constants, &key, &rows, &forecasts, row)?;
                for batch in paths.batches(&self.distributions.1) {
                    self.distributions.2.write(&batch?).await?;
                }
                self.wrote_paths = true;
            }
            if rows.flag("points", row)? {
                points.push(&key, &rows, &forecasts, row, elapsed)?;
                self.wrote_points = true;
            }
            self.timings.write += started.elapsed().as_secs_f64();
        }
        if !points.is_empty() {
            let started = Instant::now();
            let batch = points.finish(&self.cell, Arc::clone(&self.points.1))?;
            self.points.2.write(&batch).await?;
            self.timings.write += started.elapsed().as_secs_f64();
        }
        Ok(())
    }

    fn outcome(&mut self, key: String) -> &mut Outcome {
        let fresh = Outcome {
            key: key.clone(),
            status: Status::Ok,
            reason: None,
            message: None,
            forecasts: 0,
            failed: 0,
            seconds: 0.0,
        };
        self.outcomes.entry(key).or_insert(fresh)
    }

    fn succeed(&mut self, key: &str, seconds: f64, fallback: Option<String>) {
        let outcome = self.outcome(key.to_owned());
        outcome.forecasts += 1;
        outcome.seconds += seconds;
        if let Some(reasons) = fallback
            && outcome.status != Status::Failed
        {
            outcome.status = Status::Fallback;
            simpler(outcome.reason.get_or_insert_default(), &reasons);
        }
    }

    fn fail(&mut self, key: String, code: String, message: Option<String>) {
        let outcome = self.outcome(key);
        // that some forecasts are of a simpler form matters less
        if outcome.status != Status::Failed {
            outcome.reason = None;
        }
        outcome.status = Status::Failed;
        outcome.failed += 1;
        outcome.reason.get_or_insert(code);
        if outcome.message.is_none() {
            outcome.message = message;
        }
    }

    /// Removes what was written of a cell that is given up.
    async fn abort(open: Option<Self>) {
        if let Some(open) = open {
            open.distributions.2.abort().await;
            open.points.2.abort().await;
        }
    }

    /// Closes the files and says what is in them, and that all was computed since then.
    async fn report(self, since: &mut i64) -> crate::Result<RecordBatch> {
        let (job, warehouse) = (Arc::clone(&self.job), self.warehouse.clone());
        let mut result = self.close().await?;
        let now = idle::now();
        result.spans.push((std::mem::replace(since, now), now));
        report::send(&job, &warehouse, &result).await
    }

    async fn close(mut self) -> crate::Result<CellResult> {
        let started = Instant::now();
        let mut files = BTreeMap::new();
        for (wrote, (def, _, writer)) in [(self.wrote_paths, self.distributions), (self.wrote_points, self.points)] {
            let adds = writer.close().await?;
            if wrote {
                files.insert(def.full_name(), adds);
            }
        }
        self.timings.write += started.elapsed().as_secs_f64();
        let outcomes = self.outcomes.into_values().collect();
        Ok(CellResult {
            cell: self.cell,
            files,
            outcomes,
            timings: self.timings,
            spans: Vec::new(),
            scored: None,
            laid: None,
        })
    }
}

/// Adds reasons of simpler forms to those that a unit's forecasts had before, each once.
fn simpler(told: &mut String, reasons: &str) {
    for reason in reasons.split("; ") {
        if told.split("; ").any(|known| known == reason) {
            continue;
        }
        if !told.is_empty() {
            told.push_str("; ");
        }
        told.push_str(reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_told_once() {
        let mut told = String::new();
        for reasons in ["a: x", "a: x; b: y", "b: y", "c"] {
            simpler(&mut told, reasons);
        }
        assert_eq!(told, "a: x; b: y; c");
    }
}
