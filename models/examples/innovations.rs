//! What the laws of innovations do to naive's intervals on real closes, and their times:
//! `cargo run --release -p almanac-models --example innovations -- market.csv [Coffee]`.
//!
//! The file has columns date, commodity and close. Semiannual windows from 2018-01-01, each trained on the four years
//! before it, origins on every session, horizon 14 sessions; scores are means over days 1 to 14 of all origins.

use std::time::Instant;

use almanac_models::score::{crps, interval_score};
use almanac_models::{
    Calendar, CalendarKind, Day, FitContext, Frequency, Future, History, Levels, ModelError, ModelSpec, Registry,
    Scratch, StreamKey, TrainingRule, cut, summarise, training_range,
};
use chrono::NaiveDate;
use serde_json::json;

const HORIZON: usize = 14;
const PATHS: usize = 1_000;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("the first argument is a file with date, commodity and close")?;
    let key = arguments.next().unwrap_or_else(|| "Coffee".into());
    let (days, closes) = read(&path, &key)?;
    println!("{key}: naive's intervals over days 1 to {HORIZON}");
    println!("law         cover80  cover95   width95  interval score     CRPS  fallbacks");
    for law in ["normal", "bootstrap", "student", "laplace", "garch"] {
        score(law, &days, &closes)?;
    }
    let first = days.len().saturating_sub(2_000);
    println!("times on {} sessions, {HORIZON} days and 2,000 paths", days.len() - first);
    for law in ["normal", "bootstrap", "student", "laplace", "garch"] {
        times(law, &days[first..], &closes[first..])?;
    }
    Ok(())
}

fn read(path: &str, key: &str) -> Outcome<(Vec<Day>, Vec<f64>)> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &str| header.iter().position(|title| *title == name).ok_or(format!("no column {name}"));
    let (date, commodity, close) = (column("date")?, column("commodity")?, column("close")?);
    let mut rows = Vec::new();
    for cells in lines.map(|line| line.split(',').collect::<Vec<_>>()).filter(|cells| cells[commodity] == key) {
        let day = NaiveDate::parse_from_str(&cells[date][..10], "%Y-%m-%d")?;
        rows.push(((day - NaiveDate::default()).num_days() as Day, cells[close].parse::<f64>()?));
    }
    rows.sort_by_key(|row| row.0);
    Ok(rows.into_iter().unzip())
}

fn spec(law: &str) -> Outcome<ModelSpec> {
    let spec = json!({ "name": law, "family": "naive", "settings": { "innovations": law } });
    Ok(serde_json::from_value(spec)?)
}

fn score(law: &str, days: &[Day], closes: &[f64]) -> Outcome<()> {
    let registry = Registry::default();
    let model = registry.model(&spec(law)?)?;
    let calendar = Calendar::new(CalendarKind::Trading, "us-futures")?;
    let (levels, mut scratch) = (Levels::default(), Scratch::default());
    let last = days.last().copied().unwrap_or_default();
    let start = (NaiveDate::from_ymd_opt(2018, 1, 1).unwrap_or_default() - NaiveDate::default()).num_days() as Day;
    let (mut inside, mut sums, mut count, mut fallbacks) = ([0.0; 2], [0.0; 3], 0.0, 0);
    for window in Frequency::Semiannually.windows(start, last) {
        let range = training_range(&TrainingRule::default(), &calendar, days, closes, &[], window.cutoff())?;
        let training = History { days: &days[range.clone()], target: &closes[range], regressors: &[] };
        let context = FitContext { seed: 42, horizon: HORIZON, week: 5, cutoff: window.cutoff() };
        let fitted = model.fit(&training, &context)?;
        fallbacks += usize::from(fitted.fallback.is_some());
        if std::env::var_os("VERBOSE").is_some() {
            println!("{} {} {:?}", window.start, fitted.parameters["innovations"], fitted.fallback);
        }
        let loaded = registry.load(&fitted.format, &fitted.bytes)?;
        for end in cut(days, window.start - 1) + 1..=cut(days, window.next - 1).min(days.len() - HORIZON) {
            let history = History { days: &days[..end], target: &closes[..end], regressors: &[] };
            let state = loaded.condition(&history, &Future { days: &days[end..end + HORIZON], regressors: &[] })?;
            let mut paths = vec![0.0; PATHS * HORIZON];
            state.simulate(PATHS, &StreamKey::new(42, "k", law, "v1", days[end - 1]), &mut paths)?;
            let summary = summarise(&paths, PATHS, &levels, None, &mut scratch);
            for (h, day) in paths.chunks_mut(PATHS).enumerate() {
                let y = closes[end + h];
                for (level, inside) in inside.iter_mut().enumerate() {
                    *inside += f64::from(u8::from(summary.lower[level][h] <= y && y <= summary.upper[level][h]));
                }
                day.sort_by(f32::total_cmp);
                sums[0] += summary.upper[1][h] - summary.lower[1][h];
                sums[1] += interval_score(summary.lower[1][h], summary.upper[1][h], 95.0, y);
                sums[2] += crps(day, y);
                count += 1.0;
            }
        }
    }
    let [width, interval, crps] = sums.map(|sum| sum / count);
    let [eighty, ninety_five] = inside.map(|inside| inside / count);
    println!("{law:<10} {eighty:>8.4} {ninety_five:>8.4} {width:>9.3} {interval:>15.3} {crps:>8.4} {fallbacks:>10}");
    Ok(())
}

fn times(law: &str, days: &[Day], closes: &[f64]) -> Outcome<()> {
    let registry = Registry::default();
    let model = registry.model(&spec(law)?)?;
    let history = History { days, target: closes, regressors: &[] };
    let context = FitContext { seed: 42, horizon: HORIZON, week: 5, cutoff: days.last().copied().unwrap_or_default() };
    let fitted = model.fit(&history, &context)?;
    let loaded = registry.load(&fitted.format, &fitted.bytes)?;
    let ahead: Vec<Day> = (1..=HORIZON as Day).map(|h| context.cutoff + h).collect();
    let future = Future { days: &ahead, regressors: &[] };
    let state = loaded.condition(&history, &future)?;
    let mut paths = vec![0.0; 2_000 * HORIZON];
    let stream = StreamKey::new(42, "k", law, "v1", 0);
    let fit = best(5, || model.fit(&history, &context).map(drop))?;
    let condition = best(50, || loaded.condition(&history, &future).map(drop))?;
    let simulate = best(50, || state.simulate(2_000, &stream, &mut paths))?;
    println!("{law:<10} fit {fit:>8.3} ms, condition {condition:>7.3} ms, simulate {simulate:>7.3} ms");
    Ok(())
}

/// Least milliseconds of several tries.
fn best(times: usize, mut work: impl FnMut() -> Result<(), ModelError>) -> Result<f64, ModelError> {
    let mut least = f64::INFINITY;
    for _ in 0..times {
        let start = Instant::now();
        work()?;
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(least)
}
