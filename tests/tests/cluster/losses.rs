//! What is lost is done again, once.

use std::process::{Child, Command};
use std::time::Duration;

use crate::gateway::free_port;
use crate::processes::{Cluster, Placement, wait};
use crate::scene::{Scene, can_be_resumed, end, rows_survive};
use crate::warehouse::{killed, told};

#[test]
fn a_killed_executor_costs_its_tasks_only() {
    rows_survive(2, |cluster| cluster.executors[0].kill());
}

#[test]
fn an_executor_restarted_on_the_same_ports_doubles_nothing() {
    let flight = free_port();
    let ports = (flight, free_port());
    let mut scene = Scene::new(Cluster::new(1));
    scene.cluster.add(Placement { ports, ..Placement::default() });
    let driver = scene.start_amid(6.0);
    scene.cluster.executors[1].kill();
    scene.cluster.add(Placement { ports, ..Placement::default() });
    scene.ends_whole(driver);
}

#[test]
fn an_executor_that_stands_still_and_goes_on_doubles_nothing() {
    rows_survive(2, |cluster| {
        cluster.executors[0].signal("STOP");
        // it is lost after 6 s without a heartbeat, and comes back after that
        std::thread::sleep(Duration::from_secs(9));
        cluster.executors[0].signal("CONT");
    });
}

#[test]
fn all_executors_lost_and_a_late_one_finishes() {
    rows_survive(2, |cluster| {
        cluster.executors[0].kill();
        cluster.executors[1].kill();
        cluster.executors.clear();
        cluster.add_executor();
    });
}

#[test]
fn a_restarted_scheduler_is_waited_for() {
    rows_survive(2, Cluster::restart_scheduler);
}

/// An executor gives a scheduler up after five heartbeats without an answer, here five seconds.
#[test]
fn a_scheduler_that_comes_back_late_finds_its_executors() {
    let mut scene = Scene::new(Cluster::new(2));
    let driver = scene.start_amid(6.0);
    scene.cluster.scheduler.kill();
    std::thread::sleep(Duration::from_secs(9));
    scene.cluster.restart_scheduler();
    scene.ends_whole(driver);
    assert!(scene.cluster.executors.iter_mut().all(|executor| !executor.ended()), "{}", scene.cluster.logs());
}

#[test]
fn a_lost_scheduler_ends_the_driver_with_the_way_to_resume() {
    let mut scene = Scene::new(Cluster::new(1));
    let mut command = scene.backfill();
    let driver = command.args(["--wait-scheduler", "0"]).spawn().unwrap();
    scene.amid(3.0);
    scene.cluster.scheduler.kill();
    can_be_resumed(&end(driver));
    scene.cluster.restart_scheduler();
    scene.resumes();
}

#[test]
fn a_killed_driver_leaves_jobs_that_the_next_one_cancels() {
    let scene = Scene::new(Cluster::new(2));
    let mut driver = scene.start_amid(6.0);
    driver.kill().unwrap();
    assert!(killed(&driver.wait_with_output().unwrap()));
    let output = scene.resumes();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("\"cancelled\":1"), "{printed}");
}

#[test]
fn an_interrupted_driver_stops_the_computing() {
    let scene = Scene::new(Cluster::new(2));
    let driver = scene.start_amid(6.0);
    let status = Command::new("kill").arg("-INT").arg(driver.id().to_string()).status().unwrap();
    assert!(status.success());
    let output = end(driver);
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    let cluster = &scene.cluster;
    wait("the executors are idle", Duration::from_secs(10), || cluster.running() == 0.0);
    let cpu = || cluster.executors.iter().map(|e| e.metric("process_cpu_seconds_total")).sum::<f64>();
    wait("the processors are idle", Duration::from_secs(20), || {
        let before = cpu();
        std::thread::sleep(Duration::from_secs(2));
        cpu() - before < 0.2
    });
    scene.resumes();
}

#[test]
fn a_terminated_executor_drains() {
    let mut scene = Scene::new(Cluster::new(2));
    let driver = scene.start_amid(6.0);
    scene.cluster.executors[0].signal("TERM");
    scene.ends_whole(driver);
    wait("the executor ends", Duration::from_secs(90), || scene.cluster.executors[0].ended());
}

#[test]
fn two_drivers_share_a_cluster_and_a_warehouse() {
    let scene = Scene::new(Cluster::new(2));
    // the tables of prices are there before both begin
    for step in ["ingest", "build"] {
        assert!(scene.warehouse().command(&[step]).output().unwrap().status.success());
    }
    let drivers: Vec<Child> = (0..2).map(|_| scene.backfill().spawn().unwrap()).collect();
    for driver in drivers {
        scene.ends_whole(driver);
    }
}
