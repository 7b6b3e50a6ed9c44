//! From a training window to a stored model.

use serde_json::Value;

use super::design::Design;
use super::estimate::{Estimate, estimate};
use super::order::{Candidates, Prepared, search};
use super::polynomial::Coefficients;
use super::regression::Dropped;
use super::report::{readable, readable_fallback};
use super::sample::Sample;
use super::settings::{Constant, Order, Settings};
use super::start::Start;
use super::stored::{Effect, Parameters};
use super::unit_root::differences;
use crate::{FitContext, Fitted, History, Model, ModelError};

/// Observations per estimated parameter below which an order is not estimated, besides [`FEWEST`].
const FEWEST_PER_PARAMETER: usize = 2;
/// Observations after differencing that any model needs.
const FEWEST: usize = 10;

/// A specification ready to be fitted.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) settings: Settings,
    /// Names of the regressors.
    pub(super) columns: Vec<String>,
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let sample = Sample::new(window, &vec![true; self.columns.len()], true)?;
        let searched = self.settings.fixed.is_none();
        let [p, d, q] = self.settings.fixed.unwrap_or([0, 0, 0]);
        let order = self.settings.order(p, d, q);
        let parameters = order.coefficients() + self.columns.len() + 2;
        let need = order.lost() + FEWEST + FEWEST_PER_PARAMETER * parameters;
        if sample.observed < need {
            return Err(ModelError::TooShort { have: sample.observed, need });
        }
        if sample.constant() {
            return self.without_spread(&sample, Order { d: 1, ..Order::default() }, None, "constant");
        }
        let order =
            if searched { Order { d: differences(&sample, &order, self.settings.max_d), ..order } } else { order };
        let best = self.candidates(&sample, &order).map(|candidates| self.best(&order, &candidates));
        match best {
            Some(Outcome::Exact(design)) => {
                self.without_spread(&sample, order, Some(&design), "the regression explains the series exactly")
            }
            Some(Outcome::Found { estimate, design, tried }) => self.stored(&sample, &estimate, &design, tried),
            Some(Outcome::Nothing) | None => self.random_walk(&sample, &order),
        }
    }
}

/// What estimation of a sample came to.
enum Outcome {
    Found { estimate: Box<Estimate>, design: Box<Design>, tried: usize },
    Exact(Box<Design>),
    Nothing,
}

impl Configured {
    /// Designs with and without a constant, as far as the settings and the differences allow.
    fn candidates(&self, sample: &Sample, order: &Order) -> Option<Candidates> {
        let fixed_mean = self.settings.fixed.is_none() || order.d + order.seasonal_d == 0;
        let wanted = match self.settings.constant {
            Constant::Yes => true,
            Constant::No => false,
            Constant::Auto => fixed_mean,
        };
        let prepared = |constant: bool, skip: &[(usize, Dropped)]| -> Option<Prepared> {
            let design = Design::new(sample, order, constant, skip)?;
            let start = Start::new(&design.bridged, order.season);
            Some(Prepared { design, start })
        };
        if !(wanted && order.allows_constant()) {
            return Some(Candidates { with: None, without: prepared(false, &[])? });
        }
        // a column collinear with the constant is dropped with and without it
        let with = prepared(true, &[])?;
        let without = prepared(false, &with.design.dropped())?;
        Some(Candidates { with: with.design.constant.then_some(with), without })
    }

    fn best(&self, order: &Order, candidates: &Candidates) -> Outcome {
        let constant = candidates.with.is_some();
        let Some(fullest) = candidates.get(constant) else { return Outcome::Nothing };
        if fullest.design.regression.exact {
            return Outcome::Exact(Box::new(fullest.design.clone()));
        }
        if self.settings.fixed.is_some() {
            return match estimate(&fullest.design, &fullest.start, order, None, true) {
                Some(estimate) => {
                    Outcome::Found { estimate: Box::new(estimate), design: Box::new(fullest.design.clone()), tried: 1 }
                }
                None => Outcome::Nothing,
            };
        }
        let Some(best) = search(&self.settings, order, candidates) else { return Outcome::Nothing };
        let Some(prepared) = candidates.get(best.constant) else { return Outcome::Nothing };
        Outcome::Found {
            estimate: Box::new(best.estimate),
            design: Box::new(prepared.design.clone()),
            tried: best.tried,
        }
    }

    /// Constant and effects from coefficients of a design's kept columns.
    fn with_regression(&self, mut parameters: Parameters, design: Option<&Design>, values: &[f64]) -> Parameters {
        parameters.effects =
            self.columns.iter().map(|column| Effect { column: column.clone(), coefficient: None }).collect();
        let Some(design) = design else { return parameters };
        for (&index, value) in design.regression.kept.iter().zip(values) {
            match index.checked_sub(design.offset) {
                None => parameters.constant = Some(*value),
                Some(regressor) => {
                    if let Some(effect) = parameters.effects.get_mut(regressor) {
                        effect.coefficient = Some(*value);
                    }
                }
            }
        }
        parameters
    }

    fn stored(
        &self,
        sample: &Sample,
        estimate: &Estimate,
        design: &Design,
        tried: usize,
    ) -> Result<Fitted, ModelError> {
        let plain = Parameters::new(estimate.order, estimate.coefficients.clone(), estimate.profile.variance);
        let parameters = self.with_regression(plain, Some(design), &estimate.profile.regression(design));
        let dropped: Vec<(String, &'static str)> = parameters
            .effects
            .iter()
            .enumerate()
            .filter(|(_, effect)| effect.coefficient.is_none())
            .map(|(index, effect)| {
                let known = design.dropped().into_iter().find(|(i, _)| *i == index);
                (effect.column.clone(), known.map_or("not identified", |(_, why)| why.reason()))
            })
            .collect();
        let report = readable(&parameters, design, estimate, &dropped, sample.complete(), tried);
        let mut fitted = fitted(&parameters, report, sample)?;
        fitted.log_likelihood = Some(estimate.profile.log_likelihood);
        fitted.aicc = Some(estimate.aicc()).filter(|value| value.is_finite());
        fitted.training_loss = Some(estimate.profile.variance.sqrt());
        Ok(fitted)
    }

    /// A form with zero spread.
    fn without_spread(
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
        let mut fitted = fitted(&parameters, readable_fallback(&parameters), sample)?;
        fitted.fallback = Some(why.to_owned());
        Ok(fitted)
    }

    /// The last resort: (0, 1, 0) without constant and regressors.
    fn random_walk(&self, sample: &Sample, failed: &Order) -> Result<Fitted, ModelError> {
        let order = Order { d: 1, ..Order::default() };
        let plain = Sample { regressors: Vec::new(), ..sample.clone() };
        let broken = || ModelError::Numerical(format!("neither {failed} nor {order} has a finite likelihood"));
        let design = Design::new(&plain, &order, false, &[]).ok_or_else(broken)?;
        let start = Start::new(&design.bridged, 0);
        let estimate = estimate(&design, &start, &order, None, false).ok_or_else(broken)?;
        let mut fitted = self.stored(sample, &estimate, &design, 0)?;
        fitted.fallback = Some(format!("random walk: {failed} could not be estimated"));
        Ok(fitted)
    }
}

fn fitted(parameters: &Parameters, report: Value, sample: &Sample) -> Result<Fitted, ModelError> {
    if let Some(problem) = parameters.problem() {
        return Err(ModelError::Numerical(problem));
    }
    Ok(Fitted {
        model_type: parameters.order.to_string(),
        format: "arima/1".into(),
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
