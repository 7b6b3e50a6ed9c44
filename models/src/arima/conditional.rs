//! Least squares of conditional innovations: those of the difference equation from zeros before the first row, of which
//! the first p + P·s do not count (Box, Jenkins and Reinsel 1994, *Time Series Analysis*, 7.1.2).
//!
//! A long season makes the exact likelihood slow to evaluate, since its gains hardly settle, and its search long. Here
//! innovations and their derivatives in all coefficients are short recursions, so that Levenberg and Marquardt's steps
//! cost less than one exact likelihood. The result is a point near the maximum, whose exact likelihood compares orders.

use super::design::Design;
use super::order::Order;
use super::polynomial::{Arma, Coefficients};
use super::start::Start;
use crate::linear::{backward, cholesky, forward};

/// Modulus that roots must exceed on the way.
const NEAREST_ROOT: f64 = 1.000_1;
/// Damping of the first step, relative to the curvature; its factors after a step that leads down and one that does not;
/// the damping at which a search ends.
const FIRST_DAMPING: f64 = 1e-3;
const EASED: f64 = 0.2;
const RAISED: f64 = 5.0;
const LAST_DAMPING: f64 = 1e7;
/// Gain of a step, relative to the sum of squares, below which a search ends.
const GAIN: f64 = 1e-7;
/// Most evaluations.
const EVALUATIONS: usize = 40;

/// Columns of a design that is complete: the differenced target, then the regression's.
#[derive(Debug)]
pub(super) struct Conditional {
    target: Vec<f64>,
    columns: Vec<Vec<f64>>,
}

/// The sum of squares near a point.
struct Local {
    square: f64,
    /// Half its derivatives.
    gradient: Vec<f64>,
    /// Products of derivatives of innovations, `size` × `size`.
    curvature: Vec<f64>,
}

impl Conditional {
    /// None for a series with gaps, whose differences do not exist.
    pub(super) fn new(design: &Design) -> Option<Self> {
        let mut lanes = design.columns.differences(1 + design.predictors())?;
        let columns = lanes.split_off(1);
        Some(Self { target: lanes.pop()?, columns })
    }

    /// The coefficients with the least squares near the Hannan-Rissanen start; none if no start has innovations.
    pub(super) fn fit(&self, start: &Start, order: &Order) -> Option<Coefficients> {
        let zero = Coefficients::from_flat(order, &[]);
        // brought inside the region where the start lies beyond it
        let inside = |c: Coefficients| Coefficients::from_unconstrained(order, &c.to_unconstrained());
        let first = start.coefficients(order).map_or_else(|| zero.clone(), inside);
        let (mut point, mut here) = match self.local(order, &first) {
            Some(local) => (first, local),
            None => (zero.clone(), self.local(order, &zero)?),
        };
        let mut damping = FIRST_DAMPING;
        for _ in 1..EVALUATIONS {
            let next = step(&here, damping).and_then(|step| {
                let moved: Vec<f64> = point.flat().iter().zip(&step).map(|(x, by)| x - by).collect();
                let moved = Coefficients::from_flat(order, &moved);
                moved.roots_beyond(NEAREST_ROOT).then_some(())?;
                Some((self.local(order, &moved)?, moved))
            });
            match next.filter(|(next, _)| next.square < here.square) {
                Some((next, moved)) => {
                    let gain = 1.0 - next.square / here.square;
                    (point, here) = (moved, next);
                    if gain <= GAIN && damping <= 1.0 {
                        break;
                    }
                    damping *= EASED;
                }
                None => {
                    damping *= RAISED;
                    if damping > LAST_DAMPING {
                        break;
                    }
                }
            }
        }
        Some(point)
    }

