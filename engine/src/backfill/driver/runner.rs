//! Where the planned units are computed: in this process, or on a cluster.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::Kind;
use super::pack::{self, Part};
use super::remote::{self, RemoteJob};
use crate::cluster::Cluster;
use crate::delta::session;
use crate::plan::job::{Job, SharedJob};
use crate::plan::pipeline;
use crate::plan::result::CellResult;
use crate::plan::worklist::Unit;
use crate::{EngineError, Result};

/// Jobs of one step that a cluster holds at once: while the last tasks of one run, those of the next fill the cores.
const JOBS_AT_ONCE: usize = 2;

/// Computes units.
#[derive(Debug, Clone, Default)]
pub enum Runner {
    /// This process, without a server.
    #[default]
    Embedded,
    /// The executors of a cluster.
    Cluster(Cluster),
}

impl Runner {
    /// Computes all parts and hands each finished cell, or part of it, to `results`.
    pub(super) async fn run(
        &self,
        kind: Kind,
        job: &Job,
        parts: Vec<Part>,
        results: mpsc::Sender<CellResult>,
    ) -> Result<()> {
        match self {
            Self::Embedded => {
                let job: SharedJob = Arc::new(job.clone());
                let partitions: Vec<Vec<Unit>> = parts.into_iter().map(|part| part.units).collect();
                let plan = kind.plan(&job, &partitions)?;
                let context = session().task_ctx();
                pipeline::run_local(plan, context, pack::threads(&job), results).await
            }
            Self::Cluster(cluster) => {
                let jobs = pack::jobs(parts, cluster.vcores().await?);
                let run = |(number, parts)| {
                    let remote = RemoteJob { kind, cluster, job, number, results: results.clone() };
                    remote.run(parts)
                };
                futures::stream::iter(jobs.into_iter().enumerate().map(run))
                    .buffer_unordered(JOBS_AT_ONCE)
                    .try_collect::<()>()
                    .await
            }
        }
    }

    /// Cancels what the cluster still computes for this warehouse: jobs of a driver that is gone, or of this one when
    /// it stops early. Returns how many.
    ///
    /// # Errors
    /// [`EngineError::Scheduler`] if the scheduler does not answer.
    pub async fn cancel(&self, warehouse: &str) -> Result<usize, EngineError> {
        match self {
            Self::Embedded => Ok(0),
            Self::Cluster(cluster) => cluster.cancel(&remote::prefix(warehouse)).await,
        }
    }
}
