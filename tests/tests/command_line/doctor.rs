//! `doctor`: what is well, what is worth a look, what would fail a run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Job, edited};
use crate::world;

/// What it found, check by check.
pub(crate) struct Found(Vec<Value>);

impl Found {
    fn find(&self, check: &str) -> Option<&Value> {
        self.0.iter().find(|found| found["check"] == check)
    }

    fn text(&self, check: &str, part: &str) -> &str {
        let found = self.find(check).unwrap_or_else(|| panic!("no {check} in {:?}", self.0));
        found[part].as_str().unwrap_or_default()
    }

    /// Whether it was checked at all.
    pub(crate) fn has(&self, check: &str) -> bool {
        self.find(check).is_some()
    }

    /// `ok`, `warn` or `fail`.
    pub(crate) fn result(&self, check: &str) -> &str {
        self.text(check, "result")
    }

    pub(crate) fn seen(&self, check: &str) -> &str {
        self.text(check, "seen")
    }

    /// What to do; empty where all is well.
    pub(crate) fn fix(&self, check: &str) -> &str {
        self.text(check, "fix")
    }

    /// The whole numbers in what was seen.
    pub(crate) fn numbers(&self, check: &str) -> Vec<u64> {
        let digits = self.seen(check).split(|c: char| !c.is_ascii_digit());
        digits.filter_map(|digits| digits.parse().ok()).collect()
    }

    /// Sees that a check ended so, named this among what was seen, and says this of what to do.
    pub(crate) fn expect(&self, check: &str, result: &str, seen: &str, fix: &str) {
        let found = self.find(check).unwrap_or_else(|| panic!("no {check} in {:?}", self.0));
        assert_eq!(self.result(check), result, "{found}");
        assert!(self.seen(check).contains(seen), "no {seen:?} in {found}");
        assert!(self.fix(check).contains(fix), "no {fix:?} in {found}");
    }
}

