//! How long things take on one thread, the least of several runs. Run with `--ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;

use std::hint::black_box;
use std::time::Instant;

use almanac_models::{Future, History};
use arima_common::{fit, load, noise, spec, stream};
use serde_json::json;

fn least(name: &str, runs: usize, mut work: impl FnMut()) -> f64 {
    let time = |_| {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64()
    };
    let seconds = (0..runs).map(time).fold(f64::INFINITY, f64::min);
    eprintln!("{name}: {:.3} ms", seconds * 1e3);
    seconds
}

/// 2,000 daily points: weekly season, a walk, three slow regressors with effects.
fn daily() -> (Vec<f64>, Vec<Vec<f64>>) {
    let columns: Vec<Vec<f64>> = (0..3)
        .map(|i| {
            let mut level = 0.0;
            let walk = noise(30 + i, 2_000).into_iter().map(|e| {
                level = 0.95 * level + e;
                level
            });
            walk.collect()
        })
        .collect();
    let (shocks, weekly) = (noise(5, 2_000), noise(6, 2_000));
    let mut season = [0.0; 7];
    let mut level = 100.0;
    let y = (0..2_000).map(|t| {
        level += shocks[t] - if t > 0 { 0.4 * shocks[t - 1] } else { 0.0 };
        season[t % 7] += 0.2 * weekly[t];
        level + season[t % 7] + 0.5 * columns[0][t] - 0.2 * columns[1][t]
    });
    (y.collect(), columns)
}

#[test]
#[ignore = "measures time"]
fn times() {
    let (y, columns) = daily();
    let x: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let seasonal = spec(json!({"order": [1, 1, 1], "seasonal": [1, 1, 1], "season": 7}), 3);
    least("(1,1,1)(1,1,1)7 with three regressors", 7, || drop(black_box(fit(&seasonal, &y, &x))));
    let auto = spec(json!({"order": "auto"}), 3);
    least("automatic order with three regressors", 7, || drop(black_box(fit(&auto, &y, &x))));
    let weekly = spec(json!({"order": "auto", "season": 7}), 3);
    least("automatic seasonal order with three regressors", 3, || drop(black_box(fit(&weekly, &y, &x))));
    let yearly = spec(json!({"order": "auto", "season": 365}), 3);
    least("automatic order with Fourier terms of 365 days", 3, || drop(black_box(fit(&yearly, &y, &x))));

    let days: Vec<i32> = (0..1_474).collect();
    let (_, stored) = fit(&spec(json!({"order": [1, 1, 1]}), 0), &y[..1_460], &[]);
    let loaded = load(&stored);
    let history = History { days: &days[..1_460], target: &y[..1_460], regressors: &[] };
    let future = Future { days: &days[1_460..], regressors: &[] };
    least("condition (1,1,1) on 1,460 points", 200, || drop(black_box(loaded.condition(&history, &future))));
    let state = loaded.condition(&history, &future).unwrap();
    let mut out = vec![0.0; 2_000 * 14];
    least("2,000 x 14 paths", 200, || state.simulate(2_000, &stream(), black_box(&mut out)).unwrap());
}
