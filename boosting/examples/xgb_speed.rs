//! Times of a fit on 1,000 rows and of a forecast of 2,000 paths × 14 days, one thread:
//! `cargo run --release -p almanac-boosting --example xgb_speed`.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use almanac_models::trees::{Column, Ensemble, Evaluator, Instructions, Stored};
use almanac_models::{FitContext, Future, History, ModelSpec, StreamKey};
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
    let history = History { days: &days, target: &closes, regressors: &[] };
    let future: Vec<i32> = (0..14).map(|h| 15_000 + rows + h).collect();
    let future = Future { days: &future, regressors: &[] };
    let context = FitContext { seed: 42, horizon: 14, week: 5, cutoff: i32::MAX };
    let deep = json!({ "lags": [7, 14, 21, 30, 60, 90], "windows": [3, 5, 7, 10, 14, 21, 30, 60, 90] });
    let variants = [
        ("registry", json!({})),
        ("max_bin 256", json!({ "max_bin": 256 })),
        ("max_bin 32", json!({ "max_bin": 32 })),
        ("exact", json!({ "method": "exact" })),
        ("approx", json!({ "method": "approx" })),
        ("min_child_weight 1", json!({ "min_child_weight": 1 })),
        ("deep", deep),
    ];
    println!("variant              fit s (5 folds + 1)  load ms  stored kB  nodes  forecast ms");
    for (name, settings) in variants {
        let Value::Object(settings) = settings else { continue };
        let spec = ModelSpec { name: name.into(), family: "xgboost".into(), regressors: vec![], settings };
        let registry = almanac_boosting::registry();
        let model = registry.model(&spec).unwrap();
        let start = Instant::now();
        let fits = 5;
        for _ in 1..fits {
            model.fit(&history, &context).unwrap();
        }
        let fitted = model.fit(&history, &context).unwrap();
        let fit = start.elapsed().as_secs_f64() / f64::from(fits);
        let start = Instant::now();
        let loaded = registry.load(&fitted.format, &fitted.bytes).unwrap();
        let load = start.elapsed().as_secs_f64() * 1e3;
        let mut out = vec![0.0; 2_000 * 14];
        let forecasts = 100;
        let start = Instant::now();
        for origin in 0..forecasts {
            let state = loaded.condition(&history, &future).unwrap();
            state.simulate(2_000, &StreamKey::new(42, "key", name, "v1", origin), &mut out).unwrap();
        }
        let forecast = start.elapsed().as_secs_f64() * 1e3 / f64::from(forecasts);
        let nodes = &fitted.parameters["nodes"];
        let kilobytes = fitted.bytes.len() as f64 / 1e3;
        println!("{name:20} {fit:19.3}  {load:7.2}  {kilobytes:9.1}  {nodes:5}  {forecast:11.2}");
        evaluation(&fitted.bytes);
    }
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
        let start = Instant::now();
        for _ in 0..32 * 14 * 20 {
            evaluator.predict(std::hint::black_box(&features), &mut out).unwrap();
            std::hint::black_box(&out);
        }
        println!("    trees, {instructions:?}: {:.2} ms", start.elapsed().as_secs_f64() * 1e3 / 20.0);
    }
}
