//! Runs models over a panel, series side by side.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use almanac_engine::{EngineError, Result};
use almanac_models::score::{Accuracy, Step, StepScore, mase_scale, naive2};
use almanac_models::{ModelSpec, Registry, quantile_of_sorted};

use super::combine::median;
use super::forecast::{Forecast, Terms, forecast};
use super::panel::Series;
use super::{LEVEL, Panel};

/// Stack of a worker, as that of the runtime's threads.
const STACK_BYTES: usize = 8 << 20;

/// What to run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) models: Vec<ModelSpec>,
    /// Names among `models` of which the median is scored too; empty for none.
    pub(crate) members: Vec<String>,
    /// Season of MASE, MSIS and Naive2.
    pub(crate) scale_season: usize,
    /// Season that models are told.
    pub(crate) model_season: usize,
    pub(crate) paths: usize,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
}

impl Plan {
    /// Name of the median's rows.
    pub(crate) fn combination(&self) -> Option<String> {
        (!self.members.is_empty()).then(|| format!("median_of_{}", self.members.len()))
    }

    /// Names of all that is scored, in order: the benchmark, the models, the median.
    pub(crate) fn names(&self) -> Vec<String> {
        let models = self.models.iter().map(|spec| spec.name.clone());
        std::iter::once("naive2".to_owned()).chain(models).chain(self.combination()).collect()
    }
}

/// One step of one forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    pub(crate) point: f64,
    /// NaN without an interval.
    pub(crate) ends: [f64; 2],
    /// None where the actual is missing.
    pub(crate) score: Option<StepScore>,
}

/// One model on one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Served {
    pub(crate) kind: String,
    pub(crate) fallback: Option<String>,
    pub(crate) steps: Vec<Scored>,
    pub(crate) took: [Duration; 2],
}

/// What a run gave: for each series, for each name of [`Plan::names`], its steps or why it has none.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) names: Vec<String>,
    pub(crate) series: Vec<Vec<std::result::Result<Served, String>>>,
}

impl Results {
    /// Means of a model over the series it served, and those of the benchmark over the same series.
    pub(crate) fn accuracy(&self, model: usize) -> (Accuracy, Accuracy) {
        let (mut own, mut benchmark) = (Accuracy::default(), Accuracy::default());
        let add = |totals: &mut Accuracy, served: &Served| {
            served.steps.iter().filter_map(|step| step.score.as_ref()).for_each(|score| totals.add(score));
        };
        for outcomes in &self.series {
            if let (Some(Ok(served)), Some(Ok(naive2))) = (outcomes.get(model), outcomes.first()) {
                add(&mut own, served);
                add(&mut benchmark, naive2);
            }
        }
        (own, benchmark)
    }

    /// Outcomes of one model, in the order of the series.
    pub(crate) fn of(&self, model: usize) -> impl Iterator<Item = &std::result::Result<Served, String>> {
        self.series.iter().filter_map(move |outcomes| outcomes.get(model))
    }
}

/// Runs a plan. `stopped` is asked between series, `progress` told after each.
///
/// # Errors
/// [`EngineError::Interrupted`] if `stopped` said so, [`EngineError::Internal`] where a thread cannot be started.
pub(crate) fn run(
    panel: &Panel,
    plan: &Plan,
    registry: &Registry,
    stopped: &(dyn Fn() -> bool + Sync),
    progress: &(dyn Fn() + Sync),
) -> Result<Results> {
    let terms = Terms { registry, season: plan.model_season, paths: plan.paths, seed: plan.seed };
    let (next, slots) = (AtomicUsize::new(0), Mutex::new(vec![None; panel.series.len()]));
    let work = || {
        while !stopped() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(series) = panel.series.get(index) else { break };
            let outcomes = outcomes(series, plan, &terms);
            if let Ok(mut slots) = slots.lock() {
                slots[index] = Some(outcomes);
            }
            progress();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.clamp(1, panel.series.len().max(1)) {
            let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
            worker.map_err(|error| EngineError::Internal(format!("a thread cannot be started: {error}")))?;
        }
        Ok::<_, EngineError>(())
    })?;
    let slots = slots.into_inner().map_err(|_| EngineError::Internal("a worker panicked".into()))?;
    let series = slots.into_iter().collect::<Option<Vec<_>>>().ok_or(EngineError::Interrupted)?;
    Ok(Results { names: plan.names(), series })
}

/// All that is scored on a series, in the order of [`Plan::names`].
fn outcomes(series: &Series, plan: &Plan, terms: &Terms<'_>) -> Vec<std::result::Result<Served, String>> {
    let scale = mase_scale(&series.training, plan.scale_season);
    let points = naive2(&series.training, plan.scale_season, series.actual.len());
    let steps = points.iter().zip(&series.actual).map(|(point, actual)| scored(*point, &[], *actual, scale));
    let benchmark = Served { kind: "naive2".into(), fallback: None, steps: steps.collect(), took: [Duration::ZERO; 2] };
    let member = |spec: &ModelSpec| plan.members.contains(&spec.name);
    let made = |spec: &ModelSpec| forecast(spec, series, terms, member(spec)).map_err(|error| error.to_string());
    let forecasts: Vec<std::result::Result<Forecast, String>> = plan.models.iter().map(made).collect();
    let members: Vec<&Forecast> = plan
        .models
        .iter()
        .zip(&forecasts)
        .filter(|(spec, _)| member(spec))
        .filter_map(|(_, forecast)| forecast.as_ref().ok())
        .collect();
    let combined = plan.combination().map(|_| median(&members).ok_or_else(|| "no member has a forecast".to_owned()));
    let served = |forecast: Forecast| {
        let steps = (0..series.actual.len()).map(|h| {
            let point = forecast.points.get(h).copied().unwrap_or(f64::NAN);
            scored(point, forecast.step(h), series.actual[h], scale)
        });
        let steps = steps.collect();
        Served { kind: forecast.kind, fallback: forecast.fallback, steps, took: forecast.took }
    };
    let mut outcomes = vec![Ok(benchmark)];
    outcomes.extend(forecasts.into_iter().chain(combined).map(|forecast| forecast.map(served)));
    outcomes
}

fn scored(point: f64, sorted: &[f32], actual: f64, scale: f64) -> Scored {
    let outside = (100.0 - LEVEL) / 200.0;
    let ends = [outside, 1.0 - outside].map(|probability| quantile_of_sorted(sorted, probability));
    let step = Step { point, lower: ends[0], upper: ends[1], sorted, actual };
    let score = (!actual.is_nan()).then(|| StepScore::of(&step, LEVEL, scale));
    Scored { point, ends, score }
}
