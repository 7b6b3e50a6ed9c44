//! Attach, for fits: each unit becomes one row with its training window, cut at the training cutoff.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};

use crate::EngineError;
use crate::plan::job::SharedJob;
use crate::plan::panel::{self, KeySeries};
use crate::plan::servable;
use crate::plan::worklist::{self, Unit};

/// A list type of nullable items.
pub(crate) fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
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
        field("training_start_date", DataType::Date32),
        field("spec", DataType::Utf8),
        field("days", list_of(DataType::Date32)),
        field("target", list_of(DataType::Float64)),
        field("regressors", list_of(list_of(DataType::Float64))),
        field("seed", DataType::Int64),
        field("horizon", DataType::Int32),
        field("week", DataType::Int32),
        field("skip_reason", DataType::Utf8),
    ]))
}

/// Runs the step over one partition.
pub fn run(job: SharedJob, mut units: SendableRecordBatchStream) -> impl Stream<Item = Result<RecordBatch>> + Send {
    async_stream::try_stream! {
        let mut buckets = panel::Current::default();
        while let Some(batch) = units.next().await {
            for unit in worklist::decode(&batch?) {
                let panel = buckets.load(&job, unit.cell.key_bucket).await.map_err(external)?;
                let row = attach(&job, &unit, panel.keys.get(&unit.key)).map_err(external)?;
                yield row;
            }
        }
    }
}

/// Carries an engine error through DataFusion without losing its structure.
pub(crate) fn external(error: EngineError) -> DataFusionError {
    match error {
        EngineError::Plan(inner) => inner,
        other => DataFusionError::External(Box::new(other)),
    }
}

fn attach(job: &SharedJob, unit: &Unit, series: Option<&KeySeries>) -> crate::Result<RecordBatch> {
    let spec = job.model(&unit.cell.model_name)?;
    let series = series.ok_or_else(|| panel::unknown(&unit.key))?;
    let calendar = job.calendar()?;
    let window = servable::training(job, &calendar, &spec, series, unit.cell.training_cutoff_date);
    let (range, columns, refusal) = match window {
        Ok((range, columns)) => (range, columns, None),
        Err(refusal) => (0..0, Vec::new(), Some(refusal)),
    };
    let skip = refusal.map(|refusal| refusal.code);
    let days = Date32Array::from(series.days[range.clone()].to_vec());
    let target = Float64Array::from(series.target[range.clone()].to_vec());
    let flat: Float64Array = columns.iter().flat_map(|c| c.values[range.clone()].iter().map(|&v| Some(v))).collect();
    let inner = list(Arc::new(flat), std::iter::repeat_n(range.len(), columns.len()))?;
    let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let spec_json = serde_json::to_string(&spec).map_err(|e| EngineError::Internal(e.to_string()))?;
    let forecast = &job.settings.forecast;
    let arrays: Vec<ArrayRef> = vec![
        text(&unit.cell.model_name),
        text(&unit.cell.model_version),
        Arc::new(Int32Array::from(vec![unit.cell.key_bucket])),
        Arc::new(Date32Array::from(vec![unit.cell.training_cutoff_date])),
        text(&unit.key),
        Arc::new(Date32Array::from(vec![series.days.get(range.start).copied().filter(|_| skip.is_none())])),
        text(&spec_json),
        list(Arc::new(days), [range.len()])?,
        list(Arc::new(target), [range.len()])?,
        list(inner, [columns.len()])?,
        Arc::new(Int64Array::from(vec![forecast.seed as i64])),
        Arc::new(Int32Array::from(vec![forecast.horizon as i32])),
        Arc::new(Int32Array::from(vec![calendar.week() as i32])),
        Arc::new(StringArray::from(vec![skip])),
    ];
    RecordBatch::try_new(schema(), arrays).map_err(EngineError::from_arrow)
}

/// Lists of the given lengths over `values`.
pub(crate) fn list(values: ArrayRef, lengths: impl IntoIterator<Item = usize>) -> crate::Result<ArrayRef> {
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    let array = ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), values, None);
    Ok(Arc::new(array.map_err(EngineError::from_arrow)?))
}
