//! The driver's side of a cluster: submits plans, waits for a lost scheduler, cancels.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use ballista_core::execution_plans::execute_physical_plan;
use ballista_core::extension::SessionConfigExt;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use datafusion::prelude::SessionConfig;
use datafusion_proto::physical_plan::AsExecutionPlan;
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::TryStreamExt;

use crate::cluster::rest::Rest;
use crate::cluster::session;
use crate::delta::store::without_secrets;
use crate::{EngineError, Result};

/// Largest plan that is sent: gRPC refuses messages of 16 MiB with an unreadable error.
pub(crate) const MAX_PLAN_BYTES: usize = 15 << 20;
/// Longest wait between two submissions.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// A scheduler, as the driver knows it.
#[derive(Debug, Clone)]
pub struct Cluster {
    root: String,
    rest: Rest,
    wait: Duration,
}

impl Cluster {
    /// Names the scheduler at `df://host:port`. Asks nothing yet.
    ///
    /// `wait` is how long a scheduler that does not answer is waited for, whenever that happens.
    ///
    /// # Errors
    /// [`EngineError::Configuration`] for another form of address.
    pub fn new(address: &str, wait: Duration) -> Result<Self> {
        let refused = |message: String| EngineError::Configuration {
            key: "scheduler".into(),
            value: without_secrets(address),
            message: format!("{message}; write df://host:port"),
        };
        let url = url::Url::parse(address).map_err(|error| refused(error.to_string()))?;
        let (Some(host), Some(port)) = (url.host_str(), url.port()) else {
            return Err(refused("host or port is missing".into()));
        };
        if url.scheme() != "df" || !url.username().is_empty() || url.password().is_some() {
            return Err(refused("not the address of a scheduler".into()));
        }
        let root = format!("http://{host}:{port}");
        Ok(Self { rest: Rest::new(&root)?, root, wait })
    }

    /// Where its REST interface is, as `http://host:port`.
    pub fn root(&self) -> &str {
        &self.root
    }

    pub(super) fn rest(&self) -> &Rest {
        &self.rest
    }

    /// Virtual cores of the registered executors; waits for the first, within the time for a lost scheduler.
    ///
    /// # Errors
    /// [`EngineError::Scheduler`] if the scheduler does not answer or has no executor.
    pub async fn vcores(&self) -> Result<usize> {
        self.patiently(|| async {
            match self.rest.vcores().await {
                Ok(0) => Err(self.lost("no executor is registered")),
                found => found,
            }
        })
        .await
    }

    /// Names of the jobs that wait or run; waits for a scheduler that does not answer.
    ///
    /// # Errors
    /// [`EngineError::Scheduler`] if the scheduler does not answer.
    pub async fn jobs(&self) -> Result<Vec<String>> {
        self.patiently(|| self.rest.jobs()).await
    }

    /// Cancels jobs whose name is meant; returns how many. A scheduler that does not answer is not waited for: most who
    /// cancel are about to end.
    ///
    /// # Errors
    /// [`EngineError::Scheduler`] if the scheduler does not answer, or refuses.
    pub async fn cancel(&self, is_meant: impl Fn(&str) -> bool) -> Result<usize> {
        self.rest.cancel(is_meant).await
    }

    /// Whether a job with this name waits, or a task runs now, of it or of a job that it may wait for. One that is not
    /// known yet counts as waiting.
    ///
    /// # Errors
    /// [`EngineError::Scheduler`] if the scheduler does not answer.
    pub async fn is_busy(&self, name: &str) -> Result<bool> {
        self.rest.is_busy(name).await
    }

