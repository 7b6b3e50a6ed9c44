//! Models of sentiment: fitted where the data has it, skipped with the reason where it does not.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::{Ended, Job, demo_data, example, real_data};

const MODELS: [&str; 3] = ["xgboost_sentiment", "xgboost_weather_sentiment", "xgboost_full_features"];
const KEYS: [&str; 2] = ["Coffee", "Sugar"];

/// A backfill of these models over one window, beside one that needs no column, how many forecasts they made, and what
/// was told.
fn backfill(config: &Path, source: &Path) -> (Job, i64, Ended) {
    let (names, dates) = (format!("naive,{}", MODELS.join(",")), ["--from", "2024-01-02", "--to", "2024-01-12"]);
    let flags = [&["--models", &names, "--paths", "20"][..], &dates].concat();
    let job = Job::new(config, source, &flags);
    let ended = job.ok(&["backfill"]);
    let points = job.count("SELECT count(*) FROM forecast.point_forecasts WHERE model_name <> 'naive'");
    (job, points / 14, ended)
}

/// Every key and model with what its fit came to.
fn fits(job: &Job) -> Vec<String> {
    job.lines(
        "SELECT concat_ws(' ', key, model_name, status, reason) FROM ops.units WHERE step = 'train' \
         AND model_name <> 'naive' \
         ORDER BY key, model_name",
    )
}

fn each(outcome: &str) -> Vec<String> {
    let mut all: Vec<String> =
        KEYS.iter().flat_map(|key| MODELS.map(|model| format!("{key} {model} {outcome}"))).collect();
    all.sort();
    all
}

#[test]
fn they_are_fitted_where_there_is_sentiment() {
    let data = demo_data();
    let (job, forecasts, ended) = backfill(&example("demo.toml"), data);
    assert_eq!(ended.step("train")["skipped"], 0);
    assert_eq!(fits(&job), each("ok"));
    let sessions = job.count("SELECT count(DISTINCT data_cutoff_date) FROM forecast.point_forecasts");
    assert!(sessions >= 8 && forecasts == 6 * sessions, "{forecasts} forecasts of {sessions} days");
    for model in MODELS {
        let explained = job.ok(&["--key", "Sugar", "models", "explain", model, "-o", "json"]).stdout;
        assert!(explained.contains("sentiment_ma_14"), "{model}: {explained}");
    }
}

#[test]
fn they_are_skipped_where_there_is_none() {
    let text = fs::read_to_string(example("demo.toml")).unwrap();
    let (before, rest) = text.split_once("[[sources]]\nname = \"sentiment\"").unwrap();
    let without = format!("{before}{}", &rest[rest.find("[training]").unwrap()..]);
    assert!(!without.contains("sentiment_"), "{without}");
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("without.toml");
    fs::write(&config, without).unwrap();
    let (job, forecasts, ended) = backfill(&config, demo_data());
    let train = ended.step("train");
    assert_eq!((&train["skipped"], &train["skipped_for"]), (&json!(6), &json!(["missing_column"])), "{train}");
    assert_eq!((fits(&job), forecasts), (each("skipped missing_column"), 0));
}

#[test]
fn the_real_data_has_none() {
    let Some(source) = real_data("bronze") else { return };
    let (job, forecasts, _) = backfill(&example("coffee-sugar.toml"), &source);
    assert_eq!((fits(&job), forecasts), (each("skipped missing_column"), 0));
}