/// Asks it, with environment variables and flags; it must end with the code. It writes into the warehouse for a moment,
/// so one that others read must not be given to it.
pub(crate) fn examined(job: &Job, code: i32, variables: &[(&str, &str)], flags: &[&str]) -> Found {
    let ended = job.run_with(variables, &[flags, &["doctor", "-o", "json"]].concat());
    assert_eq!(ended.code, code, "{}{}", ended.stdout, ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let checks = document["checks"].as_array().unwrap();
    for check in checks {
        assert_eq!(check["result"] == "ok", check["fix"].is_null(), "{check}");
        assert!(check["seen"].as_str().is_some_and(|seen| !seen.is_empty()), "{check}");
        assert!(check["fix"].as_str().is_none_or(|fix| !fix.is_empty()), "{check}");
    }
    for result in ["ok", "warn", "fail"] {
        let count = checks.iter().filter(|check| check["result"] == result).count();
        assert_eq!(document["count"][result], count, "{document}");
    }
    Found(checks.clone())
}

/// The commits of a table, oldest first.
pub(crate) fn commits(table: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(table.join("_delta_log")).unwrap().map(|entry| entry.unwrap().path());
    let mut commits: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    commits.sort();
    commits
}

/// Makes the newest commit of a table unreadable.
pub(crate) fn damage(table: &Path) {
    fs::write(commits(table).last().unwrap(), "no JSON").unwrap();
}

#[test]
fn a_warehouse_is_fit_for_a_run() {
    let found = examined(&world::copy(), 0, &[], &[]);
    for check in [
        "configuration",
        "store reached",
        "store written",
        "creation exclusive",
        "clocks",
        "processor",
        "source files",
        "gaps",
        "leaks, a sample",
        "disk",
    ] {
        assert_eq!(found.result(check), "ok", "{check}: {}", found.seen(check));
    }
    let (_, units) = found.seen("leaks, a sample").split_once("origin: ").unwrap();
    let units: BTreeSet<&str> = units.split(", ").collect();
    let is_unit = |unit: &&str| {
        ["naive of ", "random_walk of "].iter().any(|model| unit.starts_with(model)) && unit.contains(" on 2024-01-0")
    };
    assert!(units.len() == 3 && units.iter().all(is_unit), "{units:?}");
    // generated data ends in the past
    found.expect("bronze.market", "warn", "the newest of 2025-06-30", "almanac ingest");
    for (table, grain) in [
        ("bronze.market", "commodity, date"),
        ("bronze.vix", "date"),
        ("bronze.macro", "date"),
        ("bronze.weather", "commodity, date, region"),
        ("bronze.sentiment", "commodity, date"),
    ] {
        let checked = format!("; columns and types as configured, one row per {grain}");
        assert!(found.seen(table).ends_with(&checked), "{table}: {}", found.seen(table));
    }
    found.expect("gaps", "ok", "of 2 keys none lacks a session", "");
}

#[test]
fn looking_changes_nothing() {
    let job = world::fresh();
    let found = examined(&job, 0, &[], &[]);
    assert_eq!(found.result("store written"), "ok");
    found.expect("bronze.market", "warn", "not there yet", "almanac ingest");
    found.expect("leaks, a sample", "ok", "no forecast is stored yet", "");
    found.expect("disk", "ok", "MiB free", "");
    assert!(!job.warehouse.exists());
}

#[test]
fn models_that_will_be_skipped_are_named() {
    let (_folder, config) =
        edited("demo.toml", &[("name = \"temp_mean_c\"", "name = \"warmth\", from = \"temp_mean_c\"")]);
    let found = |models: &str| examined(&Job::new(&config, world::data(), &["--models", models]), 0, &[], &[]);
    let some = found("naive,sarimax_auto_weather");
    some.expect("models", "warn", "sarimax_auto_weather needs temp_mean_c", "forecast.models");
    found("naive,sarimax_market").expect("models", "ok", "2 chosen", "");
}

#[test]
fn what_would_fail_a_run_fails() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut blocked = world::fresh();
    blocked.warehouse = file.path().join("warehouse");
    let found = examined(&blocked, 1, &[], &[]);
    found.expect("store written", "fail", file.path().to_str().unwrap(), "permissions");
    assert!(!found.has("creation exclusive") && !found.has("bronze.market") && !found.has("disk"));

    let lost = examined(&world::copy(), 1, &[], &["--scheduler", "df://127.0.0.1:1"]);
    lost.expect("scheduler reached", "fail", "127.0.0.1:1", "almanac-scheduler");
    lost.expect("scheduler reached", "fail", "executors are not checked", "--wait-scheduler");
    // one cause, one failure: what needs no scheduler is looked at
    assert_eq!(lost.0.iter().filter(|found| found["result"] == "fail").count(), 1, "{:?}", lost.0);
    for check in ["gaps", "leaks, a sample", "disk"] {
        assert_eq!(lost.result(check), "ok", "{check}: {}", lost.seen(check));
    }

    let mut elsewhere = world::copy();
    elsewhere.source = "nowhere".into();
    examined(&elsewhere, 1, &[], &[]).expect("source files", "fail", "nowhere lacks market.csv", "--source");

    let damaged = world::copy();
    damage(&damaged.warehouse.join("bronze/market"));
    examined(&damaged, 1, &[], &[]).expect("bronze.market", "fail", "bronze.market", "_delta_log");
}

#[test]
fn without_a_configuration_nothing_else_is_looked_at() {
    let nothing = Job::new(Path::new("none.toml"), Path::new("nowhere"), &[]);
    let found = examined(&nothing, 1, &[], &[]);
    found.expect("configuration", "fail", "none.toml", "--config");
    assert!(!found.has("store reached") && !found.has("memory"));
    let wrong = examined(&world::fresh(), 1, &[], &["--scheduler", "http://127.0.0.1:1"]);
    wrong.expect("configuration", "fail", "http://127.0.0.1:1", "df://host:port");
}

#[test]
fn people_are_told_what_to_do() {
    let mut job = world::copy();
    job.source = "nowhere".into();
    let told = job.refused(&["doctor"], 1, &["error[E0806]: 1 check failed; "]).stdout;
    assert!(told.contains("ok    configuration") && told.contains("fail  source files"), "{told}");
    assert!(told.contains("\n      → ") && told.contains("1 to mend"), "{told}");
}
