//! Networks that drop every packet between two processes, which both live on.

use std::time::{Duration, Instant};

use crate::network::Network;
use crate::processes::{Cluster, Placement};
use crate::relay::relay;
use crate::scene::{Scene, can_be_resumed, end};
use crate::store::Store;

/// Longer than the scheduler waits for heartbeats.
const LONG: Duration = Duration::from_secs(15);
/// Shorter: nobody is given up.
const SHORT: Duration = Duration::from_secs(3);
/// Longer than a driver takes to notice that its scheduler is gone, some 30 s, and shorter than what it waits then.
const NOTICEABLE: Duration = Duration::from_secs(45);
/// What each of 64 fits waits for on two executors, so that they are still busy after such a time: 64 s in all.
const PAUSE: (&str, &str) = ("ALMANAC_PAUSE_AT", "fit:2000");
/// Longest time until a driver tells that its scheduler is gone, besides the time that it is told to wait.
const NOTICED: Duration = Duration::from_secs(75);

/// Scheduler, driver and two executors, each at a site of its own, all of which reach the store; with these variables in
/// the environment of the executors.
fn scene(network: &Network, mut store: Store, variables: &[(&str, &str)]) -> Scene {
    let here = network.here();
    if let Some(port) = store.gateway.as_ref().map(|gateway| relay(&here, gateway.port)) {
        store = store.behind(&here, port);
    }
    let mut cluster = Cluster::at(network.site("scheduler"));
    cluster.environment = store.environment();
    cluster.environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    for name in ["executor-0", "executor-1"] {
        cluster.add(Placement { site: network.site(name), ..Placement::default() });
    }
    let mut scene = Scene::at(store, cluster);
    scene.driver = network.site("driver");
    scene
}

/// Cuts the pairs amid the tasks for a while; the driver, which waits for its scheduler, ends with the right rows.
fn rows_survive(store: Store, cut: &[(&str, &str)], pause: Duration) {
    let Some(network) = Network::new() else { return };
    let scene = scene(&network, store, &[]);
    let driver = scene.start_amid(4.0);
    for (one, other) in cut {
        network.cut(one, other);
    }
    std::thread::sleep(pause);
    network.heal();
    scene.ends_whole(driver);
    scene.is_whole_to_others();
}

#[test]
fn an_executor_cut_off_from_the_scheduler_for_long() {
    rows_survive(Store::s3(), &[("scheduler", "executor-0")], LONG);
}

#[test]
fn an_executor_cut_off_from_the_scheduler_for_a_moment() {
    rows_survive(Store::disk(), &[("scheduler", "executor-0")], SHORT);
}

#[test]
fn all_executors_cut_off_from_the_scheduler_for_long() {
    rows_survive(Store::disk(), &[("scheduler", "executor-0"), ("scheduler", "executor-1")], LONG);
}

#[test]
fn the_driver_cut_off_from_the_scheduler_for_long() {
    rows_survive(Store::s3(), &[("driver", "scheduler")], LONG);
}

/// The driver notices, waits as it is told, and goes on once it may. The job that it could not cancel while it was cut
/// off does not go on beside its successor.
#[test]
fn a_driver_cut_off_from_the_scheduler_until_it_notices() {
    let Some(network) = Network::new() else { return };
    let scene = scene(&network, Store::disk(), &[PAUSE]);
    let driver = scene.start_amid(1.0);
    network.cut("driver", "scheduler");
    std::thread::sleep(NOTICEABLE);
    network.heal();
    scene.succeeds_or_resumes(driver);
    scene.is_whole();
    scene.is_whole_to_others();
    let jobs = scene.cluster.jobs("train");
    let told: Vec<(&str, &str)> = jobs.iter().map(|job| (job.name.as_str(), job.status.as_str())).collect();
    // the scheduler's word for a job that was cancelled
    assert!(told.iter().any(|(name, status)| name.ends_with("/0/0") && *status == "Failed"), "{told:?}");
    assert!(told.len() > 1 && told.iter().all(|(_, status)| *status != "Running"), "{told:?}");
}

/// The cluster dies behind the cut, so that no word of its end ever comes.
#[test]
fn a_scheduler_that_is_gone_for_good_is_noticed() {
    let Some(network) = Network::new() else { return };
    let mut scene = scene(&network, Store::disk(), &[]);
    let mut command = scene.backfill();
    let driver = command.args(["--wait-scheduler", "0"]).spawn().unwrap();
    scene.amid(4.0);
    network.cut("driver", "scheduler");
    let cut = Instant::now();
    for executor in &mut scene.cluster.executors {
        executor.kill();
    }
    can_be_resumed(&end(driver));
    assert!(cut.elapsed() < NOTICED, "noticed after {:?}", cut.elapsed());
    network.heal();
    scene.cluster.executors.clear();
    scene.cluster.add(Placement { site: network.site("executor-0"), ..Placement::default() });
    scene.resumes();
    scene.is_whole_to_others();
}
