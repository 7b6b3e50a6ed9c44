//! Attach, for forecasts: each unit becomes one row per origin with its stored model and its history up to that origin.
//!
//! All rows of a unit share one buffer per column: a row's history is a list view that ends at its origin, so nothing
//! is copied and nothing later can be reached.

use std::sync::Arc;

use almanac_models::{Calendar, Day, ModelSpec, cut};
use arrow::array::{
    ArrayRef, BinaryViewBuilder, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, ListViewArray,
    RecordBatch, StringArray,
};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};

use crate::EngineError;
use crate::plan::attach_windows::{external, list, list_of};
use crate::plan::job::SharedJob;
use crate::plan::panel::{self, KeySeries, Series};
use crate::plan::servable;
use crate::plan::stored::{self, StoredModel};
use crate::plan::worklist::{self, Unit};

fn view_of(item: DataType) -> DataType {
    DataType::ListView(Arc::new(Field::new_list_field(item, true)))
}

/// Columns of the output.
pub fn schema() -> SchemaRef {
    let field = |name: &str, kind: DataType| Field::new(name, kind, true);
    Arc::new(Schema::new(vec![
        field("model_name", DataType::Utf8),
        field("model_version", DataType::Utf8),
        field("key_bucket", DataType::Int32),
        field("training_cutoff_date", DataType::Date32),
        field("key", DataType::Utf8),
        field("data_cutoff_date", DataType::Date32),
        field("paths", DataType::Boolean),
        field("points", DataType::Boolean),
        field("has_data_leakage", DataType::Boolean),
        field("format", DataType::Utf8),
        field("fitted_model", DataType::BinaryView),
        field("days", view_of(DataType::Date32)),
        field("target", view_of(DataType::Float64)),
        field("regressors", list_of(view_of(DataType::Float64))),
        field("future_days", list_of(DataType::Date32)),
        field("future_regressors", list_of(list_of(DataType::Float64))),
        field("seed", DataType::Int64),
        field("path_count", DataType::Int64),
        field("levels", DataType::Utf8),
        field("error_code", DataType::Utf8),
        field("error_message", DataType::Utf8),
    ]))
}

/// Runs the step over one partition.
pub fn run(job: SharedJob, mut units: SendableRecordBatchStream) -> impl Stream<Item = Result<RecordBatch>> + Send {
    async_stream::try_stream! {
        let calendar = job.calendar().map_err(external)?;
        let mut models = stored::Cache::default();
        let mut buckets = panel::Current::default();
        while let Some(batch) = units.next().await {
            for unit in worklist::decode(&batch?) {
                let panel = buckets.load(&job, unit.cell.key_bucket).await.map_err(external)?;
                let series = panel.keys.get(&unit.key).ok_or_else(|| external(panel::unknown(&unit.key)))?;
                let model = models.get(&job, &unit).await.map_err(external)?;
                let attached = Attached::new(&job, &calendar, &unit, series, model).map_err(external)?;
                for origins in unit.select(&series.days).chunks(job.batch_forecasts()) {
                    yield attached.rows(origins).map_err(external)?;
                }
            }
        }
    }
}

/// A unit with its shared buffers.
struct Attached<'a> {
    job: &'a SharedJob,
    calendar: &'a Calendar,
    unit: &'a Unit,
    spec: ModelSpec,
    series: &'a KeySeries,
    columns: Vec<&'a Series>,
    model: std::result::Result<StoredModel, (String, String)>,
    start: usize,
    days: ArrayRef,
    target: ArrayRef,
    regressors: ArrayRef,
}

impl<'a> Attached<'a> {
    fn new(
        job: &'a SharedJob,
        calendar: &'a Calendar,
        unit: &'a Unit,
        series: &'a KeySeries,
        model: std::result::Result<StoredModel, (String, String)>,
    ) -> crate::Result<Self> {
        let spec = job.model(&unit.cell.model_name)?;
        let (columns, model) = match servable::regressors(&spec, series) {
            Ok(columns) => (columns, model),
            Err(refusal) => (Vec::new(), Err((refusal.code.to_owned(), refusal.message))),
        };
        let start = match &model {
            Ok(model) => series.days.partition_point(|&day| day < model.training_start_date),
            Err(_) => 0,
        };
        let flat: Vec<f64> = columns.iter().flat_map(|column| column.values.iter().copied()).collect();
        Ok(Self {
            job,
            calendar,
            unit,
            spec,
            series,
            columns,
            model,
            start,
            days: Arc::new(Date32Array::from(series.days.clone())),
            target: Arc::new(Float64Array::from(series.target.clone())),
            regressors: Arc::new(Float64Array::from(flat)),
        })
    }

