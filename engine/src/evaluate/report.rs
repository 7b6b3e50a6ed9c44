//! Stored scores, summarised by key and model.

use std::collections::BTreeMap;

use almanac_models::Day;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type};
use futures::TryStreamExt;

use crate::backfill::{Selection, display_key};
use crate::cell::Cell;
use crate::delta::{Snapshot, Warehouse};
use crate::plan::job::Job;
use crate::plan::rows::Rows;
use crate::plan::score::forecasts::{key_at, key_columns};
use crate::plan::score::read;
use crate::plan::score::sources::{Sources, by_cell};
use crate::{EngineError, Result};

/// The model whose error others are compared with.
const BASELINE: &str = "naive";
/// Days ahead that are told beside the last one.
const DAYS_TOLD: [usize; 2] = [1, 7];

/// Scores of one model on one key. Means are over days with a known actual, every day with the same weight.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelScore {
    /// The key, its values joined by `|`.
    pub key: String,
    /// Registry name.
    pub model_name: String,
    /// Version of its rows.
    pub model_version: String,
    /// Forecasts, known or not.
    pub forecasts: usize,
    /// Days ahead, H.
    pub horizon: usize,
    /// MAE of days 1 to H; NaN without a known day, as the other means.
    pub mae: f64,
    /// Its ratio to the MAE of `naive` on the same origins and days; none without such.
    pub ratio_to_naive: Option<f64>,
    /// MAPE of days 1 to H, percent.
    pub mape: f64,
    /// CRPS of days 1 to H.
    pub crps: f64,
    /// Interval level in percent and share of days inside, by level.
    pub coverage: Vec<(u32, f64)>,
    /// Forecasts with the leakage flag.
    pub leaking: usize,
    /// Day ahead and MAE at it, for days 1, 7 and H.
    pub mae_at: Vec<(usize, f64)>,
}

/// A key, model name and version.
type Series = (String, String, String);

/// Scores of one forecast.
#[derive(Debug, Clone, Default)]
struct Scored {
    horizon: usize,
    /// Known days of 1 … H.
    days: f64,
    /// Means over those days: MAE, MAPE, CRPS, then coverage by level.
    means: Vec<f64>,
    leaks: bool,
    /// MAE at each day; NaN where not known.
    mae_at: Vec<f64>,
}

/// Summarises the stored scores of the selected forecasts.
pub(super) async fn summarise(warehouse: &Warehouse, job: &Job, selection: &Selection) -> Result<Vec<ModelScore>> {
    let sources = Sources::new(warehouse, job, selection);
    let mut scored: BTreeMap<Series, BTreeMap<Day, Scored>> = BTreeMap::new();
    // the baseline is read even where only other models are asked for
    let asked = |cell: &Cell| selection.model(&cell.model_name) || cell.model_name == BASELINE;
    let snapshot = Snapshot::open(warehouse, &sources.scores).await?;
    for (cell, file) in by_cell(snapshot.as_ref())?.into_iter().filter(|(cell, _)| asked(cell)) {
        let mut rows = read::file(warehouse, &sources.scores, &file, |name| wanted(job, name)).await?;
        while let Some(batch) = rows.try_next().await? {
            add(&sources, &cell, &batch, &mut scored)?;
        }
    }
    let chosen = scored.iter().filter(|((_, model, _), _)| selection.model(model));
    Ok(chosen.map(|(series, forecasts)| summary(job, series, forecasts, baseline(&scored, series))).collect())
}

fn coverage_names(job: &Job) -> Vec<String> {
    job.settings.forecast.levels.iter().map(|level| format!("coverage_{level}")).collect()
}

fn wanted(job: &Job, name: &str) -> bool {
    let fixed =
        ["data_cutoff_date", "horizon", "scope", "actuals_available", "mae", "mape", "crps", "has_data_leakage"];
    let keys = &job.settings.dataset.key;
    fixed.contains(&name) || keys.iter().any(|key| key == name) || coverage_names(job).iter().any(|c| c == name)
}

fn add(
    sources: &Sources,
    cell: &Cell,
    batch: &RecordBatch,
    scored: &mut BTreeMap<Series, BTreeMap<Day, Scored>>,
) -> Result<()> {
    let rows = Rows::batch(batch);
    let keys = key_columns(sources, batch)?;
    let scope = rows.array("scope")?.as_string_opt::<i32>();
    let scope = scope.ok_or_else(|| EngineError::Internal("column scope is not text".into()))?;
    let horizons = rows.array("horizon")?.as_primitive::<Int32Type>();
    let mean_names = ["mae", "mape", "crps"].map(str::to_owned).into_iter().chain(coverage_names(&sources.job));
    let mean_columns = mean_names
        .map(|name| rows.array(&name).map(|array| array.as_primitive::<Float64Type>()))
        .collect::<Result<Vec<_>>>()?;
    let value = |column: usize, row: usize| match mean_columns[column].is_valid(row) {
        true => mean_columns[column].value(row),
        false => f64::NAN,
    };
    let (first, last) = sources.selection.origins();
    for row in 0..batch.num_rows() {
        let (key, origin) = (key_at(&keys, row), rows.day("data_cutoff_date", row)?);
        if !(first..=last).contains(&origin) || !sources.selection.key(&key) {
            continue;
        }
        let horizon = horizons.value(row).max(1) as usize;
        let series: Series = (key, cell.model_name.clone(), cell.model_version.clone());
        let forecast = scored.entry(series).or_default().entry(origin).or_default();
        if scope.value(row) == "at" {
            if forecast.mae_at.len() < horizon {
                forecast.mae_at.resize(horizon, f64::NAN);
            }
            forecast.mae_at[horizon - 1] = value(0, row);
        } else if horizon > forecast.horizon {
            forecast.horizon = horizon;
            forecast.days = f64::from(rows.integer("actuals_available", row)?);
            forecast.means = (0..mean_columns.len()).map(|column| value(column, row)).collect();
            forecast.leaks = rows.flag("has_data_leakage", row)?;
        }
    }
    Ok(())
}

