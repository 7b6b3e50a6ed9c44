//! The `xgboost` family against the model contract.
#![allow(clippy::unwrap_used)]

mod trees_support;

use std::sync::Arc;

use almanac_models::trees::{Stored, Unit, Xgboost};
use almanac_models::{FitContext, FutureRegressor, History, ModelError, Registry, Regressor};
use serde_json::json;
use trees_support::{CONTEXT, Greedy, Series, fit, registry, simulate, spec, walk};

#[test]
fn fewer_paths_and_days_are_a_prefix() {
    let series = walk(400, 1);
    let fitted = fit(json!({}), &series.history(), &CONTEXT).unwrap();
    let all = simulate(&fitted, &series.history(), 333, 14).unwrap();
    for (paths, days) in [(1, 1), (64, 7), (100, 3), (333, 5)] {
        let some = simulate(&fitted, &series.history(), paths, days).unwrap();
        for h in 0..days {
            assert_eq!(some[h * paths..][..paths], all[h * 333..][..paths], "{paths} paths, day {h}");
        }
    }
}

#[test]
fn loaded_bytes_are_the_stored_ones_again() {
    let series = walk(400, 2);
    let fitted = fit(json!({ "lags": [1, 5], "windows": [10] }), &series.history(), &CONTEXT).unwrap();
    let stored = Stored::decode(&fitted.bytes).unwrap();
    assert_eq!(stored.encode().unwrap(), fitted.bytes);
    assert_eq!(stored.settings.lags, [1, 5]);
    assert_eq!(stored.unit, Unit::LogReturn);
    let mean = stored.residuals.iter().map(|&r| f64::from(r)).sum::<f64>() / stored.residuals.len() as f64;
    assert!(mean.abs() < 1e-8, "residuals are centred, mean {mean}");
}

#[test]
fn days_after_the_cutoff_change_nothing() {
    let mut series = walk(400, 3);
    let context = FitContext { cutoff: series.days[349], ..CONTEXT };
    let fitted = fit(json!({}), &series.history(), &context).unwrap();
    series.closes[350..].iter_mut().for_each(|close| *close = f64::INFINITY);
    assert_eq!(fit(json!({}), &series.history(), &context).unwrap(), fitted);
}

#[test]
fn paths_follow_the_state() {
    let series = walk(400, 4);
    let fitted = fit(json!({}), &series.history(), &CONTEXT).unwrap();
    // closes twice as high leave every return as it was
    let doubled = Series { days: series.days.clone(), closes: series.closes.iter().map(|y| y * 2.0).collect() };
    let (base, twice) = (simulate(&fitted, &series.history(), 200, 14), simulate(&fitted, &doubled.history(), 200, 14));
    let worst = base.unwrap().iter().zip(twice.unwrap()).map(|(a, b)| (b / a / 2.0 - 1.0).abs()).fold(0.0, f32::max);
    assert!(worst < 0.05, "{worst}");
    let earlier = Series { days: series.days[..399].to_vec(), closes: series.closes[..399].to_vec() };
    assert_ne!(simulate(&fitted, &earlier.history(), 200, 14), simulate(&fitted, &series.history(), 200, 14));
    // what lies before the features' reach does not matter
    let recent = Series { days: series.days[300..].to_vec(), closes: series.closes[300..].to_vec() };
    assert_eq!(simulate(&fitted, &recent.history(), 200, 14), simulate(&fitted, &series.history(), 200, 14));
}

#[test]
fn features_of_a_day_do_not_see_it() {
    let settings = json!({ "lags": [1, 3, 10], "windows": [2, 5] });
    let rows = |series: &Series| {
        let greedy = Greedy::default();
        let seen = greedy.seen.clone();
        let registry = Registry::default().with(Arc::new(Xgboost::new(greedy)));
        registry.model(&spec(settings.clone())).unwrap().fit(&series.history(), &CONTEXT).unwrap();
        seen.lock().unwrap().pop().unwrap()
    };
    let mut series = walk(300, 5);
    let (features, target) = rows(&series);
    let width = features.len() / target.len();
    // lag 10 reaches 11 sessions back, so that row r is session r + 11
    let (t, row) = (200, 189);
    series.closes[t] *= 1.5;
    let (perturbed, moved) = rows(&series);
    assert_eq!(features[..(row + 1) * width], perturbed[..(row + 1) * width], "rows up to session t");
    assert_ne!(target[row], moved[row], "the target of session t");
    assert_ne!(features[(row + 1) * width..][..width], perturbed[(row + 1) * width..][..width], "the row after it");
}

#[test]
fn folds_expand_and_predict_later_rows_only() {
    let greedy = Greedy::default();
    let seen = greedy.seen.clone();
    let registry = Registry::default().with(Arc::new(Xgboost::new(greedy)));
    let series = walk(400, 6);
    let fitted = registry.model(&spec(json!({}))).unwrap().fit(&series.history(), &CONTEXT).unwrap();
    let seen = seen.lock().unwrap();
    let rows: Vec<usize> = seen.iter().map(|(_, target)| target.len()).collect();
    // 400 sessions less the 31 that the widest window needs
    assert_eq!(rows, [61, 123, 184, 246, 307, 369]);
    let residuals = Stored::decode(&fitted.bytes).unwrap().residuals.len();
    assert_eq!(residuals, 369 - 61);
}

