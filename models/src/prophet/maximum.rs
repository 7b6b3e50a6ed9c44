//! The maximum of the posterior.

use super::lasso::Lasso;
use super::posterior::Posterior;
use super::stored::dot;

/// Least σ: prophet's value for a series without any deviation.
pub(super) const LEAST_SIGMA: f64 = 1e-9;
/// Change of the log posterior, and of σ relative to it, in a round that end the search.
const TOLERANCE: f64 = 1e-9;
const SIGMA_TOLERANCE: f64 = 1e-13;
/// Rise of the cost, relative to one, that rounding explains: a step that only rounding makes a rise is taken, or
/// coefficients would stay behind their σ in the last digits.
const RISE: f64 = 1e-13;
const ROUNDS: usize = 300;
/// Halvings of a step that does not lower the cost.
const HALVINGS: usize = 30;

/// Where the posterior is highest.
#[derive(Debug, Clone)]
pub(super) struct Maximum {
    pub(super) coefficients: Vec<f64>,
    pub(super) sigma: f64,
    /// Sum of squared residuals.
    pub(super) square: f64,
    pub(super) log_posterior: f64,
    pub(super) rounds: usize,
}

/// Climbs from `start` and σ = 1, as prophet does: coefficients for σ by Gauss-Newton steps whose quadratic, with the
/// Laplace prior, is solved exactly (one step, if the curve is linear in its coefficients), then σ for these. None if
/// a step has no finite value.
pub(super) fn maximum(posterior: &Posterior, start: Vec<f64>) -> Option<Maximum> {
    let mut at = start;
    let mut sigma = 1.0;
    let mut curve = posterior.curve(&at);
    let mut square = dot(&curve.residuals, &curve.residuals);
    let mut cost = posterior.cost(&at, square, sigma);
    let mut gram = posterior.gram(&curve);
    for round in 1..=ROUNDS {
        if round > 1 && !posterior.linear() {
            gram = posterior.gram(&curve);
        }
        let (weight, width) = (1.0 / (sigma * sigma), at.len());
        let mut quadratic: Vec<f64> = gram.iter().map(|g| g * weight).collect();
        (0..width).for_each(|i| quadratic[i * width + i] += posterior.precision[i]);
        let row = |i: usize| &gram[i * width..(i + 1) * width];
        let pull = posterior.cross(&curve);
        let linear: Vec<f64> = pull.iter().enumerate().map(|(i, pull)| weight * (dot(row(i), &at) + pull)).collect();
        let mut target = at.clone();
        Lasso { quadratic: &quadratic, linear: &linear, penalty: &posterior.penalty }.solve(&mut target)?;
        let before = cost;
        let mut share = 1.0;
        for _halving in 0..HALVINGS {
            let point: Vec<f64> = at.iter().zip(&target).map(|(from, to)| from + share * (to - from)).collect();
            let tried = posterior.curve(&point);
            let tried_square = dot(&tried.residuals, &tried.residuals);
            if posterior.cost(&point, tried_square, sigma) <= cost + RISE * cost.abs().max(1.0) {
                (at, curve, square) = (point, tried, tried_square);
                break;
            }
            share *= 0.5;
        }
        let moved = posterior.variance(square).sqrt().max(LEAST_SIGMA);
        let settled = (moved - sigma).abs() <= SIGMA_TOLERANCE * sigma;
        sigma = moved;
        cost = posterior.cost(&at, square, sigma);
        if !cost.is_finite() {
            return None;
        }
        if settled && before - cost < TOLERANCE || round == ROUNDS || sigma == LEAST_SIGMA {
            return Some(Maximum { coefficients: at, sigma, square, log_posterior: -cost, rounds: round });
        }
    }
    None
}
