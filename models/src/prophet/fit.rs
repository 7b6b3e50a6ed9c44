//! From a training window to a stored model.

use super::component::{Basis, Component};
use super::maximum::{LEAST_SIGMA, Maximum, maximum};
use super::posterior::Posterior;
use super::report::readable;
use super::residuals::{Law, Run};
use super::sample::Sample;
use super::settings::{Growth, Season, Settings};
use super::stored::Parameters;
use super::trend::changepoints;
use crate::walk::finite;
use crate::{FitContext, Fitted, History, Model, ModelError};

/// Observations that the model needs beyond one per parameter: with fewer the posterior has no maximum, for a curve
/// through every observation lets σ vanish.
const SPARE: usize = 10;
/// Folds that the second half of a window is cut into.
const FOLDS: usize = 5;
/// Days from which on prophet has a weekly and a yearly season, and their orders and periods.
const WEEKLY: (i32, usize, f64) = (14, 3, 7.0);
const YEARLY: (i32, usize, f64) = (730, 10, 365.25);

/// A specification ready to be fitted.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) settings: Settings,
    /// Names of the regressors.
    pub(super) columns: Vec<String>,
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let sample = Sample::new(window, self.columns.len())?;
        let form = self.form(&sample)?;
        if sample.target.iter().all(|y| *y == sample.target[0]) {
            return constant(form, &sample);
        }
        let (found, posterior) = climb(&form, &sample)?;
        let mut parameters = form.with(&found.coefficients, found.sigma);
        parameters.innovation = found.sigma;
        if !parameters.anchor {
            return estimated(&parameters, &sample, &found, None);
        }
        let outside = Law::of(&self.out_of_fold(&sample, parameters.scale));
        let inside = || {
            let residuals = posterior.curve(&found.coefficients).residuals;
            Law::of(&[Run { residuals, sessions: sample.sessions.clone() }])
        };
        if let Some(law) = outside.or_else(inside) {
            (parameters.persistence, parameters.innovation) = (law.persistence, law.innovation);
        }
        estimated(&parameters, &sample, &found, outside)
    }
}

impl Configured {
    /// Residuals, relative to `scale`, of each fold's rows beside the curve fitted to the rows before it. Folds whose
    /// curve cannot be fitted are left out.
    fn out_of_fold(&self, sample: &Sample, scale: f64) -> Vec<Run> {
        let place = |fold: usize| sample.len() * (FOLDS + fold) / (2 * FOLDS);
        let run = |fold: usize| {
            let (before, own) = (sample.rows(0..place(fold)), sample.rows(place(fold)..place(fold + 1)));
            let form = self.form(&before).ok()?;
            let (found, _) = climb(&form, &before).ok()?;
            let parameters = form.with(&found.coefficients, found.sigma);
            let curve = parameters.curve(&own.days, &own.columns());
            let pairs = own.target.iter().zip(curve);
            let residuals = pairs.map(|(y, point)| (y - parameters.scale * point.value()) / scale).collect();
            Some(Run { residuals, sessions: own.sessions })
        };
        (0..FOLDS).filter_map(run).filter(|run| run.residuals.iter().all(|r| r.is_finite())).collect()
    }

    /// The model's form with zero coefficients.
    fn form(&self, sample: &Sample) -> Result<Parameters, ModelError> {
        let settings = &self.settings;
        let short = |need: usize| ModelError::TooShort { have: sample.len(), need };
        let ends = sample.days.first().zip(sample.days.last());
        let (start, span) = ends.and_then(|(s, e)| Some((*s, e.checked_sub(*s)?))).ok_or_else(|| short(SPARE))?;
        if span < 1 {
            return Err(short(SPARE));
        }
        let largest = sample.target.iter().fold(0.0, |largest: f64, y| largest.max(y.abs()));
        let days = match settings.growth {
            Growth::Linear => changepoints(&sample.days, settings.changepoints, settings.changepoint_range),
            Growth::Flat => Vec::new(),
        };
        let form = Parameters {
            growth: settings.growth,
            start,
            span,
            scale: if largest > 0.0 { largest } else { 1.0 },
            rate: 0.0,
            offset: 0.0,
            adjustments: vec![0.0; days.len()],
            changepoints: days,
            changepoint_prior_scale: settings.changepoint_prior_scale,
            components: self.components(sample, span)?,
            sigma: 1.0,
            persistence: 0.0,
            innovation: 0.0,
            anchor: settings.anchor,
        };
        let need = SPARE + 1 + form.trend_coefficients().len() + columns(&form);
        if sample.len() < need { Err(short(need)) } else { Ok(form) }
    }

