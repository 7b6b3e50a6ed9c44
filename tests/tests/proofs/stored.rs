//! Stored models: large ones lie beside the table, damaged ones fail their unit only, and `infer` never fits.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Job, demo_data, edited};

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
    let job = Job::new(&config, data.path(), &SHORT);
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
    job.refused(&["infer"], 1, &["1 units failed", "--max-failed"]);
    let status = job.ok(&["status"]).stdout;
    let latest = status.lines().next().unwrap();
    assert!(latest.contains("infer") && latest.contains("failed_units") && latest.contains("1 failed"), "{latest}");
    let reason = |line: &&str| line.contains("big_trees") && line.contains("model_checksum");
    assert_eq!(status.lines().filter(reason).count(), 1, "{status}");
    for unit in units(&job) {
        let is_it = unit["key"] == "Coffee" && unit["model_name"] == "big_trees";
        assert_eq!(unit["status"], if is_it { "failed" } else { "ok" }, "{unit}");
        assert_eq!(unit["reason"] == "model_checksum", is_it, "{unit}");
    }
    let made = "SELECT count(*) FROM forecast.point_forecasts WHERE day_ahead = 1";
    assert_eq!(job.count(made), 3 * 4, "the other units' forecasts");
    // it is not refitted, and one that is gone fails alike
    fs::remove_file(&object).unwrap();
    let ended = job.refused(&["backfill"], 1, &["1 units failed"]);
    assert_eq!(ended.step("train")["units"], 0);
    assert!(units(&job).iter().any(|unit| unit["reason"] == "model_checksum"));
    assert!(!object.exists());

    fs::write(&object, &whole).unwrap();
    job.ok(&["infer"]);
    assert_eq!(job.count(made), 4 * 4);
}

#[test]
fn infer_without_models_fails_every_unit() {
    let data = demo_data();
    let config = crate::support::example("demo.toml");
    let job = Job::new(&config, data.path(), &SHORT);
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
