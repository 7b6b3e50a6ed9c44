//! A whole backfill on a cluster whose store is overloaded, slow and loses connections.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use crate::processes::Cluster;
use crate::random::Random;
use crate::scene::Scene;
use crate::store::Store;
use crate::unreliable::{Harm, Weather, unreliable};

/// 16 cells: it is not computing that takes the time, but requests made again and again.
const ARGUMENTS: [&str; 4] = ["--paths", "100", "--wait-scheduler", "60"];
/// The same, of which each file of paths takes several parts, also that of a single key: 126 origins of 14 days.
const LARGER: [&str; 4] = ["--paths", "1000", "--wait-scheduler", "60"];
/// 8 cells.
const FEWER: [&str; 6] = ["--models", "naive,random_walk", "--paths", "100", "--wait-scheduler", "60"];

/// Runs a backfill on two executors, driver and executors all behind the weather. Returns the harm that was done; none
/// if there is no gateway here.
fn weathers(weather: Weather, arguments: &[&'static str], stream: u64) -> Option<std::sync::Arc<Harm>> {
    let store = Store::s3();
    let calm = store.gateway.as_ref()?.port;
    let mut random = Random::new(stream);
    let (port, harm) = unreliable(calm, weather, random.bits());
    let store = store.behind("127.0.0.1", port);
    let cluster = Cluster::with(2, store.environment());
    let mut scene = Scene::on(store, cluster, arguments);
    let started = Instant::now();
    let driver = scene.backfill().spawn().unwrap();
    let at_once = scene.succeeds_or_resumes(driver);
    // what is there is read without harm
    scene.store = scene.store.behind("127.0.0.1", calm);
    scene.world.environment = scene.store.environment();
    scene.is_whole();
    println!(
        "{weather:?}: whole {} after {:?}, {harm:?}",
        if at_once { "at once" } else { "resumed" },
        started.elapsed()
    );
    scene.is_whole_to_others();
    Some(harm)
}

#[test]
fn an_overloaded_store_that_loses_every_answer_to_a_commit() {
    let weather = Weather { overloaded: 0.3, loses_commits: true, ..Weather::default() };
    let Some(harm) = weathers(weather, &ARGUMENTS, 11) else { return };
    let (requests, overloaded) = (harm.requests.load(SeqCst), harm.overloaded.load(SeqCst));
    assert!(overloaded * 5 > requests, "{harm:?}");
    // each cell's fits and forecasts, in groups of two
    assert!(harm.lost_commits.load(SeqCst) >= 16, "{harm:?}");
}

/// Bodies of answers were cut off and slow at least so often, and bodies of requests too.
fn was_harmed(harm: &Harm, least: usize) {
    for (what, count, least) in [
        ("resets amid requests", &harm.reset_requests, 1),
        ("slow requests", &harm.slow_requests, 1),
        ("resets amid answers", &harm.reset_answers, least),
        ("slow answers", &harm.slow_answers, least),
    ] {
        assert!(count.load(SeqCst) >= least, "{what}: {harm:?}");
    }
}

#[test]
fn a_store_that_is_slow_and_resets_connections_amid_bodies() {
    let weather = Weather { reset: 0.04, slow: 0.03, ..Weather::default() };
    let Some(harm) = weathers(weather, &FEWER, 12) else { return };
    was_harmed(&harm, 1);
}

// of twelve tables, the creation of each may be lost more often than it is asked for again
#[ignore = "takes minutes and may need a second rerun; ./dev chaos runs it"]
#[test]
fn a_store_that_resets_many_connections_amid_bodies() {
    let weather = Weather { reset: 0.06, slow: 0.03, ..Weather::default() };
    let Some(harm) = weathers(weather, &LARGER, 13) else { return };
    was_harmed(&harm, 10);
    // at least two in each of 16 cells, besides which each upload is begun and completed
    assert!(harm.parts.load(SeqCst) >= 32 && harm.reset_uploads.load(SeqCst) >= 1, "{harm:?}");
}