    fn rows(&self, origins: &[Day]) -> crate::Result<RecordBatch> {
        let rows = origins.len();
        let n = self.series.days.len();
        let ends: Vec<usize> = origins.iter().map(|&origin| cut(&self.series.days, origin)).collect();
        let sizes: Vec<usize> = ends.iter().map(|end| end - self.start.min(*end)).collect();
        let starts = vec![self.start; rows];
        let width = self.columns.len();
        let inner_starts = (0..rows).flat_map(|_| (0..width).map(|r| r * n + self.start)).collect::<Vec<_>>();
        let inner_sizes = sizes.iter().flat_map(|&size| std::iter::repeat_n(size, width)).collect::<Vec<_>>();
        let regressors = view(&self.regressors, &inner_starts, &inner_sizes)?;
        let (mut future_days, mut future_values) = (Vec::new(), Vec::new());
        let (mut codes, mut messages) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let horizon = self.job.settings.forecast.horizon;
        for (row, &origin) in origins.iter().enumerate() {
            let ahead = self.calendar.next_sessions(origin, horizon);
            let error = match &self.model {
                Ok(_) => servable::future(&self.spec, self.series, &self.columns, self.start, origin, &ahead)
                    .map(|values| future_values.extend(values))
                    .map_err(|refusal| (refusal.code.to_owned(), refusal.message)),
                Err(error) => Err(error.clone()),
            };
            let error = error.err();
            future_values.resize((row + 1) * width * horizon, f64::NAN);
            future_days.extend(ahead);
            codes.push(error.as_ref().map(|e| e.0.clone()));
            messages.push(error.map(|e| e.1));
        }
        let ahead = list(Arc::new(Float64Array::from(future_values)), std::iter::repeat_n(horizon, rows * width))?;
        let cell = &self.unit.cell;
        let text = |value: &str| Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, rows))) as ArrayRef;
        let flag = |value: bool| Arc::new(BooleanArray::from(vec![value; rows])) as ArrayRef;
        let leaks: Vec<bool> = origins.iter().map(|&origin| self.leaks(origin)).collect();
        let forecast = &self.job.settings.forecast;
        let arrays: Vec<ArrayRef> = vec![
            text(&cell.model_name),
            text(&cell.model_version),
            Arc::new(Int32Array::from(vec![cell.key_bucket; rows])),
            Arc::new(Date32Array::from(vec![cell.training_cutoff_date; rows])),
            text(&self.unit.key),
            Arc::new(Date32Array::from(origins.to_vec())),
            flag(self.unit.paths),
            flag(self.unit.points),
            Arc::new(BooleanArray::from(leaks)),
            text(self.model.as_ref().map_or("", |model| &model.format)),
            self.fitted_model(rows)?,
            view(&self.days, &starts, &sizes)?,
            view(&self.target, &starts, &sizes)?,
            list(regressors, std::iter::repeat_n(width, rows))?,
            list(Arc::new(Date32Array::from(future_days)), std::iter::repeat_n(horizon, rows))?,
            list(ahead, std::iter::repeat_n(width, rows))?,
            Arc::new(Int64Array::from(vec![forecast.seed as i64; rows])),
            Arc::new(Int64Array::from(vec![forecast.paths as i64; rows])),
            text(&self.job.levels()),
            Arc::new(StringArray::from(codes)),
            Arc::new(StringArray::from(messages)),
        ];
        RecordBatch::try_new(schema(), arrays).map_err(EngineError::from_arrow)
    }

    /// One buffer for the model, viewed by every row.
    fn fitted_model(&self, rows: usize) -> crate::Result<ArrayRef> {
        let mut builder = BinaryViewBuilder::new();
        match &self.model {
            Err(_) => (0..rows).for_each(|_| builder.append_null()),
            Ok(model) => {
                let length = u32::try_from(model.bytes.len()).map_err(|e| EngineError::Internal(e.to_string()))?;
                let block = builder.append_block(arrow::buffer::Buffer::from_vec(model.bytes.clone()));
                for _ in 0..rows {
                    builder.try_append_view(block, 0, length).map_err(EngineError::from_arrow)?;
                }
            }
        }
        Ok(Arc::new(builder.finish()))
    }

    fn leaks(&self, origin: Day) -> bool {
        self.unit.cell.training_cutoff_date >= origin || self.series.leaks(&self.columns, origin)
    }
}

fn view(values: &ArrayRef, offsets: &[usize], sizes: &[usize]) -> crate::Result<ArrayRef> {
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    let buffer = |numbers: &[usize]| ScalarBuffer::from(numbers.iter().map(|&n| n as i32).collect::<Vec<_>>());
    let array = ListViewArray::try_new(field, buffer(offsets), buffer(sizes), Arc::clone(values), None);
    Ok(Arc::new(array.map_err(EngineError::from_arrow)?))
}
