//! What is refused: by which exit code, naming what, and with nothing written.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Job, copy_csv, demo_data, edited, example};

const SHORT: [&str; 6] = ["--paths", "10", "--from", "2024-01-02", "--to", "2024-01-05"];

#[test]
fn configuration_and_usage() {
    let nowhere = Path::new("nowhere");
    let (_folder, unknown) = edited("demo.toml", &[("horizon = 14", "horizon = 14\nhorizn = 3")]);
    Job::new(&unknown, nowhere, &[]).refused(&["plan"], 2, &["forecast.horizn"]);
    let (_folder, model) = edited("demo.toml", &[("\"xgboost\"]", "\"xgboast\"]")]);
    Job::new(&model, nowhere, &[]).refused(&["backfill"], 4, &["xgboast", "random_walk"]);
    Job::new(Path::new("none.toml"), nowhere, &[]).refused(&["plan"], 4, &["none.toml", "--config"]);

    let job = Job::new(&example("demo.toml"), nowhere, &[]);
    job.refused(&["--models", "oracle", "plan"], 4, &["oracle"]);
    job.refused(&["--unheard-of", "plan"], 2, &["--unheard-of"]);
    job.refused(&["--from", "2024-13-01", "plan"], 2, &["--from", "2024-13-01"]);
    job.refused(&["--horizon", "0", "plan"], 2, &["error[E0002]: --horizon = 0: "]);
    job.refused(&["plan"], 4, &["silver.model_input", "build"]);
    job.refused(&["backfill"], 4, &["market.csv", "nowhere"]);
    assert!(!job.warehouse.exists(), "a refused command wrote");
}

#[test]
fn bad_rows_name_their_place_and_write_nothing() {
    let data = demo_data();
    // file, line of the file, field, value, column
    let cases = [
        ("weather.csv", 100, 0, "2012-13-45", "date"),
        ("market.csv", 4711, 5, "abc", "close"),
        ("sentiment.csv", 9000, 6, "much", "sentiment_momentum_1d"),
    ];
    for (file, line, field, value, column) in cases {
        let number = std::cell::Cell::new(1);
        let bad = copy_csv(data, |name, fields| {
            let mut fields = fields.to_vec();
            if name == file {
                number.set(number.get() + 1);
                if number.get() == line {
                    fields[field] = value;
                }
            }
            Some(fields.join(","))
        });
        let job = Job::new(&example("demo.toml"), bad.path(), &SHORT);
        let place = format!("line {line}");
        job.refused(&["backfill"], 5, &[file, &place, column, value]);
        assert!(!job.warehouse.exists(), "{file}: something was written");
    }
    let missing = copy_csv(data, |_, fields| Some(fields.join(",")));
    let path = missing.path().join("vix.csv");
    fs::write(&path, fs::read_to_string(&path).unwrap().replacen("date,vix", "date,fear", 1)).unwrap();
    let job = Job::new(&example("demo.toml"), missing.path(), &SHORT);
    job.refused(&["backfill"], 5, &["vix.csv", "vix"]);
    fs::write(&path, "").unwrap();
    job.refused(&["backfill"], 5, &["vix.csv"]);
    assert!(!job.warehouse.exists(), "something was written");
}

#[test]
fn another_seed_under_the_same_version() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &SHORT);
    job.ok(&["backfill"]);
    job.ok(&["evaluate"]);
    let before = job.content();
    job.refused(&["--seed", "7", "backfill"], 6, &["forecast.seed", "42", "7", "v1"]);
    job.refused(&["--seed", "7", "infer"], 6, &["forecast.seed"]);
    // forecasts that are missing are no way around it
    job.refused(&["--seed", "7", "--from", "2024-01-08", "--to", "2024-01-09", "infer"], 6, &["forecast.seed"]);
    assert_eq!(job.content(), before);
    job.ok(&["--seed", "7", "--model-version", "v2", "backfill"]);
}

/// What `plan` shows can be run, and what cannot be run is not shown.
#[test]
fn a_plan_ends_as_its_backfill_would() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &["--models", "naive"]);
    let dates = ["--from", "2024-01-02", "--to", "2024-01-05"];
    job.ok(&[&dates[..], &["--paths", "10", "backfill"]].concat());
    // flags, exit code, and the setting named
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--paths", "10", "--seed", "7"], 6, "forecast.seed"),
        (&["--paths", "10", "--seed", "7", "--from", "2025-01-02", "--to", "2025-01-03"], 6, "forecast.seed"),
        (&["--paths", "20"], 6, "forecast.paths"),
        (&["--paths", "10", "--horizon", "7"], 6, "forecast.horizon"),
        (&["--paths", "10", "--seed", "7", "--force", "--limit", "1"], 6, "forecast.seed"),
        (&["--paths", "10", "--model-version", "v2", "--seed", "7"], 0, ""),
        // models that are made anew, all of them, may be made under other settings
        (&["--paths", "10", "--seed", "7", "--force"], 0, ""),
    ];
    for (flags, code, named) in cases {
        let flags = if flags.contains(&"--from") { flags.to_vec() } else { [&dates[..], flags].concat() };
        let ended = |command: &str| job.run(&[&flags[..], &[command]].concat());
        let (planned, ran) = (ended("plan"), ended("backfill"));
        assert_eq!((planned.code, ran.code), (code, code), "{flags:?}: {} / {}", planned.stderr, ran.stderr);
        assert!(planned.stderr.contains(named) && ran.stderr.contains(named), "{flags:?}: {}", planned.stderr);
    }
}

#[test]
fn a_warehouse_that_cannot_be_written() {
    let data = demo_data();
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    // root may write to read-only folders, so the places are ones where nobody can
    for place in [file.join("warehouse"), "/proc/warehouse".into()] {
        let mut job = Job::new(&example("demo.toml"), data, &SHORT);
        job.warehouse = place.clone();
        job.refused(&["backfill"], 7, &[place.to_str().unwrap()]);
    }
}

#[test]
fn a_piped_run_speaks_json() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &SHORT);
    let steps = |arguments: &[&str]| -> Vec<String> {
        let ended = job.ok(arguments);
        let line =
            |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {line}"));
        ended.stdout.lines().map(|text| line(text)["step"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(steps(&["ingest"]), ["ingest"]);
    assert_eq!(steps(&["build"]), ["build"]);
    assert_eq!(steps(&["train"]), ["train"]);
    assert_eq!(steps(&["infer"]), ["infer", "actuals"]);
    assert_eq!(steps(&["backfill"]), ["ingest", "build", "train", "infer", "actuals"]);
    assert_eq!(steps(&["evaluate"]), ["evaluate"]);
    assert!(steps(&["maintain", "checkpoint"]).iter().all(|step| step == "checkpoint"));
}
