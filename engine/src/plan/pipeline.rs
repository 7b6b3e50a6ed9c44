//! Assembling the plan, and running it on this machine without a server.

use std::sync::Arc;

use datafusion::config::ConfigOptions;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::ScalarUDF;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::plan::job::SharedJob;
use crate::plan::node::{Step, StepExec};
use crate::plan::result::{self, CellResult};
use crate::plan::worklist::{self, Unit};
use crate::{EngineError, Result};

const FIT_ARGUMENTS: [&str; 8] =
    ["spec", "days", "target", "regressors", "training_cutoff_date", "seed", "horizon", "week"];
const FIT_KEEP: [&str; 7] =
    ["model_name", "model_version", "key_bucket", "training_cutoff_date", "key", "training_start_date", "skip_reason"];
const SIMULATE_ARGUMENTS: [&str; 14] = [
    "format",
    "fitted_model",
    "days",
    "target",
    "regressors",
    "future_days",
    "future_regressors",
    "seed",
    "key",
    "model_name",
    "model_version",
    "data_cutoff_date",
    "path_count",
    "levels",
];
const SIMULATE_KEEP: [&str; 12] = [
    "model_name",
    "model_version",
    "key_bucket",
    "training_cutoff_date",
    "key",
    "data_cutoff_date",
    "paths",
    "points",
    "has_data_leakage",
    "future_days",
    "error_code",
    "error_message",
];

/// The plan that fits every unit of the worklist.
///
/// # Errors
/// Plan errors.
pub fn train(job: &SharedJob, partitions: &[Vec<Unit>]) -> Result<Arc<dyn ExecutionPlan>> {
    let function = ScalarUDF::new_from_impl(almanac_udfs::fit::FitModel::new());
    assemble(job, partitions, Step::AttachWindows, (function, &FIT_ARGUMENTS, "fit"), &FIT_KEEP, Step::WriteModels)
}

/// The plan that forecasts every origin of the worklist.
///
/// # Errors
/// Plan errors.
pub fn infer(job: &SharedJob, partitions: &[Vec<Unit>]) -> Result<Arc<dyn ExecutionPlan>> {
    forecasts(job, partitions, Step::WriteForecasts)
}

/// The plan that lays out every key of the worklist, the keys of a bucket together;
/// [`Job::laying`](crate::plan::job::Job::laying) pins what it reads.
///
/// # Errors
/// Plan errors.
pub fn build(job: &SharedJob, partitions: &[Vec<Unit>]) -> Result<Arc<dyn ExecutionPlan>> {
    Ok(Arc::new(StepExec::new(Step::LayBuckets, Arc::clone(job), worklist::source(partitions)?)))
}

/// The plan that scores every cell of the worklist; [`Job::scoring`](crate::plan::job::Job::scoring) pins what it reads.
///
/// # Errors
/// Plan errors.
pub fn score(job: &SharedJob, partitions: &[Vec<Unit>]) -> Result<Arc<dyn ExecutionPlan>> {
    Ok(Arc::new(StepExec::new(Step::ScoreCells, Arc::clone(job), worklist::source(partitions)?)))
}

/// The plan that forecasts the origins of a unit and gives their rows instead of writing them; `step` is
/// [`Step::ReadPaths`] or [`Step::ReadPoints`].
///
/// # Errors
/// Plan errors.
pub fn read(job: &SharedJob, unit: Unit, step: Step) -> Result<Arc<dyn ExecutionPlan>> {
    forecasts(job, &[vec![unit]], step)
}

fn forecasts(job: &SharedJob, partitions: &[Vec<Unit>], step: Step) -> Result<Arc<dyn ExecutionPlan>> {
    let function = ScalarUDF::new_from_impl(almanac_udfs::simulate::SimulatePaths::new());
    let call = (function, &SIMULATE_ARGUMENTS[..], "forecast");
    assemble(job, partitions, Step::AttachHistory, call, &SIMULATE_KEEP, step)
}

fn assemble(
    job: &SharedJob,
    partitions: &[Vec<Unit>],
    attach: Step,
    (function, arguments, name): (ScalarUDF, &[&str], &str),
    keep: &[&str],
    top: Step,
) -> Result<Arc<dyn ExecutionPlan>> {
    let source = worklist::source(partitions)?;
    let attached: Arc<dyn ExecutionPlan> = Arc::new(StepExec::new(attach, Arc::clone(job), source));
    let schema = attached.schema();
    let arguments: Vec<Arc<dyn PhysicalExpr>> =
        arguments.iter().map(|column| col(column, &schema)).collect::<datafusion::error::Result<_>>()?;
    let call = ScalarFunctionExpr::try_new(Arc::new(function), arguments, &schema, Arc::new(ConfigOptions::new()))?;
    let mut expressions: Vec<(Arc<dyn PhysicalExpr>, String)> = keep
        .iter()
        .map(|column| Ok((col(column, &schema)?, (*column).to_owned())))
        .collect::<datafusion::error::Result<_>>()?;
    expressions.push((Arc::new(call), name.to_owned()));
    let projected = Arc::new(ProjectionExec::try_new(expressions, attached)?);
    Ok(Arc::new(StepExec::new(top, Arc::clone(job), projected)))
}

/// Runs a plan's partitions, at most `threads` at once, and hands each finished cell to `results`.
///
/// Partitions are taken from a queue, so that no core idles while work is left. Dropping the future stops the work.
///
/// # Errors
/// The first failure of a partition; a closed receiver ends the run early without error.
pub async fn run_local(
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    threads: usize,
    results: mpsc::Sender<CellResult>,
) -> Result<()> {
    let partitions = plan.properties().partitioning.partition_count();
    let mut waiting = 0..partitions;
    let mut running = JoinSet::new();
    loop {
        while running.len() < threads.max(1) {
            let Some(partition) = waiting.next() else { break };
            let (plan, context, results) = (Arc::clone(&plan), Arc::clone(&context), results.clone());
            running.spawn(async move { run_partition(plan, partition, context, results).await });
        }
        match running.join_next().await {
            None => return Ok(()),
            Some(Ok(done)) => done?,
            Some(Err(e)) => return Err(EngineError::Internal(format!("a worker stopped: {e}"))),
        }
    }
}

async fn run_partition(
    plan: Arc<dyn ExecutionPlan>,
    partition: usize,
    context: Arc<TaskContext>,
    results: mpsc::Sender<CellResult>,
) -> Result<()> {
    let mut rows = plan.execute(partition, context)?;
    while let Some(batch) = rows.next().await {
        for cell in result::decode(&batch?)? {
            if results.send(cell).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}
