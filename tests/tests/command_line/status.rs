//! `status --watch`: told again and again, with what happened meanwhile; `runs`, as many as are asked for.

use std::process::Stdio;

use serde_json::{Deserializer, Value};

use crate::world;

#[test]
fn a_watch_tells_of_runs_that_come() {
    let job = world::copy();
    let mut watch = job.command(&["-o", "json", "status", "--watch", "1"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = Deserializer::from_reader(watch.stdout.take().unwrap()).into_iter::<Value>();
    let mut runs = || told.next().unwrap().unwrap()["runs"].as_array().unwrap().len();
    let before = runs();
    assert_eq!(runs(), before, "nothing happened");
    job.ok(&["--model-version", "watched", "train"]);
    while runs() == before {}
    watch.kill().unwrap();
    watch.wait().unwrap();
}

#[test]
fn as_many_runs_are_listed_as_are_asked_for() {
    let job = world::copy();
    job.ok(&["--model-version", "other", "train"]);
    let listed = |last: &str| {
        let told: Value = serde_json::from_str(&job.ok(&["runs", "--last", last, "-o", "json"]).stdout).unwrap();
        told["runs"].as_array().unwrap().clone()
    };
    let all = listed("20");
    assert!(all.len() > 1, "{all:?}");
    assert_eq!(listed("1"), all[..1]);
    job.refused(&["runs", "--last", "0"], 2, &["'0'", "--last"]);
}

#[test]
fn a_run_that_skips_everything_is_recorded_once() {
    let job = world::fresh();
    // half a year before the window: too short
    let environment = [("ALMANAC_FORECAST__FROM", "2012-07-01")];
    let run = || {
        let ended = job.run_with(&environment, &["--from", "2012-07-03", "--to", "2012-07-05", "backfill"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended.step("infer")
    };
    let counts = || {
        [
            job.count("SELECT count(*) FROM ops.runs WHERE state = 'finished' AND skipped_units > 0"),
            job.count("SELECT count(*) FROM ops.units WHERE status = 'skipped' AND reason = 'too_short'"),
        ]
    };
    let told = run();
    assert!(told["units"] == 0 && told["skipped"].as_u64() > Some(0), "{told}");
    let recorded = counts();
    assert!(recorded[0] == 1 && recorded[1] > 0, "{recorded:?}");
    // it finds the same, which is recorded already
    assert_eq!(run()["skipped"], told["skipped"]);
    assert_eq!(counts(), recorded);
}
