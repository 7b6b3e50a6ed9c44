//! Ctrl-C amid a query that a cluster computes: its job is cancelled, and nothing goes on computing.

use crate::interrupted::{computes_nothing, interrupt};
use crate::process::wait;
use crate::processes::Cluster;
use crate::scene::LIMIT;
use crate::warehouse::World;

/// Two models on two keys at some 250 origins: 400,000 paths.
const PATHS: [&str; 6] = ["--models", "naive,random_walk", "--paths", "400", "--from", "2024-01-01"];
/// Each path beside each, which takes two executors many minutes. A seventh of the pairs counts, so that the join makes
/// batches all the time: it gives way between them only.
const LONG: &str = "SELECT count(*) FROM forecast.distributions a, forecast.distributions b \
                    WHERE CAST(1000 * ln(a.day_1 * b.day_1) AS BIGINT) % 7 = 3";

#[test]
fn an_interrupted_query_stops_the_computing() {
    let world = World::new();
    let warehouse = world.warehouse("w");
    warehouse.backfill(&PATHS);
    let cluster = Cluster::new(2);
    let address = cluster.address();
    let client = warehouse.command(&["--scheduler", &address, "sql", "-c", LONG]).spawn().unwrap();
    // one side has been gathered, and both executors hold the other against it
    wait("both executors join", LIMIT, || cluster.finished() >= 1.0 && cluster.running() == 2.0);
    let finished = cluster.finished();
    let interrupted = interrupt(client);
    computes_nothing(&cluster, interrupted);
    assert_eq!((cluster.finished(), cluster.cancelled()), (finished, 2.0), "finished and cancelled tasks");
    let jobs = cluster.jobs("sql");
    let told: Vec<(&str, &str)> = jobs.iter().map(|job| (job.name.as_str(), job.status.as_str())).collect();
    // the scheduler's word for a job that was cancelled
    let [(name, "Failed")] = &told[..] else { panic!("{told:?}") };
    assert!(name.starts_with("almanac/sql/"), "{name}");
}
