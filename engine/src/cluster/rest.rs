//! What the scheduler's REST interface is asked: who is there, which jobs run, and to cancel them.

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

    /// Names of the jobs that wait or run.
    pub(super) async fn jobs(&self) -> Result<Vec<String>> {
        Ok(self.active().await?.into_iter().map(|job| job.job_name).collect())
    }

    /// Cancels jobs that wait or run and whose name is meant; returns how many. One that has ended meanwhile, or is
    /// forgotten, is none of them.
    pub(super) async fn cancel(&self, is_meant: impl Fn(&str) -> bool) -> Result<usize> {
        let mut jobs = self.active().await?;
        jobs.retain(|job| is_meant(&job.job_name));
        let mut cancelled = 0;
        for job in &jobs {
            let url = format!("{}/api/job/{}", self.root, job.job_id);
            let answer = self.client.patch(url).send().await.map_err(|error| lost(&self.root, error))?;
            if !matches!(answer.status(), StatusCode::CONFLICT | StatusCode::NOT_FOUND) {
                answer.error_for_status().map_err(|error| lost(&self.root, error))?;
                cancelled += 1;
            }
        }
        Ok(cancelled)
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
mod tests {
    use axum::Router;
    use axum::routing::{get, patch};

    use super::*;

    const JOBS: &str = r#"[{"job_id": "1", "job_name": "ours/a", "status": "Running"},
        {"job_id": "2", "job_name": "ours/b", "status": "Completed"},
        {"job_id": "3", "job_name": "theirs/a", "status": "Running"}]"#;

    /// Asks a scheduler that answers so.
    async fn ask<T>(router: Router, question: impl AsyncFnOnce(Rest) -> T) -> T {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rest = Rest::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::select! {
            answer = question(rest) => answer,
            served = async { axum::serve(listener, router).await } => unreachable!("served: {served:?}"),
        }
    }

    /// Cancels at a scheduler that answers so to the cancelling of the one job that is meant and goes on.
    async fn cancel(answer: StatusCode) -> Result<usize> {
        let router = Router::new()
            .route("/api/jobs", get(|| std::future::ready(JOBS)))
            .route("/api/job/1", patch(move || std::future::ready(answer)));
        ask(router, async |rest: Rest| rest.cancel(|name| name.starts_with("ours/")).await).await
    }

    #[tokio::test]
    async fn what_was_cancelled_is_counted_and_a_refusal_is_an_error() {
        for (answer, counted) in [
            (StatusCode::OK, Some(1)),
            (StatusCode::CONFLICT, Some(0)),
            (StatusCode::NOT_FOUND, Some(0)),
            (StatusCode::INTERNAL_SERVER_ERROR, None),
        ] {
            assert_eq!(cancel(answer).await.ok(), counted, "{answer}");
        }
    }

    /// Whether a scheduler works on the job `ours/a` whose tasks, and those of `theirs/a`, are in these states.
    async fn is_busy(ours: &'static str, theirs: &'static str) -> Option<bool> {
        let stages = |states: &str| format!(r#"{{"stages": [{{"tasks": []}}, {{"tasks": [{states}]}}]}}"#);
        let (ours, theirs) = (stages(ours), stages(theirs));
        let router = Router::new()
            .route("/api/jobs", get(|| std::future::ready(JOBS)))
            .route("/api/job/1/stages", get(move || std::future::ready(ours.clone())))
            .route("/api/job/3/stages", get(move || std::future::ready(theirs.clone())));
        ask(router, async |rest: Rest| rest.is_busy("ours/a").await.ok()).await
    }

    #[tokio::test]
    async fn a_job_without_running_tasks_waits_while_others_compute_and_is_lost_where_none_does() {
        let (runs, done) = (r#"{"status": "Running"}"#, r#"{"status": "Successful"}"#);
        let failed = r#"{"status": {"Failed": {"reason": "IoError", "error": "full"}}}, {"status": "Successful"}"#;
        for (ours, theirs, busy) in [
            (runs, "", true),
            ("", runs, true),
            (done, runs, true),
            ("", "", false),
            (done, failed, false),
            (failed, done, false),
        ] {
            assert_eq!(is_busy(ours, theirs).await, Some(busy), "{ours:?} beside {theirs:?}");
        }
    }

    /// Without a look at tasks: nobody would answer it here.
    #[tokio::test]
    async fn a_job_that_is_queued_or_not_known_yet_waits() {
        const QUEUED: &str = r#"[{"job_id": "1", "job_name": "ours/a", "status": "Queued"},
            {"job_id": "3", "job_name": "theirs/a", "status": "Running"}]"#;
        for name in ["ours/a", "ours/b"] {
            let router = Router::new().route("/api/jobs", get(|| std::future::ready(QUEUED)));
            assert_eq!(ask(router, async |rest: Rest| rest.is_busy(name).await.ok()).await, Some(true), "{name}");
        }
    }
}
