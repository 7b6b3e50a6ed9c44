//! Queries over a cluster: the plan is made here, its stages run there, its rows come back.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion::prelude::SessionConfig;
use futures::TryStreamExt;

use super::client::plan_bytes;
use super::watch::Watch;
use super::{Cluster, PhysicalCodec, config};
use crate::{EngineError, Result};

/// Whether a plan is worth a job and can be one: it reads files, and each of its nodes can be sent. Names of tables and
/// generated rows, for example, are neither.
pub fn travels(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let mut reads = false;
    // the closure never fails
    let _ = plan.apply(|node| {
        let source = node.downcast_ref::<DataSourceExec>().map(DataSourceExec::data_source);
        reads |= source.is_some_and(|source| source.downcast_ref::<FileScanConfig>().is_some());
        Ok(if reads { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    reads && plan_bytes(plan, &PhysicalCodec::default()).is_ok()
}

/// Session configuration to plan queries with for that many cores.
pub fn query_config(vcores: usize) -> SessionConfig {
    config().with_target_partitions(vcores)
}

/// The same rows from one partition, in the plan's order if it has one.
///
/// Of a last stage with several tasks Ballista 55 keeps what lost executors have told among the results: rows that
/// cannot be fetched, or that come twice. What an earlier stage has lost is computed again first.
pub(super) fn gathered(plan: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    if plan.output_partitioning().partition_count() <= 1 {
        return plan;
    }
    let order = plan.output_ordering().cloned();
    match order {
        Some(order) => Arc::new(SortPreservingMergeExec::new(order, plan)),
        None => Arc::new(CoalescePartitionsExec::new(plan)),
    }
}

impl Cluster {
    /// Runs a query's plan and returns its rows, by a job of this name; by one more, whose name begins so, if the rows
    /// of the first are gone with their executor. `config` is what it was planned with: a scheduler that has another
    /// number of partitions in mind repartitions within its stages, and then rows are lost or doubled, because a task
    /// executes one partition of its stage alone.
    ///
    /// # Errors
    /// [`EngineError::Scheduler`] if the scheduler is lost or stops working on it, else why the query failed.
    pub async fn query(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: SessionConfig,
        name: &str,
    ) -> Result<Vec<RecordBatch>> {
        let plan = gathered(plan);
        match self.rows(Arc::clone(&plan), config.clone(), name).await? {
            Ok(rows) => Ok(rows),
            Err(error) => {
                tracing::warn!(job = name, %error, "rows of a finished query cannot be fetched; it is computed again");
                self.rows(plan, config, &format!("{name}/again")).await?
            }
        }
    }

    /// Runs a plan as one job. The inner error is that of fetching the rows of a job that has ended well.
    async fn rows(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: SessionConfig,
        name: &str,
    ) -> Result<Result<Vec<RecordBatch>>> {
        let rows = async {
            let rows = self.submit(plan, config, name).await?;
            Ok::<_, EngineError>(rows.try_collect::<Vec<_>>().await.map_err(EngineError::from))
        };
        tokio::pin!(rows);
        let mut watch = Watch::new(self, name);
        loop {
            tokio::select! {
                rows = &mut rows => return rows,
                () = watch.due() => {
                    if let Err(error) = watch.ask().await {
                        self.cancel(|job| job == name).await?;
                        return Err(error);
                    }
                }
            }
        }
    }
}
