//! Tasks that stop when they are over: Ballista cancels a task by dropping the future that waits for it, but what the
//! task has begun runs on. A guard tells the steps of the plan.

use std::fmt;
use std::sync::Arc;

use almanac_engine::cluster::metrics::{OUTCOMES, TASK_SECONDS, TASKS_ENDED, TASKS_RUNNING};
use almanac_engine::plan::cancel::Cancellation;
use almanac_engine::plan::stoppable::stoppable;
use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::serde::protobuf::{RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport};
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::prelude::SessionConfig;
use prometheus::{Histogram, IntCounterVec, IntGauge};

/// Counts of this process's tasks.
#[derive(Debug, Clone)]
struct Metrics {
    running: IntGauge,
    ended: IntCounterVec,
    seconds: Histogram,
}

/// Ballista's engine, with tasks that stop.
pub(crate) struct CancellingEngine {
    inner: DefaultExecutionEngine,
    metrics: Metrics,
}

impl CancellingEngine {
    /// # Errors
    /// Errors of the metrics' registration.
    pub(crate) fn new() -> prometheus::Result<Self> {
        let buckets = prometheus::exponential_buckets(0.01, 4.0, 8)?;
        let seconds = prometheus::histogram_opts!(TASK_SECONDS.name, TASK_SECONDS.help, buckets);
        let labels: Vec<&str> = TASKS_ENDED.label.iter().map(|(name, _)| *name).collect();
        let metrics = Metrics {
            running: prometheus::register_int_gauge!(TASKS_RUNNING.name, TASKS_RUNNING.help)?,
            ended: prometheus::register_int_counter_vec!(TASKS_ENDED.name, TASKS_ENDED.help, &labels)?,
            seconds: prometheus::register_histogram!(seconds)?,
        };
        for outcome in OUTCOMES {
            metrics.ended.with_label_values(&[outcome]).reset();
        }
        Ok(Self { inner: DefaultExecutionEngine::new(), metrics })
    }
}

impl ExecutionEngine for CancellingEngine {
    fn create_query_stage_exec(
        &self,
        job_id: JobId,
        stage_id: usize,
        task_id: usize,
        partitions: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        let job = job_id.to_string();
        let shown = DisplayableExecutionPlan::new(plan.as_ref());
        tracing::debug!(job, stage = stage_id, task = task_id, plan = %shown.indent(false), "task begins");
        let plan = stoppable(plan)?;
        let inner =
            self.inner.create_query_stage_exec(job_id, stage_id, task_id, partitions, plan, work_dir, config)?;
        Ok(Arc::new(Stage { inner, job, stage: stage_id, metrics: self.metrics.clone() }))
    }
}

#[derive(Debug)]
struct Stage {
    inner: Arc<dyn QueryStageExecutor>,
    job: String,
    stage: usize,
    metrics: Metrics,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// Lives as long as somebody waits for the task.
struct Guard {
    cancellation: Arc<Cancellation>,
    metrics: Metrics,
    outcome: &'static str,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.cancellation.cancel();
        self.metrics.running.dec();
        self.metrics.ended.with_label_values(&[self.outcome]).inc();
    }
}

#[async_trait]
impl QueryStageExecutor for Stage {
    async fn execute_query_stage(
        &self,
        task_id: usize,
        context: Arc<TaskContext>,
    ) -> Result<Vec<ShuffleWritePartition>> {
        let cancellation = Arc::new(Cancellation::default());
        self.metrics.running.inc();
        let started = std::time::Instant::now();
        let mut guard =
            Guard { cancellation: Arc::clone(&cancellation), metrics: self.metrics.clone(), outcome: "cancelled" };
        let config = context.session_config().clone().with_extension(cancellation);
        let context = TaskContext::new(
            context.task_id(),
            context.session_id(),
            config,
            context.scalar_functions().clone(),
            context.higher_order_functions().clone(),
            context.aggregate_functions().clone(),
            context.window_functions().clone(),
            context.runtime_env(),
        );
        let done = self.inner.execute_query_stage(task_id, Arc::new(context)).await;
        let seconds = started.elapsed().as_secs_f64();
        self.metrics.seconds.observe(seconds);
        guard.outcome = if done.is_ok() { "finished" } else { "failed" };
        tracing::info!(job = self.job, stage = self.stage, task = task_id, seconds, outcome = guard.outcome, "task");
        done
    }

    fn collect_plan_metrics(&self) -> Vec<MetricsSet> {
        self.inner.collect_plan_metrics()
    }

    fn collect_runtime_stats_reports(&self) -> Vec<RuntimeStatsReport> {
        self.inner.collect_runtime_stats_reports()
    }

    fn collect_window_state_reports(&self) -> Result<Vec<WindowStateReport>> {
        self.inner.collect_window_state_reports()
    }

    fn collect_column_stats(&self) -> Vec<TaskColumnStats> {
        self.inner.collect_column_stats()
    }
}
