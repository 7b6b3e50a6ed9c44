//! The state at an origin and the paths from it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;

use almanac_models::arima::{Effect, Order, Parameters};
use almanac_models::{Future, History, Registry, State};
use arima_common::{deviations, fit, load, noise, paths, spec};
use serde_json::json;

fn stored() -> Parameters {
    Parameters {
        order: Order { p: 1, d: 1, q: 1, seasonal_p: 1, seasonal_d: 0, seasonal_q: 1, season: 5 },
        ar: vec![0.6],
        ma: vec![-0.3],
        seasonal_ar: vec![0.3],
        seasonal_ma: vec![0.2],
        constant: Some(0.05),
        effects: vec![Effect { column: "x0".into(), coefficient: Some(0.7) }],
        fourier: None,
        variance: 2.25,
    }
}

struct Data {
    days: Vec<i32>,
    y: Vec<f64>,
    x: Vec<f64>,
}

fn data(n: usize) -> Data {
    let shocks = noise(7, n);
    let mut level = 100.0;
    let y = shocks.iter().map(|e| {
        level += e;
        level
    });
    Data { days: (0..n as i32).collect(), y: y.collect(), x: noise(8, n) }
}

fn at<'a>(fitted: &'a dyn almanac_models::FittedModel, data: &Data, n: usize, horizon: usize) -> Box<dyn State + 'a> {
    let history = History { days: &data.days[..n], target: &data.y[..n], regressors: &[&data.x[..n]] };
    let future = Future { days: &data.days[n..n + horizon], regressors: &[&data.x[n..n + horizon]] };
    fitted.condition(&history, &future).unwrap()
}

/// The forecast from a direct recursion on the definition of the process, started from the second day.
fn by_definition(stored: &Parameters, data: &Data, n: usize, horizon: usize) -> Vec<f64> {
    let beta = stored.effects[0].coefficient.unwrap();
    let c = stored.constant.unwrap();
    let (phi, theta, big_phi, big_theta) = (stored.ar[0], stored.ma[0], stored.seasonal_ar[0], stored.seasonal_ma[0]);
    let errors: Vec<f64> = (0..n).map(|t| data.y[t] - beta * data.x[t]).collect();
    let mut w: Vec<f64> = errors.windows(2).map(|pair| pair[1] - pair[0] - c).collect();
    let mut e = vec![0.0; w.len()];
    let get = |v: &[f64], t: usize, lag: usize| t.checked_sub(lag).map_or(0.0, |i| v[i]);
    for t in 0..w.len() + horizon {
        let predicted = |w: &[f64], e: &[f64]| {
            phi * get(w, t, 1) + big_phi * get(w, t, 5) - phi * big_phi * get(w, t, 6)
                + theta * get(e, t, 1)
                + big_theta * get(e, t, 5)
                + theta * big_theta * get(e, t, 6)
        };
        let value = predicted(&w, &e);
        if t < w.len() {
            e[t] = w[t] - value;
        } else {
            w.push(value);
            e.push(0.0);
        }
    }
    let mut level = errors[n - 1];
    (0..horizon)
        .map(|h| {
            level += w[n - 1 + h] + c;
            level + beta * data.x[n + h]
        })
        .collect()
}

#[test]
fn conditioning_equals_the_definition_of_the_process() {
    let (data, stored) = (data(420), stored());
    let fitted = load(&stored);
    for n in [300, 301, 400] {
        let median = at(fitted.as_ref(), &data, n, 14).median().unwrap();
        for (got, want) in median.iter().zip(by_definition(&stored, &data, n, 14)) {
            assert!((got - want).abs() < 1e-8, "{got} {want}");
        }
    }
}

#[test]
fn filtering_levels_equals_filtering_differences() {
    let (mut data, stored) = (data(420), stored());
    let fitted = load(&stored);
    let complete = at(fitted.as_ref(), &data, 400, 14).median().unwrap();
    // one gap long ago: another filter, and an influence that has died out
    data.y[40] = f64::NAN;
    let with_gap = at(fitted.as_ref(), &data, 400, 14).median().unwrap();
    for (a, b) in complete.iter().zip(&with_gap) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
}

