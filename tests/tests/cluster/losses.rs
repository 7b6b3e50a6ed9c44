//! What is lost is done again, once.

use std::net::TcpListener;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::gateway::free_port;
use crate::process::wait;
use crate::processes::{Cluster, Placement};
use crate::scene::{LIMIT, Scene, can_be_resumed, end, rows_survive};
use crate::store::Store;
use crate::warehouse::{killed, told};

#[test]
fn a_killed_executor_costs_its_tasks_only() {
    rows_survive(Store::s3(), 2, |cluster| cluster.executors[0].kill());
}

/// Longest until the scheduler no longer counts on a dead executor, with the times that the binaries have by default.
const NOTICED: Duration = Duration::from_secs(60);

#[test]
fn an_idle_executor_that_dies_is_missed_in_time() {
    let mut cluster = Cluster::stock(2);
    assert_eq!(cluster.registered(), 2);
    cluster.executors[0].kill();
    let killed = Instant::now();
    wait("one executor is registered", NOTICED, || cluster.registered() == 1);
    println!("missed after {:?}", killed.elapsed());
}

/// Work folders of executors.
fn folders(cluster: &Cluster) -> usize {
    let entries = std::fs::read_dir(cluster.work()).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
}

#[test]
fn an_executor_restarted_on_the_same_ports_doubles_nothing() {
    let flight = free_port();
    let ports = (flight, free_port());
    let mut scene = Scene::new(Store::s3(), 1);
    scene.cluster.add(Placement { ports, ..Placement::default() });
    let driver = scene.start_amid(6.0);
    scene.cluster.executors[1].kill();
    assert_eq!(folders(&scene.cluster), 2, "a killed executor leaves its files");
    scene.cluster.add(Placement { ports, ..Placement::default() });
    assert_eq!(folders(&scene.cluster), 2, "its successor removes them");
    scene.ends_whole(driver);
    scene.is_whole_to_others();
}

#[test]
fn all_executors_lost_and_a_late_one_finishes() {
    rows_survive(Store::disk(), 2, |cluster| {
        cluster.executors[0].kill();
        cluster.executors[1].kill();
        cluster.executors.clear();
        cluster.add_executor();
    });
}

/// Longest until the driver tells that nobody computes for it, besides the time that it is told to wait.
const GIVEN_UP: Duration = Duration::from_secs(60);

#[test]
fn executors_that_are_lost_for_good_end_the_driver_after_its_wait() {
    const WAIT: Duration = Duration::from_secs(5);
    let mut scene = Scene::new(Store::s3(), 2);
    let mut command = scene.backfill();
    let driver = command.args(["--wait-scheduler", &WAIT.as_secs().to_string()]).spawn().unwrap();
    scene.amid(6.0);
    for executor in &mut scene.cluster.executors {
        executor.kill();
    }
    let killed = Instant::now();
    let output = end(driver);
    can_be_resumed(&output);
    assert!(told(&output).contains("no executor is registered"), "{}", told(&output));
    assert!(killed.elapsed() < WAIT + GIVEN_UP, "ended after {:?}", killed.elapsed());
    scene.cluster.executors.clear();
    scene.cluster.add_executor();
    scene.resumes();
    scene.is_whole_to_others();
}

#[test]
fn an_executor_that_joins_late_takes_its_share() {
    // 64 fits wait, so that there is work left whenever it joins
    let mut scene = Scene::with(Store::s3(), 1, ("ALMANAC_PAUSE_AT", "fit:400"));
    let driver = scene.start_amid(1.0);
    scene.cluster.add_executor();
    let finished = |at: usize| scene.cluster.executors[at].metric("almanac_tasks_total{outcome=\"finished\"}");
    let late = finished(0);
    wait("the late one has finished tasks", LIMIT, || finished(1) >= 2.0);
    assert!(scene.cluster.jobs("train").iter().any(|job| job.status == "Running"), "the fits were done when it began");
    println!("{late} tasks were finished when it joined");
    scene.ends_whole(driver);
    scene.is_whole_to_others();
}

