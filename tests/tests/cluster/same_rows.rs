//! Rows do not depend on where they are computed.

use crate::processes::Cluster;
use crate::warehouse::World;

#[test]
fn embedded_one_executor_and_three_give_the_same_rows() {
    let world = World::new();
    let embedded = world.undisturbed().rows();
    for executors in [1, 3] {
        let cluster = Cluster::new(executors);
        let warehouse = world.warehouse(&format!("cluster-{executors}"));
        warehouse.backfill(&["--scheduler", &cluster.address()]);
        assert_eq!(warehouse.rows(), embedded, "{executors} executors");
        for (number, executor) in cluster.executors.iter().enumerate() {
            let finished = executor.metric("almanac_tasks_total{outcome=\"finished\"}");
            assert!(finished >= 4.0, "executor {number} of {executors} finished {finished} tasks");
        }
        let before = warehouse.tree("");
        warehouse.backfill(&["--scheduler", &cluster.address()]);
        assert_eq!(warehouse.tree(""), before, "a second run wrote something");
    }
}

#[test]
fn every_process_tells_how_it_is() {
    let cluster = Cluster::new(1);
    for process in cluster.executors.iter().chain([&cluster.scheduler]) {
        assert_eq!(process.get("/healthz").as_deref(), Some("ok\n"));
        assert_eq!(process.get("/readyz").as_deref(), Some("ready\n"));
        let metrics = process.get("/metrics").unwrap();
        assert!(metrics.contains("process_cpu_seconds_total"), "{metrics}");
    }
    assert!(cluster.executors[0].get("/metrics").unwrap().contains("almanac_tasks_running 0"));
}
