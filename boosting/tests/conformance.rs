//! The suite that every family passes, on trees trained by XGBoost: every built-in feature set, and the other strategies.
#![allow(clippy::unwrap_used)]

mod support;

use almanac_models::ModelSpec;
use almanac_models::conformance::check;
use serde_json::{Value, json};
use support::registry_entry;

fn passes(spec: &ModelSpec) {
    let report = check(&almanac_boosting::registry(), spec);
    assert!(report.passed(), "{report}");
    assert!(report.checks.len() >= 16, "{report}");
}

macro_rules! entries_conform {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                passes(&registry_entry(stringify!($name)));
            }
        )*
    };
}

entries_conform! {
    xgboost
    xgboost_weather
    xgboost_deep_lags
    xgboost_weather_deep
    xgboost_ultra_deep
    xgboost_minimal
    xgboost_short_term
    xgboost_long_term
    xgboost_sentiment
    xgboost_weather_sentiment
    xgboost_full_features
    xgboost_market
    xgboost_weather_market
    xgboost_colombian_trader
}

fn with(settings: Value) -> ModelSpec {
    let covariates = json!([{ "column": "rain" }, { "column": "promotion", "future": "known" }]);
    let spec = json!({ "name": "trees", "family": "xgboost", "regressors": covariates, "settings": settings });
    serde_json::from_value(spec).unwrap()
}

#[test]
fn announced_covariates_conform() {
    passes(&with(json!({})));
}

#[test]
fn garch_conforms() {
    passes(&with(json!({ "innovations": "garch" })));
}

#[test]
fn laws_without_a_state_conform() {
    for law in ["normal", "student", "laplace"] {
        passes(&with(json!({ "innovations": law, "rounds": 20 })));
    }
}

#[test]
fn direct_conforms() {
    passes(&with(json!({ "strategy": "direct", "rounds": 40 })));
}

#[test]
fn direct_with_days_between_conforms() {
    passes(&with(json!({ "strategy": "direct", "days": [1, 5] })));
}

#[test]
fn quantiles_conform() {
    passes(&with(json!({ "strategy": "direct", "objective": "quantile", "rounds": 10, "levels": [0.1, 0.5, 0.9] })));
}

#[test]
fn quantiles_with_days_between_conform() {
    passes(&with(json!({ "strategy": "direct", "objective": "quantile", "days": [1, 5], "rounds": 15 })));
}
