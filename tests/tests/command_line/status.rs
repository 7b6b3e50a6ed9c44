//! `status --watch`: told again and again, with what happened meanwhile.

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
