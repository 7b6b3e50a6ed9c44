//! The stored form (JSON; version 2 has Fourier terms, version 1 has not), and the likelihood of a series under it.

use serde::{Deserialize, Serialize};

use super::design::{Columns, constant_levels};
use super::fourier::Fourier;
use super::likelihood::gaussian;
use super::order::{MAX_REGRESSORS, Order};
use super::polynomial::{Arma, Coefficients, to_partials};
use super::sample::Sample;
use crate::{Day, History, ModelError};

/// A regressor and its coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Column of the specification.
    pub column: String,
    /// Change of the target per unit; none if the column was dropped and is not read.
    pub coefficient: Option<f64>,
}

/// All that an ARIMA model with regressors consists of:
/// `y_t = Σ β_i x_{i,t} + f(t) + n_t` with `φ(B) Φ(Bˢ) ((1−B)ᵈ (1−Bˢ)ᴰ n_t − c) = θ(B) Θ(Bˢ) e_t`, `e_t ~ N(0, σ²)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The order.
    pub order: Order,
    /// φ₁ … φₚ.
    pub ar: Vec<f64>,
    /// θ₁ … θ_q, with plus signs in the polynomial.
    pub ma: Vec<f64>,
    /// Φ₁ … Φ_P.
    pub seasonal_ar: Vec<f64>,
    /// Θ₁ … Θ_Q.
    pub seasonal_ma: Vec<f64>,
    /// Mean c of the differenced series; none for zero.
    pub constant: Option<f64>,
    /// Regressors in the order of the specification.
    pub effects: Vec<Effect>,
    /// The periodic function f of a long season, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fourier: Option<Fourier>,
    /// σ², the variance of innovations; zero for a series known exactly.
    pub variance: f64,
}

impl std::fmt::Display for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.order)?;
        match &self.fourier {
            None => Ok(()),
            Some(fourier) => write!(f, "+fourier({})", fourier.terms.len()),
        }
    }
}

impl Parameters {
    pub(super) fn new(order: Order, coefficients: Coefficients, variance: f64) -> Self {
        let Coefficients { ar, ma, seasonal_ar, seasonal_ma } = coefficients;
        Self { order, ar, ma, seasonal_ar, seasonal_ma, constant: None, effects: Vec::new(), fourier: None, variance }
    }

    /// Why the parameters cannot be used, if so.
    pub(super) fn problem(&self) -> Option<String> {
        let order = &self.order;
        if let Some(problem) = order.problem() {
            return Some(problem);
        }
        let lengths = [self.ar.len(), self.ma.len(), self.seasonal_ar.len(), self.seasonal_ma.len()];
        if lengths != [order.p, order.q, order.seasonal_p, order.seasonal_q] {
            return Some(format!("coefficients {lengths:?} do not fit {order}"));
        }
        let effects = self.effects.iter().filter_map(|effect| effect.coefficient);
        let coefficients = self.coefficients().flat().into_iter();
        if !coefficients.chain(effects).chain(self.constant).chain([self.variance]).all(f64::is_finite) {
            return Some("a parameter is not finite".into());
        }
        if self.variance < 0.0 {
            return Some(format!("variance {} is negative", self.variance));
        }
        if self.effects.len() > MAX_REGRESSORS {
            return Some(format!("more than {MAX_REGRESSORS} regressors"));
        }
        if self.constant.is_some() && !order.allows_constant() {
            return Some("a constant needs d + D of at most 1".into());
        }
        if let Some(problem) = self.fourier.as_ref().and_then(Fourier::problem) {
            return Some(problem);
        }
        let stationary = to_partials(&self.ar).is_some() && to_partials(&self.seasonal_ar).is_some();
        (!stationary).then(|| "the autoregression is not stationary".into())
    }

    pub(super) fn coefficients(&self) -> Coefficients {
        Coefficients {
            ar: self.ar.clone(),
            ma: self.ma.clone(),
            seasonal_ar: self.seasonal_ar.clone(),
            seasonal_ma: self.seasonal_ma.clone(),
        }
    }

