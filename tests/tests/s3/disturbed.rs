//! Deaths, races and a network that loses requests and answers.

use std::sync::atomic::Ordering::SeqCst;

use crate::gateway::Gateway;
use crate::http;
use crate::warehouse::{World, told};

const BUCKET: &str = "disturbed";

#[test]
fn a_run_after_a_death_makes_the_rows_whole() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let undisturbed = world.undisturbed();
    for point in ["files_written:12", "committed:14", "between_tables:3"] {
        let stored = world.at(&format!("s3://{BUCKET}/{}", point.replace(':', "-")));
        assert!(stored.dies_at(point, &["backfill"]), "{point} was never reached");
        stored.backfill(&[]);
        assert_eq!(stored.rows(), undisturbed.rows(), "after a death at {point}");
    }
}

#[test]
fn drivers_at_once_lose_and_double_nothing() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let undisturbed = world.undisturbed();
    let stored = world.at(&format!("s3://{BUCKET}/race of three/ü"));
    let drivers = [&["backfill"][..], &["backfill", "--key", "Coffee"], &["backfill", "--cells-per-commit", "1"]];
    let running: Vec<_> = drivers.iter().map(|arguments| stored.command(arguments).spawn().unwrap()).collect();
    for driver in running {
        let output = driver.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
    }
    assert_eq!(stored.rows(), undisturbed.rows());
    let before = gateway.objects(BUCKET);
    stored.backfill(&[]);
    assert_eq!(gateway.objects(BUCKET), before, "a run after the race wrote something");
}

#[test]
fn lost_requests_and_answers_change_nothing() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    let undisturbed = world.undisturbed().rows();
    let (port, harm) = http::harming(gateway.port);
    world.environment = gateway.environment(port);
    let stored = world.at(&format!("s3://{BUCKET}/harmed"));
    stored.backfill(&[]);
    println!("{harm:?}");
    for (what, count) in [("refused", &harm.refused), ("unheard", &harm.unheard), ("unanswered", &harm.unanswered)] {
        assert!(count.load(SeqCst) > 3, "{what}: {harm:?}");
    }
    assert!(harm.unanswered_commits.load(SeqCst) > 3, "{harm:?}");
    world.environment = gateway.environment(gateway.port);
    let stored = world.at(&format!("s3://{BUCKET}/harmed"));
    assert_eq!(stored.rows(), undisturbed);
}
