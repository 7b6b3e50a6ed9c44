//! The built-in entries against the list of models that they come from: family, regressors, orders and settings of each,
//! transcribed here.
#![allow(clippy::unwrap_used, clippy::panic)]

mod trees_support;

use std::collections::BTreeSet;
use std::sync::Arc;

use almanac_models::trees::{self, Xgboost};
use almanac_models::{FutureRegressor, ModelSpec, Registry};
use serde::Deserialize;
use serde_json::{Value, json};
use trees_support::Greedy;

const WEATHER: [&str; 3] = ["temp_mean_c", "humidity_mean_pct", "precipitation_mm"];
const SENTIMENT: [&str; 5] =
    ["sentiment_score", "sentiment_ma_7", "sentiment_ma_14", "sentiment_ma_30", "sentiment_momentum_1d"];

#[derive(Deserialize)]
struct Entries {
    models: Vec<ModelSpec>,
}

fn entries() -> Vec<ModelSpec> {
    toml::from_str::<Entries>(include_str!("../../engine/src/registry.toml")).unwrap().models
}

/// Name, family, columns, how they go on, and settings.
type Listed = (&'static str, &'static str, Vec<&'static str>, FutureRegressor, Value);

fn joined(parts: &[&[&'static str]]) -> Vec<&'static str> {
    parts.concat()
}

fn list() -> Vec<Listed> {
    use FutureRegressor::{Persist, Seasonal};
    let searched = || json!({ "order": "auto", "max_p": 3, "max_q": 3, "max_d": 2 });
    let arima = |name, columns: &[&[&'static str]], future| (name, "arima", joined(columns), future, searched());
    let trees = |name, columns: &[&[&'static str]], lags: &[usize], windows: &[usize]| {
        (name, "xgboost", joined(columns), Persist, json!({ "lags": lags, "windows": windows }))
    };
    let plain = |name, family, settings| (name, family, Vec::new(), Persist, settings);
    let prophet = || {
        json!({ "weekly_seasonality": true, "yearly_seasonality": true, "changepoint_prior_scale": 0.05,
            "seasonality_prior_scale": 10.0 })
    };
    let (basic, deep): (&[usize], &[usize]) = (&[1, 7, 14], &[1, 2, 3, 7, 14, 21, 30]);
    let (short, long): (&[usize], &[usize]) = (&[7, 30], &[7, 14, 30, 60]);
    vec![
        plain("naive", "naive", json!({})),
        plain("random_walk", "random_walk", json!({})),
        plain("arima_111", "arima", json!({ "order": [1, 1, 1] })),
        arima("sarimax_auto", &[], Persist),
        arima("sarimax_auto_weather", &[&WEATHER], Persist),
        arima("sarimax_auto_weather_seasonal", &[&WEATHER], Seasonal),
        arima("sarimax_market", &[&["vix"]], Persist),
        arima("sarimax_weather_market", &[&WEATHER, &["vix"]], Persist),
        arima("sarimax_colombian_trader", &[&WEATHER, &["cop_usd"]], Persist),
        trees("xgboost", &[], basic, short),
        trees("xgboost_weather", &[&WEATHER], basic, short),
        trees("xgboost_deep_lags", &[], deep, long),
        trees("xgboost_weather_deep", &[&WEATHER], deep, long),
        trees(
            "xgboost_ultra_deep",
            &[&WEATHER],
            &[1, 2, 3, 4, 5, 6, 7, 14, 21, 28, 30],
            &[3, 5, 7, 10, 14, 21, 30, 60, 90],
        ),
        trees("xgboost_minimal", &[&["temp_mean_c"]], &[1, 7], &[7]),
        trees("xgboost_short_term", &[&WEATHER], &[1, 2, 3], &[3, 5, 7]),
        trees("xgboost_long_term", &[&WEATHER], &[7, 14, 21, 30, 60, 90], &[30, 60, 90]),
        trees("xgboost_sentiment", &[&SENTIMENT], basic, short),
        trees("xgboost_weather_sentiment", &[&WEATHER, &SENTIMENT], basic, short),
        // twelve columns: those of the list and the two that it leaves open
        trees(
            "xgboost_full_features",
            &[&WEATHER, &["solar_kwh_m2_day"], &SENTIMENT, &["vix", "cop_usd", "brl_usd"]],
            deep,
            long,
        ),
        trees("xgboost_market", &[&["vix"]], basic, short),
        trees("xgboost_weather_market", &[&WEATHER, &["vix"]], basic, short),
        trees("xgboost_colombian_trader", &[&WEATHER, &["cop_usd", "vix"]], deep, long),
        ("prophet", "prophet", Vec::new(), Persist, prophet()),
        ("prophet_weather", "prophet", WEATHER.to_vec(), Persist, prophet()),
        // a week is 5 sessions on trading days and 7 on calendar days
        plain(
            "auto_arima_stats",
            "arima",
            json!({ "order": "auto", "max_p": 5, "max_q": 5, "max_d": 2, "season": "week" }),
        ),
        plain("auto_ets", "ets", json!({ "model": "auto", "season": "week" })),
        plain("holt_winters", "ets", json!({ "model": "AAA", "damped": false, "season": "week" })),
        plain("auto_theta", "theta", json!({ "model": "auto", "season": "week" })),
    ]
}

#[test]
fn every_listed_model_is_built_in_as_listed() {
    let entries = entries();
    for (name, family, columns, future, settings) in list() {
        let entry = entries.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(entry.family, family, "{name}");
        let known: Vec<&str> = entry.regressors.iter().map(|regressor| regressor.column.as_str()).collect();
        assert_eq!(known, columns, "{name}");
        assert!(entry.regressors.iter().all(|regressor| regressor.future == future), "{name}");
        assert_eq!(Value::Object(entry.settings.clone()), settings, "{name}");
    }
}

/// Settings that the list leaves to the family: trees of depth 5, a hundred of them, residuals of five folds.
#[test]
fn what_the_list_leaves_open_is_the_familys_own() {
    let settings = trees::Settings::read(entries().iter().find(|entry| entry.name == "xgboost").unwrap()).unwrap();
    assert_eq!((settings.rounds, settings.depth, settings.folds), (100, 5, 5));
}

#[test]
fn every_entry_is_accepted_by_its_family_and_named_once() {
    let registry = Registry::default().with(Arc::new(Xgboost::new(Greedy::default())));
    let entries = entries();
    let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names.len(), entries.len());
    assert!(names.len() >= list().len());
    for entry in &entries {
        let known = |name: &str| entries.iter().find(|other| other.name == name).cloned();
        let whole = almanac_models::combination::resolved(entry, |name| {
            known(name).ok_or_else(|| almanac_models::ModelError::Numerical(format!("{name} is missing")))
        });
        let whole = whole.unwrap();
        assert!(registry.model(&whole).is_ok(), "{}", entry.name);
    }
}
