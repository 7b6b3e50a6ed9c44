//! `doctor` on inputs that are old, have gaps, are doubled, empty or of another form, and on what was made of them.

use std::fs;
use std::path::Path;

use chrono::{Days, Utc};
use serde_json::Value;
use tempfile::TempDir;

use crate::doctor::{commits, damage, examined};
use crate::support::Job;
use crate::world;

/// Sales of every day, and rates that are public ten days later.
const CONFIGURATION: &str = r#"
[dataset]
name = "sales"
key = ["item"]
target = "value"
calendar = "daily"

[[sources]]
name = "sales"
path = "sales.csv"
bars = true
key = { item = "item" }
columns = [{ name = "value" }]

[[sources]]
name = "rates"
path = "rates.csv"
publication_lag_days = 10
columns = [{ name = "rate" }]

[forecast]
models = ["naive"]
"#;
/// Days of the files.
const DAYS: u64 = 30;

/// Files that end so many days ago and lack some days, counted from the first, with a warehouse that holds nothing yet.
fn sales(ago: u64, absent: &[u64]) -> (TempDir, Job) {
    let folder = tempfile::tempdir().unwrap();
    let first = Utc::now().date_naive() - Days::new(ago + DAYS - 1);
    let (mut sales, mut rates) = ("date,item,value\n".to_owned(), "date,rate\n".to_owned());
    for day in (0..DAYS).filter(|day| !absent.contains(day)) {
        let date = first + Days::new(day);
        sales.push_str(&format!("{date},a,{}\n", 100 + day));
        rates.push_str(&format!("{date},{}\n", 5 + day));
    }
    let configuration = folder.path().join("sales.toml");
    fs::write(&configuration, CONFIGURATION).unwrap();
    fs::write(folder.path().join("sales.csv"), sales).unwrap();
    fs::write(folder.path().join("rates.csv"), rates).unwrap();
    let job = Job::new(&configuration, folder.path(), &[]);
    (folder, job)
}

/// The same, ingested.
fn ingested(ago: u64, absent: &[u64]) -> (TempDir, Job) {
    let (folder, job) = sales(ago, absent);
    job.ok(&["ingest"]);
    (folder, job)
}

/// Adds the files of a table's newest commit once more, under other names, as another program might.
fn doubled(table: &Path) {
    let commits = commits(table);
    let newest = fs::read_to_string(commits.last().unwrap()).unwrap();
    let mut again = String::new();
    for line in newest.lines() {
        let mut action: Value = serde_json::from_str(line).unwrap();
        let Some(path) = action["add"]["path"].as_str().map(str::to_owned) else { continue };
        let copy = format!("copy-of-{path}");
        fs::copy(table.join(path), table.join(&copy)).unwrap();
        action["add"]["path"] = copy.into();
        again.push_str(&format!("{action}\n"));
    }
    assert!(!again.is_empty(), "{newest}");
    fs::write(table.join(format!("_delta_log/{:020}.json", commits.len())), again).unwrap();
}

#[test]
fn a_week_without_rows_is_told_beside_the_publication_lag() {
    let (_folder, job) = ingested(6, &[]);
    let found = examined(&job, 0, &[], &[]);
    found.expect("bronze.sales", "ok", "30 rows, the newest of", "");
    found.expect("gaps", "ok", "the only key lacks no session", "");
    let (_folder, job) = ingested(9, &[]);
    let found = examined(&job, 0, &[], &[]);
    found.expect("bronze.sales", "warn", "days ago", "fetch newer files");
    found.expect("bronze.rates", "ok", "days ago", "");
}

#[test]
fn gaps_are_held_against_the_setting() {
    let (_folder, job) = ingested(1, &[10, 11, 12, 20]);
    let found = examined(&job, 0, &[], &[]);
    found.expect("gaps", "warn", "of 1 keys a lacks most sessions: 4, 13.3 %", "training.max_gap (0.1)");
    // the days are filled, so that no limit keeps them from fits
    found.expect("gaps", "warn", "", "with fill = false of value");
    let found = examined(&job, 0, &[("ALMANAC_TRAINING__MAX_GAP", "0.2")], &[]);
    assert_eq!(found.result("gaps"), "ok");
    let open = CONFIGURATION.replace("{ name = \"value\" }", "{ name = \"value\", fill = false }");
    fs::write(&job.config, open).unwrap();
    examined(&job, 0, &[], &[]).expect("gaps", "warn", "4, 13.3 %", "or raise training.max_gap (0.1)");
}

#[test]
fn doubled_rows_fail_until_they_are_ingested_again() {
    let (_folder, job) = ingested(1, &[]);
    doubled(&job.warehouse.join("bronze/sales"));
    let found = examined(&job, 1, &[], &[]);
    found.expect("bronze.sales: duplicates", "fail", "30 dates of a key have several rows", "almanac ingest");
    assert!(found.seen("bronze.sales").starts_with("60 rows") && !found.has("bronze.rates: duplicates"));
    assert!(!found.seen("bronze.sales").contains("one row per"), "{}", found.seen("bronze.sales"));
    assert!(found.seen("bronze.rates").ends_with("one row per date"), "{}", found.seen("bronze.rates"));
    job.ok(&["ingest"]);
    let found = examined(&job, 0, &[], &[]);
    assert!(found.seen("bronze.sales").starts_with("30 rows") && !found.has("bronze.sales: duplicates"));
}

#[test]
fn a_table_of_which_every_row_was_put_aside_has_none() {
    let (_folder, job) = sales(1, &[]);
    job.ok(&["ingest", "--as-of", "2000-01-01"]);
    let found = examined(&job, 0, &[], &[]);
    for table in ["bronze.sales", "bronze.rates"] {
        found.expect(table, "warn", "it has no rows", "look at the file");
    }
}

#[test]
fn a_table_of_another_form_fails() {
    let (_folder, job) = ingested(1, &[]);
    let more = CONFIGURATION.replace("{ name = \"value\" }", "{ name = \"value\" }, { name = \"price\" }");
    fs::write(&job.config, more).unwrap();
    let found = examined(&job, 1, &[], &[]);
    found.expect("bronze.sales", "fail", "it has no column \"price\"", "the configuration that describes it");
    assert_eq!(found.result("configuration"), "ok");
}

#[test]
fn what_was_made_of_the_input_is_read_too() {
    let (_folder, job) = ingested(1, &[]);
    job.ok(&["build"]);
    damage(&job.warehouse.join("silver/model_input"));
    let found = examined(&job, 1, &[], &[]);
    found.expect("tables", "fail", "silver.model_input", "_delta_log");
    assert_eq!(found.result("leaks, a sample"), "fail");
}

#[test]
fn stored_forecasts_that_cannot_be_drawn_again_fail() {
    let other = examined(&world::copy(), 1, &[], &["--seed", "7"]);
    other.expect("leaks, a sample", "fail", "42, now 7", "--model-version");
    let bereft = world::copy();
    fs::remove_dir_all(bereft.warehouse.join("forecast/trained_models")).unwrap();
    let found = examined(&bereft, 1, &[], &[]);
    found.expect("leaks, a sample", "fail", "forecast.trained_models", "almanac train");
}
