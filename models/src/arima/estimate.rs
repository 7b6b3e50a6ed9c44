//! Maximum likelihood for one order.

use std::cell::RefCell;

use super::design::Design;
use super::likelihood::Profile;
use super::order::Order;
use super::polynomial::Coefficients;
use super::start::Start;
use crate::minimize::minimize;

/// Unconstrained number from which on a coefficient may be on its way to the edge of its region, and one that stands for
/// the edge in double precision.
const NEAR_EDGE: f64 = 5.0;
const EDGE: f64 = 1e9;
/// Difference between costs that is none.
const TIE: f64 = 1e-12;

/// The maximum found for one order.
#[derive(Debug, Clone)]
pub(super) struct Estimate {
    pub(super) order: Order,
    pub(super) coefficients: Coefficients,
    pub(super) profile: Profile,
    /// Unconstrained coefficients, from which a search can start again.
    point: Vec<f64>,
    /// Estimated numbers: coefficients, regression, variance.
    parameters: usize,
}

impl Estimate {
    /// Corrected Akaike criterion (Hurvich and Tsai 1989); infinite where observations do not suffice.
    pub(super) fn aicc(&self) -> f64 {
        let (n, k) = (self.profile.count as f64, self.parameters as f64);
        if n <= k + 1.0 {
            return f64::INFINITY;
        }
        -2.0 * self.profile.log_likelihood + 2.0 * k * n / (n - k - 1.0)
    }

    /// An order at given coefficients, with regression and variance fitted to them; none if they have no likelihood.
    pub(super) fn given(design: &Design, order: &Order, coefficients: Coefficients) -> Option<Self> {
        let profile = Profile::new(design, &coefficients.expand(order.season), &mut Vec::new())?;
        let point = coefficients.to_unconstrained();
        let parameters = order.coefficients() + design.predictors() + 1;
        Some(Self { order: *order, coefficients, profile, point, parameters })
    }
}

/// Maximises from the Hannan-Rissanen start, or from `from` where given: roughly, or to the end and with a restart from
/// zero if `restart`.
pub(super) fn estimate(
    design: &Design,
    start: &Start,
    order: &Order,
    from: Option<&Estimate>,
    restart: bool,
) -> Option<Estimate> {
    let scratch = RefCell::new(Vec::new());
    let observations = design.bridged.len().max(1) as f64;
    let profile = |x: &[f64]| {
        let arma = Coefficients::from_unconstrained(order, x).expand(order.season);
        Profile::new(design, &arma, &mut scratch.borrow_mut())
    };
    let cost = |x: &[f64]| profile(x).map(|p| -p.log_likelihood / observations);
    let zero = vec![0.0; order.coefficients()];
    let first = match from {
        Some(estimate) => estimate.point.clone(),
        None => start.coefficients(order).map_or_else(|| zero.clone(), |c| c.to_unconstrained()),
    };
    let mut starts = vec![first];
    if restart && !zero.is_empty() {
        starts.push(zero);
    }
    let (point, value) = minimize(&cost, &starts, restart)?;
    // a search for an order refuses the edge
    let point = if restart && from.is_none() { at_the_edge(&cost, point, value) } else { point };
    let profile = profile(&point)?;
    let coefficients = Coefficients::from_unconstrained(order, &point);
    let parameters = order.coefficients() + design.predictors() + 1;
    Some(Estimate { order: *order, coefficients, profile, point, parameters })
}

/// Brings to the edge of the region the partial autocorrelations that run towards it. A moving average whose root piles
/// up on the unit circle has its maximum there, at infinity in unconstrained numbers: where a search gives up on the way
/// says nothing of the series.
fn at_the_edge(cost: &dyn Fn(&[f64]) -> Option<f64>, mut point: Vec<f64>, mut value: f64) -> Vec<f64> {
    for i in 0..point.len() {
        if point[i].abs() < NEAR_EDGE {
            continue;
        }
        let edge = EDGE * point[i].signum();
        let with_edge = |others: &[f64]| [&others[..i], &[edge], &others[i..]].concat();
        let others = [&point[..i], &point[i + 1..]].concat();
        let found = match others.is_empty() {
            true => cost(&[edge]).map(|value| (Vec::new(), value)),
            false => minimize(&|others: &[f64]| cost(&with_edge(others)), &[others], true),
        };
        if let Some((others, moved)) = found.filter(|(_, moved)| *moved <= value + TIE) {
            (point, value) = (with_edge(&others), moved);
        }
    }
    point
}
