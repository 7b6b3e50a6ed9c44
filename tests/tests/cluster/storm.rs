//! Deaths of executors, scheduler and driver at random moments.

use std::time::{Duration, Instant};

use crate::random::Random;
use crate::scene::{Scene, end};
use crate::store::Store;
use crate::warehouse::told;

/// Deaths in a usual run of the tests: one of each kind.
const DEATHS: usize = 3;

#[derive(Debug, Clone, Copy)]
enum Victim {
    Executor,
    Scheduler,
    Driver,
}

const VICTIMS: [Victim; 3] = [Victim::Executor, Victim::Scheduler, Victim::Driver];

/// Each death in a backfill of its own, which ends whole, at once or resumed. `ALMANAC_STORM` is the number of deaths.
#[test]
fn deaths_at_random_moments() {
    let deaths = std::env::var("ALMANAC_STORM").map_or(DEATHS, |count| count.parse().unwrap());
    let mut random = Random::new(4);
    let mut scene = Scene::new(Store::s3(), 2);
    // how long it takes when nobody dies, the cluster's start included
    let started = Instant::now();
    scene.name = "calm".to_owned();
    scene.resumes();
    let whole = started.elapsed();
    println!("undisturbed {whole:?}");
    let (mut resumed, mut longest) = (0, Duration::ZERO);
    for (nth, victim) in VICTIMS.into_iter().cycle().take(deaths).enumerate() {
        scene.name = format!("death-{nth}");
        let (moment, which) = (whole.mul_f64(random.next()), (random.next() * 2.0) as usize);
        let started = Instant::now();
        let at_once = dies(&mut scene, victim, moment, which);
        let took = started.elapsed();
        let outcome = if at_once { "whole at once" } else { "whole after one more run" };
        println!("{nth}: {victim:?} killed at {moment:?}: {outcome}, {took:?} in all");
        longest = longest.max(took);
        resumed += usize::from(!at_once);
        if nth + 1 == deaths {
            scene.is_whole_to_others();
        }
        // those in a bucket go with their gateway
        if scene.store.gateway.is_none() {
            std::fs::remove_dir_all(&scene.warehouse().root).unwrap();
        }
    }
    println!("{deaths} deaths, {resumed} resumed, longest {longest:?}");
}

/// Starts a backfill, kills at the moment and starts a successor of the victim. Returns whether the first driver got
/// everything done.
fn dies(scene: &mut Scene, victim: Victim, moment: Duration, which: usize) -> bool {
    let mut driver = scene.backfill().spawn().unwrap();
    std::thread::sleep(moment);
    match victim {
        Victim::Executor => {
            scene.cluster.executors.remove(which).kill();
            scene.cluster.add_executor();
        }
        Victim::Scheduler => scene.cluster.restart_scheduler(),
        Victim::Driver => {
            driver.kill().unwrap();
            let output = end(driver);
            let done = output.status.success();
            assert!(done || crate::warehouse::killed(&output), "{}", told(&output));
            scene.resumes();
            return done;
        }
    }
    let at_once = scene.succeeds_or_resumes(driver);
    scene.is_whole();
    at_once
}
