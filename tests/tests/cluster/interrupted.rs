//! Ctrl-C: the driver tells how to resume, and nothing goes on computing or stays half uploaded.

use std::process::{Child, Command};
use std::time::Duration;

use crate::gateway::Gateway;
use crate::held;
use crate::process::wait;
use crate::processes::Cluster;
use crate::scene::{LARGE, LIMIT, Scene, end};
use crate::warehouse::{World, told};

const BUCKET: &str = "interrupted";
/// Longest for what was begun to be given up: a unit here takes under a second.
const GIVEN_UP: Duration = Duration::from_secs(20);

/// Ends a driver as Ctrl-C does: code 130, and what to do.
fn interrupt(driver: Child) {
    let status = Command::new("kill").arg("-INT").arg(driver.id().to_string()).status().unwrap();
    assert!(status.success());
    let output = end(driver);
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("interrupted; run the same command again to resume"), "{error}");
}

/// No task runs, and the processes stand still.
fn computes_nothing(cluster: &Cluster) {
    wait("the executors are idle", GIVEN_UP, || cluster.running() == 0.0);
    let cpu = || cluster.executors.iter().map(|e| e.metric("process_cpu_seconds_total")).sum::<f64>();
    wait("the processors are idle", GIVEN_UP, || {
        let before = cpu();
        std::thread::sleep(Duration::from_secs(2));
        cpu() - before < 0.2
    });
}

#[test]
fn an_interrupted_driver_stops_the_computing() {
    let scene = Scene::new(Cluster::new(2));
    let driver = scene.start_amid(6.0);
    interrupt(driver);
    computes_nothing(&scene.cluster);
    scene.resumes();
}

#[test]
fn an_interrupt_amid_uploads_leaves_none_behind() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    let disk = world.warehouse("disk");
    disk.backfill(&LARGE);
    let rows = disk.rows();
    for is_clustered in [false, true] {
        let (port, gate) = held::holding_parts(gateway.port);
        world.environment = gateway.environment(port);
        let cluster = is_clustered.then(|| Cluster::with(2, gateway.environment(port)));
        let address = cluster.as_ref().map(Cluster::address);
        let runner = address.iter().flat_map(|address| ["--scheduler", address.as_str()]);
        let arguments: Vec<&str> = LARGE.into_iter().chain(runner).collect();
        let name = format!("s3://{BUCKET}/{}", if is_clustered { "cluster" } else { "embedded" });
        let driver = world.at(&name).command(&[&["backfill"], &arguments[..]].concat()).spawn().unwrap();
        wait("a part is on its way", LIMIT, || gate.held() > 0);
        assert!(gateway.abandoned_uploads(BUCKET) > 0, "nothing is being uploaded");
        interrupt(driver);
        if let Some(cluster) = &cluster {
            gate.open();
            wait("the uploads are given up", GIVEN_UP, || gateway.abandoned_uploads(BUCKET) == 0);
            computes_nothing(cluster);
        }
        assert_eq!(gateway.abandoned_uploads(BUCKET), 0, "{name}");
        gate.open();
        world.at(&name).backfill(&arguments);
        assert_eq!(world.at(&name).rows(), rows, "{name}");
    }
}
