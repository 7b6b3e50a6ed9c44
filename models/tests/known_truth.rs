//! Series simulated from a known process: fits recover it, and intervals cover as often as they say.

#![allow(clippy::unwrap_used)]

use almanac_models::{
    FitContext, FittedModel, Future, History, Levels, ModelSpec, Registry, Scratch, StreamKey, summarise,
};
use rand_distr::{Distribution, StandardNormal};

const SCALE: f64 = 0.02;
const DRIFT: f64 = 0.001;
const TRAINING: usize = 5_000;
const ORIGINS: usize = 4_000;
const HORIZON: usize = 5;
const PATHS: usize = 500;

/// A log random walk.
fn walk(drift: f64) -> Vec<f64> {
    let mut rng = StreamKey::new(7, "truth", "", "", 0).day(0);
    let mut level = 3.0;
    let step = |_| {
        let shock: f64 = StandardNormal.sample(&mut rng);
        level += drift + SCALE * shock;
        libm::exp(level)
    };
    (0..TRAINING + ORIGINS * HORIZON + HORIZON).map(step).collect()
}

fn fit(family: &str, target: &[f64]) -> (serde_json::Value, Box<dyn FittedModel>) {
    let registry = Registry::default();
    let spec: ModelSpec = serde_json::from_value(serde_json::json!({ "name": family, "family": family })).unwrap();
    let days: Vec<i32> = (0..target.len() as i32).collect();
    let context = FitContext { seed: 42, horizon: HORIZON, week: 5, cutoff: target.len() as i32 - 1 };
    let window = History { days: &days, target, regressors: &[] };
    let fitted = registry.model(&spec).unwrap().fit(&window, &context).unwrap();
    (fitted.parameters.clone(), registry.load(&fitted.format, &fitted.bytes).unwrap())
}

/// The estimate of a deviation from n steps has a relative standard error of 1/√(2n): 1 % here.
#[test]
fn scale_and_drift_are_recovered() {
    for (family, drift) in [("naive", 0.0), ("random_walk", DRIFT)] {
        let (parameters, _) = fit(family, &walk(drift)[..TRAINING]);
        let scale = parameters["scale"].as_f64().unwrap();
        assert!((scale / SCALE - 1.0).abs() < 0.03, "{family}: {scale}");
        if family == "random_walk" {
            // the mean of 30 steps: standard error scale / √30
            let error = (parameters["drift"].as_f64().unwrap() - DRIFT) / (SCALE / 30_f64.sqrt());
            assert!(error.abs() < 3.0, "drift is {error} standard errors off");
        }
    }
}

/// Origins one horizon apart, so that the days scored do not overlap.
#[test]
fn naive_intervals_cover_what_they_say() {
    let target = walk(0.0);
    let (_, model) = fit("naive", &target[..TRAINING]);
    let days: Vec<i32> = (0..target.len() as i32).collect();
    let (levels, mut scratch, mut paths) = (Levels::default(), Scratch::default(), vec![0.0; PATHS * HORIZON]);
    let mut inside = [[0_usize; HORIZON]; 2];
    for end in (0..ORIGINS).map(|k| TRAINING + k * HORIZON) {
        let history = History { days: &days[..end], target: &target[..end], regressors: &[] };
        let state = model.condition(&history, &Future { days: &days[end..end + HORIZON], regressors: &[] }).unwrap();
        let stream = StreamKey::new(42, "truth", "naive", "v1", days[end - 1]);
        state.simulate(PATHS, &stream, &mut paths).unwrap();
        let summary = summarise(&paths, PATHS, &levels, None, &mut scratch);
        for (level, inside) in inside.iter_mut().enumerate() {
            for (h, inside) in inside.iter_mut().enumerate() {
                let y = target[end + h];
                *inside += usize::from(summary.lower[level][h] <= y && y <= summary.upper[level][h]);
            }
        }
    }
    for (inside, nominal, tolerance) in [(inside[0], 0.80, 0.02), (inside[1], 0.95, 0.01)] {
        for (h, inside) in inside.into_iter().enumerate() {
            let coverage = inside as f64 / ORIGINS as f64;
            assert!((coverage - nominal).abs() < tolerance, "day {}: {coverage} of {nominal}", h + 1);
        }
    }
}
