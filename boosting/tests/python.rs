//! The models inside the stored forms load in Python's xgboost and predict the same bits.
//!
//! `ALMANAC_PYTHON` names an interpreter with `xgboost` and `numpy`; without it the tests say so and prove nothing.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/src/notice.rs"]
mod notice;
mod support;

use almanac_models::trees::{Ensemble, Stored, StoredDirect};
use almanac_models::{FitContext, Fitted, History, ModelSpec};
use notice::notice;
use serde_json::json;

fn models(fitted: &Fitted) -> Vec<Vec<u8>> {
    match fitted.format.as_str() {
        "xgboost/1" | "xgboost/3" => vec![Stored::decode(&fitted.bytes).unwrap().model],
        _ => StoredDirect::decode(&fitted.bytes).unwrap().models,
    }
}

/// Number of models compared, `None` without an interpreter.
fn compare(name: &str, settings: serde_json::Value) -> Option<usize> {
    let Ok(python) = std::env::var("ALMANAC_PYTHON") else {
        notice("nothing proved, ALMANAC_PYTHON names no interpreter with xgboost and numpy");
        return None;
    };
    let series = support::walk(800, 9);
    let spec: ModelSpec =
        serde_json::from_value(json!({ "name": name, "family": "xgboost", "settings": settings })).unwrap();
    let history = History { days: &series.days, target: &series.closes, regressors: &[] };
    let context = FitContext { seed: 42, horizon: 14, week: 5, cutoff: i32::MAX };
    let fitted = almanac_boosting::registry().model(&spec).unwrap().fit(&history, &context).unwrap();
    let ensembles: Vec<Ensemble> = models(&fitted).iter().map(|model| Ensemble::parse(model).unwrap()).collect();
    let mut rows = Vec::new();
    for i in 0..500_usize {
        let feature = |j: usize| ((i * 7_919 + j * 104_729) % 2_003) as f32 / 20_000.0 - 0.05;
        let row: Vec<f32> = (0..ensembles[0].columns()).map(feature).collect();
        rows.extend(row.iter().flat_map(|x| x.to_le_bytes()));
        rows.extend(ensembles.iter().flat_map(|ensemble| ensemble.predict(&row).to_le_bytes()));
    }
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (stored, expected) = (folder.join(format!("{name}.stored")), folder.join(format!("{name}.rows")));
    std::fs::write(&stored, &fitted.bytes).unwrap();
    std::fs::write(&expected, rows).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/load_in_python.py");
    let mut run = std::process::Command::new(python);
    // the interpreter brings its own library
    run.arg(script).arg(&stored).arg(&expected).env_remove("LD_LIBRARY_PATH");
    let output = run.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim().parse::<f64>().unwrap(), 0.0);
    Some(ensembles.len())
}

#[test]
fn pythons_xgboost_predicts_the_same_bits() {
    assert!(compare("recursive", json!({})).is_none_or(|models| models == 1));
    assert!(compare("law", json!({ "innovations": "student" })).is_none_or(|models| models == 1));
}

#[test]
fn pythons_xgboost_predicts_the_same_bits_of_direct_models() {
    let models = compare("direct", json!({ "strategy": "direct", "days": [1, 5] }));
    assert!(models.is_none_or(|models| models == 3));
}

#[test]
fn pythons_xgboost_predicts_the_same_bits_of_quantiles() {
    let settings = json!({ "strategy": "direct", "objective": "quantile", "days": [1], "levels": [0.1, 0.5, 0.8] });
    assert!(compare("quantile", settings).is_none_or(|models| models == 6));
}
