//! Standard errors: the inverse of the observed information of all parameters together, as statsmodels' `approx` and R's
//! `arima` have it. The likelihood is concentrated over the regression and the variance, so that its curvature in the
//! coefficients of the orders is what is left when these follow. The errors of a regression that holds at given
//! coefficients grow by how far it moves with them.

use super::design::Design;
use super::estimate::Estimate;
use super::likelihood::Profile;
use super::polynomial::Coefficients;
use crate::linear::{cholesky, inverse};

/// Step of the differences in a coefficient.
const STEP: f64 = 1e-4;

/// What the likelihood says of the orders' coefficients near its maximum.
#[derive(Debug)]
pub(super) struct Errors {
    /// Covariance of the coefficients, row by row.
    covariance: Vec<f64>,
    /// For each coefficient, how fast each regression coefficient moves with it.
    slopes: Vec<Vec<f64>>,
}

impl Errors {
    /// None where the likelihood is not curved downwards in every direction, as at the edge of the stationary region.
    pub(super) fn new(design: &Design, estimate: &Estimate) -> Option<Self> {
        let size = estimate.order.coefficients();
        let flat = estimate.coefficients.flat();
        let mut scratch = Vec::new();
        let mut at = |moves: &[(usize, f64)]| -> Option<Profile> {
            let mut moved = flat.clone();
            moves.iter().for_each(|(i, by)| moved[*i] += by);
            let coefficients = Coefficients::from_flat(&estimate.order, &moved);
            // coefficients beyond the invertible region repeat likelihoods within it: no curvature there
            if !coefficients.roots_beyond(1.0) {
                return None;
            }
            Profile::new(design, &coefficients.expand(estimate.order.season), &mut scratch)
        };
        let centre = estimate.profile.log_likelihood;
        let mut curvature = vec![0.0; size * size];
        let mut slopes = Vec::with_capacity(size);
        for i in 0..size {
            let (above, below) = (at(&[(i, STEP)])?, at(&[(i, -STEP)])?);
            curvature[i * size + i] = -(above.log_likelihood - 2.0 * centre + below.log_likelihood) / (STEP * STEP);
            let (above, below) = (above.regression(design), below.regression(design));
            slopes.push(above.iter().zip(&below).map(|(above, below)| (above - below) / (2.0 * STEP)).collect());
            for j in 0..i {
                let mut both = |by_i: f64, by_j: f64| Some(at(&[(i, by_i), (j, by_j)])?.log_likelihood);
                let same = both(STEP, STEP)? + both(-STEP, -STEP)?;
                let opposite = both(STEP, -STEP)? + both(-STEP, STEP)?;
                let value = (opposite - same) / (4.0 * STEP * STEP);
                (curvature[i * size + j], curvature[j * size + i]) = (value, value);
            }
        }
        Some(Self { covariance: inverse(&cholesky(&curvature, size)?, size), slopes })
    }

    /// Standard error of the i-th coefficient of the orders.
    pub(super) fn of_coefficient(&self, i: usize) -> f64 {
        self.covariance[i * self.slopes.len() + i].sqrt()
    }

    /// What not knowing the orders' coefficients adds to the variance of the j-th regression coefficient.
    pub(super) fn added(&self, j: usize) -> f64 {
        let moved = |row: &[f64]| -> f64 { row.iter().zip(&self.slopes).map(|(c, slopes)| c * slopes[j]).sum() };
        let rows = self.covariance.chunks_exact(self.slopes.len().max(1));
        rows.zip(&self.slopes).map(|(row, slopes)| slopes[j] * moved(row)).sum()
    }
}
