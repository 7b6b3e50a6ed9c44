//! Queries over a cluster: the plan is made here, its stages run there, its rows come back.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
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

impl Cluster {
    /// Runs a query's plan as the job `name` and returns its rows. `config` is what it was planned with: a scheduler
    /// that has another number of partitions in mind repartitions within its stages, and then rows are lost or doubled,
    /// because a task executes one partition of its stage alone.
    ///
    /// # Errors
    /// [`EngineError::Scheduler`] if the scheduler is lost or stops working on it, else why the query failed.
    pub async fn query(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: SessionConfig,
        name: &str,
    ) -> Result<Vec<RecordBatch>> {
        let rows = async { self.submit(plan, config, name).await?.try_collect().await.map_err(EngineError::from) };
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
