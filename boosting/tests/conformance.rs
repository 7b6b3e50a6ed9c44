//! The suite that every family passes, on trees trained by XGBoost.
#![allow(clippy::unwrap_used)]

use almanac_models::ModelSpec;
use almanac_models::conformance::check;
use serde_json::json;

fn spec(regressors: serde_json::Value) -> ModelSpec {
    serde_json::from_value(json!({ "name": "xgboost", "family": "xgboost", "regressors": regressors })).unwrap()
}

#[test]
fn xgboost_conforms() {
    let report = check(&almanac_boosting::registry(), &spec(json!([])));
    assert!(report.passed(), "{report}");
}

#[test]
fn xgboost_with_covariates_conforms() {
    let covariates = json!([{ "column": "rain" }, { "column": "promotion", "future": "known" }]);
    let report = check(&almanac_boosting::registry(), &spec(covariates));
    assert!(report.passed(), "{report}");
}