#[test]
fn a_restarted_scheduler_is_waited_for() {
    rows_survive(Store::s3(), 2, Cluster::restart_scheduler);
}

/// An executor gives a scheduler up after five heartbeats without an answer, here five seconds.
#[test]
fn a_scheduler_that_comes_back_late_finds_its_executors() {
    let mut scene = Scene::new(Store::disk(), 2);
    let driver = scene.start_amid(6.0);
    scene.cluster.scheduler.kill();
    std::thread::sleep(Duration::from_secs(9));
    scene.cluster.restart_scheduler();
    scene.ends_whole(driver);
    assert!(scene.cluster.executors.iter_mut().all(|executor| !executor.ended()), "{}", scene.cluster.logs());
    scene.is_whole_to_others();
}

#[test]
fn a_driver_waits_for_a_scheduler_that_starts_after_it() {
    let mut scene = Scene::new(Store::disk(), 0);
    scene.cluster.scheduler.kill();
    // hears that the driver asks, and does not answer
    let listener = TcpListener::bind(("127.0.0.1", scene.cluster.port)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let driver = scene.backfill().spawn().unwrap();
    wait("the driver asks for its scheduler", LIMIT, || listener.accept().is_ok());
    drop(listener);
    scene.cluster.restart_scheduler();
    scene.cluster.add_executor();
    scene.ends_whole(driver);
    scene.is_whole_to_others();
}

#[test]
fn a_lost_scheduler_ends_the_driver_with_the_way_to_resume() {
    let mut scene = Scene::new(Store::disk(), 1);
    let mut command = scene.backfill();
    let driver = command.args(["--wait-scheduler", "0"]).spawn().unwrap();
    scene.amid(3.0);
    scene.cluster.scheduler.kill();
    can_be_resumed(&end(driver));
    scene.cluster.restart_scheduler();
    scene.resumes();
    scene.is_whole_to_others();
}

#[test]
fn a_scheduler_that_is_not_back_within_the_wait_ends_the_driver() {
    const WAIT: Duration = Duration::from_secs(8);
    let mut scene = Scene::new(Store::disk(), 1);
    let mut command = scene.backfill();
    let driver = command.args(["--wait-scheduler", &WAIT.as_secs().to_string()]).spawn().unwrap();
    scene.amid(3.0);
    let killed = Instant::now();
    scene.cluster.scheduler.kill();
    can_be_resumed(&end(driver));
    let waited = killed.elapsed();
    assert!(waited >= WAIT && waited < WAIT + GIVEN_UP, "ended after {waited:?}");
    scene.cluster.restart_scheduler();
    scene.resumes();
    scene.is_whole_to_others();
}

#[test]
fn a_killed_driver_leaves_jobs_that_the_next_one_cancels() {
    // 64 fits wait, so that the job still goes on when the next one begins
    let scene = Scene::with(Store::disk(), 2, ("ALMANAC_PAUSE_AT", "fit:400"));
    let mut driver = scene.start_amid(2.0);
    driver.kill().unwrap();
    assert!(killed(&driver.wait_with_output().unwrap()));
    let output = scene.resumes();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("\"cancelled\":1"), "{printed}");
    scene.is_whole_to_others();
}

#[test]
fn two_drivers_share_a_cluster_and_a_warehouse() {
    let scene = Scene::new(Store::s3(), 2);
    // the tables of prices are there before both begin
    for step in ["ingest", "build"] {
        assert!(scene.warehouse().command(&[step]).output().unwrap().status.success());
    }
    let drivers: Vec<Child> = (0..2).map(|_| scene.backfill().spawn().unwrap()).collect();
    for driver in drivers {
        scene.ends_whole(driver);
    }
    scene.is_whole_to_others();
}
