//! Direct models trained by XGBoost on processes that are known.
#![allow(clippy::unwrap_used)]

mod support;

use almanac_models::{FitContext, Fitted, Future, History, ModelSpec, StreamKey, quantile_of_sorted};
use serde_json::{Value, json};
use support::walk;

const PATHS: usize = 4_000;

fn spec(settings: Value) -> ModelSpec {
    let regressors = json!([{ "column": "storm", "future": "known" }]);
    let spec = json!({ "name": "t", "family": "xgboost", "regressors": regressors, "settings": settings });
    serde_json::from_value(spec).unwrap()
}

/// Days; closes whose log returns are uniform, three times as wide on stormy days; which days are stormy.
fn stormy(sessions: usize) -> (Vec<i32>, Vec<f64>, Vec<f64>) {
    let mut state = 3_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    let storm: Vec<f64> = (0..sessions).map(|_| f64::from(uniform() < 0.5)).collect();
    let mut level = 4.0;
    let step = |storm: &f64| {
        level += 0.02 * (1.0 + 2.0 * storm) * (uniform() - 0.5);
        f64::exp(level)
    };
    let closes = storm.iter().map(step).collect();
    ((0..sessions as i32).collect(), closes, storm)
}

/// Sorted log returns of one day ahead, calm or stormy.
fn returns(fitted: &Fitted, history: &History<'_>, storm: f64) -> Vec<f32> {
    let loaded = almanac_boosting::registry().load(&fitted.format, &fitted.bytes).unwrap();
    let day = [history.last_day().unwrap() + 1];
    let future = Future { days: &day, regressors: &[&[storm]] };
    let mut out = vec![0.0; PATHS];
    let state = loaded.condition(history, &future).unwrap();
    state.simulate(PATHS, &StreamKey::new(42, "key", "t", "v1", 0), &mut out).unwrap();
    let last = history.target[history.target.len() - 1];
    let mut returns: Vec<f32> = out.iter().map(|&x| (f64::from(x) / last).ln() as f32).collect();
    returns.sort_by(f32::total_cmp);
    returns
}

/// Quantiles follow what is known of the day; residuals of the mean cannot.
#[test]
fn quantiles_widen_where_the_truth_does() {
    let (days, closes, storm) = stormy(1_500);
    let history = History { days: &days, target: &closes, regressors: &[&storm] };
    let context = FitContext { seed: 42, horizon: 1, week: 5, cutoff: i32::MAX };
    let fit = |mut settings: Value| {
        // storms are the only thing to learn
        settings.as_object_mut().unwrap().extend(
            [("lags", json!([1])), ("windows", json!([])), ("calendar", json!(false)), ("eta", json!(0.1))]
                .map(|(name, value)| (name.to_owned(), value)),
        );
        almanac_boosting::registry().model(&spec(settings)).unwrap().fit(&history, &context).unwrap()
    };
    let central = |fitted: &Fitted, storm: f64| {
        let returns = returns(fitted, &history, storm);
        quantile_of_sorted(&returns, 0.9) - quantile_of_sorted(&returns, 0.1)
    };
    let fitted = fit(json!({ "strategy": "direct", "objective": "quantile" }));
    // eight tenths of the uniform's width
    for (storm, truth) in [(0.0, 0.016), (1.0, 0.048)] {
        let width = central(&fitted, storm);
        assert!((width / truth - 1.0).abs() < 0.25, "storm {storm}: {width}, truth {truth}");
    }
    let mean = fit(json!({ "strategy": "direct" }));
    let ratio = central(&mean, 1.0) / central(&mean, 0.0);
    assert!((ratio - 1.0).abs() < 0.05, "one set of residuals: {ratio}");
}

/// Accumulated returns of a near random walk spread about as the root of the days.
#[test]
fn spread_grows_with_the_day() {
    let series = walk(1_040, 4);
    let history = History { days: &series.days, target: &series.closes, regressors: &[] };
    let context = FitContext { seed: 42, horizon: 14, week: 5, cutoff: i32::MAX };
    for settings in [
        json!({ "strategy": "direct", "days": [1, 3, 7] }),
        json!({ "strategy": "direct", "objective": "quantile", "days": [1, 3, 7], "levels": [0.1, 0.5, 0.9] }),
    ] {
        let model = ModelSpec { regressors: vec![], ..spec(settings.clone()) };
        let registry = almanac_boosting::registry();
        let fitted = registry.model(&model).unwrap().fit(&history, &context).unwrap();
        assert!(fitted.validation_loss > fitted.training_loss, "{:?}", fitted.validation_loss);
        let last = history.last_day().unwrap();
        let ahead: Vec<i32> = (last + 1..).filter(|d| (d + 3).rem_euclid(7) < 5).take(14).collect();
        let loaded = registry.load(&fitted.format, &fitted.bytes).unwrap();
        let state = loaded.condition(&history, &Future { days: &ahead, regressors: &[] }).unwrap();
        let mut out = vec![0.0; PATHS * 14];
        state.simulate(PATHS, &StreamKey::new(42, "key", "t", "v1", last), &mut out).unwrap();
        let spread: Vec<f64> = out
            .chunks_exact(PATHS)
            .map(|day| {
                let logs: Vec<f64> = day.iter().map(|&x| f64::from(x).ln()).collect();
                let mean = logs.iter().sum::<f64>() / PATHS as f64;
                (logs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / PATHS as f64).sqrt()
            })
            .collect();
        assert!(spread[13] > 2.0 * spread[0], "{settings}: {spread:?}");
        assert!(spread.windows(2).all(|pair| pair[1] > 0.9 * pair[0]), "{settings}: {spread:?}");
    }
}
