//! The logarithm of the posterior density, as Stan has it for prophet's model.

use super::sample::Sample;
use super::stored::{Parameters, dot};
use crate::{History, ModelError};

/// Precision of the normal priors of rate and offset, 1/5².
const TREND_PRECISION: f64 = 1.0 / 25.0;
/// Precision of the half-normal prior of σ, 1/½².
const SIGMA_PRECISION: f64 = 4.0;

/// Data and priors. Coefficients come in the order of the columns: those of the trend, then those of the features.
#[derive(Debug)]
pub(super) struct Posterior {
    /// Target relative to the scale, length n.
    y: Vec<f64>,
    /// Basis of the trend, n × `trend_width`, row by row.
    trend: Vec<f64>,
    trend_width: usize,
    /// Columns of the components, n × their number, row by row.
    features: Vec<f64>,
    /// Per column of the features.
    multiplicative: Vec<bool>,
    /// Per coefficient, precision of its normal prior; 0 without one.
    pub(super) precision: Vec<f64>,
    /// Per coefficient, what a unit of its magnitude costs; 0 without a Laplace prior.
    pub(super) penalty: Vec<f64>,
}

/// The curve at given coefficients. J stands for its derivatives by these, r for its residuals.
#[derive(Debug)]
pub(super) struct Curve {
    trend: Vec<f64>,
    factor: Vec<f64>,
    pub(super) residuals: Vec<f64>,
}

impl Posterior {
    /// Of a sample under the form that `parameters` have, whatever their coefficients.
    pub(super) fn new(parameters: &Parameters, sample: &Sample) -> Self {
        let (columns, change_times) = (sample.columns(), parameters.change_times());
        let (mut trend, mut features) = (Vec::new(), Vec::new());
        for (row, day) in sample.days.iter().enumerate() {
            parameters.append_trend(*day, &change_times, &mut trend);
            for component in &parameters.components {
                component.basis.append(*day, &columns, row, &mut features);
            }
        }
        let trend_width = parameters.trend_coefficients().len();
        let adjustments = parameters.adjustments.len();
        let mut precision = vec![TREND_PRECISION; trend_width - adjustments];
        precision.resize(trend_width, 0.0);
        let mut penalty = vec![0.0; trend_width - adjustments];
        penalty.resize(trend_width, 1.0 / parameters.changepoint_prior_scale);
        let mut multiplicative = Vec::new();
        for component in &parameters.components {
            multiplicative.extend(component.coefficients.iter().map(|_| component.multiplicative));
            precision.resize(trend_width + multiplicative.len(), component.prior_scale.powi(-2));
        }
        penalty.resize(precision.len(), 0.0);
        let y = sample.target.iter().map(|y| y / parameters.scale).collect();
        Self { y, trend, trend_width, features, multiplicative, precision, penalty }
    }

    /// Number of observations.
    pub(super) fn rows(&self) -> usize {
        self.y.len()
    }

    /// Whether every value is finite.
    pub(super) fn finite(&self) -> bool {
        self.y.iter().chain(&self.trend).chain(&self.features).all(|x| x.is_finite())
    }

    /// Whether the curve is linear in its coefficients.
    pub(super) fn linear(&self) -> bool {
        !self.multiplicative.contains(&true)
    }

    fn features(&self, row: usize) -> &[f64] {
        let width = self.multiplicative.len();
        &self.features[row * width..(row + 1) * width]
    }

    pub(super) fn curve(&self, coefficients: &[f64]) -> Curve {
        let (trend, features) = coefficients.split_at(self.trend_width);
        let mut curve = Curve { trend: Vec::new(), factor: Vec::new(), residuals: Vec::new() };
        for (row, (y, basis)) in self.y.iter().zip(self.trend.chunks_exact(self.trend_width)).enumerate() {
            let (level, mut factor, mut added) = (dot(basis, trend), 1.0, 0.0);
            for ((x, b), multiplicative) in self.features(row).iter().zip(features).zip(&self.multiplicative) {
                *(if *multiplicative { &mut factor } else { &mut added }) += x * b;
            }
            curve.trend.push(level);
            curve.factor.push(factor);
            curve.residuals.push(y - level * factor - added);
        }
        curve
    }

