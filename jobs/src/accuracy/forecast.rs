//! One model on one series: fitted to the training part, conditioned on it, simulated over the test part.

use std::time::{Duration, Instant};

use almanac_models::{
    FitContext, FittedModel, Future, History, ModelError, ModelSpec, Registry, SortScratch, State, StreamKey,
    inner_origins, quantile_of_sorted, sort_paths,
};

use super::panel::Series;

/// Version in the streams of random numbers; another gives other paths.
const STREAM_VERSION: &str = "accuracy";
/// Most inner origins of a combination's member, as in the registry's combinations.
const INNER_ORIGINS: usize = 20;
/// Paths at an inner origin of a model without exact medians.
const INNER_PATHS: usize = 500;

/// What every forecast of a run shares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) registry: &'a Registry,
    /// Season that models are told.
    pub(super) season: usize,
    pub(super) paths: usize,
    pub(super) seed: u64,
}

/// A forecast of every step of a test part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Forecast {
    /// Point of each step.
    pub(super) points: Vec<f64>,
    /// Paths of each step, ascending within it: path i of step h is `sorted[h * paths + i]`.
    pub(super) sorted: Vec<f32>,
    pub(super) paths: usize,
    /// Points of the days ahead of each inner origin, for a combination; empty for other models.
    pub(super) inner: Vec<Vec<f64>>,
    /// What was fitted, such as `ets(MAM)24`.
    pub(super) kind: String,
    /// Why a simpler form was used.
    pub(super) fallback: Option<String>,
    /// Time of the fit, and of all else.
    pub(super) took: [Duration; 2],
}

impl Forecast {
    /// The paths of a step (from 0), ascending.
    pub(super) fn step(&self, h: usize) -> &[f32] {
        self.sorted.get(h * self.paths..(h + 1) * self.paths).unwrap_or_default()
    }
}

/// Forecasts a series. A member of a combination also forecasts from inner origins of the training part.
///
/// # Errors
/// What the model says of settings or series.
pub(super) fn forecast(
    spec: &ModelSpec,
    series: &Series,
    terms: &Terms<'_>,
    member: bool,
) -> Result<Forecast, ModelError> {
    let Terms { registry, season, paths, seed } = *terms;
    let horizon = series.actual.len();
    let cutoff = series.days.last().copied().unwrap_or(0);
    let history = History { days: &series.days, target: &series.training, regressors: &[] };
    let started = Instant::now();
    let fitted = registry.model(spec)?.fit(&history, &FitContext { seed, horizon, week: season, cutoff })?;
    let fit = started.elapsed();
    let model = registry.load(&fitted.format, &fitted.bytes)?;
    let state = model.condition(&history, &Future { days: &series.ahead, regressors: &[] })?;
    let mut drawn = vec![0.0_f32; paths * horizon];
    state.simulate(paths, &StreamKey::new(seed, &series.id, &spec.name, STREAM_VERSION, cutoff), &mut drawn)?;
    let mut sorted = Vec::with_capacity(drawn.len());
    let (mut day, mut scratch) = (Vec::new(), SortScratch::default());
    for values in drawn.chunks_exact(paths.max(1)) {
        sort_paths(values, &mut day, &mut scratch);
        sorted.extend_from_slice(&day);
    }
    let median = || sorted.chunks_exact(paths.max(1)).map(|day| quantile_of_sorted(day, 0.5)).collect();
    let points = state.median().unwrap_or_else(median);
    let inner = if member { inner_points(model.as_ref(), series, horizon)? } else { Vec::new() };
    let took = [fit, started.elapsed().saturating_sub(fit)];
    Ok(Forecast { points, sorted, paths, inner, kind: fitted.model_type, fallback: fitted.fallback, took })
}

/// Points of the days ahead of inner origins, a horizon apart in the training part's second half. The fit has seen their
/// targets, which nobody looks at: what counts is how far members are from each other.
fn inner_points(model: &dyn FittedModel, series: &Series, horizon: usize) -> Result<Vec<Vec<f64>>, ModelError> {
    let rows = series.training.len();
    let late = |row: &usize| 2 * (row + 1) >= rows;
    let origins = inner_origins(rows, horizon, horizon, INNER_ORIGINS).into_iter().filter(late);
    let points = |row: usize| {
        let (days, ahead) = series.days.split_at(row + 1);
        let history = History { days, target: &series.training[..=row], regressors: &[] };
        let state = model.condition(&history, &Future { days: &ahead[..horizon], regressors: &[] })?;
        match state.median() {
            Some(points) => Ok(points),
            None => sampled(state.as_ref(), horizon),
        }
    };
    origins.map(points).collect()
}

/// Medians of a fixed sample of paths.
fn sampled(state: &dyn State, horizon: usize) -> Result<Vec<f64>, ModelError> {
    let mut drawn = vec![0.0_f32; INNER_PATHS * horizon];
    state.simulate(INNER_PATHS, &StreamKey::new(0, "", "inner", STREAM_VERSION, 0), &mut drawn)?;
    let median = |day: &[f32]| {
        let mut day = day.to_vec();
        day.sort_unstable_by(f32::total_cmp);
        quantile_of_sorted(&day, 0.5)
    };
    Ok(drawn.chunks_exact(INNER_PATHS).map(median).collect())
}
