//! An executor that stands still until it is given up, and goes on while others do its work.

use std::time::Duration;

use crate::process::wait;
use crate::scene::{LIMIT, Scene};
use crate::store::Store;

/// 24 cells of two fits, each of which waits for half a second: 24 s of work for one executor, whatever the machine.
const ARGUMENTS: [&str; 6] = ["--models", "naive", "--every", "monthly", "--wait-scheduler", "60"];
const PAUSE: (&str, &str) = ("ALMANAC_PAUSE_AT", "fit:500");
/// Longest until the scheduler gives an executor up: it waits for 6 s, and looks each second.
const LOST: Duration = Duration::from_secs(20);

#[test]
fn an_executor_that_goes_on_amid_the_work_of_others_doubles_nothing() {
    let scene = Scene::of(Store::s3(), 2, &[PAUSE], &ARGUMENTS);
    let mut driver = scene.backfill().spawn().unwrap();
    let (cluster, first) = (&scene.cluster, &scene.cluster.executors[0]);
    wait("one task is finished and another begun", LIMIT, || {
        first.metric("almanac_tasks_total{outcome=\"finished\"}") >= 1.0 && first.metric("almanac_tasks_running") == 1.0
    });
    first.signal("STOP");
    wait("it is given up", LOST, || cluster.registered() == 1);
    // about eight of 48 fits were done when it stopped, and the other executor does two a second in the 7 s since
    assert!(driver.try_wait().unwrap().is_none(), "nothing is left that it could double");
    first.signal("CONT");
    scene.ends_whole(driver);
    scene.is_whole_to_others();
}
