//! Error against naive and 95 % coverage on real closes:
//! `cargo run --release -p almanac-boosting --example xgb_acceptance -- market.csv ['{"eta": 0.05}']`.
//!
//! The file has columns date, commodity, …, close. Semiannual windows from 2018-01-01, each trained on the four years
//! before it, origins on every session, horizon 14 sessions.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use almanac_models::{Day, FitContext, Future, History, ModelSpec, StreamKey};
use serde_json::Value;

const HORIZON: usize = 14;
const PATHS: usize = 1_000;

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let settings = std::env::args().nth(2).unwrap_or_else(|| "{}".into());
    let every: usize = std::env::args().nth(3).map_or(1, |text| text.parse().unwrap());
    let Value::Object(settings) = serde_json::from_str(&settings).unwrap() else { return };
    for (key, (days, closes)) in read(&path) {
        score(&key, &days, &closes, &settings, every);
    }
}

fn read(path: &str) -> BTreeMap<String, (Vec<Day>, Vec<f64>)> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|title| *title == name).unwrap();
    let (date, key, close) = (column("date"), column("commodity"), column("close"));
    let mut rows: BTreeMap<(String, Day), f64> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        if let Ok(price) = cells[close].parse() {
            rows.insert((cells[key].into(), day(cells[date])), price);
        }
    }
    let mut series: BTreeMap<String, (Vec<Day>, Vec<f64>)> = BTreeMap::new();
    for ((key, day), price) in rows {
        let entry = series.entry(key).or_default();
        entry.0.push(day);
        entry.1.push(price);
    }
    series
}

/// Days since 1970-01-01 of `YYYY-MM-DD` (Hinnant, `days_from_civil`).
fn day(date: &str) -> Day {
    let parts: Vec<i32> = date[..10].split('-').map(|part| part.parse().unwrap()).collect();
    civil(parts[0], parts[1], parts[2])
}

fn civil(year: i32, month: i32, day: i32) -> Day {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn score(key: &str, days: &[Day], closes: &[f64], settings: &serde_json::Map<String, Value>, every: usize) {
    let registry = almanac_boosting::registry();
    let spec =
        ModelSpec { name: "xgboost".into(), family: "xgboost".into(), regressors: vec![], settings: settings.clone() };
    let model = registry.model(&spec).unwrap();
    let (mut error, mut naive, mut inside, mut count, mut forecasts) = (0.0, 0.0, 0_u64, 0_u64, 0_u64);
    let mut by_day = [(0_u64, 0_u64); HORIZON];
    let mut bias = 0.0;
    for window in 0..16 {
        let start = civil(2018 + window / 2, if window % 2 == 0 { 1 } else { 7 }, 1);
        let end = civil(2018 + (window + 1) / 2, if window % 2 == 0 { 7 } else { 1 }, 1);
        let (from, to) = (days.partition_point(|&d| d < start - 1_461), days.partition_point(|&d| d < start));
        let context = FitContext { seed: 42, horizon: HORIZON, week: 5, cutoff: start - 1 };
        let training = History { days: &days[from..to], target: &closes[from..to], regressors: &[] };
        let fitted = model.fit(&training, &context).unwrap();
        let loaded = registry.load(&fitted.format, &fitted.bytes).unwrap();
        let last = days.partition_point(|&d| d < end).min(days.len().saturating_sub(HORIZON));
        for origin in (to..last).step_by(every) {
            let history = History { days: &days[from..=origin], target: &closes[from..=origin], regressors: &[] };
            // weekdays after the origin, never the later bars
            let ahead: Vec<Day> = (days[origin] + 1..).filter(|d| (d + 3).rem_euclid(7) < 5).take(HORIZON).collect();
            let future = Future { days: &ahead, regressors: &[] };
            let mut out = vec![0.0_f32; PATHS * HORIZON];
            let stream = StreamKey::new(42, key, "xgboost", "v1", days[origin]);
            loaded.condition(&history, &future).unwrap().simulate(PATHS, &stream, &mut out).unwrap();
            forecasts += 1;
            for (h, paths) in out.chunks_exact_mut(PATHS).enumerate().filter(|(h, _)| origin + h + 1 < days.len()) {
                paths.sort_by(f32::total_cmp);
                let actual = closes[origin + h + 1];
                let quantile = |p: f64| f64::from(paths[(p * (PATHS - 1) as f64).round() as usize]);
                error += (quantile(0.5) - actual).abs();
                bias += (quantile(0.5) / closes[origin]).ln();
                naive += (closes[origin] - actual).abs();
                let covered = u64::from((quantile(0.025)..=quantile(0.975)).contains(&actual));
                (inside, count) = (inside + covered, count + 1);
                by_day[h] = (by_day[h].0 + covered, by_day[h].1 + 1);
            }
        }
    }
    let share = |(inside, count): (u64, u64)| inside as f64 / count as f64;
    println!(
        "{key}: {forecasts} forecasts, MAE / naive {:.3}, 95 % coverage {:.3} (day 1 {:.3}, day 14 {:.3}), mean log bias {:.4}",
        error / naive,
        share((inside, count)),
        share(by_day[0]),
        share(by_day[HORIZON - 1]),
        bias / count as f64,
    );
}
