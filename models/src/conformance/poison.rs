//! Inputs that no model should be given: each a typed error or a finite forecast, never a panic.

use super::report::{Running, unwound};
use super::{HORIZON, SEED};
use crate::{Day, FitContext, Fitted, Future, History, ModelError, ModelSpec, Registry, StreamKey};

/// Rows of an ordinary poisoned series: the first that a model can be fitted to.
const ROWS: [usize; 5] = [400, 800, 1_600, 3_200, 6_400];
const PATHS: usize = 50;
/// The poisons that regressors get, all of them at once: they are then collinear too.
const REGRESSOR_POISONS: [&str; 7] =
    ["every other absent", "constant", "all absent", "huge", "huge of both signs", "one infinite", "exact line"];

pub(super) fn check(registry: &Registry, spec: &ModelSpec, report: &mut Running<'_>) {
    let rows = rows_for(registry, spec);
    report.run("poisoned training windows", || {
        let mut outcomes = Vec::new();
        for (name, target) in poisons(rows) {
            let outcome = unwound(|| Trial::new(registry, spec, target.len()).whole(&target));
            outcomes.push(format!("{name} {}", outcome.and_then(|o| o).map_err(|e| format!("{name}: {e}"))?));
        }
        Ok(outcomes.join(", "))
    });
    report.run("poisoned histories of a sound fit", || {
        let trial = Trial::new(registry, spec, rows);
        let fitted = trial.fit(&sound(rows)).map_err(|e| format!("a sound series of {rows} rows gives {e}"))?;
        for (name, target) in poisons(rows) {
            let trial = Trial::new(registry, spec, target.len());
            let outcome = unwound(|| trial.forecast(&fitted, &target));
            outcome.and_then(|o| o).map_err(|e| format!("{name}: {e}"))?;
        }
        Ok(format!("{} histories", poisons(rows).len()))
    });
    report.run("poisoned and missing regressors", || {
        if spec.regressors.is_empty() {
            return Ok("the model has none".into());
        }
        for (name, column) in poisons(rows).into_iter().filter(|(name, _)| REGRESSOR_POISONS.contains(name)) {
            let mut trial = Trial::new(registry, spec, rows);
            for regressor in &mut trial.regressors {
                regressor.iter_mut().zip(&column).for_each(|(x, poison)| *x = *poison);
            }
            unwound(|| trial.whole(&sound(rows))).and_then(|o| o).map_err(|e| format!("{name}: {e}"))?;
        }
        let mut trial = Trial::new(registry, spec, rows);
        trial.regressors.pop();
        unwound(|| trial.whole(&sound(rows))).and_then(|o| o).map_err(|e| format!("one too few: {e}"))?;
        Ok(format!("{} kinds", REGRESSOR_POISONS.len() + 1))
    });
    report.run("poisoned future", || {
        let trial = Trial::new(registry, spec, rows);
        let fitted = trial.fit(&sound(rows)).map_err(|e| format!("a sound series of {rows} rows gives {e}"))?;
        for value in [f64::NAN, f64::INFINITY, 1e308] {
            let mut trial = Trial::new(registry, spec, rows);
            trial.ahead.fill(value);
            let outcome = unwound(|| trial.forecast(&fitted, &sound(rows)));
            outcome.and_then(|o| o).map_err(|e| format!("regressors of {value}: {e}"))?;
        }
        let empty = Trial { ahead: Vec::new(), ..Trial::new(registry, spec, rows) };
        unwound(|| empty.forecast(&fitted, &sound(rows))).and_then(|o| o).map_err(|e| format!("no day: {e}"))?;
        Ok("NaN, infinite, huge, no day".into())
    });
}

/// Rows that suffice for the model, or those of an ordinary series if none do.
fn rows_for(registry: &Registry, spec: &ModelSpec) -> usize {
    let short = |rows: usize| {
        let fitted = unwound(|| Trial::new(registry, spec, rows).fit(&sound(rows)));
        matches!(fitted, Ok(Err(ModelError::TooShort { .. })))
    };
    ROWS.into_iter().find(|rows| !short(*rows)).unwrap_or(ROWS[0])
}

/// An ordinary series: a wave with a trend, positive.
fn sound(n: usize) -> Vec<f64> {
    (0..n).map(|i| 100.0 + 0.02 * i as f64 + 3.0 * libm::sin(i as f64 * 0.7) + libm::sin(i as f64 * 2.3)).collect()
}

