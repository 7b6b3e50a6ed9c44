//! The `xgboost` family with XGBoost's own training.
#![allow(clippy::unwrap_used)]

mod support;

use almanac_models::{FitContext, Fitted, Future, History, ModelSpec, Registry, StreamKey};
use serde_json::json;
use support::{Series, walk};

const CONTEXT: FitContext = FitContext { seed: 42, horizon: 14, week: 5, cutoff: i32::MAX };

fn fit(series: &Series, context: &FitContext) -> Fitted {
    let spec = ModelSpec {
        name: "xgboost".into(),
        family: "xgboost".into(),
        regressors: vec![],
        settings: Default::default(),
    };
    let history = History { days: &series.days, target: &series.closes, regressors: &[] };
    almanac_boosting::registry().model(&spec).unwrap().fit(&history, context).unwrap()
}

fn forecast(registry: &Registry, fitted: &Fitted, series: &Series, paths: usize) -> Vec<f32> {
    let last = series.days[series.days.len() - 1];
    let ahead: Vec<i32> = (last + 1..).filter(|d| (d + 3).rem_euclid(7) < 5).take(14).collect();
    let history = History { days: &series.days, target: &series.closes, regressors: &[] };
    let mut out = vec![0.0; paths * 14];
    let loaded = registry.load(&fitted.format, &fitted.bytes).unwrap();
    let state = loaded.condition(&history, &Future { days: &ahead, regressors: &[] }).unwrap();
    state.simulate(paths, &StreamKey::new(42, "key", "xgboost", "v1", last), &mut out).unwrap();
    out
}

#[test]
fn fits_repeat_byte_for_byte_and_stay_small() {
    let series = walk(1_040, 1);
    let fitted = fit(&series, &CONTEXT);
    assert_eq!(fitted, fit(&series, &CONTEXT));
    assert!(fitted.bytes.len() < 500_000, "{} bytes", fitted.bytes.len());
    assert_eq!(fitted.parameters["trees"], json!(100));
    assert_eq!(fitted.fallback, None);
}

#[test]
fn residuals_out_of_fold_are_wider_than_in_sample() {
    let fitted = fit(&walk(1_040, 2), &CONTEXT);
    let (inside, outside) = (fitted.training_loss.unwrap(), fitted.validation_loss.unwrap());
    assert!(outside > 1.1 * inside, "out of fold {outside}, in sample {inside}");
    // true noise: four uniforms of variance 1/12, times 0.02
    let noise = 0.02 * (4.0_f64 / 12.0).sqrt();
    assert!((0.95..1.25).contains(&(outside / noise)), "out of fold {outside}, noise {noise}");
}

#[test]
fn days_after_the_cutoff_change_nothing() {
    let series = walk(1_040, 3);
    let cutoff = series.days[999];
    let context = FitContext { cutoff, ..CONTEXT };
    let cut = Series { days: series.days[..1_000].to_vec(), closes: series.closes[..1_000].to_vec() };
    let mut perturbed = walk(1_040, 3);
    perturbed.closes[1_000..].iter_mut().for_each(|close| *close *= 3.0);
    let fitted = fit(&cut, &context);
    assert_eq!(fitted, fit(&series, &context));
    assert_eq!(fitted, fit(&perturbed, &context));
}

#[test]
fn spread_grows_and_covers_with_the_horizon() {
    let series = walk(1_040, 4);
    let fitted = fit(&series, &CONTEXT);
    let out = forecast(&almanac_boosting::registry(), &fitted, &series, 2_000);
    let spread: Vec<f64> = out
        .chunks_exact(2_000)
        .map(|day| {
            let logs: Vec<f64> = day.iter().map(|&x| f64::from(x).ln()).collect();
            let mean = logs.iter().sum::<f64>() / 2_000.0;
            (logs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 2_000.0).sqrt()
        })
        .collect();
    assert!(spread[13] > 2.0 * spread[0], "{spread:?}");
    assert!(spread.windows(2).all(|pair| pair[1] > 0.97 * pair[0]), "{spread:?}");
}

#[test]
fn a_program_without_the_trainer_simulates_the_same_bits() {
    let series = walk(900, 5);
    let fitted = fit(&series, &CONTEXT);
    let loader = Registry::default().with(std::sync::Arc::new(almanac_models::trees::Xgboost::loader()));
    let registry = almanac_boosting::registry();
    assert_eq!(forecast(&loader, &fitted, &series, 300), forecast(&registry, &fitted, &series, 300));
}

#[test]
fn series_with_zeros_fall_back_to_differences() {
    let mut series = walk(900, 6);
    for (i, close) in series.closes.iter_mut().enumerate() {
        *close = if i % 97 == 0 { 0.0 } else { *close + 10.0 * ((i % 5) as f64) };
    }
    let fitted = fit(&series, &CONTEXT);
    assert!(fitted.fallback.as_deref().unwrap().starts_with("differences"));
    let out = forecast(&almanac_boosting::registry(), &fitted, &series, 500);
    assert!(out.iter().all(|x| x.is_finite()));
    // weekly seasonality is learned: day 5 ahead is close to the same weekday's level
    let mut day: Vec<f32> = out[4 * 500..5 * 500].to_vec();
    day.sort_by(f32::total_cmp);
    let same_weekday = series.closes[series.closes.len() - 1];
    assert!((f64::from(day[250]) - same_weekday).abs() < 12.0, "median {}, a week before {same_weekday}", day[250]);
}

/// Trees stand in a combination beside other families; a program without the trainer loads it too.
#[test]
fn trees_are_members_of_combinations() {
    let members = json!([{ "name": "trees", "family": "xgboost" }, { "name": "naive", "family": "naive" }]);
    let spec = json!({ "name": "both", "family": "combination", "settings": { "members": members, "method": "mean" } });
    let spec: ModelSpec = serde_json::from_value(spec).unwrap();
    let series = walk(1_040, 7);
    let history = History { days: &series.days, target: &series.closes, regressors: &[] };
    let registry = almanac_boosting::registry();
    let fitted = registry.model(&spec).unwrap().fit(&history, &CONTEXT).unwrap();
    assert_eq!((fitted.fallback.as_deref(), &fitted.parameters["members"][1]["weight"]), (None, &json!(0.5)));
    let out = forecast(&registry, &fitted, &series, 400);
    assert!(out.iter().all(|x| x.is_finite()));
    let loader = Registry::default().with(std::sync::Arc::new(almanac_models::trees::Xgboost::loader()));
    assert_eq!(forecast(&loader, &fitted, &series, 400), out);
}
