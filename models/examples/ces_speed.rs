//! Times of `ces` on real series, one thread, beside which `tests/oracle/ces.py` prints those of statsforecast:
//! `cargo run --release -p almanac-models --example ces_speed ../shared/data`.

use std::path::Path;
use std::time::{Duration, Instant};

use almanac_models::{FitContext, History, ModelSpec, Registry};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::args().nth(1).ok_or("the folder of real data is missing")?;
    let oracle: Value = serde_json::from_str(include_str!("../tests/data/ces.json"))?;
    for case in oracle["real"].as_array().into_iter().flatten().filter(|case| case["asked"] == "Z") {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let number = |key: &str| usize::try_from(case[key].as_u64().unwrap_or(0)).unwrap_or(0);
        let file = std::fs::read_to_string(Path::new(&data).join(text("file")))?;
        let mut lines = file.lines().map(|line| line.split(','));
        let column = lines.next().and_then(|mut names| names.position(|name| name == text("column"))).unwrap_or(0);
        let rows = lines.skip(number("first_row")).take(number("rows"));
        let target: Vec<f64> = rows.filter_map(|mut row| row.nth(column)?.parse().ok()).collect();
        for model in ["auto", "N", "S", "P", "F"] {
            timed(text("series"), model, number("season"), &target)?;
        }
    }
    Ok(())
}

fn timed(name: &str, model: &str, season: usize, target: &[f64]) -> Result<(), Box<dyn std::error::Error>> {
    let spec = ModelSpec {
        name: "speed".into(),
        family: "ces".into(),
        regressors: Vec::new(),
        settings: json!({ "model": model, "season": season }).as_object().cloned().unwrap_or_default(),
    };
    let model_of = Registry::default().model(&spec)?;
    let days: Vec<i32> = (0..target.len() as i32).collect();
    let context = FitContext { seed: 42, horizon: 14, week: 7, cutoff: target.len() as i32 };
    let (mut least, mut kind) = (Duration::MAX, String::new());
    for _ in 0..7 {
        let start = Instant::now();
        let fitted = model_of.fit(&History { days: &days, target, regressors: &[] }, &context)?;
        least = least.min(start.elapsed());
        kind = format!("{} {:.3}", fitted.model_type, fitted.aicc.unwrap_or(f64::NAN));
    }
    println!("{name:<16} {model:<5} {} rows {:>7.2} ms  {kind}", target.len(), 1e3 * least.as_secs_f64());
    Ok(())
}
