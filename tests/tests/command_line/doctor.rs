//! `doctor`: what is well, what is worth a look, what would fail a run.

use std::fs;

use serde_json::Value;

use crate::support::Job;
use crate::world;

/// Results by check.
fn results(job: &Job, code: i32, arguments: &[&str]) -> Vec<(String, String)> {
    let ended = job.run(&[arguments, &["doctor", "-o", "json"]].concat());
    assert_eq!(ended.code, code, "{}{}", ended.stdout, ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let text = |check: &Value, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    let checks = document["checks"].as_array().unwrap();
    for check in checks {
        assert_eq!(check["result"] == "ok", check["fix"].is_null(), "{check}");
    }
    let failed = checks.iter().filter(|check| check["result"] == "fail").count();
    assert_eq!(document["count"]["fail"], failed, "{document}");
    checks.iter().map(|check| (text(check, "check"), text(check, "result"))).collect()
}

fn result<'a>(results: &'a [(String, String)], check: &str) -> &'a str {
    let found = results.iter().find(|(name, _)| name == check);
    &found.unwrap_or_else(|| panic!("no {check} in {results:?}")).1
}

#[test]
fn a_warehouse_is_fit_for_a_run() {
    let results = results(&world::job(), 0, &[]);
    for check in [
        "configuration",
        "store reached",
        "store written",
        "creation exclusive",
        "clocks",
        "source files",
        "gaps",
        "leaks, a sample",
        "disk",
    ] {
        assert_eq!(result(&results, check), "ok", "{results:?}");
    }
    // generated data ends in the past
    assert_eq!(result(&results, "bronze.market"), "warn");
}

#[test]
fn looking_changes_nothing() {
    let job = world::fresh();
    let results = results(&job, 0, &[]);
    assert_eq!(result(&results, "store written"), "ok");
    assert_eq!(result(&results, "bronze.market"), "warn");
    assert!(!job.warehouse.exists());
}

#[test]
fn what_would_fail_a_run_fails() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut blocked = world::fresh();
    blocked.warehouse = file.path().join("warehouse");
    assert_eq!(result(&results(&blocked, 1, &[]), "store written"), "fail");

    let lost = results(&world::job(), 1, &["--scheduler", "df://127.0.0.1:1"]);
    assert_eq!(result(&lost, "scheduler reached"), "fail");

    let mut elsewhere = world::job();
    elsewhere.source = "nowhere".into();
    assert_eq!(result(&results(&elsewhere, 1, &[]), "source files"), "fail");

    let damaged = world::copy();
    let log = damaged.warehouse.join("bronze/market/_delta_log");
    let newest = fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    fs::write(newest, "no JSON").unwrap();
    assert_eq!(result(&results(&damaged, 1, &[]), "bronze.market"), "fail");
}

#[test]
fn people_are_told_what_to_do() {
    let mut job = world::job();
    job.source = "nowhere".into();
    let told = job.refused(&["doctor"], 1, &["error[E0806]"]).stdout;
    assert!(told.contains("ok    configuration") && told.contains("fail  source files"), "{told}");
    assert!(told.contains("\n      → ") && told.contains("1 to mend"), "{told}");
}
