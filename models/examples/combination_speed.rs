//! Times of combinations and of their members on a simulated series, one thread:
//! `cargo run --release -p almanac-models --example combination_speed`.

use std::time::{Duration, Instant};

use almanac_models::{FitContext, Future, History, ModelSpec, Registry, StreamKey};
use rand_distr::{Distribution, StandardNormal};
use serde_json::{Value, json};

const ROWS: usize = 1_040;
const HORIZON: usize = 14;
const PATHS: usize = 2_000;
const REPEATS: u32 = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rng = StreamKey::new(1, "speed", "combination", "v1", 0).day(0);
    let mut level = 4.6;
    let noise: Vec<f64> = (0..ROWS).map(|_| StandardNormal.sample(&mut rng)).collect();
    let target: Vec<f64> = noise
        .iter()
        .enumerate()
        .map(|(t, shock)| {
            level += 0.015 * shock;
            libm::exp(level + 0.01 * f64::from((t % 5) as u8))
        })
        .collect();
    let members = json!([
        { "name": "auto_arima_stats", "family": "arima", "settings": { "max_p": 5, "max_q": 5, "season": "week" } },
        { "name": "auto_ets", "family": "ets" },
        { "name": "auto_theta", "family": "theta" },
        { "name": "auto_ces", "family": "ces" },
    ]);
    println!("{:<26} {:>10} {:>14} {:>13}  model", "entry", "fit", "condition", "simulate");
    for member in members.as_array().into_iter().flatten() {
        timed(member.clone(), &target)?;
    }
    for method in ["mean", "median", "inverse_error", "nnls"] {
        let settings = json!({ "method": method, "members": members });
        timed(
            json!({ "name": format!("combination_{method}"), "family": "combination", "settings": settings }),
            &target,
        )?;
    }
    Ok(())
}

fn timed(spec: Value, target: &[f64]) -> Result<(), Box<dyn std::error::Error>> {
    let spec: ModelSpec = serde_json::from_value(spec)?;
    let days: Vec<i32> = (0..(ROWS + HORIZON) as i32).collect();
    let (days, ahead) = days.split_at(ROWS);
    let history = History { days, target, regressors: &[] };
    let context = FitContext { seed: 42, horizon: HORIZON, week: 5, cutoff: ROWS as i32 - 1 };
    let registry = Registry::default();
    let started = Instant::now();
    let fitted = registry.model(&spec)?.fit(&history, &context)?;
    let fit = started.elapsed();
    let loaded = registry.load(&fitted.format, &fitted.bytes)?;
    let mut paths = vec![0.0; PATHS * HORIZON];
    let (mut condition, mut simulate) = (Duration::ZERO, Duration::ZERO);
    for origin in 0..REPEATS {
        let started = Instant::now();
        let state = loaded.condition(&history, &Future { days: ahead, regressors: &[] })?;
        let conditioned = Instant::now();
        state.simulate(PATHS, &StreamKey::new(42, "k", &spec.name, "v1", origin as i32), &mut paths)?;
        condition += conditioned - started;
        simulate += conditioned.elapsed();
    }
    let (condition, simulate) = (condition / REPEATS, simulate / REPEATS);
    println!("{:<26} {fit:>10.1?} {condition:>14.1?} {simulate:>13.1?}  {}", spec.name, fitted.model_type);
    Ok(())
}
