//! What is lost is done again, once.

use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use crate::gateway::free_port;
use crate::processes::{Cluster, wait};
use crate::warehouse::{Rows, Warehouse, World, killed, told};

/// Longest a disturbed run may take: detection within 20 s, resubmission, and the work itself on a busy machine.
const LIMIT: Duration = Duration::from_secs(240);

/// A backfill of 48 cells whose tasks take long enough to be disturbed.
const ARGUMENTS: [&str; 7] = ["backfill", "--paths", "400", "--every", "quarterly", "--wait-scheduler", "60"];

fn disturbed<'a>(warehouse: &Warehouse<'a>, cluster: &Cluster) -> Command {
    warehouse.command(&[&ARGUMENTS[..], &["--scheduler", &cluster.address()]].concat())
}

fn undisturbed<'a>(world: &'a World) -> Warehouse<'a> {
    let warehouse = world.warehouse("undisturbed");
    warehouse.backfill(&ARGUMENTS[1..]);
    warehouse
}

/// Waits until executors have finished some tasks of a job and compute others.
fn amid(cluster: &Cluster, finished: f64) {
    wait("tasks are computed", LIMIT, || cluster.finished() >= finished && cluster.running() > 0.0);
}

fn end(driver: Child) -> Output {
    let (started, mut driver) = (Instant::now(), driver);
    wait("the driver ends", LIMIT, || driver.try_wait().unwrap().is_some());
    println!("the driver ended {:?} after the disturbance", started.elapsed());
    driver.wait_with_output().unwrap()
}

/// The driver succeeds, and the tables hold these rows.
fn ends_with(driver: Child, warehouse: &Warehouse, rows: &Rows) {
    let output = end(driver);
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(warehouse.rows(), *rows);
}

#[test]
fn a_killed_executor_costs_its_tasks_only() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let mut cluster = Cluster::new(2);
    let warehouse = world.warehouse("w");
    let driver = disturbed(&warehouse, &cluster).spawn().unwrap();
    amid(&cluster, 6.0);
    cluster.executors[0].kill();
    ends_with(driver, &warehouse, &rows);
}

#[test]
fn an_executor_restarted_on_the_same_ports_doubles_nothing() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let mut cluster = Cluster::new(1);
    let (flight, grpc) = (free_port(), free_port());
    cluster.add_executor_on(flight, grpc);
    let warehouse = world.warehouse("w");
    let driver = disturbed(&warehouse, &cluster).spawn().unwrap();
    amid(&cluster, 6.0);
    cluster.executors[1].kill();
    cluster.add_executor_on(flight, grpc);
    ends_with(driver, &warehouse, &rows);
}

#[test]
fn an_executor_that_stands_still_and_goes_on_doubles_nothing() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let cluster = Cluster::new(2);
    let warehouse = world.warehouse("w");
    let driver = disturbed(&warehouse, &cluster).spawn().unwrap();
    amid(&cluster, 6.0);
    cluster.executors[0].signal("STOP");
    // it is lost after 6 s without a heartbeat, and comes back after that
    std::thread::sleep(Duration::from_secs(9));
    cluster.executors[0].signal("CONT");
    ends_with(driver, &warehouse, &rows);
}

#[test]
fn all_executors_lost_and_a_late_one_finishes() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let mut cluster = Cluster::new(2);
    let warehouse = world.warehouse("w");
    let driver = disturbed(&warehouse, &cluster).spawn().unwrap();
    amid(&cluster, 6.0);
    cluster.executors[0].kill();
    cluster.executors[1].kill();
    cluster.executors.clear();
    cluster.add_executor();
    ends_with(driver, &warehouse, &rows);
}

#[test]
fn a_restarted_scheduler_is_waited_for() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let mut cluster = Cluster::new(2);
    let warehouse = world.warehouse("w");
    let driver = disturbed(&warehouse, &cluster).spawn().unwrap();
    amid(&cluster, 6.0);
    cluster.restart_scheduler();
    ends_with(driver, &warehouse, &rows);
}

#[test]
fn a_lost_scheduler_ends_the_driver_with_the_way_to_resume() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let mut cluster = Cluster::new(1);
    let warehouse = world.warehouse("w");
    let mut command = disturbed(&warehouse, &cluster);
    let driver = command.args(["--wait-scheduler", "0"]).spawn().unwrap();
    amid(&cluster, 3.0);
    cluster.scheduler.kill();
    let output = end(driver);
    assert_eq!(output.status.code(), Some(7), "{}", told(&output));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("run the same command again to resume"), "{error}");
    cluster.restart_scheduler();
    ends_with(disturbed(&warehouse, &cluster).spawn().unwrap(), &warehouse, &rows);
}

#[test]
fn a_killed_driver_leaves_jobs_that_the_next_one_cancels() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let cluster = Cluster::new(2);
    let warehouse = world.warehouse("w");
    let mut driver = disturbed(&warehouse, &cluster).spawn().unwrap();
    amid(&cluster, 6.0);
    driver.kill().unwrap();
    assert!(killed(&driver.wait_with_output().unwrap()));
    let output = disturbed(&warehouse, &cluster).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("\"cancelled\":1"), "{printed}");
    assert_eq!(warehouse.rows(), rows);
}

#[test]
fn an_interrupted_driver_stops_the_computing() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let cluster = Cluster::new(2);
    let warehouse = world.warehouse("w");
    let driver = disturbed(&warehouse, &cluster).spawn().unwrap();
    amid(&cluster, 6.0);
    let status = Command::new("kill").arg("-INT").arg(driver.id().to_string()).status().unwrap();
    assert!(status.success());
    let output = end(driver);
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    wait("the executors are idle", Duration::from_secs(10), || cluster.running() == 0.0);
    let cpu = || cluster.executors.iter().map(|e| e.metric("process_cpu_seconds_total")).sum::<f64>();
    wait("the processors are idle", Duration::from_secs(20), || {
        let before = cpu();
        std::thread::sleep(Duration::from_secs(2));
        cpu() - before < 0.2
    });
    ends_with(disturbed(&warehouse, &cluster).spawn().unwrap(), &warehouse, &rows);
}

#[test]
fn a_terminated_executor_drains() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let mut cluster = Cluster::new(2);
    let warehouse = world.warehouse("w");
    let driver = disturbed(&warehouse, &cluster).spawn().unwrap();
    amid(&cluster, 6.0);
    cluster.executors[0].signal("TERM");
    let output = end(driver);
    assert!(output.status.success(), "{}", told(&output));
    wait("the executor ends", Duration::from_secs(90), || cluster.executors[0].ended());
    assert_eq!(warehouse.rows(), rows);
}

#[test]
fn two_drivers_share_a_cluster_and_a_warehouse() {
    let world = World::new();
    let rows = undisturbed(&world).rows();
    let cluster = Cluster::new(2);
    let warehouse = world.warehouse("w");
    // the tables of prices are there before both begin
    for step in ["ingest", "build"] {
        assert!(warehouse.command(&[step]).output().unwrap().status.success());
    }
    let drivers: Vec<Child> = (0..2).map(|_| disturbed(&warehouse, &cluster).spawn().unwrap()).collect();
    for driver in drivers {
        let output = end(driver);
        assert!(output.status.success(), "{}", told(&output));
    }
    assert_eq!(warehouse.rows(), rows);
}