/// Named series.
fn poisons(rows: usize) -> Vec<(&'static str, Vec<f64>)> {
    let with = |change: &dyn Fn(usize, f64) -> f64| {
        sound(rows).into_iter().enumerate().map(|(i, y)| change(i, y)).collect::<Vec<f64>>()
    };
    vec![
        ("every other absent", with(&|i, y| if i % 2 == 0 { y } else { f64::NAN })),
        ("a long gap", with(&|i, y| if (rows / 4..rows / 4 * 3).contains(&i) { f64::NAN } else { y })),
        ("absent at both ends", with(&|i, y| if (rows / 8..rows / 8 * 7).contains(&i) { y } else { f64::NAN })),
        ("constant", vec![5.0; rows]),
        ("constant but one", with(&|i, _| if i == rows / 2 { 6.0 } else { 5.0 })),
        ("one point", vec![5.0]),
        ("two points", vec![5.0, 6.0]),
        ("three points", vec![5.0, 6.0, 5.5]),
        ("all absent", vec![f64::NAN; rows]),
        ("empty", Vec::new()),
        ("one present", with(&|i, y| if i == 7 { y } else { f64::NAN })),
        ("huge", vec![1e308; rows]),
        ("huge of both signs", with(&|i, _| if i % 2 == 0 { 1e308 } else { -1e308 })),
        ("one huge", with(&|i, y| if i == rows / 2 { 1e308 } else { y })),
        ("tiny", with(&|_, y| y * 1e-310)),
        ("one infinite", with(&|i, y| if i == rows / 2 { f64::INFINITY } else { y })),
        ("negative infinite last", with(&|i, y| if i + 1 == rows { f64::NEG_INFINITY } else { y })),
        ("zeros", vec![0.0; rows]),
        ("some zeros", with(&|i, y| if i % 7 == 0 { 0.0 } else { y })),
        ("negative", with(&|_, y| -y)),
        ("across zero", with(&|_, y| y - 103.0)),
        ("negative last", with(&|i, y| if i + 1 == rows { -37.63 } else { y })),
        ("exact line", with(&|i, _| 10.0 + i as f64)),
        ("exponential", with(&|i, _| libm::exp(i as f64))),
    ]
}

/// A model on a series with ordinary regressors.
struct Trial<'a> {
    registry: &'a Registry,
    spec: &'a ModelSpec,
    days: Vec<Day>,
    regressors: Vec<Vec<f64>>,
    /// Future value of every regressor, per day.
    ahead: Vec<f64>,
}

impl<'a> Trial<'a> {
    fn new(registry: &'a Registry, spec: &'a ModelSpec, rows: usize) -> Self {
        let column = |k: usize| (0..rows).map(|i| 20.0 + libm::cos(i as f64 * (0.3 + k as f64))).collect();
        let regressors = (0..spec.regressors.len()).map(column).collect();
        Self { registry, spec, days: (0..rows as Day).collect(), regressors, ahead: vec![20.5; HORIZON] }
    }

    fn history<'b>(&'b self, target: &'b [f64], regressors: &'b [&'b [f64]]) -> History<'b> {
        History { days: &self.days, target, regressors }
    }

    fn fit(&self, target: &[f64]) -> Result<Fitted, ModelError> {
        let regressors: Vec<&[f64]> = self.regressors.iter().map(Vec::as_slice).collect();
        let cutoff = self.days.last().copied().unwrap_or_default();
        let context = FitContext { seed: SEED, horizon: HORIZON, week: 5, cutoff };
        self.registry.model(self.spec)?.fit(&self.history(target, &regressors), &context)
    }

    /// Fits and forecasts; says how it went.
    fn whole(&self, target: &[f64]) -> Result<String, String> {
        match self.fit(target) {
            Err(error) => Ok(format!("({})", error.code())),
            Ok(fitted) => self.forecast(&fitted, target),
        }
    }

    fn forecast(&self, fitted: &Fitted, target: &[f64]) -> Result<String, String> {
        let regressors: Vec<&[f64]> = self.regressors.iter().map(Vec::as_slice).collect();
        let columns: Vec<&[f64]> = self.regressors.iter().map(|_| self.ahead.as_slice()).collect();
        let after = self.days.last().copied().unwrap_or_default();
        let days: Vec<Day> = (1..=self.ahead.len() as Day).map(|h| after + h).collect();
        let future = Future { days: &days, regressors: &columns };
        let loaded = self.registry.load(&fitted.format, &fitted.bytes);
        let loaded = loaded.map_err(|e| format!("its own fit cannot be loaded: {e}"))?;
        let state = match loaded.condition(&self.history(target, &regressors), &future) {
            Ok(state) => state,
            Err(error) => return Ok(format!("({})", error.code())),
        };
        let stream = StreamKey::new(SEED, "poison", &self.spec.name, "conformance", 0);
        let mut paths = vec![f32::NAN; PATHS * days.len()];
        if let Err(error) = state.simulate(PATHS, &stream, &mut paths) {
            return Ok(format!("({})", error.code()));
        }
        let median = state.median().unwrap_or_default();
        match (paths.iter().find(|x| !x.is_finite()), median.iter().find(|x| !x.is_finite())) {
            (None, None) => Ok(fitted.fallback.clone().map_or("ok".into(), |reason| format!("fallback {reason:?}"))),
            (Some(x), _) => Err(format!("a path holds {x} and no error says so")),
            (_, Some(x)) => Err(format!("the median holds {x} and no error says so")),
        }
    }
}
