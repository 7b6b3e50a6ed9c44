//! What the tests of the family share.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

use almanac_models::arima::{Effect, Order, Parameters};
use almanac_models::{FitContext, Fitted, FittedModel, FutureRegressor, History, ModelError, ModelSpec, Regressor};
use almanac_models::{Registry, State, StreamKey};
use serde_json::Value;

/// A series of the known answers.
pub fn known(name: &str) -> Vec<f64> {
    let all: Value = serde_json::from_str(include_str!("../data/arima_known.json")).unwrap();
    all[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// A specification with persisted regressors x0, x1, ….
pub fn spec(settings: Value, regressors: usize) -> ModelSpec {
    let regressor = |i: usize| Regressor { column: format!("x{i}"), future: FutureRegressor::Persist };
    ModelSpec {
        name: "test".into(),
        family: "arima".into(),
        regressors: (0..regressors).map(regressor).collect(),
        settings: settings.as_object().unwrap().clone(),
    }
}

/// Fits and returns whatever comes.
pub fn try_fit(spec: &ModelSpec, target: &[f64], regressors: &[&[f64]]) -> Result<Fitted, ModelError> {
    let days: Vec<i32> = (0..target.len() as i32).collect();
    let context = FitContext { seed: 42, horizon: 14, week: 5, cutoff: target.len() as i32 };
    Registry::default().model(spec)?.fit(&History { days: &days, target, regressors }, &context)
}

/// Fits and reads the stored form.
pub fn fit(spec: &ModelSpec, target: &[f64], regressors: &[&[f64]]) -> (Fitted, Parameters) {
    let fitted = try_fit(spec, target, regressors).unwrap();
    let stored = serde_json::from_slice(&fitted.bytes).unwrap();
    (fitted, stored)
}

/// Loads parameters through the registry.
pub fn load(parameters: &Parameters) -> Box<dyn FittedModel> {
    Registry::default().load("arima/1", &serde_json::to_vec(parameters).unwrap()).unwrap()
}

/// The stream of the tests.
pub fn stream() -> StreamKey {
    StreamKey::new(42, "key", "arima", "v1", 0)
}

/// Paths, day by day.
pub fn paths(state: &dyn State, horizon: usize, count: usize) -> Vec<f32> {
    let mut out = vec![0.0; horizon * count];
    state.simulate(count, &stream(), &mut out).unwrap();
    out
}

/// Deviation of 4,000 paths around the median of each day.
pub fn deviations(state: &dyn State, horizon: usize) -> Vec<f64> {
    const COUNT: usize = 4_000;
    let median = state.median().unwrap();
    let drawn = paths(state, horizon, COUNT);
    let deviation = |(h, day): (usize, &[f32])| {
        let squares: f64 = day.iter().map(|v| (f64::from(*v) - median[h]).powi(2)).sum();
        (squares / COUNT as f64).sqrt()
    };
    drawn.chunks_exact(COUNT).enumerate().map(deviation).collect()
}

/// A list of numbers, NaN where there is none.
pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn size(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// The parameters that a case of the oracles has.
pub fn parameters(case: &Value) -> Parameters {
    let (order, seasonal) = (&case["order"], &case["seasonal"]);
    let effects = numbers(&case["beta"]).into_iter().enumerate();
    Parameters {
        order: Order {
            p: size(&order[0]),
            d: size(&order[1]),
            q: size(&order[2]),
            seasonal_p: size(&seasonal[0]),
            seasonal_d: size(&seasonal[1]),
            seasonal_q: size(&seasonal[2]),
            season: size(&seasonal[3]),
        },
        ar: numbers(&case["ar"]),
        ma: numbers(&case["ma"]),
        seasonal_ar: numbers(&case["seasonal_ar"]),
        seasonal_ma: numbers(&case["seasonal_ma"]),
        constant: case["constant"].as_f64(),
        effects: effects.map(|(i, b)| Effect { column: format!("x{i}"), coefficient: Some(b) }).collect(),
        fourier: None,
        variance: case["variance"].as_f64().unwrap(),
    }
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
