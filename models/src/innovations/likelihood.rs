//! What the likelihoods share: sums of logarithms, bounded parameters, standard errors.

use faer::linalg::solvers::DenseSolveCore;
use faer::{Mat, Side};

/// Sum of logarithms of positive factors: one logarithm for many factors.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogSum {
    sum: f64,
    product: f64,
}

impl Default for LogSum {
    fn default() -> Self {
        Self { sum: 0.0, product: 1.0 }
    }
}

impl LogSum {
    pub(super) fn multiply(&mut self, factor: f64) {
        self.product *= factor;
        if !(1e-100..1e100).contains(&self.product) {
            *self = Self { sum: self.total(), product: 1.0 };
        }
    }

    pub(super) fn total(&self) -> f64 {
        self.sum + libm::log(self.product)
    }
}

/// An open interval, reached by the logistic function from any number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounded {
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Bounded {
    pub(super) fn value(&self, free: f64) -> f64 {
        self.least + (self.most - self.least) / (1.0 + libm::exp(-free))
    }

    pub(super) fn free(&self, value: f64) -> f64 {
        libm::log((value - self.least) / (self.most - value))
    }
}

/// Step of the second differences, relative to the parameter: the fourth root of the rounding error of f64.
const STEP: f64 = 1.2e-4;

/// Roots of the diagonal of the inverse Hessian of a negative log-likelihood, by central differences; none if it is
/// not positive definite, as where the minimum lies at a bound.
pub(super) fn standard_errors(cost: &dyn Fn(&[f64]) -> f64, at: &[f64]) -> Option<Vec<f64>> {
    let size = at.len();
    let step: Vec<f64> = at.iter().map(|value| STEP * value.abs()).collect();
    let moved = |i: usize, a: f64, j: usize, b: f64| {
        let mut point = at.to_vec();
        point[i] += a * step[i];
        point[j] += b * step[j];
        cost(&point)
    };
    // in units of the steps, so that the matrix is well scaled
    let hessian = Mat::from_fn(size, size, |i, j| {
        let (i, j) = (i.max(j), i.min(j));
        0.25 * (moved(i, 1.0, j, 1.0) - moved(i, 1.0, j, -1.0) - moved(i, -1.0, j, 1.0) + moved(i, -1.0, j, -1.0))
    });
    if (0..size).any(|i| (0..size).any(|j| !hessian[(i, j)].is_finite())) {
        return None;
    }
    let inverse = hessian.llt(Side::Lower).ok()?.inverse();
    let errors: Vec<f64> = (0..size).map(|i| inverse[(i, i)].sqrt() * step[i]).collect();
    errors.iter().all(|error| error.is_finite()).then_some(errors)
}
