//! `bench models`: times of fits, of conditioning and of paths, on one thread and one generated series.

mod series;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use almanac_engine::EngineError;
use almanac_models::trees::{Instructions, Stored};
use almanac_models::{
    FitContext, Fitted, FittedModel, Future, FutureRegressor, History, Levels, ModelError, ModelSpec, Regressor,
    Scratch, StreamKey, summarise,
};
use clap::Args;
use serde_json::{Value, json};

use crate::exit::Outcome;
use crate::output::{Column, Document, Listing};
use series::Series;

/// Runs of a fit, and of what takes less than a millisecond; the least time counts.
const FITS: usize = 3;
const REPEATS: usize = 200;
const HORIZON: usize = 14;
const PATHS: usize = 2_000;
/// Observations that an ARIMA is conditioned on: four years of days.
const HISTORY: usize = 1_460;
const WEEK: usize = 7;
const SEED: u64 = 42;

/// `bench models`. It needs no warehouse.
#[derive(Debug, Args)]
pub struct TimesCommand {
    /// Also write the series as CSV, for bench/python/speed.py to time other libraries on.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// A timed fit: its name, what is fitted, regressors, settings, and the milliseconds it should take at most.
type Fit = (&'static str, &'static str, usize, Value, Option<f64>);

/// Fits of the whole series.
fn fits() -> [Fit; 7] {
    let weekly = json!({ "season": WEEK });
    let seasonal = json!({ "order": [1, 1, 1], "seasonal": [1, 1, 1], "season": WEEK });
    let prophet = json!({ "weekly_seasonality": true, "yearly_seasonality": true });
    [
        ("sarimax", "arima", 3, seasonal, Some(200.0)),
        ("auto_arima", "arima", 3, json!({ "order": "auto" }), Some(500.0)),
        ("auto_ets", "ets", 0, weekly.clone(), Some(50.0)),
        ("auto_theta", "theta", 0, weekly.clone(), Some(40.0)),
        ("auto_ces", "ces", 0, weekly, None),
        ("prophet", "prophet", 0, prophet, Some(200.0)),
        ("trees", "xgboost", 1, json!({ "rounds": 100, "depth": 5 }), None),
    ]
}

pub(crate) fn run(command: &TimesCommand) -> Outcome {
    let series = Series::generated();
    if let Some(file) = &command.write {
        series.write(file)?;
    }
    let times = measured(&series).map_err(|error| EngineError::Internal(format!("bench models: {error}")))?;
    let sentence = "one thread, least of several runs; one series of 2,000 days for all";
    Document::new().listing("times", times).note("rows", series.target.len(), sentence).show();
    Ok(())
}

fn measured(series: &Series) -> Result<Listing, ModelError> {
    let mut times = Listing::new([
        Column::text("task"),
        Column::decimals("ms", 3),
        Column::decimals("at_most_ms", 1).titled("at most"),
        Column::text("what"),
    ]);
    let mut row = |task: &str, ms: f64, at_most: Option<f64>, what: String| {
        times.push([json!(task), json!(ms), json!(at_most), json!(what)]);
    };
    for (task, family, regressors, settings, at_most) in fits() {
        let spec = spec(family, regressors, settings);
        let rows = series.target.len();
        let (ms, fitted) = fit(series, &spec, rows, FITS)?;
        row(task, ms, at_most, format!("fit of {} to {rows} days, {regressors} regressors", fitted.model_type));
        if task == "trees" {
            for (task, instructions, at_most) in tree_tasks() {
                let loaded = Stored::decode(&fitted.bytes)?.loaded(instructions)?;
                let (_, ms) = forecast(series, &spec, rows, loaded.as_ref())?;
                row(task, ms, at_most, format!("{}, {}", paths(&trees(&fitted)), instructions.name()));
            }
        }
    }
    let spec = spec("arima", 0, json!({ "order": [1, 1, 1] }));
    let (_, fitted) = fit(series, &spec, HISTORY, 1)?;
    let loaded = almanac_udfs::registry().load(&fitted.format, &fitted.bytes)?;
    let (condition, ms) = forecast(series, &spec, HISTORY, loaded.as_ref())?;
    row("condition", condition, Some(0.2), format!("{} on {HISTORY} days", fitted.model_type));
    row("arima_paths", ms, Some(0.5), paths(&fitted.model_type));
    Ok(times)
}

fn paths(of: &str) -> String {
    format!("{PATHS} × {HORIZON} paths with quantiles, {of}")
}

/// Paths of trees by the fastest instructions of this machine, as any run has them, and by AVX2 where others are faster: what
/// they should take at most is said of AVX2.
fn tree_tasks() -> Vec<(&'static str, Instructions, Option<f64>)> {
    let fastest = Instructions::fastest();
    let at_most = (fastest != Instructions::Portable).then_some(5.0);
    let mut tasks = vec![("tree_paths", fastest, at_most)];
    if fastest == Instructions::Avx512 && Instructions::available().contains(&Instructions::Avx2) {
        tasks.push(("tree_paths_avx2", Instructions::Avx2, at_most));
    }
    tasks
}

/// Trees and features of a fit, as it reports them.
fn trees(fitted: &Fitted) -> String {
    let features = fitted.parameters["features"].as_array().map_or(0, Vec::len);
    let depth = &fitted.parameters["settings"]["depth"];
    format!("{} trees of depth {depth}, {features} features", fitted.parameters["trees"])
}

fn spec(family: &str, regressors: usize, settings: Value) -> ModelSpec {
    let regressor = |i: usize| Regressor { column: format!("x{i}"), future: FutureRegressor::Persist };
    ModelSpec {
        name: family.into(),
        family: family.into(),
        regressors: (0..regressors).map(regressor).collect(),
        settings: settings.as_object().cloned().unwrap_or_default(),
    }
}

/// Milliseconds of the quickest of several runs, and what the last one gave.
fn least<T>(runs: usize, mut work: impl FnMut() -> Result<T, ModelError>) -> Result<(f64, T), ModelError> {
    let mut once = || {
        let started = Instant::now();
        let made = work()?;
        Ok::<_, ModelError>((started.elapsed().as_secs_f64() * 1e3, made))
    };
    let (mut ms, mut last) = once()?;
    for _ in 1..runs {
        let (next, made) = once()?;
        ms = ms.min(next);
        last = made;
    }
    Ok((ms, last))
}

fn fit(series: &Series, spec: &ModelSpec, rows: usize, runs: usize) -> Result<(f64, Fitted), ModelError> {
    let model = almanac_udfs::registry().model(spec)?;
    let columns = series.columns(spec.regressors.len(), rows);
    let history = series.history(&columns, rows);
    let cutoff = history.days.last().copied().unwrap_or_default();
    let context = FitContext { seed: SEED, horizon: HORIZON, week: WEEK, cutoff };
    least(runs, || model.fit(&history, &context))
}

/// Milliseconds to condition a fit on the first rows, and to draw paths from there with their statistics.
fn forecast(
    series: &Series,
    spec: &ModelSpec,
    rows: usize,
    loaded: &dyn FittedModel,
) -> Result<(f64, f64), ModelError> {
    let columns = series.columns(spec.regressors.len(), rows);
    let history: History<'_> = series.history(&columns, rows);
    let last = history.days.last().copied().unwrap_or_default();
    let days: Vec<i32> = (1..=HORIZON as i32).map(|h| last + h).collect();
    let ahead: Vec<[f64; HORIZON]> = columns.iter().map(|x| [x.last().copied().unwrap_or_default(); HORIZON]).collect();
    let ahead: Vec<&[f64]> = ahead.iter().map(<[f64; HORIZON]>::as_slice).collect();
    let future = Future { days: &days, regressors: &ahead };
    let (condition, state) = least(REPEATS, || loaded.condition(&history, &future))?;
    let stream = StreamKey::new(SEED, "bench", &spec.name, "v1", last);
    let levels = Levels::default();
    let (mut out, mut scratch) = (vec![0.0_f32; PATHS * HORIZON], Scratch::default());
    let (paths, ()) = least(REPEATS, || {
        state.simulate(PATHS, &stream, &mut out)?;
        black_box(summarise(&out, PATHS, &levels, None, &mut scratch));
        Ok(())
    })?;
    Ok((condition, paths))
}
