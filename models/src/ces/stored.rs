//! The stored form, version 1 (JSON), and what a series is filtered to under given parameters.

use serde::{Deserialize, Serialize};

use super::form::{Form, Rule, Smoothing};
use super::recursion::Components;
use super::simulate::AtOrigin;
use super::start::guess;
use crate::decompose::bridged;
use crate::ets::MAX_SEASON;
use crate::resume::Trained;
use crate::{FittedModel, Future, History, ModelError, State};

/// Growth per session of a start's influence that no fit can have: that of the shortest window.
const MOST_GROWTH: f64 = 1.0 / super::fit::FEWEST as f64;

/// All that a fitted form consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The form.
    pub form: Form,
    /// α and β.
    pub smoothing: Smoothing,
    /// Standard deviation of innovations; zero for a series known exactly.
    pub deviation: f64,
    /// The training window.
    pub trained: Trained,
    /// Components before its first session.
    pub start: Components,
    /// Components after its last session.
    pub end: Components,
}

impl Parameters {
    pub(super) fn rule(&self) -> Rule<f64> {
        Rule::new(self.form, self.smoothing.all())
    }

    /// Why the parameters cannot be used, if so.
    pub(super) fn problem(&self) -> Option<String> {
        if !(self.deviation >= 0.0 && self.deviation.is_finite()) {
            return Some(format!("the deviation {} is not a positive number", self.deviation));
        }
        if !(self.start.finite() && self.end.finite()) {
            return Some("a component is not finite".into());
        }
        let length = self.start.season.len();
        if length != self.end.season.len() || self.form.seasonal() != (length > 1) || length > MAX_SEASON {
            let form = self.form.name();
            return Some(format!("{length} and {} seasonal terms do not fit {form}", self.end.season.len()));
        }
        if !self.smoothing.admissible(self.form, length, MOST_GROWTH) {
            return Some(format!("the smoothing parameters {:?} are not admissible", self.smoothing));
        }
        self.trained.problem()
    }

    /// Filters values from components before them; gives the innovations of observed sessions to `each`.
    pub(super) fn filter(&self, start: &Components, target: &[f64], mut each: impl FnMut(f64)) -> Components {
        let mut components = start.clone();
        self.rule()
            .pass(&mut components, target.iter().copied(), |_, innovation| innovation.into_iter().for_each(&mut each));
        components
    }
}

impl FittedModel for Parameters {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let resumed = self.trained.resume(history)?;
        let start = if resumed.from_end { &self.end } else { &self.start };
        let components = self.filter(start, &resumed.target, |_| {});
        let state = AtOrigin { parameters: self, components, horizon: future.horizon() };
        match state.points().iter().find(|point| !point.is_finite()) {
            None => Ok(Box::new(state)),
            Some(point) => Err(ModelError::Numerical(format!("a forecast is {point}"))),
        }
    }
}

/// What a series has been filtered to at given parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Filtered {
    /// Gaussian log-likelihood with the innovations' variance at its maximum, Σ e² / n.
    pub log_likelihood: f64,
    /// One-step forecasts.
    pub forecasts: Vec<f64>,
    /// The components before the first row, backcast.
    pub start: Components,
    /// The components after the last row.
    pub end: Components,
}

/// Filters a series (length n, NaN where missing, the first and last row observed) at given parameters, admissible or
/// not, from backcast components.
///
/// # Errors
/// [`ModelError::TooShort`] below two seasons, or two rows without one; [`ModelError::Numerical`] if numbers overflow.
pub fn filtered(form: Form, smoothing: &Smoothing, season: usize, target: &[f64]) -> Result<Filtered, ModelError> {
    let need = if form.seasonal() { 2 * season.max(2) } else { 2 };
    if target.len() < need {
        return Err(ModelError::TooShort { have: target.len(), need });
    }
    let overflow = || ModelError::Numerical(format!("{} cannot filter the series", form.name()));
    let seen: Vec<bool> = target.iter().map(|y| !y.is_nan()).collect();
    let guess = guess(form, &bridged(target, &seen), season).ok_or_else(overflow)?;
    let rule = Rule::new(form, smoothing.all());
    let start: Components = rule.backcast(&guess, target);
    let (mut end, mut forecasts) = (start.clone(), Vec::with_capacity(target.len()));
    let (mut square, mut count) = (0.0, 0_usize);
    rule.pass(&mut end, target.iter().copied(), |forecast, innovation| {
        forecasts.push(forecast);
        if let Some(e) = innovation {
            square += e * e;
            count += 1;
        }
    });
    let log_likelihood = log_likelihood(square, count);
    if !(end.finite() && log_likelihood.is_finite()) {
        return Err(overflow());
    }
    Ok(Filtered { log_likelihood, forecasts, start, end })
}

/// −n/2 (ln(2π Σe²/n) + 1).
pub(super) fn log_likelihood(square: f64, count: usize) -> f64 {
    let n = count as f64;
    -0.5 * n * (libm::log(2.0 * std::f64::consts::PI * square / n) + 1.0)
}
