//! From an estimate to a stored model, and the simpler forms where there is none.

use serde_json::Value;

use super::design::Design;
use super::estimate::{Estimate, estimate};
use super::fourier::Fourier;
use super::order::Order;
use super::polynomial::Coefficients;
use super::report::{readable, readable_fallback};
use super::sample::Sample;
use super::start::Start;
use super::stored::{Effect, Parameters};
use crate::{Fitted, ModelError};

/// What the columns of a regression are.
pub(super) struct Form<'a> {
    /// Names of the regressors. Columns after them are Fourier terms.
    pub(super) columns: &'a [String],
    /// Calendar days per season of Fourier terms.
    pub(super) period: Option<f64>,
    /// Strength of a searched season, where it was measured.
    pub(super) strength: Option<f64>,
}

/// An estimate with its design.
pub(super) struct Found {
    pub(super) estimate: Estimate,
    pub(super) design: Design,
    /// Models estimated.
    pub(super) tried: usize,
}

impl Form<'_> {
    /// Constant, effects and season from coefficients of a design's kept columns.
    fn with_regression(&self, mut parameters: Parameters, design: Option<&Design>, values: &[f64]) -> Parameters {
        parameters.effects =
            self.columns.iter().map(|column| Effect { column: column.clone(), coefficient: None }).collect();
        let Some(design) = design else { return parameters };
        let mut terms: Vec<[f64; 2]> = Vec::new();
        for (&index, value) in design.regression.kept.iter().zip(values) {
            let Some(regressor) = index.checked_sub(design.offset) else {
                parameters.constant = Some(*value);
                continue;
            };
            if let Some(effect) = parameters.effects.get_mut(regressor) {
                effect.coefficient = Some(*value);
                continue;
            }
            let column = regressor - self.columns.len();
            terms.resize(terms.len().max(column / 2 + 1), [0.0; 2]);
            terms[column / 2][column % 2] = *value;
        }
        parameters.fourier = self.period.filter(|_| !terms.is_empty()).map(|period| Fourier { period, terms });
        parameters
    }

    /// The stored form of an estimate.
    pub(super) fn stored(&self, sample: &Sample, found: &Found) -> Result<Fitted, ModelError> {
        let Found { estimate, design, tried } = found;
        let plain = Parameters::new(estimate.order, estimate.coefficients.clone(), estimate.profile.variance);
        let parameters = self.with_regression(plain, Some(design), &estimate.profile.regression(design));
        let dropped = dropped(&parameters, design);
        let mut report = readable(&parameters, design, estimate, &dropped, sample.complete(), *tried);
        if let (Some(strength), Some(report)) = (self.strength, report.as_object_mut()) {
            report.insert("seasonal_strength".into(), strength.into());
        }
        let mut fitted = fitted(&parameters, report, sample)?;
        fitted.log_likelihood = Some(estimate.profile.log_likelihood);
        fitted.aicc = Some(estimate.aicc()).filter(|value| value.is_finite());
        fitted.training_loss = Some(estimate.profile.variance.sqrt());
        fitted.fallback = joined(&without(&dropped));
        Ok(fitted)
    }

    /// A form with zero spread.
    pub(super) fn without_spread(
        &self,
        sample: &Sample,
        order: Order,
        design: Option<&Design>,
        why: &str,
    ) -> Result<Fitted, ModelError> {
        let plain =
            Parameters::new(Order { p: 0, q: 0, seasonal_p: 0, seasonal_q: 0, ..order }, Coefficients::default(), 0.0);
        let values = design.map_or(&[][..], |design| &design.regression.coefficients);
        let parameters = self.with_regression(plain, design, values);
        let mut reasons = design.map(|design| without(&dropped(&parameters, design))).unwrap_or_default();
        reasons.push(why.to_owned());
        let mut fitted = fitted(&parameters, readable_fallback(&parameters), sample)?;
        fitted.fallback = joined(&reasons);
        Ok(fitted)
    }

    /// The last resort: (0, 1, 0) without constant and regressors.
    pub(super) fn random_walk(&self, sample: &Sample, failed: &Order) -> Result<Fitted, ModelError> {
        let order = Order { d: 1, ..Order::default() };
        let plain = Sample { regressors: Vec::new(), ..sample.clone() };
        let broken = || ModelError::Numerical(format!("neither {failed} nor {order} has a finite likelihood"));
        let design = Design::new(&plain, &order, false, &[]).ok_or_else(broken)?;
        let start = Start::new(&design.bridged, 0);
        let estimate = estimate(&design, &start, &order, None, false).ok_or_else(broken)?;
        let mut fitted = self.stored(sample, &Found { estimate, design, tried: 0 })?;
        fitted.fallback = Some(format!("random walk: {failed} could not be estimated"));
        Ok(fitted)
    }
}

/// Regressors without a coefficient, with the reason.
fn dropped(parameters: &Parameters, design: &Design) -> Vec<(String, &'static str)> {
    let known = design.dropped();
    let left_out = parameters.effects.iter().enumerate().filter(|(_, effect)| effect.coefficient.is_none());
    left_out
        .map(|(index, effect)| {
            let known = known.iter().find(|(i, _)| *i == index);
            (effect.column.clone(), known.map_or("not identified", |(_, why)| why.reason()))
        })
        .collect()
}

/// What is recorded of a fit without some of its regressors.
fn without(dropped: &[(String, &'static str)]) -> Vec<String> {
    dropped.iter().map(|(column, reason)| format!("without {column}: {reason}")).collect()
}

/// Reasons as they are stored, in the order in which forms were tried.
pub(super) fn joined(reasons: &[String]) -> Option<String> {
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn fitted(parameters: &Parameters, report: Value, sample: &Sample) -> Result<Fitted, ModelError> {
    if let Some(problem) = parameters.problem() {
        return Err(ModelError::Numerical(problem));
    }
    Ok(Fitted {
        model_type: parameters.to_string(),
        format: format!("arima/{}", parameters.version()),
        bytes: serde_json::to_vec(parameters).map_err(|e| ModelError::Numerical(e.to_string()))?,
        parameters: report,
        samples: sample.observed,
        log_likelihood: None,
        aicc: None,
        training_loss: None,
        validation_loss: None,
        fallback: None,
    })
}
