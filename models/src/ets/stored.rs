//! The stored form, version 1 (JSON), and the likelihood of a series under given parameters.

use serde::{Deserialize, Serialize};

use super::filter::{Sums, filter};
use super::form::{Form, Part};
use super::recursion::{Components, Smoothing};
use super::settings::MAX_SEASON;
use crate::ModelError;
use crate::resume::Trained;

/// All that a fitted form consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The form.
    pub form: Form,
    /// α, β, γ, φ.
    pub smoothing: Smoothing,
    /// Standard deviation of innovations (relative ones where the form's error is); zero for a series known exactly.
    pub deviation: f64,
    /// The training window.
    pub trained: Trained,
    /// Components before its first session.
    pub start: Components,
    /// Components after its last session.
    pub end: Components,
}

impl Parameters {
    /// Why the parameters cannot be used, if so.
    pub(super) fn problem(&self) -> Option<String> {
        let Smoothing { alpha, beta, gamma, phi } = self.smoothing;
        if ![alpha, beta, gamma, phi].iter().all(|share| (0.0..=1.0).contains(share)) {
            return Some(format!("a smoothing parameter of {:?} is not between 0 and 1", self.smoothing));
        }
        if !(self.deviation >= 0.0 && self.deviation.is_finite()) {
            return Some(format!("the deviation {} is not a positive number", self.deviation));
        }
        if !(self.start.finite() && self.end.finite()) {
            return Some("a component is not finite".into());
        }
        let length = self.start.season.len();
        let seasonal = self.form.season != Part::None;
        if length != self.end.season.len() || seasonal != (length > 0) || length > MAX_SEASON {
            return Some(format!("{length} and {} seasonal terms do not fit {}", self.end.season.len(), self.form));
        }
        self.trained.problem()
    }
}

/// What a series has been filtered to at given parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Filtered {
    /// Gaussian log-likelihood with the innovations' variance at its maximum, Σ e² / n.
    pub log_likelihood: f64,
    /// Innovations (relative ones where the form's error is), NaN where the series is missing.
    pub innovations: Vec<f64>,
    /// One-step forecasts.
    pub forecasts: Vec<f64>,
    /// The components after the last row.
    pub end: Components,
}

/// Filters a series (length n, NaN where missing) from components before its first row.
///
/// # Errors
/// [`ModelError::Numerical`] if a form that needs positive forecasts meets another one, or numbers overflow.
pub fn filtered(form: Form, smoothing: &Smoothing, start: &Components, target: &[f64]) -> Result<Filtered, ModelError> {
    let (mut innovations, mut forecasts) = (Vec::new(), Vec::new());
    let pass = filter(form, smoothing, start, target, |_, row| {
        let forecast = row.ahead.forecast;
        innovations.push(if form.relative_error { row.deviation / forecast } else { row.deviation });
        forecasts.push(forecast);
    });
    let (sums, end) = pass.ok_or_else(|| broken(form))?;
    Ok(Filtered { log_likelihood: Sums::log_likelihood(&sums), innovations, forecasts, end })
}

/// The refusal of a filter that broke down.
pub(super) fn broken(form: Form) -> ModelError {
    ModelError::Numerical(format!("{form} cannot filter the series: a forecast is not positive or not finite"))
}