    /// Submits a plan as one job; `config` is what it was planned with. Its rows come as it ends.
    ///
    /// # Errors
    /// [`EngineError::Internal`] if the plan is too large to send, else why the job ended early.
    pub(super) async fn submit(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: SessionConfig,
        name: &str,
    ) -> Result<SendableRecordBatchStream> {
        let config = config.with_ballista_job_name(name);
        let codec = config.ballista_physical_extension_codec();
        let bytes = plan_bytes(&plan, codec.as_ref())?;
        if bytes > MAX_PLAN_BYTES {
            return Err(EngineError::Internal(format!(
                "job {name} is a plan of {bytes} bytes; it must be cut smaller"
            )));
        }
        tracing::debug!(job = name, bytes, "submitting");
        let session_id = uuid::Uuid::new_v4().to_string();
        let ballista = config.ballista_config();
        let root = self.root.clone();
        let rows = execute_physical_plan::<PhysicalPlanNode>(
            root,
            &ballista,
            plan,
            codec.as_ref(),
            session_id,
            config.clone(),
        );
        Ok(rows.await?)
    }

    /// Runs a plan as one job to its end. Its rows are dropped: on a cluster write steps report beside the tables.
    ///
    /// # Errors
    /// [`EngineError::Internal`] if the plan is too large to send, else why the job ended early.
    pub async fn run(&self, plan: Arc<dyn ExecutionPlan>, name: &str) -> Result<()> {
        self.submit(plan, session::config(), name).await?.try_for_each(|_| std::future::ready(Ok(()))).await?;
        Ok(())
    }

    /// How long to wait before the attempt after `failures` failures.
    pub fn pause(&self, failures: usize) -> Duration {
        self.backoff().build().nth(failures).unwrap_or(LONGEST_PAUSE)
    }

    pub(super) fn lost(&self, message: &str) -> EngineError {
        EngineError::Scheduler { scheduler: self.root.clone(), source: message.into() }
    }

    fn backoff(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(LONGEST_PAUSE)
            .with_jitter()
            .without_max_times()
    }

    /// Asks until there is an answer, or for as long as a lost scheduler is waited for.
    pub(super) async fn patiently<T, F: Future<Output = Result<T>>>(&self, ask: impl Fn() -> F) -> Result<T> {
        let mut pauses = self.pauses();
        loop {
            let answer = ask().await;
            match (answer, pauses.next()) {
                (Err(_), Some(pause)) => tokio::time::sleep(pause).await,
                (answer, _) => return answer,
            }
        }
    }

    /// Pauses that add up to the time a lost scheduler is waited for.
    fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        let mut left = self.wait;
        self.backoff().build().map_while(move |pause| {
            let pause = pause.min(left);
            left -= pause;
            (!pause.is_zero()).then_some(pause)
        })
    }
}

/// Bytes of a plan on the wire.
///
/// # Errors
/// Errors of the codec.
pub(crate) fn plan_bytes(
    plan: &Arc<dyn ExecutionPlan>,
    codec: &dyn datafusion_proto::physical_plan::PhysicalExtensionCodec,
) -> Result<usize> {
    let mut bytes = Vec::new();
    PhysicalPlanNode::try_from_physical_plan(Arc::clone(plan), codec)?.try_encode(&mut bytes)?;
    Ok(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        for wrong in ["localhost:50050", "http://localhost:50050", "df://localhost", "df://user:secret@h:1"] {
            let error = Cluster::new(wrong, Duration::ZERO).err().map(|error| error.exit_code());
            assert_eq!(error, Some(2), "{wrong}");
        }
        assert!(Cluster::new("df://localhost:50050", Duration::ZERO).is_ok());
        let secret = Cluster::new("df://user:hush@h:1", Duration::ZERO).err().map(|error| error.to_string());
        assert!(secret.is_some_and(|told| told.contains("df://***@h:1") && !told.contains("hush")));
    }

    #[test]
    fn pauses_add_up_to_the_wait() {
        for wait in [0, 1, 60, 600].map(Duration::from_secs) {
            let cluster = Cluster::new("df://localhost:50050", wait).ok();
            assert_eq!(cluster.map(|cluster| cluster.pauses().sum::<Duration>()), Some(wait));
        }
    }
}