    fn local(&self, order: &Order, at: &Coefficients) -> Option<Local> {
        let arma = at.expand(order.season);
        let first = order.p + order.seasonal_p * order.season;
        let mut e = innovations(&arma, &self.target);
        let filtered: Vec<Vec<f64>> = self.columns.iter().map(|column| innovations(&arma, column)).collect();
        regress(&mut e, &filtered, first)?;
        let season = order.season;
        // ∂e/∂φᵢ = −Bⁱ e/φ(B), and so on: a filter for each polynomial, a lag for each coefficient
        let parts =
            [(&at.ar, 1, 1.0), (&at.ma, 1, -1.0), (&at.seasonal_ar, season, 1.0), (&at.seasonal_ma, season, -1.0)];
        let mut slopes: Vec<(Vec<f64>, usize)> = Vec::new();
        for (coefficients, spacing, sign) in parts {
            if coefficients.is_empty() {
                continue;
            }
            let divided = divided(&e, coefficients, spacing, sign);
            slopes.extend((1..=coefficients.len()).map(|i| (divided.clone(), i * spacing)));
        }
        let size = slopes.len();
        let square: f64 = e.iter().skip(first).map(|e| e * e).sum();
        let (mut gradient, mut curvature) = (vec![0.0; size], vec![0.0; size * size]);
        // from this row on every lagged derivative exists; before the first lag it is zero
        let from = |lags: usize| first.max(lags);
        for (i, (slope, lag)) in slopes.iter().enumerate() {
            gradient[i] = -(from(*lag)..e.len()).map(|t| e[t] * slope[t - lag]).sum::<f64>();
            for (j, (other, other_lag)) in slopes.iter().enumerate().take(i + 1) {
                let start = from(*lag.max(other_lag));
                let product: f64 = (start..e.len()).map(|t| slope[t - lag] * other[t - other_lag]).sum();
                curvature[i * size + j] = product;
                curvature[j * size + i] = product;
            }
        }
        square.is_finite().then_some(Local { square, gradient, curvature })
    }
}

/// e = φ(B) w / θ(B) from zeros.
fn innovations(arma: &Arma, series: &[f64]) -> Vec<f64> {
    let lags = |values: &[f64]| -> Vec<(usize, f64)> {
        values.iter().enumerate().filter(|(_, c)| **c != 0.0).map(|(j, c)| (j + 1, *c)).collect()
    };
    let (ar, ma) = (lags(&arma.ar), lags(&arma.ma));
    let mut out = Vec::with_capacity(series.len());
    for (t, value) in series.iter().enumerate() {
        let past: f64 = ar.iter().take_while(|(lag, _)| *lag <= t).map(|(lag, c)| c * series[t - lag]).sum();
        let shocks: f64 = ma.iter().take_while(|(lag, _)| *lag <= t).map(|(lag, c)| c * out[t - lag]).sum();
        out.push(value - past - shocks);
    }
    out
}

/// A series over the polynomial 1 − sign Σ cᵢ B^(i·spacing), from zeros.
fn divided(series: &[f64], coefficients: &[f64], spacing: usize, sign: f64) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::with_capacity(series.len());
    for (t, value) in series.iter().enumerate() {
        let lagged = coefficients.iter().enumerate().take_while(|(i, _)| (i + 1) * spacing <= t);
        let past: f64 = lagged.map(|(i, c)| c * out[t - (i + 1) * spacing]).sum();
        out.push(value + sign * past);
    }
    out
}

/// Takes the least-squares fit of the columns out of the target; rows before `first` do not decide on it.
fn regress(target: &mut [f64], columns: &[Vec<f64>], first: usize) -> Option<()> {
    let size = columns.len();
    let product = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).skip(first).map(|(a, b)| a * b).sum() };
    let cross: Vec<f64> = (0..size * size).map(|ij| product(&columns[ij / size], &columns[ij % size])).collect();
    let mut coefficients: Vec<f64> = columns.iter().map(|column| product(column, target)).collect();
    let lower = cholesky(&cross, size)?;
    forward(&lower, &mut coefficients);
    backward(&lower, &mut coefficients);
    for (column, b) in columns.iter().zip(&coefficients) {
        target.iter_mut().zip(column).for_each(|(y, x)| *y -= b * x);
    }
    Some(())
}

