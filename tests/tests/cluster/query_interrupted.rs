//! Ctrl-C amid a query that a cluster computes: its job is cancelled, and nothing goes on computing. At the prompt the next
//! query is answered.

use crate::interrupted::{computes_nothing, interrupt};
use crate::person::{Person, state};
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

/// How all jobs stand, in the order of the words.
fn statuses(cluster: &Cluster) -> Vec<String> {
    let mut statuses: Vec<String> = cluster.listed().into_iter().map(|(_, status)| status).collect();
    statuses.sort();
    statuses
}

#[test]
fn an_interrupted_query_leaves_the_prompt() {
    let world = World::new();
    let warehouse = world.warehouse("w");
    warehouse.backfill(&PATHS);
    let cluster = Cluster::new(2);
    let address = cluster.address();
    let prompt = warehouse.command(&["--scheduler", &address, "sql"]);
    let Some(mut person) = Person::at_prompt(state(), &prompt) else { return };
    person.types(&format!("{LONG};\r"));
    person.sees("on the cluster; Ctrl-C stops the query");
    wait("both executors join", LIMIT, || cluster.finished() >= 1.0 && cluster.running() == 2.0);
    let finished = cluster.finished();
    // once is enough: while tasks run it is a signal, no key of the next line
    person.types("\x03");
    person.sees("stopped");
    wait("both tasks are cancelled", LIMIT, || cluster.running() == 0.0 && cluster.cancelled() == 2.0);
    assert_eq!(cluster.finished(), finished, "finished tasks");
    wait("the scheduler knows", LIMIT, || statuses(&cluster) == ["Failed"]);
    person.types("SELECT count(DISTINCT path_id) AS n FROM forecast.distributions;\r");
    person.sees("| 400 |");
    assert_eq!(statuses(&cluster), ["Completed", "Failed"], "the second is a job of its own");
    person.leaves();
}
