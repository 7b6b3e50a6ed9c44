//! What can be seen of a backfill on a cluster: in the scheduler, in the logs, in the tables and on the executors' disks.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::plans::{INFER, SCORE, TRAIN};
use crate::process::wait;
use crate::processes::Cluster;
use crate::regenerated::fifty_come_again;
use crate::scene::{LIMIT, end};
use crate::warehouse::{World, succeed, told};

/// Seconds that executors keep the files of a job: longer than any task here.
const JOB_TTL: &str = "4";
/// What each fit waits for besides its computing: 16 cells of two fits are as many tasks of over two seconds each.
const PAUSE: &str = "fit:1000";
/// Longest until they are gone: looked for each half of that.
const REMOVED: Duration = Duration::from_secs(30);

/// Files below the executors' folders.
fn files(cluster: &Cluster) -> usize {
    fn below(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| if entry.path().is_dir() { below(&entry.path()) } else { 1 }).sum()
    }
    let folders = fs::read_dir(cluster.work()).unwrap().map(|entry| entry.unwrap().path());
    folders.filter(|folder| folder.is_dir()).map(|folder| below(&folder)).sum()
}

/// What a step tells of its end: how much of the cores' time was idle over the last fifth.
fn idle(printed: &str, step: &str) -> f64 {
    let mut lines = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.find(|line| line["step"] == step).unwrap();
    line["idle_at_the_end"].as_f64().unwrap_or_else(|| panic!("not told: {line}"))
}

#[test]
fn what_a_backfill_leaves_to_be_seen() {
    let world = World::new();
    let environment =
        [("ALMANAC_LOG", "info,almanac_executor=debug"), ("ALMANAC_JOB_TTL", JOB_TTL), ("ALMANAC_PAUSE_AT", PAUSE)];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let cluster = Cluster::with(2, environment.into());
    let warehouse = world.warehouse("w");
    let driver = warehouse.command(&["backfill", "--scheduler", &cluster.address()]).spawn().unwrap();
    wait("tasks leave files that can be removed", LIMIT, || files(&cluster) > 0);
    let output = end(driver);
    assert!(output.status.success(), "{}", told(&output));
    let printed = String::from_utf8(output.stdout).unwrap();

    let [train, infer] = ["train", "infer"].map(|step| idle(&printed, step));
    println!("idle at the end: {:.0} % in train, {:.0} % in infer", 100.0 * train, 100.0 * infer);
    // were all that is left at the end with one of the two executors, half and more; infer's tasks are too short to tell
    assert!(train < 0.5, "{train}");
    succeed(warehouse.command(&["evaluate", "--scheduler", &cluster.address()]));
    // 16 cells are as many parts of work, and two cores take up to ten tasks each
    for step in ["train", "infer"] {
        // its first job, at the first attempt
        let jobs = cluster.jobs(step);
        let tasks = jobs.iter().find(|job| job.name.ends_with("/0/0")).unwrap().tasks();
        println!("{step}: {tasks} tasks");
        assert!((8..=20).contains(&tasks), "{tasks} tasks of {step} are not 4 to 10 per core");
    }
    let completed = cluster.scheduler.metric("job_completed_total");
    assert!(completed > 0.0, "the scheduler counts no completed job");
    for shape in [TRAIN, INFER, SCORE] {
        shape.is_that_of_every_job(&cluster);
        shape.reached_every_executor(&cluster);
    }
    fifty_come_again(&warehouse);
    wait("the files of jobs that are over are removed", REMOVED, || files(&cluster) == 0);
}
