//! An executor that dies with rows of a query: they are computed again, and each is told once.

use crate::gateway::Gateway;
use crate::held;
use crate::process::wait;
use crate::processes::Cluster;
use crate::scene::{LIMIT, end};
use crate::warehouse::{World, succeed, told};

const BUCKET: &str = "queried";
/// No stage but the scan, of two files.
const QUERY: [&str; 5] = [
    "sql",
    "--format",
    "csv",
    "-c",
    "SELECT commodity, data_cutoff_date, day_ahead, forecast_point FROM forecast.point_forecasts",
];

fn sorted(printed: &str) -> Vec<String> {
    let mut lines: Vec<String> = printed.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Tasks of queries that have succeeded, as the scheduler knows.
fn succeeded(cluster: &Cluster) -> usize {
    let jobs = cluster.jobs("sql");
    let tasks = jobs.iter().flat_map(|job| &job.stages).filter_map(|stage| stage["tasks"].as_array()).flatten();
    tasks.filter(|task| task["status"] == "Successful").count()
}

#[test]
fn rows_that_died_with_an_executor_are_computed_again() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let warehouse = world.at(&format!("s3://{BUCKET}/w"));
    warehouse.backfill(&["--models", "naive", "--from", "2024-01-01"]);
    let rows = sorted(&succeed(warehouse.command(&QUERY)));
    assert!(rows.len() > 1_000, "{} rows", rows.len());

    // one executor reads at once, the other when it may; both are given up after 15 s, long after all is over here
    let (slow, gate) = held::holding_reads(gateway.port, "/point_forecasts/model_name");
    let mut cluster = Cluster::stock(0);
    for port in [gateway.port, slow] {
        cluster.environment = gateway.environment(port);
        cluster.add_executor();
    }
    let address = cluster.address();
    let client = warehouse.command(&[&["--scheduler", &address], &QUERY[..]].concat()).spawn().unwrap();
    wait("one has its rows and the other reads", LIMIT, || gate.held() > 0 && succeeded(&cluster) == 1);
    cluster.executors[0].kill();
    gate.open();
    let output = end(client);
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(sorted(&String::from_utf8_lossy(&output.stdout)), rows);
    // the lost rows alone, by the same job
    assert_eq!(cluster.jobs("sql").len(), 1, "{:?}", cluster.listed());
}