#[test]
fn a_gap_at_the_origin_widens_the_paths_by_a_day() {
    let (mut data, stored) = (data(420), stored());
    let fitted = load(&stored);
    let before = deviations(at(fitted.as_ref(), &data, 399, 14).as_ref(), 14);
    data.y[399] = f64::NAN;
    let after = deviations(at(fitted.as_ref(), &data, 400, 13).as_ref(), 13);
    for h in 0..13 {
        assert!((after[h] / before[h + 1] - 1.0).abs() < 0.06, "{after:?} {before:?}");
    }
}

#[test]
fn the_state_moves_with_the_origin_and_the_paths_with_the_state() {
    let (data, stored) = (data(420), stored());
    let fitted = load(&stored);
    let (today, tomorrow) = (at(fitted.as_ref(), &data, 400, 14), at(fitted.as_ref(), &data, 401, 14));
    let (a, b) = (today.median().unwrap(), tomorrow.median().unwrap());
    let (p, q) = (paths(today.as_ref(), 14, 200), paths(tomorrow.as_ref(), 14, 200));
    for h in 0..14 {
        assert!((a[h] - b[h]).abs() > 1e-9);
        for i in 0..200 {
            let moved = f64::from(q[h * 200 + i]) - f64::from(p[h * 200 + i]);
            assert!((moved - (b[h] - a[h])).abs() < 1e-4, "day {h} path {i}");
        }
    }
}

#[test]
fn means_and_deviations_of_paths_are_the_exact_ones() {
    const COUNT: usize = 20_000;
    let (data, stored) = (data(420), stored());
    let fitted = load(&stored);
    let state = at(fitted.as_ref(), &data, 400, 14);
    let median = state.median().unwrap();
    let drawn = paths(state.as_ref(), 14, COUNT);
    // ψ weights of the integrated process by the definition
    let mut ar = [0.0; 8];
    for (lag, value) in [(1, 0.6), (5, 0.3), (6, -0.18)] {
        ar[lag] += value;
        ar[lag + 1] -= value;
    }
    ar[1] += 1.0;
    let mut ma = [0.0; 15];
    for (lag, value) in [(0, 1.0), (1, -0.3), (5, 0.2), (6, -0.06)] {
        ma[lag] = value;
    }
    let mut psi: Vec<f64> = Vec::new();
    for lag in 0..14 {
        let past: f64 = (1..8.min(lag + 1)).map(|j| ar[j] * psi[lag - j]).sum();
        psi.push(ma[lag] + past);
    }
    for h in 0..14 {
        let variance = stored.variance * psi[..=h].iter().map(|w| w * w).sum::<f64>();
        let day: Vec<f64> = drawn[h * COUNT..(h + 1) * COUNT].iter().map(|v| f64::from(*v) - median[h]).collect();
        let mean = day.iter().sum::<f64>() / COUNT as f64;
        let spread = day.iter().map(|v| v * v).sum::<f64>() / COUNT as f64;
        assert!(mean.abs() < 4.0 * (variance / COUNT as f64).sqrt(), "day {h}: mean off by {mean}");
        let error = 4.0 * variance * (2.0 / COUNT as f64).sqrt();
        assert!((spread - variance).abs() < error, "day {h}: {spread} {variance}");
    }
}

#[test]
fn fewer_paths_and_days_are_a_prefix() {
    let (data, stored) = (data(420), stored());
    let fitted = load(&stored);
    let full = paths(at(fitted.as_ref(), &data, 400, 14).as_ref(), 14, 2_000);
    let part = paths(at(fitted.as_ref(), &data, 400, 7).as_ref(), 7, 500);
    for h in 0..7 {
        assert_eq!(part[h * 500..(h + 1) * 500], full[h * 2_000..h * 2_000 + 500]);
    }
}

#[test]
fn a_stored_fit_gives_the_same_bytes_of_forecast() {
    let data = data(400);
    let model = spec(json!({"order": "auto"}), 1);
    let (fitted, stored) = fit(&model, &data.y[..380], &[&data.x[..380]]);
    let (again, _) = fit(&model, &data.y[..380], &[&data.x[..380]]);
    assert_eq!(fitted, again);
    let loaded = Registry::default().load(&fitted.format, &fitted.bytes).unwrap();
    assert_eq!(serde_json::to_vec(&stored).unwrap(), fitted.bytes);
    let direct = paths(at(&stored, &data, 380, 14).as_ref(), 14, 100);
    let reloaded = paths(at(loaded.as_ref(), &data, 380, 14).as_ref(), 14, 100);
    assert!(direct.iter().zip(&reloaded).all(|(a, b)| a.to_bits() == b.to_bits()));
}
