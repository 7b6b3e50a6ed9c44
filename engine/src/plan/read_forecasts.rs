//! Read, for forecasts: rows as the tables would hold them, for a query.
//!
//! The rows are built by the code that builds those of the tables; the columns that tell one run from another are left
//! out, and the model's name, a partition of the tables, stands after the key.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};

use crate::EngineError;
use crate::backfill::display_key;
use crate::plan::attach_windows::external;
use crate::plan::job::{SharedJob, iso};
use crate::plan::path_rows::{Constants, PathRows};
use crate::plan::point_rows::PointRows;
use crate::plan::rows::{Rows, failure, texts};
use crate::settings::Settings;
use crate::tables::{self, TableDef, WIDEST, is_content};

const MODEL_NAME: &str = "model_name";

/// A table whose rows are given.
pub struct Output {
    def: TableDef,
    keys: usize,
}

/// `forecast.distributions` with one row per path and day, whatever form is stored.
pub fn paths(settings: &Settings) -> Output {
    Output { def: tables::distributions(settings, WIDEST + 1), keys: settings.dataset.key.len() }
}

/// `forecast.point_forecasts`.
pub fn points(settings: &Settings) -> Output {
    Output { def: tables::point_forecasts(settings), keys: settings.dataset.key.len() }
}

impl Output {
    /// Columns of the rows given.
    pub fn columns(&self) -> SchemaRef {
        let stored = self.def.file_columns();
        let content = stored.fields().iter().filter(|field| is_content(field.name()));
        let mut fields: Vec<Arc<Field>> = content.cloned().collect();
        let model = self.def.columns.fields().iter().find(|field| field.name() == MODEL_NAME);
        fields.splice(self.keys..self.keys, model.cloned());
        Arc::new(Schema::new(fields))
    }

    /// Rows of a table's file as they are given.
    fn give(&self, model_name: &str, rows: &RecordBatch) -> crate::Result<RecordBatch> {
        let schema = self.columns();
        let columns = schema.fields().iter().map(|field| match rows.column_by_name(field.name()) {
            Some(column) => Ok(Arc::clone(column)),
            None if field.name() == MODEL_NAME => Ok(texts(model_name, rows.num_rows())),
            None => Err(EngineError::Internal(format!("no column {}", field.name()))),
        });
        let columns = columns.collect::<crate::Result<_>>()?;
        RecordBatch::try_new(schema, columns).map_err(EngineError::from_arrow)
    }
}

/// Rows of the paths of every forecast. Memory: a batch of bounded size, or of one day.
pub fn run_paths(
    job: SharedJob,
    mut forecasts: SendableRecordBatchStream,
) -> impl Stream<Item = Result<RecordBatch>> + Send {
    async_stream::try_stream! {
        let output = paths(&job.settings);
        let columns = output.def.file_columns();
        while let Some(batch) = forecasts.next().await {
            let batch = batch?;
            let made = Made::new(&batch).map_err(external)?;
            for row in 0..batch.num_rows() {
                let key = made.key(row).map_err(external)?;
                let cell = made.rows.cell(row).map_err(external)?;
                let constants = Constants::new(&job, &cell);
                let paths = PathRows::new(&constants, &key, &made.rows, &made.forecasts, row).map_err(external)?;
                for rows in paths.batches(&columns) {
                    yield rows.and_then(|rows| output.give(&cell.model_name, &rows)).map_err(external)?;
                }
            }
        }
    }
}

/// Rows of the points of every forecast.
pub fn run_points(
    job: SharedJob,
    mut forecasts: SendableRecordBatchStream,
) -> impl Stream<Item = Result<RecordBatch>> + Send {
    async_stream::try_stream! {
        while let Some(batch) = forecasts.next().await {
            yield points_of(&job, &batch?).map_err(external)?;
        }
    }
}

fn points_of(job: &SharedJob, batch: &RecordBatch) -> crate::Result<RecordBatch> {
    let output = points(&job.settings);
    let made = Made::new(batch)?;
    let mut points = PointRows::new(job);
    for row in 0..batch.num_rows() {
        points.push(&made.key(row)?, &made.rows, &made.forecasts, row, 0.0)?;
    }
    // a batch holds one unit, hence one cell
    let cell = made.rows.cell(0)?;
    output.give(&cell.model_name, &points.finish(&cell, output.def.file_columns())?)
}

/// Forecasts as the function made them.
struct Made<'a> {
    rows: Rows<'a>,
    forecasts: Rows<'a>,
}

impl<'a> Made<'a> {
    fn new(batch: &'a RecordBatch) -> crate::Result<Self> {
        let rows = Rows::batch(batch);
        let forecasts = Rows::nested(rows.array("forecast")?.as_struct());
        Ok(Self { rows, forecasts })
    }

    /// The row's key, if its forecast did not fail.
    fn key(&self, row: usize) -> crate::Result<String> {
        let key = self.rows.text("key", row)?.unwrap_or_default();
        let Some((code, message)) = failure(&self.rows, &self.forecasts, row)? else { return Ok(key) };
        let cell = self.rows.cell(row)?;
        let origin = iso(self.rows.day("data_cutoff_date", row)?);
        Err(EngineError::Input {
            place: format!("forecast of {} by {} at {origin}", display_key(&key), cell.model_name),
            message: format!("{code}: {}", message.unwrap_or_default()),
            value: Some(code),
        })
    }
}
