//! Where planned units are computed: in this process, or on a cluster. Whatever the step, the plan is the same.

mod heartbeat;
pub(crate) mod idle;
mod name;
mod orphans;
mod pack;
mod process;
mod remote;

use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use self::name::Name;
pub(crate) use self::pack::Part;
use self::remote::RemoteJob;
use crate::Result;
use crate::cluster::Cluster;
use crate::delta::{Warehouse, session};
use crate::plan::job::{Job, SharedJob};
use crate::plan::pipeline;
use crate::plan::result::CellResult;
use crate::plan::worklist::Unit;

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

/// A step as a runner sees it.
#[derive(Clone, Copy)]
pub(crate) struct Computation {
    /// Names the step's jobs on a cluster.
    pub(crate) name: &'static str,
    /// The plan that computes these partitions of units.
    pub(crate) plan: MakePlan,
}

/// Makes the plan of a job for partitions of units.
type MakePlan = fn(&SharedJob, &[Vec<Unit>]) -> Result<Arc<dyn ExecutionPlan>>;

impl Runner {
    /// Computes all parts and hands each finished cell, or part of it, to `results`. Embedded, parts are taken in their
    /// order.
    pub(crate) async fn run(
        &self,
        computation: Computation,
        job: &Job,
        parts: Vec<Part>,
        results: mpsc::Sender<CellResult>,
    ) -> Result<()> {
        match self {
            Self::Embedded => {
                let job: SharedJob = Arc::new(job.clone());
                let partitions: Vec<Vec<Unit>> = parts.into_iter().map(|part| part.units).collect();
                let plan = (computation.plan)(&job, &partitions)?;
                let context = session().task_ctx();
                pipeline::run_local(plan, context, threads(&job), results).await
            }
            Self::Cluster(cluster) => {
                let jobs = pack::jobs(parts, cluster.vcores().await?);
                let run = |(number, parts)| {
                    let remote = RemoteJob { computation, cluster, job, number, results: results.clone() };
                    remote.run(parts)
                };
                let computed = futures::stream::iter(jobs.into_iter().enumerate().map(run))
                    .buffer_unordered(JOBS_AT_ONCE)
                    .try_collect::<()>();
                let warehouse = Warehouse::open(&job.warehouse)?;
                heartbeat::kept_while(&warehouse, &job.run_id, computed).await
            }
        }
    }

    /// Cores that compute at once, as far as is known.
    pub(crate) async fn cores(&self, job: &Job) -> Option<usize> {
        match self {
            Self::Embedded => Some(threads(job)),
            Self::Cluster(cluster) => cluster.vcores().await.ok(),
        }
    }

    /// Cancels what the cluster still computes for drivers of this warehouse that are gone, of one step or of all;
    /// returns how many jobs. A scheduler that does not answer is waited for.
    ///
    /// # Errors
    /// [`crate::EngineError::Scheduler`] if the scheduler does not answer; storage errors.
    pub async fn cancel_orphans(&self, warehouse: &Warehouse, step: Option<&str>) -> Result<usize> {
        let Self::Cluster(cluster) = self else { return Ok(0) };
        let gone = orphans::among(warehouse, &cluster.jobs().await?, step).await?;
        if gone.is_empty() {
            return Ok(0);
        }
        cluster.cancel(|job| gone.contains(job)).await
    }

    /// Cancels what the cluster still computes for this process at this warehouse; returns how many jobs.
    ///
    /// # Errors
    /// [`crate::EngineError::Scheduler`] if the scheduler does not answer.
    pub async fn cancel_own(&self, warehouse: &Warehouse) -> Result<usize> {
        let Self::Cluster(cluster) = self else { return Ok(0) };
        let (root, own) = (warehouse.root().to_string(), process::own());
        cluster.cancel(|job| Name::parse(&root, job).is_some_and(|name| name.driver == own)).await
    }
}

/// Cores that an embedded run uses.
fn threads(job: &Job) -> usize {
    match job.settings.run.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}
