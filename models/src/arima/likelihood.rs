//! The exact Gaussian log-likelihood, concentrated over regression and innovation variance.

use std::f64::consts::PI;

use super::design::Design;
use super::polynomial::Arma;
use crate::linear::{backward, cholesky, forward, inverse};

/// What the data say at one ARMA process: generalised least squares and the maximum over σ.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    /// In the units of the data, the diffuse part included.
    pub(super) log_likelihood: f64,
    /// Innovation variance in the units of the data.
    pub(super) variance: f64,
    /// Non-diffuse observations.
    pub(super) count: usize,
    /// Coefficients of the orthonormal columns, for the standardised target.
    coefficients: Vec<f64>,
    /// Cholesky factor of their precision, per unit of variance.
    precision: Vec<f64>,
    /// Innovation variance of the standardised target.
    standardised_variance: f64,
}

/// ln 2π.
fn ln_two_pi() -> f64 {
    libm::log(2.0 * PI)
}

/// Log-likelihood of `count` innovations with sum of squares `rss` at a given variance.
pub(super) fn gaussian(count: usize, diffuse: usize, log_determinant: f64, rss: f64, variance: f64) -> f64 {
    let n = count as f64;
    -0.5 * ((n + diffuse as f64) * ln_two_pi() + n * libm::log(variance) + log_determinant + rss / variance)
}

impl Profile {
    /// Evaluates one process; none where it has no value.
    pub(super) fn new(design: &Design, arma: &Arma, scratch: &mut Vec<f64>) -> Option<Self> {
        let moments = design.columns.moments(arma, scratch)?;
        let size = design.predictors();
        let at = |i: usize, j: usize| moments.gram[i * moments.lanes + j];
        let cross: Vec<f64> = (0..size * size).map(|ij| at(ij / size + 1, ij % size + 1)).collect();
        let precision = cholesky(&cross, size)?;
        let mut coefficients: Vec<f64> = (0..size).map(|i| at(0, i + 1)).collect();
        forward(&precision, &mut coefficients);
        let explained: f64 = coefficients.iter().map(|b| b * b).sum();
        backward(&precision, &mut coefficients);
        if moments.count <= size {
            return None;
        }
        let standardised_variance = (at(0, 0) - explained) / moments.count as f64;
        if !(standardised_variance.is_finite() && standardised_variance > 0.0) {
            return None;
        }
        let variance = standardised_variance * design.regression.scale * design.regression.scale;
        let rss = variance * moments.count as f64;
        let log_likelihood = gaussian(moments.count, moments.diffuse, moments.log_determinant, rss, variance);
        log_likelihood.is_finite().then_some(Self {
            log_likelihood,
            variance,
            count: moments.count,
            coefficients,
            precision,
            standardised_variance,
        })
    }

    /// Coefficients of the kept regression columns in the units of the data.
    pub(super) fn regression(&self, design: &Design) -> Vec<f64> {
        let mut out = design.regression.coefficients.clone();
        for (weights, b) in design.regression.weights.iter().zip(&self.coefficients) {
            out.iter_mut().zip(weights).for_each(|(total, w)| *total += design.regression.scale * b * w);
        }
        out
    }

    /// Their variances where the process is known.
    pub(super) fn regression_variances(&self, design: &Design) -> Vec<f64> {
        let size = design.predictors();
        let covariance = inverse(&self.precision, size);
        let scale = design.regression.scale * design.regression.scale * self.standardised_variance;
        let weight = |i: usize, column: usize| design.regression.weights[i][column];
        (0..size)
            .map(|column| {
                let sum: f64 = (0..size * size)
                    .map(|ij| weight(ij / size, column) * covariance[ij] * weight(ij % size, column))
                    .sum();
                scale * sum
            })
            .collect()
    }
}
