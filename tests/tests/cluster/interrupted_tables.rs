//! Ctrl-C amid tables that a cluster derives from others: its jobs are cancelled, and the same command does the rest.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::derived::{command, panel};
use crate::interrupted::{computes_nothing, interrupt};
use crate::process::wait;
use crate::processes::Cluster;
use crate::scene::LIMIT;
use crate::warehouse::{World, succeed};

/// Two executors for which every piece of work waits for so long.
fn slowed(pause: &str) -> Cluster {
    Cluster::with(2, vec![("ALMANAC_PAUSE_AT".to_owned(), pause.to_owned())])
}

/// Interrupts a command while both executors compute for it, of tasks that would go on for seconds.
fn stops(cluster: &Cluster, mut command: Command) {
    let driver = command.spawn().unwrap();
    wait("both executors compute", LIMIT, || cluster.running() == 2.0);
    let finished = cluster.finished();
    let interrupted = interrupt(driver);
    computes_nothing(cluster, interrupted);
    let (more, cancelled) = (cluster.finished() - finished, cluster.cancelled());
    assert!(more <= 2.0, "{more} tasks were finished after the interrupt, of two that ran");
    assert!(cancelled >= 1.0, "no task was cancelled");
    let goes_on = |(_, status): &(String, String)| status == "Queued" || status == "Running";
    assert!(!cluster.listed().iter().any(goes_on), "{:?}", cluster.listed());
}

#[test]
fn an_interrupted_build_stops_the_computing() {
    let folder = TempDir::new().unwrap();
    // 64 buckets in five tasks
    panel(folder.path(), 300);
    let cluster = slowed("bucket:1000");
    for warehouse in ["here", "there"] {
        succeed(command(folder.path(), warehouse, &["ingest"]));
    }
    let mut build = command(folder.path(), "there", &["build", "--scheduler", &cluster.address()]);
    build.stdout(Stdio::piped()).stderr(Stdio::piped());
    stops(&cluster, build);
    let [here, there] = ["here", "there"].map(|warehouse| {
        succeed(command(folder.path(), warehouse, &["build"]));
        let query = "SELECT count(*), sum(sales) FROM silver.model_input";
        succeed(command(folder.path(), warehouse, &["sql", "-c", query]))
    });
    assert_eq!(here, there);
}

#[test]
fn an_interrupted_evaluation_stops_the_computing() {
    let world = World::new();
    let here = world.undisturbed();
    let there = here.copy("there");
    // 16 cells, a task each
    let cluster = slowed("score:8000");
    stops(&cluster, there.command(&["evaluate", "--scheduler", &cluster.address()]));
    for warehouse in [&here, &there] {
        succeed(warehouse.command(&["evaluate"]));
    }
    assert_eq!(there.rows(), here.rows());
}
