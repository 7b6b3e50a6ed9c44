//! The built-in entries: each is read by its family; the feature sets' names, lags, windows and regressors are those of
//! the table they come from.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;

use almanac_models::combination::resolved;
use almanac_models::trees::{Layout, Settings};
use almanac_models::{FutureRegressor, ModelError};
use support::registry_entries;

const WEATHER: [&str; 3] = ["temp_mean_c", "humidity_mean_pct", "precipitation_mm"];
const SENTIMENT: [&str; 5] =
    ["sentiment_score", "sentiment_ma_7", "sentiment_ma_14", "sentiment_ma_30", "sentiment_momentum_1d"];

type Lags = (&'static [usize], &'static [usize]);

const BASIC: Lags = (&[1, 7, 14], &[7, 30]);
const DEEP: Lags = (&[1, 2, 3, 7, 14, 21, 30], &[7, 14, 30, 60]);
const ULTRA_DEEP: Lags = (&[1, 2, 3, 4, 5, 6, 7, 14, 21, 28, 30], &[3, 5, 7, 10, 14, 21, 30, 60, 90]);

fn expected() -> [(&'static str, Lags, Vec<&'static str>); 14] {
    let with = |groups: &[&[&'static str]]| groups.concat();
    [
        ("xgboost", BASIC, vec![]),
        ("xgboost_weather", BASIC, with(&[&WEATHER])),
        ("xgboost_deep_lags", DEEP, vec![]),
        ("xgboost_weather_deep", DEEP, with(&[&WEATHER])),
        ("xgboost_ultra_deep", ULTRA_DEEP, with(&[&WEATHER])),
        ("xgboost_minimal", (&[1, 7], &[7]), vec!["temp_mean_c"]),
        ("xgboost_short_term", (&[1, 2, 3], &[3, 5, 7]), with(&[&WEATHER])),
        ("xgboost_long_term", (&[7, 14, 21, 30, 60, 90], &[30, 60, 90]), with(&[&WEATHER])),
        ("xgboost_sentiment", BASIC, with(&[&SENTIMENT])),
        ("xgboost_weather_sentiment", BASIC, with(&[&WEATHER, &SENTIMENT])),
        (
            "xgboost_full_features",
            DEEP,
            with(&[&WEATHER, &["solar_kwh_m2_day"], &SENTIMENT, &["vix", "cop_usd", "brl_usd"]]),
        ),
        ("xgboost_market", BASIC, vec!["vix"]),
        ("xgboost_weather_market", BASIC, with(&[&WEATHER, &["vix"]])),
        ("xgboost_colombian_trader", DEEP, with(&[&WEATHER, &["cop_usd", "vix"]])),
    ]
}

#[test]
fn every_entry_has_its_own_name_and_is_read_by_its_family() {
    let entries = registry_entries();
    let names: BTreeSet<&str> = entries.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names.len(), entries.len(), "{names:?}");
    let registry = almanac_boosting::registry();
    let known = |name: &str| -> Result<_, ModelError> { Ok(support::registry_entry(name)) };
    for spec in &entries {
        if let Err(error) = resolved(spec, known).and_then(|spec| registry.model(&spec)) {
            panic!("{}: {error}", spec.name);
        }
    }
}

#[test]
fn the_feature_sets_are_those_of_the_table() {
    let entries = registry_entries();
    for (name, (lags, windows), columns) in expected() {
        let named: Vec<_> = entries.iter().filter(|spec| spec.name == name).collect();
        let [spec] = named[..] else { panic!("{} entries are named {name}", named.len()) };
        assert_eq!(spec.family, "xgboost", "{name}");
        let settings = Settings::read(spec).unwrap();
        assert_eq!((settings.lags.as_slice(), settings.windows.as_slice()), (lags, windows), "{name}");
        let found: Vec<&str> = spec.regressors.iter().map(|regressor| regressor.column.as_str()).collect();
        assert_eq!(found, columns, "{name}");
        assert!(spec.regressors.iter().all(|regressor| regressor.future == FutureRegressor::Persist), "{name}");
        // configuration alone: all else is the family's default
        assert_eq!(settings, Settings { lags: lags.to_vec(), windows: windows.to_vec(), ..Settings::default() });
        let features = Layout::new(&settings, &spec.regressors);
        let ones = lags.iter().filter(|&&lag| lag == 1).count();
        assert_eq!(features.names().len(), 2 * lags.len() - ones + 2 * windows.len() + 2 + columns.len(), "{name}");
    }
}

#[test]
fn full_features_has_twelve_columns() {
    assert_eq!(support::registry_entry("xgboost_full_features").regressors.len(), 12);
}