/// Solves (C + damping · diag C) step = gradient.
fn step(local: &Local, damping: f64) -> Option<Vec<f64>> {
    let size = local.gradient.len();
    let mut damped = local.curvature.clone();
    for i in 0..size {
        damped[i * size + i] *= 1.0 + damping;
    }
    let mut solution = local.gradient.clone();
    let lower = cholesky(&damped, size)?;
    forward(&lower, &mut solution);
    backward(&lower, &mut solution);
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rand_distr::{Distribution, StandardNormal};

    use super::super::estimate::{Estimate, estimate};
    use super::super::sample::Sample;
    use super::*;
    use crate::{History, StreamKey};

    const ORDER: Order = Order { p: 2, d: 0, q: 1, seasonal_p: 1, seasonal_d: 1, seasonal_q: 1, season: 24 };

    /// φ = (0.6, 0.2), θ = 0.3, Φ = 0.3, Θ = −0.6 around a season and a drift.
    fn truth() -> Coefficients {
        Coefficients::from_flat(&ORDER, &[0.6, 0.2, 0.3, 0.3, -0.6])
    }

    fn design(rows: usize) -> (Design, Start) {
        let arma = truth().expand(ORDER.season);
        let mut rng = StreamKey::new(7, "key", "conditional", "v1", 0).day(0);
        let shocks: Vec<f64> = (0..rows).map(|_| StandardNormal.sample(&mut rng)).collect();
        let mut change: Vec<f64> = Vec::new();
        for t in 0..rows {
            let lagged = |values: &[f64], c: &[f64]| -> f64 {
                c.iter().enumerate().take(t).map(|(j, c)| c * values[t - 1 - j]).sum()
            };
            change.push(shocks[t] + lagged(&change, &arma.ar) + lagged(&shocks, &arma.ma));
        }
        let mut target: Vec<f64> = Vec::new();
        for t in 0..rows {
            let before = if t < 24 { 50.0 + 5.0 * libm::sin(t as f64 / 4.0) } else { target[t - 24] };
            target.push(before + 0.5 + change[t]);
        }
        let days: Vec<i32> = (0..rows as i32).collect();
        let sample = Sample::new(&History { days: &days, target: &target, regressors: &[] }, &[], true).unwrap();
        let design = Design::new(&sample, &ORDER, true, &[]).unwrap();
        let start = Start::new(&design.bridged, ORDER.season);
        (design, start)
    }

    #[test]
    fn gradients_are_those_of_the_squares() {
        let (design, _) = design(200);
        let conditional = Conditional::new(&design).unwrap();
        let flat = [0.5, -0.1, 0.4, 0.2, -0.3];
        let at = |flat: &[f64]| conditional.local(&ORDER, &Coefficients::from_flat(&ORDER, flat)).unwrap();
        let exact = at(&flat).gradient;
        for i in 0..flat.len() {
            let (mut above, mut below) = (flat, flat);
            above[i] += 1e-6;
            below[i] -= 1e-6;
            let numeric = 0.5 * (at(&above).square - at(&below).square) / 2e-6;
            assert!((exact[i] - numeric).abs() < 1e-5 * (1.0 + numeric.abs()), "{i}: {} {numeric}", exact[i]);
        }
    }

    /// In coefficients and in its own likelihood: differences of the order of one observation's weight.
    #[test]
    fn the_fit_is_near_the_exact_maximum() {
        let (design, start) = design(1_500);
        let fitted = Conditional::new(&design).unwrap().fit(&start, &ORDER).unwrap();
        let exact = estimate(&design, &start, &ORDER, None, true).unwrap();
        for (got, want) in fitted.flat().iter().zip(exact.coefficients.flat()) {
            assert!((got - want).abs() < 0.05, "{fitted:?} {:?}", exact.coefficients);
        }
        let at_fitted = Estimate::given(&design, &ORDER, fitted).unwrap().profile.log_likelihood;
        let lost = exact.profile.log_likelihood - at_fitted;
        assert!((-1e-6..1.0).contains(&lost), "{lost}");
    }

    #[test]
    fn a_series_with_gaps_has_no_differences() {
        let days: Vec<i32> = (0..100).collect();
        let mut target: Vec<f64> = (0..100).map(|t| f64::from((t * 37) % 101)).collect();
        target[40] = f64::NAN;
        let sample = Sample::new(&History { days: &days, target: &target, regressors: &[] }, &[], true).unwrap();
        let design = Design::new(&sample, &ORDER, false, &[]).unwrap();
        assert!(Conditional::new(&design).is_none());
    }
}
