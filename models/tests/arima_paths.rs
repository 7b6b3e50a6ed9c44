//! Means and deviations of paths against the moments of the process, computed from its definition.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;

use almanac_models::arima::{Order, Parameters};
use almanac_models::{Future, History, StreamKey};
use arima_common::{load, noise};

const DAYS: usize = 14;
const PATHS: usize = 2_000;
const SEEDS: u64 = 50;

/// `1 + sign · Σ c_k B^{k·step}`.
fn polynomial(coefficients: &[f64], step: usize, sign: f64) -> Vec<f64> {
    let mut out = vec![0.0; coefficients.len() * step + 1];
    out[0] = 1.0;
    for (k, c) in coefficients.iter().enumerate() {
        out[(k + 1) * step] = sign * c;
    }
    out
}

fn product(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            out[i + j] += x * y;
        }
    }
    out
}

/// Mean and deviation of each day ahead: the difference equation of levels, with innovations zero before the first
/// row that has all its lags.
fn moments(stored: &Parameters, y: &[f64]) -> Vec<(f64, f64)> {
    let order = &stored.order;
    let season = order.season.max(1);
    let mut ar = product(&polynomial(&stored.ar, 1, -1.0), &polynomial(&stored.seasonal_ar, season, -1.0));
    let level: f64 = ar.iter().sum::<f64>() * stored.constant.unwrap_or(0.0);
    for _ in 0..order.d {
        ar = product(&ar, &[1.0, -1.0]);
    }
    for _ in 0..order.seasonal_d {
        ar = product(&ar, &polynomial(&[1.0], season, -1.0));
    }
    let ma = product(&polynomial(&stored.ma, 1, 1.0), &polynomial(&stored.seasonal_ma, season, 1.0));
    let (mut y, first) = (y.to_vec(), ar.len() - 1);
    let seen = y.len();
    let mut e = vec![0.0; seen + DAYS];
    for t in first..seen + DAYS {
        let past: f64 = (1..ar.len()).map(|j| -ar[j] * y[t - j]).sum();
        let shocks: f64 = (1..ma.len().min(t + 1)).map(|j| ma[j] * e[t - j]).sum();
        let predicted = level + past + shocks;
        if t < seen {
            e[t] = y[t] - predicted;
        } else {
            y.push(predicted);
        }
    }
    let mut psi: Vec<f64> = Vec::new();
    for lag in 0..DAYS {
        let past: f64 = (1..ar.len().min(lag + 1)).map(|j| -ar[j] * psi[lag - j]).sum();
        psi.push(ma.get(lag).copied().unwrap_or(0.0) + past);
    }
    let mut variance = 0.0;
    (0..DAYS)
        .map(|h| {
            variance += stored.variance * psi[h] * psi[h];
            (y[seen + h], variance.sqrt())
        })
        .collect()
}

/// Seeds with a day on which mean or deviation of a process's paths is more than 4 standard errors off its own.
fn outside(stored: &Parameters) -> usize {
    outside_of(stored, stored)
}

/// The same of the paths of one process held against the moments of another, which has the same mean.
fn outside_of(stored: &Parameters, truth: &Parameters) -> usize {
    let shocks = noise(17, 700);
    let mut level = 50.0;
    let y: Vec<f64> = (0..700)
        .map(|t| {
            let season = f64::from(t % 7);
            if stored.order.d + stored.order.seasonal_d > 0 {
                level += shocks[t as usize];
            } else {
                level = 0.8 * level + 10.0 + shocks[t as usize];
            }
            level + season
        })
        .collect();
    let days: Vec<i32> = (0..700 + DAYS as i32).collect();
    let fitted = load(stored);
    let history = History { days: &days[..700], target: &y, regressors: &[] };
    let state = fitted.condition(&history, &Future { days: &days[700..], regressors: &[] }).unwrap();
    let exact = moments(truth, &y);
    for (got, (mean, _)) in state.median().unwrap().iter().zip(&exact) {
        assert!((got - mean).abs() < 1e-6, "{}: {got} {mean}", stored.order);
    }
    let is_outside = |seed: u64| {
        let mut out = vec![0.0_f32; DAYS * PATHS];
        state.simulate(PATHS, &StreamKey::new(seed, "key", "arima", "v1", 0), &mut out).unwrap();
        out.chunks_exact(PATHS).zip(&exact).any(|(day, (mean, deviation))| {
            let n = PATHS as f64;
            let centre = day.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
            let spread = (day.iter().map(|v| (f64::from(*v) - centre).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
            (centre - mean).abs() > 4.0 * deviation / n.sqrt()
                || (spread - deviation).abs() > 4.0 * deviation / (2.0 * n).sqrt()
        })
    };
    (0..SEEDS).filter(|seed| is_outside(*seed)).count()
}

fn process(order: Order, ar: &[f64], ma: &[f64], seasonal: [&[f64]; 2], constant: Option<f64>) -> Parameters {
    let [seasonal_ar, seasonal_ma] = seasonal.map(<[f64]>::to_vec);
    let (ar, ma) = (ar.to_vec(), ma.to_vec());
    Parameters { order, ar, ma, seasonal_ar, seasonal_ma, constant, effects: Vec::new(), fourier: None, variance: 1.7 }
}

#[test]
fn autoregression() {
    let order = Order { p: 2, ..Order::default() };
    assert!(outside(&process(order, &[0.9, -0.3], &[], [&[], &[]], Some(50.0))) <= 1);
}

#[test]
fn integrated() {
    let order = Order { p: 1, d: 1, q: 1, ..Order::default() };
    assert!(outside(&process(order, &[0.5], &[-0.3], [&[], &[]], Some(0.1))) <= 1);
}

#[test]
fn seasonal() {
    let order = Order { p: 1, d: 1, q: 1, seasonal_p: 1, seasonal_d: 1, seasonal_q: 1, season: 7 };
    assert!(outside(&process(order, &[0.4], &[-0.6], [&[0.2], &[-0.7]], None)) <= 1);
}

/// The yardstick has the length it says: nearly every seed notices a deviation that is 10 % off.
#[test]
fn a_wrong_deviation_is_noticed() {
    let order = Order { p: 1, d: 1, ..Order::default() };
    let stored = process(order, &[0.5], &[], [&[], &[]], None);
    for factor in [0.9, 1.1] {
        let truth = Parameters { variance: stored.variance * factor * factor, ..stored.clone() };
        let noticed = outside_of(&stored, &truth);
        assert!(noticed > 40, "{noticed} of {SEEDS} seeds notice a deviation {factor} times as long");
    }
}