/// The baseline's forecasts of the same key: of the same version, else of the newest.
fn baseline<'a>(
    scored: &'a BTreeMap<Series, BTreeMap<Day, Scored>>,
    (key, _, version): &Series,
) -> Option<&'a BTreeMap<Day, Scored>> {
    let same = scored.get(&(key.clone(), BASELINE.to_owned(), version.clone()));
    same.or_else(|| {
        let of_key = scored.iter().filter(|((k, model, _), _)| k == key && model == BASELINE);
        of_key.max_by_key(|((_, _, version), _)| version.clone()).map(|(_, forecasts)| forecasts)
    })
}

/// A mean whose terms are means themselves, each over a number of days.
#[derive(Default)]
struct Pooled {
    sum: f64,
    days: f64,
}

impl Pooled {
    fn add(&mut self, mean: f64, days: f64) {
        if days > 0.0 && !mean.is_nan() {
            self.sum += mean * days;
            self.days += days;
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.days
    }
}

fn summary(
    job: &Job,
    (key, model_name, model_version): &Series,
    forecasts: &BTreeMap<Day, Scored>,
    baseline: Option<&BTreeMap<Day, Scored>>,
) -> ModelScore {
    let levels = &job.settings.forecast.levels;
    let horizon = forecasts.values().map(|forecast| forecast.horizon).max().unwrap_or(0);
    let pooled = |column: usize| {
        let mut pooled = Pooled::default();
        for forecast in forecasts.values() {
            pooled.add(forecast.means.get(column).copied().unwrap_or(f64::NAN), forecast.days);
        }
        pooled.mean()
    };
    let at = |day: usize| {
        let mut pooled = Pooled::default();
        for forecast in forecasts.values() {
            pooled.add(forecast.mae_at.get(day - 1).copied().unwrap_or(f64::NAN), 1.0);
        }
        (day, pooled.mean())
    };
    let days = DAYS_TOLD.into_iter().filter(|day| *day < horizon).chain((horizon > 0).then_some(horizon));
    ModelScore {
        key: display_key(key),
        model_name: model_name.clone(),
        model_version: model_version.clone(),
        forecasts: forecasts.len(),
        horizon,
        mae: mean_over_days(forecasts.values(), horizon),
        ratio_to_naive: baseline.and_then(|baseline| ratio(forecasts, baseline)),
        mape: pooled(1),
        crps: pooled(2),
        coverage: levels.iter().enumerate().map(|(i, level)| (*level, pooled(3 + i))).collect(),
        leaking: forecasts.values().filter(|forecast| forecast.leaks).count(),
        mae_at: days.map(at).collect(),
    }
}

/// MAE averaged over the origins of each day ahead first, then over the days 1 … H.
fn mean_over_days<'a>(forecasts: impl Iterator<Item = &'a Scored> + Clone, horizon: usize) -> f64 {
    let mut over_days = Pooled::default();
    for day in 0..horizon {
        let mut over_origins = Pooled::default();
        forecasts.clone().for_each(|scored| over_origins.add(scored.mae_at.get(day).copied().unwrap_or(f64::NAN), 1.0));
        over_days.add(over_origins.mean(), 1.0);
    }
    over_days.mean()
}

/// MAE over the baseline's, on the origins that both have, with the same days ahead.
fn ratio(forecasts: &BTreeMap<Day, Scored>, baseline: &BTreeMap<Day, Scored>) -> Option<f64> {
    let shared: Vec<(&Scored, &Scored)> = forecasts
        .iter()
        .filter_map(|(origin, forecast)| Some((forecast, baseline.get(origin)?)))
        .filter(|(forecast, other)| other.horizon == forecast.horizon && other.days == forecast.days)
        .collect();
    let horizon = shared.iter().map(|(forecast, _)| forecast.horizon).max().unwrap_or(0);
    let own = mean_over_days(shared.iter().map(|(forecast, _)| *forecast), horizon);
    let theirs = mean_over_days(shared.iter().map(|(_, other)| *other), horizon);
    (theirs > 0.0).then(|| own / theirs)
}
