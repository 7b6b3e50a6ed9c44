//! What a scheduler tells of itself and its executors.

use super::rest::Rest;
use super::{Cluster, Identity};
use crate::Result;

/// Version of Ballista that this program speaks.
pub const SCHEDULER_VERSION: &str = ballista_core::BALLISTA_VERSION;
/// Version of DataFusion whose plans it sends.
pub const DATAFUSION_VERSION: &str = datafusion::DATAFUSION_VERSION;

/// A scheduler and its executors.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// The scheduler's version of Ballista.
    pub ballista: String,
    /// Its version of DataFusion.
    pub datafusion: String,
    /// The version of our program that it is of, if its name tells it.
    pub identity: Option<Identity>,
    /// The executors that are registered now.
    pub executors: Vec<ExecutorSeen>,
}

/// An executor, as its scheduler knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutorSeen {
    /// Tasks that it computes at once.
    pub vcores: usize,
    /// Its version and processor, if its name tells them.
    pub identity: Option<Identity>,
    /// Its operating system, as one text.
    pub system: String,
}

impl Cluster {
    /// Asks for versions and executors; waits for a scheduler that does not answer.
    ///
    /// # Errors
    /// [`crate::EngineError::Scheduler`] if the scheduler does not answer.
    pub async fn survey(&self) -> Result<Survey> {
        self.patiently(|| survey(self.rest())).await
    }
}

async fn survey(rest: &Rest) -> Result<Survey> {
    let (ballista, datafusion) = rest.versions().await?;
    // one that does not tell its name is not lost by that
    let identity = rest.name().await.ok().and_then(|name| Identity::of_name(&name));
    Ok(Survey { ballista, datafusion, identity, executors: rest.executors().await? })
}
