//! A cluster over an object store: the usual way to run one.

use std::time::Duration;

use crate::gateway::Gateway;
use crate::processes::{Cluster, wait};
use crate::warehouse::{World, told};

const BUCKET: &str = "clustered";
const LIMIT: Duration = Duration::from_secs(240);

#[test]
fn an_executor_dies_while_it_uploads_and_the_rows_are_those_of_a_run_on_disk() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    let arguments = ["--paths", "400", "--every", "quarterly"];
    let disk = world.warehouse("disk");
    disk.backfill(&arguments);
    let rows = disk.rows();
    world.environment = gateway.environment(gateway.port);
    let mut cluster = Cluster::with(2, gateway.environment(gateway.port));
    let warehouse = world.at(&format!("s3://{BUCKET}/warehouse"));
    let address = cluster.address();
    let on_cluster = [&["backfill", "--scheduler", &address], &arguments[..]].concat();
    let mut driver = warehouse.command(&on_cluster).spawn().unwrap();
    wait("tasks are computed", LIMIT, || cluster.finished() >= 4.0 && cluster.running() > 0.0);
    cluster.executors[0].kill();
    wait("the driver ends", LIMIT, || driver.try_wait().unwrap().is_some());
    let output = driver.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(warehouse.rows(), rows);
    let before = gateway.objects(BUCKET);
    warehouse.backfill(&on_cluster[1..]);
    assert_eq!(gateway.objects(BUCKET), before, "a second run wrote something");

    // what travels is names and settings
    let logs = cluster.logs();
    for (name, value) in gateway.environment(gateway.port) {
        if name.contains("SECRET") {
            assert!(!logs.contains(&value), "{name} is in a log");
            let ports = [cluster.scheduler.probes, cluster.port];
            let answers = ports.map(|port| cluster.ask(port, "/api/jobs") + &cluster.ask(port, "/metrics"));
            assert!(answers.iter().all(|answer| !answer.contains(&value)), "{name} is in an answer");
        }
    }
}
