//! `bench backfill` measures the job that everybody runs: its rows are those of a backfill.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::{Job, demo_data, example};

const FLAGS: [&str; 8] =
    ["--models", "naive,sarimax_auto_weather", "--paths", "30", "--from", "2023-12-18", "--to", "2024-01-12"];
const TABLES: [&str; 3] = ["forecast.distributions", "forecast.point_forecasts", "forecast.trained_models"];

#[test]
fn rows_and_hashes_are_those_of_a_backfill() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &FLAGS);
    let scratch = tempfile::tempdir().unwrap();
    let bench = |form: &[&str]| {
        let place = [("TMPDIR", scratch.path().to_str().unwrap())];
        let ended = job.run_with(&place, &[form, &["bench", "backfill"]].concat());
        assert_eq!(ended.code, 0, "{}\n{}", ended.stderr, ended.stdout);
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "left behind");
        ended
    };
    let measured = bench(&["-o", "json"]);
    assert!(!job.warehouse.exists(), "the measurement wrote into the warehouse");
    // a line per step, then the document
    let told = serde_json::Deserializer::from_str(&measured.stdout).into_iter::<Value>();
    let document = told.map(Result::unwrap).last().unwrap();
    assert!(document.get("contents").is_some(), "{}", measured.stdout);

    job.ok(&["backfill"]);
    let tables = job.tables();
    let fact = |line: &Value| (line["rows"].as_u64().unwrap(), line["content"].as_str().unwrap().to_owned());
    let wanted: BTreeMap<&str, _> = TABLES.iter().map(|name| (*name, fact(&tables[*name]))).collect();
    assert!(wanted.values().all(|(rows, hash)| *rows > 0 && !hash.is_empty()), "{wanted:?}");
    let contents = document["contents"].as_array().unwrap();
    let found: BTreeMap<&str, _> = contents.iter().map(|line| (line["table"].as_str().unwrap(), fact(line))).collect();
    assert_eq!(found, wanted);

    let walls = document["walls"].as_array().unwrap();
    let names: Vec<&str> = walls.iter().map(|wall| wall["what"].as_str().unwrap()).collect();
    assert_eq!(names, ["ingest and build", "train and infer", "nothing to do", "nothing to do, ops/ deleted"]);
    assert!(walls.iter().all(|wall| wall["seconds"].as_f64().unwrap() > 0.0), "{walls:?}");
    let stages = document["stages"].as_array().unwrap();
    for stage in ["fit", "condition", "simulate", "encode and write", "commit"] {
        assert!(stages.iter().any(|line| line["stage"] == stage), "{stage} is not in {stages:?}");
    }
    // people are told the same
    let text = bench(&["-o", "wide"]).stdout;
    for (rows, hash) in wanted.values() {
        let told =
            |line: &str| line.contains(hash.as_str()) && line.replace([',', '_'], "").contains(&rows.to_string());
        assert!(text.lines().any(told), "no {rows} and {hash} in {text}");
    }
}
