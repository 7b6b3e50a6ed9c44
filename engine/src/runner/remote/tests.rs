#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, patch};
use object_store::ObjectStoreExt;
use object_store::path::Path;

use super::*;
use crate::plan::pipeline;
use crate::plan::worklist::Unit;

const TRAIN: Computation = Computation { name: "train", plan: pipeline::train };

fn parts() -> Vec<Part> {
    let cell =
        Cell { model_name: "naive".into(), model_version: "v1".into(), key_bucket: 0, training_cutoff_date: 17_531 };
    let unit = Unit { cell, key: "key".into(), origins: (17_532, 17_532), only: None, paths: false, points: false };
    vec![Part { cost: 1.0, units: vec![unit] }]
}

/// A scheduler of one core on which this job goes on: it refuses to cancel it when it is asked for the first time, and does
/// so for the second. Counts how often it is asked.
fn scheduler(job: &str, asked: &Arc<AtomicUsize>) -> Router {
    let jobs = format!(r#"[{{"job_id": "1", "job_name": "{job}", "status": "Running"}}]"#);
    let (asked, known) = (Arc::clone(asked), Arc::clone(asked));
    let list = move || {
        let is_over = known.load(Ordering::SeqCst) > 1;
        std::future::ready(if is_over { "[]".to_owned() } else { jobs.clone() })
    };
    let cancel = move || {
        let is_first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        std::future::ready(if is_first { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK })
    };
    Router::new()
        .route("/api/executors", get(|| std::future::ready(r#"[{"specification": {"vcores": 1}}]"#)))
        .route("/api/jobs", get(list))
        .route("/api/job/1", patch(cancel))
}

/// Makes so many attempts of a job whose first goes on at the scheduler. Returns of each whether it went well, and how
/// often the scheduler had been asked to cancel the first when it was over.
async fn attempts(warehouse: &Warehouse, results: mpsc::Sender<CellResult>, count: usize) -> Vec<(bool, usize)> {
    let job = Job::without_sources(warehouse.root().as_str());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cluster = Cluster::new(&format!("df://{}", listener.local_addr().unwrap()), Duration::ZERO).unwrap();
    let remote = RemoteJob { computation: TRAIN, cluster: &cluster, job: &job, number: 0, results };
    let asked = Arc::new(AtomicUsize::new(0));
    let router = scheduler(&format!("{}/0", remote.name()), &asked);
    let attempts = async {
        let (mut missing, mut ended) = (Missing::of(parts()), Vec::new());
        for attempt in 0..count {
            let went_well = remote.attempt(attempt, &mut missing).await.is_ok();
            ended.push((went_well, asked.load(Ordering::SeqCst)));
        }
        ended
    };
    tokio::select! {
        ended = attempts => ended,
        served = async { axum::serve(listener, router).await } => unreachable!("served: {served:?}"),
    }
}

#[tokio::test]
async fn a_job_whose_reports_cannot_be_read_is_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::open(folder.path().to_str().unwrap()).unwrap();
    let damaged = Path::from(format!("{}/run/train-0-0/damaged.json", report::FOLDER));
    warehouse.store().put(&damaged, "{".into()).await.unwrap();
    let (results, _taken) = mpsc::channel(1);
    assert_eq!(attempts(&warehouse, results, 1).await, [(false, 1)]);
}

#[tokio::test]
async fn a_job_that_could_not_be_cancelled_is_before_the_next_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::open(folder.path().to_str().unwrap()).unwrap();
    // nobody takes results: each attempt ends at once
    let (results, _) = mpsc::channel(1);
    assert_eq!(attempts(&warehouse, results, 2).await, [(true, 1), (true, 2)]);
}
