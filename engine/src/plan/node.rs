//! One interior node type for every step of the pipeline.
//!
//! Steps are interior nodes: a custom leaf would be executed whole by every task of a cluster.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::StreamExt;
use serde::{Deserialize, Serialize};

use crate::plan::cancel::until_cancelled;
use crate::plan::job::{Job, SharedJob};
use crate::plan::{
    attach_history, attach_windows, read_forecasts, result, score, silver, write_forecasts, write_models,
};

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Units → one row per unit with its training window.
    AttachWindows,
    /// Units → one row per forecast with its stored model and history.
    AttachHistory,
    /// Fits → files of `forecast.trained_models`.
    WriteModels,
    /// Forecasts → files of `forecast.distributions` and `forecast.point_forecasts`.
    WriteForecasts,
    /// Cells → files of `forecast.forecast_metadata`.
    ScoreCells,
    /// Keys → files of `silver.unified_data` and `silver.model_input`.
    LayBuckets,
    /// Forecasts → rows as `forecast.distributions` has them, one per path and day.
    ReadPaths,
    /// Forecasts → rows as `forecast.point_forecasts` has them.
    ReadPoints,
}

impl Step {
    fn schema(self, job: &Job) -> SchemaRef {
        match self {
            Self::AttachWindows => attach_windows::schema(),
            Self::AttachHistory => attach_history::schema(),
            Self::WriteModels | Self::WriteForecasts | Self::ScoreCells | Self::LayBuckets => result::schema(),
            Self::ReadPaths => read_forecasts::paths(&job.settings).columns(),
            Self::ReadPoints => read_forecasts::points(&job.settings).columns(),
        }
    }
}

/// A step over its input; partitions pass through one to one.
#[derive(Debug)]
pub struct StepExec {
    /// What it does.
    pub step: Step,
    /// Inputs and settings of the run.
    pub job: SharedJob,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl StepExec {
    /// Puts a step on top of `input`.
    pub fn new(step: Step, job: SharedJob, input: Arc<dyn ExecutionPlan>) -> Self {
        let partitions = input.properties().partitioning.partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(step.schema(&job)),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { step, job, input, properties: Arc::new(properties) }
    }
}

impl DisplayAs for StepExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: run={} input=v{}", self.step, self.job.run_id, self.job.input)
    }
}

impl ExecutionPlan for StepExec {
    fn name(&self) -> &str {
        "StepExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _apply: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match children.pop() {
            Some(input) if children.is_empty() => Ok(Arc::new(Self::new(self.step, Arc::clone(&self.job), input))),
            _ => Err(DataFusionError::Internal("a step has exactly one input".into())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let job = Arc::clone(&self.job);
        let rows = match self.step {
            Step::AttachWindows => attach_windows::run(job, input).boxed(),
            Step::AttachHistory => attach_history::run(job, input).boxed(),
            Step::WriteModels => write_models::run(job, input).boxed(),
            Step::WriteForecasts => write_forecasts::run(job, input).boxed(),
            Step::ScoreCells => score::run(job, input).boxed(),
            Step::LayBuckets => silver::run(job, input).boxed(),
            Step::ReadPaths => read_forecasts::run_paths(job, input).boxed(),
            Step::ReadPoints => read_forecasts::run_points(job, input).boxed(),
        };
        let rows = until_cancelled(&context, rows);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}