    /// Calls `each` with the curve's derivatives in every row.
    fn for_each_slope(&self, curve: &Curve, mut each: impl FnMut(usize, &[f64])) {
        let mut slope = Vec::with_capacity(self.precision.len());
        for (row, (trend, factor)) in curve.trend.iter().zip(&curve.factor).enumerate() {
            let basis = &self.trend[row * self.trend_width..(row + 1) * self.trend_width];
            slope.clear();
            slope.extend(basis.iter().map(|x| x * factor));
            let pairs = self.features(row).iter().zip(&self.multiplicative);
            slope.extend(pairs.map(|(x, multiplicative)| if *multiplicative { x * trend } else { *x }));
            each(row, &slope);
        }
    }

    /// `JᵀJ`, row by row.
    pub(super) fn gram(&self, curve: &Curve) -> Vec<f64> {
        let width = self.precision.len();
        let mut gram = vec![0.0; width * width];
        self.for_each_slope(curve, |_, slope| {
            for (i, x) in slope.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                let upper = &mut gram[i * width + i..(i + 1) * width];
                upper.iter_mut().zip(&slope[i..]).for_each(|(sum, z)| *sum += x * z);
            }
        });
        for i in 0..width {
            for j in 0..i {
                gram[i * width + j] = gram[j * width + i];
            }
        }
        gram
    }

    /// `Jᵀr`.
    pub(super) fn cross(&self, curve: &Curve) -> Vec<f64> {
        let mut cross = vec![0.0; self.precision.len()];
        self.for_each_slope(curve, |row, slope| {
            cross.iter_mut().zip(slope).for_each(|(sum, x)| *sum += x * curve.residuals[row]);
        });
        cross
    }

    /// `−ln posterior` without the terms that depend on neither coefficients nor σ: what Stan's optimiser reports,
    /// with the other sign.
    pub(super) fn cost(&self, coefficients: &[f64], square: f64, sigma: f64) -> f64 {
        let normal: f64 = coefficients.iter().zip(&self.precision).map(|(x, p)| 0.5 * p * x * x).sum();
        let laplace: f64 = coefficients.iter().zip(&self.penalty).map(|(x, p)| p * x.abs()).sum();
        let fit = self.rows() as f64 * libm::log(sigma) + 0.5 * square / (sigma * sigma);
        fit + 0.5 * SIGMA_PRECISION * sigma * sigma + normal + laplace
    }

    /// σ² at the maximum for a given sum of squared residuals: the positive root of `p σ⁴ + n σ² − square`, where p is
    /// the prior's precision.
    pub(super) fn variance(&self, square: f64) -> f64 {
        let n = self.rows() as f64;
        // the usual formula cancels where the prior hardly matters
        2.0 * square / (n + (n * n + 4.0 * SIGMA_PRECISION * square).sqrt())
    }
}

/// Logarithm of prophet's posterior density of `parameters` given a series: `days` (ascending) and `target` of one
/// length, NaN where missing, and a column of that length per regressor. Terms that depend on no parameter are left
/// out, as Stan's `lp__` of an optimisation does, so that the two are equal.
///
/// # Errors
/// [`ModelError::Corrupt`] for parameters that contradict each other, [`ModelError::Unusable`] for values that cannot
/// be used, [`ModelError::Numerical`] if there is no finite value.
pub fn log_posterior(parameters: &Parameters, history: &History<'_>) -> Result<f64, ModelError> {
    if let Some(problem) = parameters.problem() {
        return Err(ModelError::Corrupt(problem));
    }
    let sample = Sample::new(history, parameters.regressors())?;
    let posterior = Posterior::new(parameters, &sample);
    let features = parameters.components.iter().flat_map(|c| &c.coefficients).copied();
    let coefficients: Vec<f64> = parameters.trend_coefficients().into_iter().chain(features).collect();
    let residuals = posterior.curve(&coefficients).residuals;
    let cost = posterior.cost(&coefficients, dot(&residuals, &residuals), parameters.sigma);
    crate::walk::finite("log posterior", -cost)
}