    pub(super) fn arma(&self) -> Arma {
        self.coefficients().expand(self.order.season)
    }

    /// Which regressors are read.
    pub(super) fn used(&self) -> Vec<bool> {
        self.effects.iter().map(|effect| effect.coefficient.is_some()).collect()
    }

    /// Newest version of the stored form that this needs.
    pub(super) fn version(&self) -> u32 {
        if self.fourier.is_some() { 2 } else { 1 }
    }

    /// Regression, constant and season of some rows, given their days and the read regressors there.
    pub(super) fn regression(
        &self,
        columns: &[&[f64]],
        rows: std::ops::Range<usize>,
        days: &[Day],
    ) -> Result<Vec<f64>, ModelError> {
        let mut out = match self.constant {
            None => vec![0.0; rows.len()],
            Some(c) => constant_levels(&self.order, rows.end)[rows.start..].iter().map(|g| c * g).collect(),
        };
        let coefficients = self.effects.iter().filter_map(|effect| effect.coefficient);
        for (b, column) in coefficients.zip(columns) {
            out.iter_mut().zip(*column).for_each(|(v, x)| *v += b * x);
        }
        let Some(fourier) = &self.fourier else { return Ok(out) };
        if days.len() != rows.len() {
            let value = format!("{} days for {} rows", days.len(), rows.len());
            return Err(ModelError::Unusable { what: "days".into(), value });
        }
        out.iter_mut().zip(fourier.values(days)).for_each(|(v, f)| *v += f);
        Ok(out)
    }

    /// The target of a sample less regression, constant and season; NaN where unseen.
    pub(super) fn errors(&self, sample: &Sample) -> Result<Vec<f64>, ModelError> {
        let columns: Vec<&[f64]> = sample.regressors.iter().map(Vec::as_slice).collect();
        let regression = self.regression(&columns, 0..sample.len(), &sample.days)?;
        Ok(sample.target.iter().zip(&regression).map(|(y, r)| y - r).collect())
    }
}

/// Exact Gaussian log-likelihood of a series at given parameters.
///
/// `days` are read by Fourier terms only and may be empty without them. `target` has length n, NaN where missing; `regressors` holds one slice of length n per effect. A series without
/// missing values is differenced first (its first d + D·s values are conditioned on; statsmodels' SARIMAX with
/// `simple_differencing=True`); one with missing values is filtered in levels with an exact diffuse start
/// (`use_exact_diffuse=True`).
///
/// # Errors
/// [`ModelError::Corrupt`] for parameters that contradict each other, [`ModelError::TooShort`],
/// [`ModelError::Unusable`] for infinite values, [`ModelError::Numerical`] if the filter breaks down.
pub fn log_likelihood(
    parameters: &Parameters,
    days: &[Day],
    target: &[f64],
    regressors: &[&[f64]],
) -> Result<f64, ModelError> {
    if let Some(problem) = parameters.problem() {
        return Err(ModelError::Corrupt(problem));
    }
    let history = History { days, target, regressors };
    let sample = Sample::new(&history, &parameters.used(), false)?;
    if sample.observed <= parameters.order.lost() {
        return Err(ModelError::TooShort { have: sample.observed, need: parameters.order.lost() + 1 });
    }
    let columns = Columns::new(&[parameters.errors(&sample)?], &sample.seen, &parameters.order);
    let moments = columns
        .moments(&parameters.arma(), &mut Vec::new())
        .ok_or_else(|| ModelError::Numerical("the filter has no finite innovation variance".into()))?;
    let value = gaussian(moments.count, moments.diffuse, moments.log_determinant, moments.gram[0], parameters.variance);
    if value.is_nan() {
        return Err(ModelError::Numerical("the log-likelihood is not a number".into()));
    }
    Ok(value)
}
