//! Processes that are told to end, as whatever runs a cluster tells them.

use std::path::Path;
use std::time::Duration;

use crate::gateway::free_port;
use crate::process::{Process, wait};
use crate::scene::{LIMIT, Scene};
use crate::site::Site;
use crate::store::Store;

/// 8 cells of two fits, one task each.
const ARGUMENTS: [&str; 8] =
    ["--models", "random_walk", "--every", "quarterly", "--paths", "1000", "--wait-scheduler", "60"];
/// Longest for a process that has little left to do.
const SOON: Duration = Duration::from_secs(20);
/// Longest for one that has nothing to do.
const AT_ONCE: Duration = Duration::from_secs(30);

/// An executor that looks so many seconds for a scheduler that is not there.
fn looking(folder: &Path, seconds: u16) -> Process {
    let site = Site::local();
    let arguments = [
        ("--scheduler-host", site.address.clone()),
        ("--scheduler-port", free_port().to_string()),
        ("--connect-timeout", seconds.to_string()),
        ("--work-dir", folder.join("work").display().to_string()),
        ("--vcores", "1".to_owned()),
    ];
    Process::start("almanac-executor", &site, folder.join("log"), &arguments, &[])
}

#[test]
fn an_executor_that_looks_for_its_scheduler_ends_when_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = looking(folder.path(), 60);
    wait("it answers", SOON, || executor.get("/healthz").is_some());
    assert_eq!(executor.get("/readyz"), None, "it has found a scheduler");
    executor.signal("TERM");
    wait("the executor ends", AT_ONCE, || executor.ended());
    assert_eq!(executor.code(), Some(0));
    let left = std::fs::read_dir(folder.path().join("work")).unwrap().count();
    assert_eq!(left, 0, "its work folder is still there");
}

#[test]
fn an_executor_that_finds_no_scheduler_in_time_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = looking(folder.path(), 1);
    wait("the executor ends", SOON, || executor.ended());
    assert_eq!(executor.code(), Some(7));
    let log = std::fs::read_to_string(&executor.log).unwrap();
    assert!(log.contains("no scheduler at 127.0.0.1:") && log.contains("within 1 s"), "{log}");
}

#[test]
fn a_terminated_executor_finishes_its_task_and_a_terminated_scheduler_is_waited_for() {
    // a task of fits takes 2 s, so that one is amid it when it is told to end
    let environment = [("ALMANAC_LOG", "info,almanac_executor=debug"), ("ALMANAC_PAUSE_AT", "fit:1000")];
    let mut scene = Scene::of(Store::disk(), 2, &environment, &ARGUMENTS);
    let driver = scene.backfill().spawn().unwrap();

    let first = &mut scene.cluster.executors[0];
    let finished = "almanac_tasks_total{outcome=\"finished\"}";
    wait("one task is finished and another begun", LIMIT, || {
        first.metric(finished) >= 1.0 && first.metric("almanac_tasks_running") == 1.0
    });
    first.signal("TERM");
    wait("the executor ends", SOON, || first.ended());
    assert_eq!(first.code(), Some(0));
    let lines = first.logged();
    let told = |text: &str| lines.iter().position(|line| line["message"].as_str().is_some_and(|m| m.contains(text)));
    let (before, after) = lines.split_at(told("received terminate signal").unwrap());
    let count = |lines: &[serde_json::Value], message: &str| lines.iter().filter(|l| l["message"] == message).count();
    // the task that it had, and no other
    assert_eq!((count(after, "task"), count(after, "task begins")), (1, 0), "{after:?}");
    assert_eq!(count(before, "task begins"), count(before, "task") + 1, "{before:?}");
    assert!(lines.iter().filter(|line| line["message"] == "task").all(|line| line["outcome"] == "finished"));
    let work = before.iter().find_map(|line| line["work"].as_str()).unwrap();
    assert!(!Path::new(work).exists(), "{work} is still there");
    let id = before.iter().find_map(|line| line["executor"].as_str()).unwrap().to_owned();

    let cluster = &scene.cluster;
    wait("the fits are done", LIMIT, || cluster.jobs("train").iter().all(|job| job.status == "Completed"));
    let tasks: usize = cluster.jobs("train").iter().map(|job| job.no_task_failed_but_with(&id)).sum();
    assert!(tasks >= 8, "{tasks} tasks");

    wait("forecasts are asked for", LIMIT, || cluster.listed().iter().any(|(job, _)| job.contains("/infer/")));
    let scheduler = &mut scene.cluster.scheduler;
    scheduler.signal("TERM");
    wait("the scheduler ends", SOON, || scheduler.ended());
    assert_eq!(scheduler.code(), Some(0));
    scene.cluster.restart_scheduler();
    scene.ends_whole(driver);
    scene.is_whole_to_others();
}
