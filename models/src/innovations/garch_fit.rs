//! Maximum likelihood of GARCH(1,1) with Student's t innovations, conditional on the backcast.
//!
//! The likelihood is that of Python's `arch` (`ConstantMean` or `ZeroMean`, `GARCH(1, 1)`, `StudentsT`), whose start
//! of the recursion and bounds of ν are used: equal parameters give equal likelihoods and variances.

use super::estimate::{Maximum, Sample};
use super::garch::{Backcast, Garch};
use super::likelihood::{Bounded, LogSum, standard_errors};
use super::student::{LEAST_NU, MOST_NU, log_constant};
use crate::minimize::minimize;

/// Least number of residuals from which a variance's dynamics are estimated.
pub(super) const FEWEST: usize = 100;
/// Parameters tried first: α, persistence, ν; ω follows from the sample's variance.
const ALPHAS: [f64; 3] = [0.03, 0.08, 0.2];
const PERSISTENCES: [f64; 4] = [0.5, 0.9, 0.97, 0.995];
const NUS: [f64; 3] = [4.0, 8.0, 30.0];
/// The best of those, from which the optimiser starts.
const STARTS: usize = 3;
/// The persistence stays below 1 by so much that the variance in the long run is a number.
const PERSISTENCE: Bounded = Bounded { least: 0.0, most: 1.0 - 1e-6 };
/// Share of α in it.
const SHARE: Bounded = Bounded { least: 0.0, most: 1.0 };
const INVERSE_NU: Bounded = Bounded { least: 1.0 / MOST_NU, most: 1.0 / LEAST_NU };
/// Parameters this close to a bound, or above, have no standard error.
const AT_BOUND: f64 = 1e-5;

/// Share of a square that reaches the next variance below which it reaches none: α is then at its bound, β is not
/// identified, and the variance would be a curve from the start of the sample instead of a state.
const NO_REACTION: f64 = 1e-4;

impl Garch {
    /// Whether the variance reacts to residuals.
    pub(super) fn reacts(&self) -> bool {
        self.alpha > NO_REACTION
    }

    /// Log-likelihood of the residuals present, per session with NaN where absent.
    pub(super) fn log_likelihood(&self, residuals: &[f64], backcast: Backcast) -> f64 {
        let weight = 1.0 / (self.nu - 2.0);
        let (mut variances, mut tails, mut count) = (LogSum::default(), LogSum::default(), 0.0);
        let mut variance = self.first(backcast);
        for residual in residuals {
            if !residual.is_nan() {
                variances.multiply(variance);
                tails.multiply(1.0 + residual * residual * weight / variance);
                count += 1.0;
            }
            variance = self.step(variance, *residual);
        }
        count * log_constant(self.nu) - 0.5 * variances.total() - 0.5 * (self.nu + 1.0) * tails.total()
    }
}

/// From the optimiser's unbounded numbers.
fn law(x: &[f64]) -> Garch {
    let persistence = PERSISTENCE.value(x[0]);
    let alpha = persistence * SHARE.value(x[1]);
    Garch { omega: libm::exp(x[2]), alpha, beta: persistence - alpha, nu: 1.0 / INVERSE_NU.value(x[3]) }
}

/// The maximum; none if the optimiser finds no finite value.
pub(super) fn fit(sample: &Sample) -> Option<Maximum<Garch>> {
    let residuals = &sample.residuals;
    let backcast = Backcast::of(residuals);
    let count = sample.count as f64;
    let cost = |x: &[f64]| Some(-law(x).log_likelihood(residuals, backcast) / count);
    let (best, _) = minimize(&cost, &starts(&cost), true)?;
    let standard = law(&best);
    let natural =
        |x: &[f64]| -Garch { omega: x[0], alpha: x[1], beta: x[2], nu: x[3] }.log_likelihood(residuals, backcast);
    let at = [standard.omega, standard.alpha, standard.beta, standard.nu];
    let inside = standard.alpha > AT_BOUND
        && standard.beta > AT_BOUND
        && standard.persistence() < 1.0 - AT_BOUND
        && standard.nu > LEAST_NU * (1.0 + 1e-3)
        && standard.nu < 0.9 * MOST_NU;
    let errors = if inside { standard_errors(&natural, &at) } else { None };
    let square = sample.unit * sample.unit;
    Some(Maximum {
        law: Garch { omega: standard.omega * square, ..standard },
        log_likelihood: standard.log_likelihood(residuals, backcast),
        standard_errors: errors.map(|errors| vec![errors[0] * square, errors[1], errors[2], errors[3]]),
    })
}

/// The best points of the grid.
fn starts(cost: &dyn Fn(&[f64]) -> Option<f64>) -> Vec<Vec<f64>> {
    let mut tried = Vec::new();
    for alpha in ALPHAS {
        for persistence in PERSISTENCES {
            for nu in NUS {
                let omega = libm::log(1.0 - persistence);
                let (share, inverse) = (SHARE.free(alpha / persistence), INVERSE_NU.free(1.0 / nu));
                let point = vec![PERSISTENCE.free(persistence), share, omega, inverse];
                tried.push((cost(&point).unwrap_or(f64::INFINITY), point));
            }
        }
    }
    tried.sort_by(|a, b| a.0.total_cmp(&b.0));
    tried.into_iter().take(STARTS).map(|(_, point)| point).collect()
}
