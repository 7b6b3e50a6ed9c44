//! Stored models: large ones lie beside the table, damaged ones fail their unit only, and `infer` never fits.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use almanac_tests::notice;
use serde_json::Value;

use crate::readers::NO_READERS;
use crate::support::{Job, demo_data, edited, example};

/// Bytes from which a model is stored as an object.
const LARGE: i64 = 1_048_576;

/// Trees so many and so deep that every key's model is large.
const BIG: &str = "[[models]]\nname = \"big_trees\"\nfamily = \"xgboost\"\n\
                   settings = { lags = [1, 7, 14], windows = [7, 30], rounds = 1500, depth = 8, min_child_weight = 1.0 }\n\n\
                   [training]";
const MODELS: &str = "models = [\"naive\", \"random_walk\", \"sarimax_auto_weather\", \"xgboost\"]";
const SHORT: [&str; 6] = ["--paths", "10", "--from", "2024-01-02", "--to", "2024-01-05"];

fn units(job: &Job) -> Vec<Value> {
    job.rows(
        "SELECT u.key, u.model_name, u.status, u.reason FROM ops.units u JOIN ops.runs r ON u.run_id = r.run_id \
         WHERE r.started_at = (SELECT max(started_at) FROM ops.runs) AND u.step = 'infer' ORDER BY 1, 2",
    )
}

#[test]
fn large_models_are_objects_and_a_damaged_one_fails_its_unit() {
    let data = demo_data();
    let (_folder, config) =
        edited("demo.toml", &[("[training]", BIG), (MODELS, "models = [\"naive\", \"big_trees\"]")]);
    let job = Job::new(&config, data, &SHORT);
    for step in ["ingest", "build", "train"] {
        job.ok(&[step]);
    }
    let models = job.rows(
        "SELECT commodity, model_name, fitted_model IS NOT NULL AS inline, fitted_model_path AS path, \
         fitted_model_bytes AS bytes FROM forecast.trained_models ORDER BY 1, 2",
    );
    assert_eq!(models.len(), 4);
    for model in &models {
        let large = model["bytes"].as_i64().unwrap() >= LARGE;
        assert_eq!(large, model["model_name"] == "big_trees", "{model}");
        assert_eq!((model["inline"] == true, model["path"].is_string()), (!large, large), "{model}");
    }
    let path = |model: &Value| -> PathBuf {
        // relative to the warehouse
        job.warehouse.join(model["path"].as_str().unwrap())
    };
    let damaged = models.iter().find(|model| model["commodity"] == "Coffee" && model["path"].is_string()).unwrap();
    let object = path(damaged);
    let whole = fs::read(&object).unwrap();
    assert_eq!(whole.len() as i64, damaged["bytes"]);

    // no live model is unneeded, however short the retention
    job.ok(&["maintain", "vacuum", "--retention-hours", "0"]);
    assert!(object.is_file(), "vacuum removed a live model");

    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 1;
    fs::write(&object, &bytes).unwrap();
    job.refused(&["infer"], 1, &["1 unit failed", "--max-failed"]);
    let status: Value = serde_json::from_str(&job.ok(&["status", "-o", "json"]).stdout).unwrap();
    let latest = &status["runs"][0];
    assert!(latest["command"] == "infer" && latest["state"] == "failed_units" && latest["failed"] == 1, "{latest}");
    let reason = |unit: &&Value| unit["model"] == "big_trees" && unit["reason"] == "model_checksum";
    assert_eq!(status["units"].as_array().unwrap().iter().filter(reason).count(), 1, "{status}");
    for unit in units(&job) {
        let is_it = unit["key"] == "Coffee" && unit["model_name"] == "big_trees";
        assert_eq!(unit["status"], if is_it { "failed" } else { "ok" }, "{unit}");
        assert_eq!(unit["reason"] == "model_checksum", is_it, "{unit}");
    }
    let made = "SELECT count(*) FROM forecast.point_forecasts WHERE day_ahead = 1";
    assert_eq!(job.count(made), 3 * 4, "the other units' forecasts");
    // it is not refitted, and one that is gone fails alike
    fs::remove_file(&object).unwrap();
    let ended = job.refused(&["backfill"], 1, &["1 unit failed"]);
    assert_eq!(ended.step("train")["units"], 0);
    assert!(units(&job).iter().any(|unit| unit["reason"] == "model_checksum"));
    assert!(!object.exists());

    fs::write(&object, &whole).unwrap();
    job.ok(&["infer"]);
    assert_eq!(job.count(made), 4 * 4);
}

/// Says in a stored model's row, by another writer of Delta tables, that a later program wrote it.
const NEWER: &str = "
import sys
from deltalake import DeltaTable
told = DeltaTable(sys.argv[1]).update(
    predicate=\"commodity = 'Coffee' AND model_name = 'naive'\", updates={'fitted_model_format': \"'naive/99'\"})
assert told['num_updated_rows'] == 1, told
";

#[test]
fn a_model_of_a_newer_format_fails_its_unit_and_is_never_fitted_again() {
    let Ok(python) = std::env::var("ALMANAC_PYTHON") else {
        notice(NO_READERS);
        return;
    };
    let data = demo_data();
    let flags = [&SHORT[..], &["--models", "naive,random_walk"]].concat();
    let job = Job::new(&example("demo.toml"), data, &flags);
    for step in ["ingest", "build", "train"] {
        job.ok(&[step]);
    }
    let table = job.warehouse.join("forecast/trained_models");
    let output = Command::new(python).args(["-c", NEWER]).arg(&table).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let models = || job.tables()["forecast.trained_models"].clone();
    let before = models();

    let made = "SELECT count(*) FROM forecast.point_forecasts WHERE day_ahead = 1 \
                AND data_cutoff_date <= DATE '2024-01-05'";
    for time in 1..=2 {
        let ended = job.refused(&["backfill"], 1, &["1 unit failed", "--max-failed"]);
        assert_eq!(ended.step("train")["units"], 0, "time {time}");
        let units = units(&job);
        let newer: Vec<&Value> = units.iter().filter(|unit| unit["reason"] == "model_version").collect();
        assert_eq!(newer.len(), 1, "{units:?}");
        assert_eq!((&newer[0]["key"], &newer[0]["model_name"]), (&"Coffee".into(), &"naive".into()));
        assert_eq!(newer[0]["status"], "failed");
        assert!(units.iter().all(|unit| unit["status"] == "ok" || unit["reason"] == "model_version"), "{units:?}");
        // the other units' forecasts
        assert_eq!(job.count(made), 3 * 4);
        assert_eq!(models(), before, "the stored models were written");
    }
    job.ok(&["--max-failed", "1", "infer"]);
    // only who asks for it gets another fit, and the whole window's forecasts with it
    job.ok(&["--force", "--select", "model=naive", "backfill"]);
    assert_eq!(job.count(made), 4 * 4);
}

#[test]
fn infer_without_models_fails_every_unit() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &SHORT);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    job.refused(&["infer"], 1, &["8 units failed"]);
    let failed = units(&job);
    assert_eq!(failed.len(), 8);
    assert!(failed.iter().all(|unit| unit["status"] == "failed" && unit["reason"] == "missing_model"), "{failed:?}");
    // some models exist: only the others' units fail
    job.ok(&["--models", "naive", "train"]);
    job.ok(&["--max-failed", "6", "infer"]);
    assert_eq!(job.count("SELECT count(DISTINCT model_name) FROM forecast.point_forecasts"), 1);
    assert!(!job.tables().contains_key("forecast.forecast_metadata"));
}
