//! What the tests of the smoothing families share.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, unreachable_pub)]

use almanac_models::{FitContext, Fitted, Future, History, ModelError, ModelSpec, Registry, State, StreamKey};
use serde_json::Value;

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

pub fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str::<Value>(text).unwrap()["cases"].as_array().unwrap().clone()
}

pub fn spec(family: &str, settings: Value) -> ModelSpec {
    let settings = settings.as_object().unwrap().clone();
    ModelSpec { name: "test".into(), family: family.into(), regressors: Vec::new(), settings }
}

pub fn try_fit(family: &str, settings: Value, target: &[f64]) -> Result<Fitted, ModelError> {
    try_fit_with_week(7, family, settings, target)
}

/// On a calendar with so many sessions a week.
pub fn try_fit_with_week(week: usize, family: &str, settings: Value, target: &[f64]) -> Result<Fitted, ModelError> {
    let days: Vec<i32> = (0..target.len() as i32).collect();
    let context = FitContext { seed: 42, horizon: 14, week, cutoff: target.len() as i32 };
    let window = History { days: &days, target, regressors: &[] };
    Registry::default().model(&spec(family, settings))?.fit(&window, &context)
}

pub fn fit(family: &str, settings: Value, target: &[f64]) -> Fitted {
    try_fit(family, settings, target).unwrap()
}

/// What `look` sees of the state after a history whose first session is `first`.
pub fn at<T>(fitted: &Fitted, first: i32, target: &[f64], horizon: usize, look: impl Fn(&dyn State) -> T) -> T {
    let loaded = Registry::default().load(&fitted.format, &fitted.bytes).unwrap();
    let days: Vec<i32> = (first..first + target.len() as i32).collect();
    let next = first + target.len() as i32;
    let ahead: Vec<i32> = (next..next + horizon as i32).collect();
    let history = History { days: &days, target, regressors: &[] };
    let state = loaded.condition(&history, &Future { days: &ahead, regressors: &[] }).unwrap();
    look(state.as_ref())
}

pub fn median(fitted: &Fitted, target: &[f64], horizon: usize) -> Vec<f64> {
    at(fitted, 0, target, horizon, |state| state.median().unwrap())
}

pub fn paths(state: &dyn State, seed: u64, horizon: usize, count: usize) -> Vec<f32> {
    let mut out = vec![0.0; horizon * count];
    state.simulate(count, &StreamKey::new(seed, "key", "smoothing", "v1", 0), &mut out).unwrap();
    out
}

/// A fixed pseudo-random normal-like sequence (sum of uniforms), without a library.
pub fn noise(seed: u64, count: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect()
}

/// Days on which mean or deviation of paths is farther than 4 standard errors from the exact ones, over 50 seeds.
pub fn seeds_outside(state: &dyn State, mean: &[f64], deviation: &[f64]) -> usize {
    const COUNT: usize = 2_000;
    let horizon = mean.len();
    let outside = |seed: &u64| {
        let drawn = paths(state, *seed, horizon, COUNT);
        drawn.chunks_exact(COUNT).enumerate().any(|(h, day)| {
            let n = COUNT as f64;
            let average = day.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
            let square = day.iter().map(|v| (f64::from(*v) - average).powi(2)).sum::<f64>() / (n - 1.0);
            let mean_error = (average - mean[h]).abs() / (deviation[h] / n.sqrt());
            let spread_error = (square.sqrt() / deviation[h] - 1.0).abs() * (2.0 * n).sqrt();
            mean_error > 4.0 || spread_error > 4.0
        })
    };
    (0..50_u64).filter(outside).count()
}
