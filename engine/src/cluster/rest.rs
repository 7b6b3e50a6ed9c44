//! What the scheduler's REST interface is asked: who is there, which jobs run, and to cancel them.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Identity;
use super::survey::ExecutorSeen;
use crate::{EngineError, Result};

/// Longest wait for an answer: all questions are small.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a connection: a host that is gone is asked several times before its driver ends.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Looks at the jobs until those that are cancelled must be over, and the pause between two.
const CANCEL_LOOKS: usize = 50;
const CANCEL_PAUSE: Duration = Duration::from_millis(100);

/// The scheduler's REST interface.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    root: String,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Executor {
    #[serde(default)]
    id: String,
    specification: Specification,
    #[serde(default)]
    os_info: System,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct System {
    os_ver_long: String,
    kernel_ver: String,
}

#[derive(Deserialize)]
struct Versions {
    version: String,
    datafusion_version: String,
}

#[derive(Deserialize)]
struct State {
    scheduler_id: String,
}

#[derive(Deserialize)]
struct Specification {
    vcores: usize,
}

#[derive(Deserialize)]
struct Job {
    job_id: String,
    job_name: String,
    status: String,
}

#[derive(Deserialize)]
struct Stages {
    stages: Vec<Stage>,
}

#[derive(Deserialize)]
struct Stage {
    #[serde(default)]
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Task {
    /// A word, or an object that says why it failed.
    status: serde_json::Value,
}

impl Rest {
    /// `root` is `http://host:port`.
    pub(super) fn new(root: &str) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT).build();
        let client = client.map_err(|error| lost(root, error))?;
        Ok(Self { root: root.to_owned(), client })
    }

    /// Virtual cores of the executors that are registered now.
    pub(super) async fn vcores(&self) -> Result<usize> {
        let executors: Vec<Executor> = self.get("/api/executors").await?;
        Ok(executors.iter().map(|executor| executor.specification.vcores).sum())
    }

    /// The executors that are registered now.
    pub(super) async fn executors(&self) -> Result<Vec<ExecutorSeen>> {
        let executors: Vec<Executor> = self.get("/api/executors").await?;
        let seen = |executor: Executor| ExecutorSeen {
            vcores: executor.specification.vcores,
            identity: Identity::of_name(&executor.id),
            system: format!("{}, kernel {}", executor.os_info.os_ver_long, executor.os_info.kernel_ver),
        };
        Ok(executors.into_iter().map(seen).collect())
    }

    /// The scheduler's versions of Ballista and DataFusion.
    pub(super) async fn versions(&self) -> Result<(String, String)> {
        let versions: Versions = self.get("/api/version").await?;
        Ok((versions.version, versions.datafusion_version))
    }

    /// What the scheduler is called.
    pub(super) async fn name(&self) -> Result<String> {
        let state: State = self.get("/api/state").await?;
        Ok(state.scheduler_id)
    }

    /// Names of the jobs that wait or run.
    pub(super) async fn jobs(&self) -> Result<Vec<String>> {
        Ok(self.active().await?.into_iter().map(|job| job.job_name).collect())
    }

    /// Cancels jobs that wait or run and whose name is meant; returns how many. One that has ended meanwhile, or is
    /// forgotten, is none of them.
    ///
    /// Looks until two looks in a row find none: the scheduler takes the cancelling of a job that it still plans, and
    /// runs it all the same; one whose submission is under way is not listed yet.
    pub(super) async fn cancel(&self, is_meant: impl Fn(&str) -> bool) -> Result<usize> {
        let mut cancelled = BTreeSet::new();
        let mut found_none = false;
        for _ in 0..CANCEL_LOOKS {
            let mut jobs = self.active().await?;
            jobs.retain(|job| is_meant(&job.job_name));
            if jobs.is_empty() && found_none {
                return Ok(cancelled.len());
            }
            found_none = jobs.is_empty();
            for Job { job_id, .. } in jobs {
                if self.cancel_one(&job_id).await? {
                    cancelled.insert(job_id);
                }
            }
            tokio::time::sleep(CANCEL_PAUSE).await;
        }
        tracing::warn!(jobs = cancelled.len(), "cancelled, and the scheduler still lists some as waiting or running");
        Ok(cancelled.len())
    }

    /// Whether the scheduler takes the cancelling of a job: not of one that has ended or is forgotten.
    async fn cancel_one(&self, job_id: &str) -> Result<bool> {
        let url = format!("{}/api/job/{job_id}", self.root);
        let answer = self.client.patch(url).send().await.map_err(|error| lost(&self.root, error))?;
        if matches!(answer.status(), StatusCode::CONFLICT | StatusCode::NOT_FOUND) {
            return Ok(false);
        }
        answer.error_for_status().map_err(|error| lost(&self.root, error))?;
        Ok(true)
    }

    /// Jobs that wait or run.
    async fn active(&self) -> Result<Vec<Job>> {
        let mut jobs: Vec<Job> = self.get("/api/jobs").await?;
        jobs.retain(|job| matches!(job.status.as_str(), "Queued" | "Running"));
        Ok(jobs)
    }

    /// Whether the job of this name waits, or a task runs now, of it or of any other: the scheduler gives all free cores to
    /// one job before the next, and lists only tasks that have one, so that a job without any may wait for cores.
    pub(super) async fn is_busy(&self, name: &str) -> Result<bool> {
        let jobs: Vec<Job> = self.get("/api/jobs").await?;
        let (own, others): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.job_name == name);
        if own.iter().all(|job| job.status != "Running") {
            return Ok(true);
        }
        for job in own.iter().chain(&others).filter(|job| job.status == "Running") {
            if self.computes(job).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a task of the job runs now.
    async fn computes(&self, job: &Job) -> Result<bool> {
        let stages: Stages = self.get(&format!("/api/job/{}/stages", job.job_id)).await?;
        Ok(stages.stages.iter().flat_map(|stage| &stage.tasks).any(|task| task.status == "Running"))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.client.get(format!("{}{path}", self.root)).send().await;
        let answer = answer.and_then(reqwest::Response::error_for_status);
        let bytes = answer.map_err(|error| lost(&self.root, error))?.bytes().await;
        let bytes = bytes.map_err(|error| lost(&self.root, error))?;
        serde_json::from_slice(&bytes).map_err(|error| lost(&self.root, error))
    }
}

fn lost(root: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> EngineError {
    EngineError::Scheduler { scheduler: root.to_owned(), source: error.into() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