#[test]
fn regressors_enter_one_session_late_unless_known() {
    let series = walk(300, 7);
    let first: Vec<f64> = (0..300).map(f64::from).collect();
    let second: Vec<f64> = (0..300).map(|i| f64::from(i) * 10.0).collect();
    let regressors: [&[f64]; 2] = [&first, &second];
    let history = History { regressors: &regressors, ..series.history() };
    let regressor = |column: &str, future| Regressor { column: column.into(), future };
    let mut spec = spec(json!({ "lags": [1], "windows": [], "calendar": false }));
    spec.regressors = vec![regressor("vix", FutureRegressor::Persist), regressor("promo", FutureRegressor::Known)];
    let greedy = Greedy::default();
    let seen = greedy.seen.clone();
    let registry = Registry::default().with(Arc::new(Xgboost::new(greedy)));
    let fitted = registry.model(&spec).unwrap().fit(&history, &CONTEXT).unwrap();
    let (features, _) = seen.lock().unwrap().pop().unwrap();
    // lag 1 needs two sessions: the first row is session 2
    assert_eq!(features[1..3], [1.0, 20.0]);
    assert_eq!(fitted.parameters["features"][1]["name"], "vix_lag_1");
    assert_eq!(fitted.parameters["features"][2]["name"], "promo");
    assert!(simulate(&fitted, &history, 50, 14).unwrap().iter().all(|x| x.is_finite()));
}

#[test]
fn poison_gives_typed_errors_or_fallbacks() {
    let good = walk(400, 8);
    let with = |at: usize, value: f64| {
        let mut closes = good.closes.clone();
        closes[at] = value;
        Series { days: good.days.clone(), closes }
    };
    let fit = |series: &Series| fit(json!({}), &series.history(), &CONTEXT);
    assert!(matches!(fit(&with(50, f64::INFINITY)), Err(ModelError::Unusable { .. })));
    assert!(fit(&with(50, f64::NAN)).unwrap().fallback.is_none());
    assert!(fit(&with(50, 0.0)).unwrap().fallback.unwrap().starts_with("differences"));
    assert!(fit(&with(50, -1e308)).is_err());
    // its logarithm is finite, so that it fits; paths that draw its residual overflow
    let huge = fit(&with(50, 1e308)).unwrap();
    assert_eq!(huge.fallback, None);
    match simulate(&huge, &good.history(), 50, 14) {
        Ok(out) => assert!(out.iter().all(|x| x.is_finite())),
        Err(error) => assert_eq!(error.code(), "numerical"),
    }
    let empty = Series { days: vec![], closes: vec![] };
    assert!(matches!(fit(&empty), Err(ModelError::TooShort { have: 0, need: 91 })));
    let one = Series { days: vec![1], closes: vec![5.0] };
    assert!(matches!(fit(&one), Err(ModelError::TooShort { have: 1, need: 91 })));
    let flat = Series { days: good.days.clone(), closes: vec![3.5; 400] };
    let constant = fit(&flat).unwrap();
    assert_eq!(constant.fallback.as_deref(), Some("constant"));
    assert!(simulate(&constant, &flat.history(), 10, 14).unwrap().iter().all(|&x| x == 3.5));
}

#[test]
fn a_price_below_zero_after_the_fit_is_survived() {
    let mut series = walk(400, 9);
    let fitted = fit(json!({}), &series.history(), &CONTEXT).unwrap();
    series.closes[399] = -37.63;
    let out = simulate(&fitted, &series.history(), 200, 14).unwrap();
    assert!(out.iter().all(|x| x.is_finite()));
    series.closes[399] = f64::NEG_INFINITY;
    assert!(matches!(simulate(&fitted, &series.history(), 10, 2), Err(ModelError::Unusable { .. })));
    let short = Series { days: series.days[..20].to_vec(), closes: series.closes[..20].to_vec() };
    assert!(matches!(simulate(&fitted, &short.history(), 10, 2), Err(ModelError::TooShort { have: 20, need: 31 })));
}

#[test]
fn deep_settings_fit_and_simulate() {
    let series = walk(400, 10);
    let settings = json!({ "lags": [7, 14, 21, 30, 60, 90], "windows": [30, 60, 90] });
    let fitted = fit(settings, &series.history(), &CONTEXT).unwrap();
    assert!(simulate(&fitted, &series.history(), 100, 120).unwrap().iter().all(|x| x.is_finite() && *x > 0.0));
}

#[test]
fn settings_are_checked_by_name() {
    let refused = |settings: serde_json::Value| match registry().model(&spec(settings)).map(|_| ()) {
        Err(ModelError::Setting { setting, .. }) => setting,
        other => format!("{other:?}"),
    };
    assert_eq!(refused(json!({ "lag": [1] })), "lag");
    assert_eq!(refused(json!({ "lags": "1" })), "lags");
    assert_eq!(refused(json!({ "lags": [0] })), "lags");
    assert_eq!(refused(json!({ "windows": [7, 7] })), "windows");
    assert_eq!(refused(json!({ "eta": 0.0 })), "eta");
    assert_eq!(refused(json!({ "lags": [], "windows": [] })), "lags");
    assert_eq!(refused(json!({ "rounds": 0 })), "rounds");
    assert_eq!(refused(json!({ "method": "fastest" })), "method");
    assert_eq!(refused(json!({ "innovations": "cauchy" })), "innovations");
}

#[test]
fn a_loader_refuses_to_fit() {
    let registry = Registry::default().with(Arc::new(Xgboost::loader()));
    let series = walk(400, 11);
    let outcome = registry.model(&spec(json!({}))).unwrap().fit(&series.history(), &CONTEXT);
    assert!(matches!(outcome, Err(ModelError::Setting { .. })));
}
