//! The model inside the stored form loads in Python's xgboost and predicts the same bits.
//!
//! `ALMANAC_PYTHON` names an interpreter with `xgboost` and `numpy`; without it the test says so and passes.
#![allow(clippy::unwrap_used)]

mod support;

use almanac_models::trees::{Ensemble, Stored};
use almanac_models::{FitContext, History, ModelSpec};

#[test]
fn pythons_xgboost_predicts_the_same_bits() {
    let Ok(python) = std::env::var("ALMANAC_PYTHON") else {
        println!("skipped: ALMANAC_PYTHON names no interpreter with xgboost and numpy");
        return;
    };
    let series = support::walk(800, 9);
    let spec = ModelSpec {
        name: "xgboost".into(),
        family: "xgboost".into(),
        regressors: vec![],
        settings: Default::default(),
    };
    let history = History { days: &series.days, target: &series.closes, regressors: &[] };
    let context = FitContext { seed: 42, horizon: 14, week: 5, cutoff: i32::MAX };
    let fitted = almanac_boosting::registry().model(&spec).unwrap().fit(&history, &context).unwrap();
    let ensemble = Ensemble::parse(&Stored::decode(&fitted.bytes).unwrap().model).unwrap();
    let mut rows = Vec::new();
    for i in 0..500_usize {
        let row: Vec<f32> =
            (0..ensemble.columns()).map(|j| ((i * 7_919 + j * 104_729) % 2_003) as f32 / 20_000.0 - 0.05).collect();
        rows.extend(row.iter().flat_map(|x| x.to_le_bytes()));
        rows.extend(ensemble.predict(&row).to_le_bytes());
    }
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (stored, expected) = (folder.join("python.stored"), folder.join("python.rows"));
    std::fs::write(&stored, &fitted.bytes).unwrap();
    std::fs::write(&expected, rows).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/load_in_python.py");
    let mut run = std::process::Command::new(python);
    // the interpreter brings its own library
    run.arg(script).arg(&stored).arg(&expected).env_remove("LD_LIBRARY_PATH");
    let output = run.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim().parse::<f64>().unwrap(), 0.0);
}
