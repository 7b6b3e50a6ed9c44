//! Write, for fits: rows of `forecast.trained_models` into one file per cell.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, AsArray, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};
use object_store::ObjectStoreExt;
use sha2::{Digest, Sha256};

use crate::backfill::display_key;
use crate::cell::{Cell, hex};
use crate::delta::{CellWriter, Warehouse, fault};
use crate::plan::attach_windows::external;
use crate::plan::job::{SharedJob, iso, key_values};
use crate::plan::report;
use crate::plan::result::{CellResult, Outcome, Status, Timings};
use crate::plan::rows::{Rows, days, integers, texts, times};
use crate::runner::idle;
use crate::{EngineError, identity, tables};

/// Models of this size and above are objects of their own instead of values in the row.
pub const INLINE_LIMIT: usize = 1_048_576;

/// Runs the step over one partition.
pub fn run(job: SharedJob, mut fits: SendableRecordBatchStream) -> impl Stream<Item = Result<RecordBatch>> + Send {
    async_stream::try_stream! {
        let warehouse = Warehouse::open(&job.warehouse).map_err(external)?;
        let mut open: Option<OpenCell> = None;
        let mut since = idle::now();
        while let Some(batch) = fits.next().await {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    OpenCell::abort(open.take()).await;
                    Err(error)?
                }
            };
            for row in 0..batch.num_rows() {
                let cell = Rows::batch(&batch).cell(row).map_err(external)?;
                if open.as_ref().is_some_and(|current| current.cell != cell)
                    && let Some(done) = open.take()
                {
                    yield done.report(&mut since).await.map_err(external)?;
                }
                let current = open.get_or_insert_with(|| OpenCell::new(&job, &warehouse, cell));
                if let Err(error) = current.write(&batch, row).await {
                    OpenCell::abort(open.take()).await;
                    Err(external(error))?;
                }
            }
        }
        if let Some(done) = open.take() {
            yield done.report(&mut since).await.map_err(external)?;
        }
    }
}

struct OpenCell {
    job: SharedJob,
    warehouse: Warehouse,
    cell: Cell,
    writer: CellWriter,
    wrote: bool,
    outcomes: Vec<Outcome>,
    timings: Timings,
}

impl OpenCell {
    fn new(job: &SharedJob, warehouse: &Warehouse, cell: Cell) -> Self {
        let partition = vec![
            ("model_name".to_owned(), cell.model_name.clone()),
            ("key_bucket".to_owned(), cell.key_bucket.to_string()),
        ];
        let writer = CellWriter::new(warehouse, &tables::trained_models(&job.settings), partition);
        Self {
            job: Arc::clone(job),
            warehouse: warehouse.clone(),
            cell,
            writer,
            wrote: false,
            outcomes: Vec::new(),
            timings: Timings::default(),
        }
    }

