use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::{get, patch};

use super::*;

const JOBS: &str = r#"[{"job_id": "1", "job_name": "ours/a", "status": "Running"},
    {"job_id": "2", "job_name": "ours/b", "status": "Completed"},
    {"job_id": "3", "job_name": "theirs/a", "status": "Running"}]"#;

const QUEUED: &str = r#"[{"job_id": "1", "job_name": "ours/a", "status": "Queued"},
    {"job_id": "3", "job_name": "theirs/a", "status": "Running"}]"#;
const ENDED: &str = r#"[{"job_id": "1", "job_name": "ours/a", "status": "Failed"},
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

/// Cancels `ours/…` at a scheduler that shows these lists of jobs, one for each look, and the last ever after; it
/// answers so to the cancelling of the first job. Returns also how often it was asked to cancel.
async fn cancel(lists: &'static [&'static str], answer: StatusCode) -> (Result<usize>, usize) {
    let (looks, cancels) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let asked = Arc::clone(&cancels);
    let list = move || {
        let look = looks.fetch_add(1, Ordering::SeqCst);
        std::future::ready(lists[look.min(lists.len() - 1)])
    };
    let cancel = move || {
        cancels.fetch_add(1, Ordering::SeqCst);
        std::future::ready(answer)
    };
    let router = Router::new().route("/api/jobs", get(list)).route("/api/job/1", patch(cancel));
    let cancelled = ask(router, async |rest: Rest| rest.cancel(|name| name.starts_with("ours/")).await).await;
    (cancelled, asked.load(Ordering::SeqCst))
}

#[tokio::test]
async fn what_was_cancelled_is_counted_and_a_refusal_is_an_error() {
    for (answer, counted) in [
        (StatusCode::OK, Some(1)),
        (StatusCode::CONFLICT, Some(0)),
        (StatusCode::NOT_FOUND, Some(0)),
        (StatusCode::INTERNAL_SERVER_ERROR, None),
    ] {
        let (cancelled, asked) = cancel(&[JOBS, ENDED], answer).await;
        assert_eq!((cancelled.ok(), asked), (counted, 1), "{answer}");
    }
}

#[tokio::test]
async fn a_job_that_goes_on_once_it_is_planned_is_cancelled_again() {
    let (cancelled, asked) = cancel(&[QUEUED, QUEUED, JOBS, ENDED], StatusCode::OK).await;
    assert_eq!((cancelled.ok(), asked), (Some(1), 3));
}

#[tokio::test]
async fn a_job_whose_submission_is_under_way_is_cancelled() {
    let (cancelled, asked) = cancel(&[ENDED, JOBS, ENDED], StatusCode::OK).await;
    assert_eq!((cancelled.ok(), asked), (Some(1), 1));
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
    for name in ["ours/a", "ours/b"] {
        let router = Router::new().route("/api/jobs", get(|| std::future::ready(QUEUED)));
        assert_eq!(ask(router, async |rest: Rest| rest.is_busy(name).await.ok()).await, Some(true), "{name}");
    }
}
