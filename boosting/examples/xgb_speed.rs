//! Times of a fit on 1,000 rows and of a forecast of 2,000 paths × 14 days, one thread:
//! `cargo run --release -p almanac-boosting --example xgb_speed -- [VARIANT]`. Of forecasts the fastest counts.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use almanac_models::trees::{Column, Ensemble, Evaluator, Instructions, Stored};
use almanac_models::{FitContext, Future, FutureRegressor, History, ModelSpec, Regressor, StreamKey};
use serde_json::{Value, json};

fn main() {
    let rows = 1_030;
    let days: Vec<i32> = (0..rows).map(|i| 15_000 + i).collect();
    let mut state = 1_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5
    };
    let mut level = 5.0;
    let closes: Vec<f64> = (0..rows)
        .map(|_| {
            level += 0.06 * uniform();
            f64::exp(level)
        })
        .collect();
    let column: Vec<f64> = (0..rows).map(|i| f64::from(i % 365)).collect();
    let columns = [column.as_slice(); 3];
    let days_ahead: Vec<i32> = (0..14).map(|h| 15_000 + rows + h).collect();
    let columns_ahead = [&column[..14]; 3];
    let context = FitContext { seed: 42, horizon: 14, week: 5, cutoff: i32::MAX };
    let ultra_deep =
        json!({ "lags": [1, 2, 3, 4, 5, 6, 7, 14, 21, 28, 30], "windows": [3, 5, 7, 10, 14, 21, 30, 60, 90] });
    let variants = [
        ("registry", 0, json!({})),
        ("one column", 1, json!({})),
        ("weather", 3, json!({})),
        ("ultra_deep", 3, ultra_deep),
        ("max_bin 256", 0, json!({ "max_bin": 256 })),
        ("exact", 0, json!({ "method": "exact" })),
        ("approx", 0, json!({ "method": "approx" })),
        ("min_child_weight 1", 0, json!({ "min_child_weight": 1 })),
        ("direct", 0, json!({ "strategy": "direct" })),
        ("quantile, 4 days", 0, json!({ "strategy": "direct", "objective": "quantile", "days": [1, 3, 7] })),
    ];
    let only: Option<String> = std::env::args().nth(1);
    println!("variant            features  fit s (5 folds + 1)  load ms  stored kB  nodes  forecast ms");
    for (name, width, settings) in variants {
        let Value::Object(settings) = settings else { continue };
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let history = History { days: &days, target: &closes, regressors: &columns[..width] };
        let future = Future { days: &days_ahead, regressors: &columns_ahead[..width] };
        let regressors =
            (0..width).map(|k| Regressor { column: format!("x{k}"), future: FutureRegressor::Persist }).collect();
        let spec = ModelSpec { name: name.into(), family: "xgboost".into(), regressors, settings };
        let registry = almanac_boosting::registry();
        let model = registry.model(&spec).unwrap();
        let start = Instant::now();
        let fitted = model.fit(&history, &context).unwrap();
        let fit = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let loaded = registry.load(&fitted.format, &fitted.bytes).unwrap();
        let load = start.elapsed().as_secs_f64() * 1e3;
        let mut out = vec![0.0; 2_000 * 14];
        let forecast = least(100, || {
            let state = loaded.condition(&history, &future).unwrap();
            state.simulate(2_000, &StreamKey::new(42, "key", name, "v1", 0), &mut out).unwrap();
        });
        let nodes = &fitted.parameters["nodes"];
        let features = fitted.parameters["features"].as_array().map_or(0, Vec::len);
        let kilobytes = fitted.bytes.len() as f64 / 1e3;
        println!("{name:18} {features:8}  {fit:19.3}  {load:7.2}  {kilobytes:9.1}  {nodes:5}  {forecast:11.2}");
        if fitted.format == "xgboost/1" {
            evaluation(&fitted.bytes);
        }
    }
}

/// Milliseconds of the fastest of some runs.
fn least(runs: u32, mut run: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..runs).map(time).fold(f64::INFINITY, f64::min)
}

/// Time of the trees alone, for 2,000 × 14 rows, by instruction set.
fn evaluation(stored: &[u8]) {
    let stored = Stored::decode(stored).unwrap();
    let ensemble = Ensemble::parse(&stored.model).unwrap();
    let mut features = vec![Column::default(); ensemble.columns()];
    for (j, column) in features.iter_mut().enumerate() {
        for (i, x) in column.0.iter_mut().enumerate() {
            *x = ((i * 37 + j * 101) % 64) as f32 / 640.0 - 0.05;
        }
    }
    let mut out = Column::default();
    for instructions in Instructions::available() {
        let evaluator = Evaluator::new(&ensemble).with(instructions).unwrap();
        let time = least(20, || {
            for _ in 0..32 * 14 {
                evaluator.predict(std::hint::black_box(&features), &mut out).unwrap();
                std::hint::black_box(&out);
            }
        });
        println!("    trees, {instructions:?}: {time:.2} ms");
    }
}
