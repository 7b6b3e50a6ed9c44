//! Times of the smoothing families on a simulated daily series with a weekly season, one thread:
//! `cargo run --release -p almanac-models --example smoothing_speed`.

use std::time::{Duration, Instant};

use almanac_models::{FitContext, History, ModelSpec, Registry, StreamKey};
use rand_distr::{Distribution, StandardNormal};
use serde_json::{Value, json};

const ROWS: usize = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rng = StreamKey::new(0, "speed", "smoothing", "v1", 0).day(0);
    let season = [4.0, 2.0, 0.0, -1.0, -2.0, -3.0, 0.0];
    let mut level = 100.0;
    let mut noise = || -> f64 { StandardNormal.sample(&mut rng) };
    let seasonal: Vec<f64> = (0..ROWS)
        .map(|t| {
            level += 0.01 + 0.2 * noise();
            level + season[t % 7] + noise()
        })
        .collect();
    let walk: Vec<f64> = (0..ROWS)
        .scan(4.6, |level, _| {
            *level += 0.015 * noise();
            Some(libm::exp(*level))
        })
        .collect();
    println!("{:<34} {:>10}  result", "what", "least time");
    for (series, name) in [(&seasonal, "seasonal"), (&walk, "walk")] {
        for (family, settings) in
            [("ets", json!({ "season": 7 })), ("ets", json!({ "season": 7, "model": "AAA", "damped": false }))]
        {
            timed(&format!("{family} {settings} {name}"), family, settings, series)?;
        }
    }
    Ok(())
}

fn timed(what: &str, family: &str, settings: Value, target: &[f64]) -> Result<(), Box<dyn std::error::Error>> {
    let spec = ModelSpec {
        name: "speed".into(),
        family: family.into(),
        regressors: Vec::new(),
        settings: settings.as_object().cloned().unwrap_or_default(),
    };
    let model = Registry::default().model(&spec)?;
    let days: Vec<i32> = (0..ROWS as i32).collect();
    let context = FitContext { seed: 42, horizon: 14, week: 7, cutoff: ROWS as i32 };
    let (mut least, mut kind) = (Duration::MAX, String::new());
    for _ in 0..7 {
        let start = Instant::now();
        let fitted = model.fit(&History { days: &days, target, regressors: &[] }, &context)?;
        least = least.min(start.elapsed());
        kind = format!("{} {:?} {}", fitted.model_type, fitted.aicc, fitted.fallback.unwrap_or_default());
    }
    println!("{what:<34} {:>8.1} ms  {kind}", 1e3 * least.as_secs_f64());
    Ok(())
}
