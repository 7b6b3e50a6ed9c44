//! Regressors past the origin, from a specification to paths: by the same draws, paths lie apart by the coefficient times what
//! the projections differ by.
#![allow(clippy::unwrap_used)]

mod arima_common;

use almanac_models::{Future, FutureRegressor, History, Registry, project};
use arima_common::{fit, noise, paths, spec};
use serde_json::json;

const ROWS: usize = 1_500;
const AHEAD: usize = 14;
const PATHS: usize = 50;
const SLOPE: f64 = 0.02;
/// What is known in advance is higher than the last value by this.
const STEP: f64 = 1.0;

/// The regressor's coefficient, and paths where it is continued by a policy. The regressor is a straight line.
fn drawn(policy: FutureRegressor) -> (f64, Vec<f32>) {
    let days: Vec<i32> = (0..(ROWS + AHEAD) as i32).collect();
    let (past, ahead) = days.split_at(ROWS);
    let x: Vec<f64> = past.iter().map(|day| SLOPE * f64::from(*day)).collect();
    let y: Vec<f64> = x.iter().zip(noise(3, ROWS)).map(|(x, e)| 5.0 + 2.0 * x + e).collect();
    let mut spec = spec(json!({ "order": [1, 0, 0] }), 1);
    spec.regressors[0].future = policy;
    let (fitted, stored) = fit(&spec, &y, &[&x]);
    let known = vec![x[ROWS - 1] + STEP; AHEAD];
    let future = project(spec.regressors[0].future, past, &x, ahead, &known).unwrap();
    let loaded = Registry::default().load(&fitted.format, &fitted.bytes).unwrap();
    let history = History { days: past, target: &y, regressors: &[&x] };
    let state = loaded.condition(&history, &Future { days: ahead, regressors: &[&future] }).unwrap();
    (stored.effects[0].coefficient.unwrap(), paths(state.as_ref(), AHEAD, PATHS))
}

/// How far paths lie above those of the last value repeated, in units of the coefficient, is `wanted` of day h from 1.
fn lie_above(policy: FutureRegressor, wanted: impl Fn(f64) -> f64) {
    let ((beta, repeated), (same, paths)) = (drawn(FutureRegressor::Persist), drawn(policy));
    assert!((beta - 2.0).abs() < 0.1 && beta == same, "{beta} {same}");
    for (h, (day, repeated)) in paths.chunks(PATHS).zip(repeated.chunks(PATHS)).enumerate() {
        for (path, repeated) in day.iter().zip(repeated) {
            let (above, wanted) = (f64::from(path - repeated), beta * wanted((h + 1) as f64));
            assert!((above - wanted).abs() < 1e-4, "{policy:?}, day {}: {above} where {wanted} is right", h + 1);
        }
    }
}

#[test]
fn a_line_goes_on() {
    lie_above(FutureRegressor::Linear, |h| SLOPE * h);
}

/// The days ahead are in February 1974: 365, 731 and 1,096 days after the same dates of the years before.
#[test]
fn past_years_return() {
    let before = f64::from(365 + 731 + 1_096) / 3.0;
    lie_above(FutureRegressor::Seasonal, |h| SLOPE * (h - before));
}

#[test]
fn what_is_known_is_taken() {
    lie_above(FutureRegressor::Known, |_| STEP);
}

#[test]
fn the_last_value_is_repeated_unless_something_else_is_asked_for() {
    lie_above(FutureRegressor::default(), |_| 0.0);
}

#[test]
fn a_regressor_that_is_not_continued_is_refused() {
    let mut spec = spec(json!({}), 1);
    spec.regressors[0].future = FutureRegressor::None;
    let refusal = Registry::default().model(&spec).map(|_| ()).unwrap_err().to_string();
    assert!(refusal.contains("x0") && refusal.contains("persist, seasonal, linear or known"), "{refusal}");
}
