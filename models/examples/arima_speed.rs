//! Times of the arima family on simulated series, one thread:
//! `cargo run --release -p almanac-models --example arima_speed`.

use std::time::{Duration, Instant};

use almanac_models::{
    FitContext, Future, FutureRegressor, History, ModelError, ModelSpec, Registry, Regressor, StreamKey,
};
use rand_distr::{Distribution, StandardNormal};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = 2_000;
    let days: Vec<i32> = (0..n + 14).collect();
    let series = |stream: u64| -> Vec<f64> {
        let mut rng = StreamKey::new(stream, "speed", "arima", "v1", 0).day(0);
        (0..n + 14).map(|_| StandardNormal.sample(&mut rng)).collect()
    };
    let regressors: Vec<Vec<f64>> = (1..4).map(series).collect();
    let noise = series(0);
    let mut y = vec![100.0; noise.len()];
    for t in 8..y.len() {
        let seasonal = if t > 8 { 0.3 * (y[t - 7] - y[t - 8]) } else { 0.0 };
        y[t] = y[t - 1] + seasonal + noise[t] + 0.3 * noise[t - 1];
    }
    for (row, value) in y.iter_mut().enumerate() {
        *value += 0.5 * regressors[0][row];
    }
    println!("{:<58} {:>12}  result", "what", "time");
    for length in [1_000, 1_460, 2_000] {
        timed_fit("auto, three regressors", json!({}), &days, &y, &regressors, length)?;
    }
    timed_fit("(1,1,1), three regressors", json!({"order": [1, 1, 1]}), &days, &y, &regressors, 1_460)?;
    let seasonal = json!({"order": [1, 1, 1], "seasonal_order": [1, 0, 1, 7]});
    timed_fit("(1,1,1)(1,0,1)7, three regressors", seasonal, &days, &y, &regressors, 2_000)?;
    let seasonal = json!({"order": [1, 1, 1], "seasonal_order": [1, 1, 1, 7]});
    timed_fit("(1,1,1)(1,1,1)7, three regressors", seasonal, &days, &y, &regressors, 2_000)?;
    let mut gaps = y.clone();
    for t in [300, 301, 302, 900, 1_400] {
        gaps[t] = f64::NAN;
    }
    timed_fit("auto, three regressors, five missing", json!({}), &days, &gaps, &regressors, 1_460)?;
    Ok(())
}

fn timed_fit(
    what: &str,
    settings: Value,
    days: &[i32],
    target: &[f64],
    regressors: &[Vec<f64>],
    n: usize,
) -> Result<(), ModelError> {
    let regressor = |i: usize| Regressor { column: format!("x{i}"), future: FutureRegressor::Persist };
    let spec = ModelSpec {
        name: "speed".into(),
        family: "arima".into(),
        regressors: (0..regressors.len()).map(regressor).collect(),
        settings: settings.as_object().cloned().unwrap_or_default(),
    };
    let registry = Registry::default();
    let model = registry.model(&spec)?;
    let past: Vec<&[f64]> = regressors.iter().map(|column| &column[..n]).collect();
    let ahead: Vec<&[f64]> = regressors.iter().map(|column| &column[n..n + 14]).collect();
    let history = History { days: &days[..n], target: &target[..n], regressors: &past };
    let future = Future { days: &days[n..n + 14], regressors: &ahead };
    let context = FitContext { seed: 42, horizon: 14, week: 5, cutoff: n as i32 };
    let fitted = model.fit(&history, &context)?;
    let fit = best(3, || model.fit(&history, &context).map(drop))?;
    let tried = &fitted.parameters["models_tried"];
    println!(
        "{:<58} {:>12.2?}  {} of {tried}, aicc {:?}",
        format!("fit {what}, {n}"),
        fit,
        fitted.model_type,
        fitted.aicc
    );

    let loaded = registry.load(&fitted.format, &fitted.bytes)?;
    let condition = best(50, || loaded.condition(&history, &future).map(drop))?;
    println!("{:<58} {condition:>12.2?}", format!("  condition on {n}"));
    let state = loaded.condition(&history, &future)?;
    let stream = StreamKey::new(42, "speed", "arima", "v1", 1);
    let mut out = vec![0.0; 2_000 * 14];
    let simulate = best(50, || state.simulate(2_000, &stream, &mut out))?;
    println!("{:<58} {simulate:>12.2?}", "  simulate 2,000 × 14");
    Ok(())
}

fn best(times: usize, mut work: impl FnMut() -> Result<(), ModelError>) -> Result<Duration, ModelError> {
    let mut shortest = Duration::MAX;
    for _ in 0..times {
        let start = Instant::now();
        work()?;
        shortest = shortest.min(start.elapsed());
    }
    Ok(shortest)
}
