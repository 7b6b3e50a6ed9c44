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
/// Longest time until a driver tells that its scheduler is gone, besides the time that it is told to wait.
const NOTICED: Duration = Duration::from_secs(75);

/// Scheduler, driver and two executors, each at a site of its own, all of which reach the store.
fn scene(network: &Network, mut store: Store) -> Scene {
    let here = network.here();
    if let Some(port) = store.gateway.as_ref().map(|gateway| relay(&here, gateway.port)) {
        store = store.behind(&here, port);
    }
    let mut cluster = Cluster::at(network.site("scheduler"));
    cluster.environment = store.environment();
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
    let scene = scene(&network, store);
    let driver = scene.start_amid(4.0);
    for (one, other) in cut {
        network.cut(one, other);
    }
    std::thread::sleep(pause);
    network.heal();
    scene.ends_whole(driver);
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

/// The cluster dies behind the cut, so that no word of its end ever comes.
#[test]
fn a_scheduler_that_is_gone_for_good_is_noticed() {
    let Some(network) = Network::new() else { return };
    let mut scene = scene(&network, Store::disk());
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
}