    async fn write(&mut self, batch: &RecordBatch, row: usize) -> crate::Result<()> {
        fault::pause("fit").await;
        let rows = Rows::batch(batch);
        let key = rows.text("key", row)?.unwrap_or_default();
        let fit = Rows::nested(rows.array("fit")?.as_struct());
        let seconds = fit.number("fit_seconds", row)?.unwrap_or(0.0);
        self.timings.fit += seconds;
        let skipped = rows.text("skip_reason", row)?;
        let failed = fit.text("error_code", row)?;
        let fallback = fit.text("fallback_reason", row)?;
        let (status, reason, message) = match (skipped, failed, &fallback) {
            (Some(skip), _, _) => (Status::Skipped, Some(skip), None),
            (None, Some(code), _) => (Status::Failed, Some(code), fit.text("error_message", row)?),
            (None, None, Some(reason)) => (Status::Fallback, Some(reason.clone()), None),
            (None, None, None) => (Status::Ok, None, None),
        };
        self.outcomes.push(Outcome { key: key.clone(), status, reason, message, forecasts: 0, failed: 0, seconds });
        if matches!(status, Status::Skipped | Status::Failed) {
            return Ok(());
        }
        let started = Instant::now();
        let bytes = fit.array("fitted_model")?.as_binary::<i32>().value(row);
        let digest = hex(&Sha256::digest(bytes));
        let path = match bytes.len() < INLINE_LIMIT {
            true => None,
            false => Some(store(self.warehouse.clone(), &digest, bytes.to_vec()).await?),
        };
        let stored = Stored { bytes, digest, path };
        let batch = self.model_row(&key, &rows, &fit, row, status, seconds, stored)?;
        self.writer.write(&batch).await?;
        self.wrote = true;
        self.timings.write += started.elapsed().as_secs_f64();
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn model_row(
        &self,
        key: &str,
        rows: &Rows<'_>,
        fit: &Rows<'_>,
        row: usize,
        status: Status,
        seconds: f64,
        Stored { bytes, digest, path }: Stored<'_>,
    ) -> crate::Result<RecordBatch> {
        let (job, cell) = (&self.job, &self.cell);
        let inline = path.is_none().then_some(bytes);
        let model_id = format!(
            "{}:{}:{}:{}",
            display_key(key),
            cell.model_name,
            cell.model_version,
            iso(cell.training_cutoff_date)
        );
        let settings = identity::settings_json(&job.settings, &cell.model_name)?;
        let text = |name: &str| Ok::<ArrayRef, EngineError>(Arc::new(StringArray::from(vec![fit.text(name, row)?])));
        let number =
            |name: &str| Ok::<ArrayRef, EngineError>(Arc::new(Float64Array::from(vec![fit.number(name, row)?])));
        let long = |value: i64| Arc::new(Int64Array::from(vec![value])) as ArrayRef;
        let calendar = job.settings.dataset.calendar;
        let calendar =
            serde_json::to_value(calendar).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        let mut columns: Vec<ArrayRef> = vec![texts(&model_id, 1)];
        columns.extend(key_values(key).into_iter().map(|value| texts(value, 1)));
        columns.extend([
            texts(&cell.model_version, 1),
            text("model_type")?,
            days(cell.training_cutoff_date + 1, 1),
            days(rows.day("training_start_date", row)?, 1),
            days(cell.training_cutoff_date, 1),
            integers([fit.integer("samples", row)?]),
            text("parameters")?,
            Arc::new(BinaryArray::from_opt_vec(vec![inline])) as ArrayRef,
            Arc::new(StringArray::from(vec![path])),
            text("format")?,
            texts(&digest, 1),
            long(bytes.len() as i64),
            number("log_likelihood")?,
            number("aicc")?,
            number("training_loss")?,
            number("validation_loss")?,
            texts(status.name(), 1),
            text("fallback_reason")?,
            long(job.settings.forecast.seed as i64),
            texts(&calendar, 1),
            integers([job.settings.forecast.horizon as i32]),
            texts(&settings, 1),
            texts(&identity::config_hash(&settings), 1),
            texts(&job.data_version(), 1),
            texts(env!("CARGO_PKG_VERSION"), 1),
            Arc::new(Float64Array::from(vec![seconds])),
            times(job.generated_at, 1),
            texts("almanac", 1),
            texts(&job.run_id, 1),
        ]);
        let schema = tables::trained_models(&job.settings).file_columns();
        RecordBatch::try_new(schema, columns).map_err(EngineError::from_arrow)
    }

    /// Removes what was written of a cell that is given up.
    async fn abort(open: Option<Self>) {
        if let Some(open) = open {
            open.writer.abort().await;
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
        let adds = self.writer.close().await?;
        let mut files = BTreeMap::new();
        if self.wrote {
            files.insert("forecast.trained_models".to_owned(), adds);
        }
        self.timings.write += started.elapsed().as_secs_f64();
        Ok(CellResult {
            cell: self.cell,
            files,
            outcomes: self.outcomes,
            timings: self.timings,
            spans: Vec::new(),
            scored: None,
            laid: None,
        })
    }
}

/// A model's bytes and where they go.
struct Stored<'a> {
    bytes: &'a [u8],
    digest: String,
    /// Object that holds them, if they are too many for the row.
    path: Option<String>,
}

/// Stores a large model under its digest; writing it twice is harmless.
async fn store(warehouse: Warehouse, digest: &str, bytes: Vec<u8>) -> crate::Result<String> {
    let path = format!("models/{digest}.bin");
    let put = warehouse.store().put(&object_store::path::Path::from(path.as_str()), bytes.into()).await;
    put.map_err(|e| EngineError::storage(&format!("{}{path}", warehouse.root()), e))?;
    Ok(path)
}
