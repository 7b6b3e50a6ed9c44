//! Watching whether the scheduler still works on a job: one that it has forgotten never ends.

use std::time::Duration;

use tokio::time::Instant;

use super::Cluster;
use crate::Result;

/// Pause between two questions to the scheduler.
const ASK: Duration = Duration::from_secs(5);
/// Time without a running task, of the job or of others that it may wait for, after which the scheduler is taken to have
/// forgotten the job.
const STALLED: Duration = Duration::from_secs(20);

/// Watches one job by its name.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    cluster: &'a Cluster,
    name: &'a str,
    asked: Instant,
    busy: Instant,
}

impl<'a> Watch<'a> {
    /// Begins with a job that was submitted now.
    pub(crate) fn new(cluster: &'a Cluster, name: &'a str) -> Self {
        Self { cluster, name, asked: Instant::now(), busy: Instant::now() }
    }

    /// Waits until the next question is due.
    pub(crate) async fn due(&self) {
        tokio::time::sleep_until(self.asked + ASK).await;
    }

    /// Asks, if a question is due. A question without an answer counts as work: whether the scheduler is lost shows
    /// elsewhere.
    ///
    /// # Errors
    /// [`crate::EngineError::Scheduler`] if no task has run for too long.
    pub(crate) async fn ask(&mut self) -> Result<()> {
        if self.asked.elapsed() < ASK {
            return Ok(());
        }
        self.asked = Instant::now();
        if self.cluster.is_busy(self.name).await.unwrap_or(true) {
            self.busy = self.asked;
        }
        match self.busy.elapsed() > STALLED {
            true => Err(self.cluster.lost("it runs no task any more, of this job or another")),
            false => Ok(()),
        }
    }
}
