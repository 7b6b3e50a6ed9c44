//! `status --watch`: told again and again, with what happened meanwhile; `runs`, as many as are asked for.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

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
fn a_person_leaves_a_watch_without_an_error() {
    let job = world::job();
    let mut command = job.command(&["status", "--watch", "600"]);
    let mut watch = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(watch.stdout.take().unwrap());
    // it has begun to wait once it has told something
    stdout.read_line(&mut String::new()).unwrap();
    assert!(Command::new("kill").args(["-INT", &watch.id().to_string()]).status().unwrap().success());
    let output = watch.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(130) && !told.contains("error["), "{:?}: {told}", output.status);
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