    /// Seasons, holidays and regressors, in prophet's order.
    fn components(&self, sample: &Sample, span: i32) -> Result<Vec<Component>, ModelError> {
        let settings = &self.settings;
        let closest = sample.days.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or_default();
        let yearly = order(settings.yearly, YEARLY, span, true);
        let weekly = order(settings.weekly, WEEKLY, span, closest < 7);
        let seasons = [("yearly", yearly, YEARLY.2), ("weekly", weekly, WEEKLY.2)];
        let mut components = Vec::new();
        for (name, order, period) in seasons {
            if let Some(order) = order {
                let basis = Basis::Fourier { period, order };
                let prior_scale = settings.seasonality_prior_scale;
                components.push(Component::new(name, basis, settings.multiplicative, prior_scale));
            }
        }
        for holiday in &settings.holidays {
            for offset in holiday.window.0..=holiday.window.1 {
                let basis = Basis::Holiday { offset, dates: holiday.dates.clone() };
                let name = &holiday.name;
                components.push(Component::new(name, basis, settings.multiplicative, holiday.prior_scale));
            }
        }
        for (index, (name, values)) in self.columns.iter().zip(&sample.regressors).enumerate() {
            let (mean, deviation) = standard(values);
            let unusable = || ModelError::Unusable { what: name.clone(), value: format!("deviation {deviation}") };
            if !(mean.is_finite() && deviation.is_normal()) {
                return Err(unusable());
            }
            let basis = Basis::Regressor { index, mean, deviation };
            let prior_scale = settings.regressor_prior_scale;
            components.push(Component::new(name, basis, settings.multiplicative, prior_scale));
        }
        Ok(components)
    }
}

/// The maximum of the posterior of a sample under a form.
fn climb(form: &Parameters, sample: &Sample) -> Result<(Maximum, Posterior), ModelError> {
    let posterior = Posterior::new(form, sample);
    if !posterior.finite() {
        return Err(ModelError::Unusable { what: "a standardised regressor".into(), value: "infinity".into() });
    }
    let found = maximum(&posterior, start_values(form, sample));
    let found = found.ok_or_else(|| ModelError::Numerical("the posterior has no finite maximum".into()))?;
    Ok((found, posterior))
}

/// The order of a season, if it is part of the model.
fn order(season: Season, usual: (i32, usize, f64), span: i32, identified: bool) -> Option<usize> {
    match season {
        Season::Off => None,
        Season::On(order) => Some(order.unwrap_or(usual.1)),
        Season::Auto => (span >= usual.0 && identified).then_some(usual.1),
    }
}

/// Mean and sample deviation; 0 and 1 for a constant and for values that are 0 and 1.
fn standard(values: &[f64]) -> (f64, f64) {
    let first = values.first().copied().unwrap_or_default();
    if values.iter().all(|x| *x == first) || values.iter().all(|x| *x == 0.0 || *x == 1.0) {
        return (0.0, 1.0);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, (square / (n - 1.0)).sqrt())
}

fn columns(form: &Parameters) -> usize {
    form.components.iter().map(|component| component.coefficients.len()).sum()
}

/// Prophet's: the line through the first and the last observation, or their mean for a flat trend; else zeros.
fn start_values(form: &Parameters, sample: &Sample) -> Vec<f64> {
    let scaled = |y: &f64| y / form.scale;
    let first = sample.target.first().map_or(0.0, scaled);
    let last = sample.target.last().map_or(0.0, scaled);
    let mut values = match form.growth {
        Growth::Linear => vec![last - first, first],
        Growth::Flat => vec![sample.target.iter().map(scaled).sum::<f64>() / sample.len() as f64],
    };
    values.resize(form.trend_coefficients().len() + columns(form), 0.0);
    values
}

/// A series of one value: a flat curve without deviation, from which a later history may depart for good.
fn constant(form: Parameters, sample: &Sample) -> Result<Fitted, ModelError> {
    let offset = sample.target.first().copied().unwrap_or_default() / form.scale;
    let persistence = if form.anchor { 1.0 } else { 0.0 };
    let parameters = Parameters { offset, sigma: 0.0, persistence, ..form };
    Ok(Fitted { fallback: Some("constant".into()), ..fitted(&parameters, sample, None)? })
}

fn estimated(
    parameters: &Parameters,
    sample: &Sample,
    found: &Maximum,
    outside: Option<Law>,
) -> Result<Fitted, ModelError> {
    let n = sample.len() as f64;
    let variance = found.sigma * found.sigma;
    let scales = libm::log(parameters.scale) + 0.5 * libm::log(2.0 * std::f64::consts::PI * variance);
    let log_likelihood = -n * scales - 0.5 * found.square / variance;
    let exact = found.sigma <= LEAST_SIGMA;
    Ok(Fitted {
        log_likelihood: Some(finite("log-likelihood", log_likelihood)?),
        training_loss: Some(finite("deviation", found.sigma * parameters.scale)?),
        validation_loss: outside.map(|law| law.innovation * parameters.scale),
        fallback: exact.then(|| "the curve explains the series exactly".to_owned()),
        ..fitted(parameters, sample, Some(found))?
    })
}

fn fitted(parameters: &Parameters, sample: &Sample, found: Option<&Maximum>) -> Result<Fitted, ModelError> {
    if let Some(problem) = parameters.problem() {
        return Err(ModelError::Numerical(problem));
    }
    let seasons = parameters.components.iter().filter(|c| matches!(c.basis, Basis::Fourier { .. }));
    let seasons: String = seasons.map(|component| format!(", {}", component.name)).collect();
    let growth = match parameters.growth {
        Growth::Linear => "linear",
        Growth::Flat => "flat",
    };
    Ok(Fitted {
        model_type: format!("prophet({growth}{seasons})"),
        format: "prophet/1".into(),
        bytes: serde_json::to_vec(parameters).map_err(|e| ModelError::Numerical(e.to_string()))?,
        parameters: readable(parameters, found),
        samples: sample.len(),
        log_likelihood: None,
        aicc: None,
        training_loss: None,
        validation_loss: None,
        fallback: None,
    })
}
