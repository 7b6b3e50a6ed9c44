//! Newton's last steps to a minimum, until rounding ends them.
//!
//! A search that ends where its cost no longer changes knows its point to half of the digits only, so that a series in
//! other units would have another forecast. The zero of the gradient is known to nearly all of them.

use crate::linear::{backward, cholesky, forward};
use crate::minimize::Smooth;

/// Newton decrement `√(gᵀ H⁻¹ g)` at which the steps end. Where the cost is a log-likelihood per observation, it is about
/// what predictions still have to move, in units of their deviation.
const SETTLED: f64 = 1e-12;
/// Share of the decrement left by a step that asks for the curvature anew, and the decrement of which rounding explains
/// that it is left.
const SLOW: f64 = 0.1;
const ROUNDING: f64 = 1e-10;
/// Most steps, and most curvatures.
const STEPS: usize = 16;
const CURVATURES: usize = 4;
/// Longest step, relative to a coordinate above 1: from farther away, curvature is no guide.
const LONGEST: f64 = 0.5;
/// Step of the differences that give curvatures, relative to a coordinate above 1.
const STEP: f64 = 1e-5;
/// Curvature, relative to the largest, that is none.
const NO_INFLUENCE: f64 = 1e-14;
/// Rise of the cost, relative to one, that rounding explains.
const RISE: f64 = 1e-12;

/// Where the steps ended.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    pub(crate) point: Vec<f64>,
    pub(crate) value: f64,
    /// Newton decrement there, at most.
    pub(crate) decrement: f64,
}

/// The curvature of a function at a point where its value and slopes are known, row by row.
pub(crate) type Curvature<'a> = dyn FnMut(&mut Smooth<'_>, &[f64], f64, &[f64]) -> Option<Vec<f64>> + 'a;

/// Steps from a point near a minimum to the zero of the gradient, whose slopes must be accurate nearly to rounding; none
/// where the function has no value or is not convex.
pub(crate) fn settle(function: &mut Smooth<'_>, curvature: &mut Curvature<'_>, start: &[f64]) -> Option<Settled> {
    let mut slopes = vec![0.0; start.len()];
    let mut value = function(start, &mut slopes)?;
    let mut here = start.to_vec();
    let mut factor = factored(curvature(function, &here, value, &slopes)?, &slopes)?;
    let mut curvatures = 1;
    let (mut decrement, mut step) = newton(&factor, &slopes);
    let mut best = Settled { point: here.clone(), value, decrement };
    for _ in 0..STEPS {
        let near = step.iter().zip(&here).all(|(by, x)| by.abs() <= LONGEST * x.abs().max(1.0));
        if decrement <= SETTLED || !near {
            break;
        }
        let next: Vec<f64> = here.iter().zip(&step).map(|(x, by)| x - by).collect();
        let Some(moved) = function(&next, &mut slopes) else { break };
        if moved > value + RISE * value.abs().max(1.0) {
            break;
        }
        let before = decrement;
        (here, value) = (next, moved);
        (decrement, step) = newton(&factor, &slopes);
        if decrement < best.decrement {
            best = Settled { point: here.clone(), value, decrement };
        }
        let left = decrement / before;
        if left > SLOW {
            if curvatures == CURVATURES || decrement <= ROUNDING {
                break;
            }
            curvatures += 1;
            factor = factored(curvature(function, &here, value, &slopes)?, &slopes)?;
            (decrement, step) = newton(&factor, &slopes);
        } else if decrement * left <= SETTLED {
            // one more step would be the last, and its value the same but for rounding
            let point = here.iter().zip(&step).map(|(x, by)| x - by).collect();
            return Some(Settled { point, value, decrement: decrement * left });
        }
    }
    Some(best)
}

/// Cholesky factor of a curvature in which coordinates without any influence keep to themselves.
fn factored(mut curvature: Vec<f64>, slopes: &[f64]) -> Option<Vec<f64>> {
    let size = slopes.len();
    let largest = (0..size).map(|i| curvature[i * size + i]).fold(0.0, f64::max);
    for i in 0..size {
        if curvature[i * size + i].abs() <= NO_INFLUENCE * largest && slopes[i].abs() <= NO_INFLUENCE {
            (0..size).for_each(|j| (curvature[i * size + j], curvature[j * size + i]) = (0.0, 0.0));
            curvature[i * size + i] = largest;
        }
    }
    cholesky(&curvature, size)
}

/// Newton decrement and step from the Cholesky factor of the curvature.
fn newton(factor: &[f64], slopes: &[f64]) -> (f64, Vec<f64>) {
    let mut step = slopes.to_vec();
    forward(factor, &mut step);
    let decrement = step.iter().map(|x| x * x).sum::<f64>().sqrt();
    backward(factor, &mut step);
    (decrement, step)
}

/// The curvature by differences of slopes, for functions that know these without differences.
pub(crate) fn by_slopes(function: &mut Smooth<'_>, x: &[f64], _: f64, slopes: &[f64]) -> Option<Vec<f64>> {
    let size = x.len();
    let (mut point, mut moved) = (x.to_vec(), vec![0.0; size]);
    let mut rows = vec![0.0; size * size];
    for i in 0..size {
        let step = STEP * x[i].abs().max(1.0);
        point[i] = x[i] + step;
        function(&point, &mut moved)?;
        point[i] = x[i];
        for j in 0..size {
            let half = 0.5 * (moved[j] - slopes[j]) / step;
            rows[i * size + j] += half;
            rows[j * size + i] += half;
        }
    }
    Some(rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A valley along (1, 1), curved 10⁻⁵ times as much as across: its cost is flat to rounding 10⁻⁶ from the minimum.
    fn valley(x: &[f64], slopes: &mut [f64]) -> Option<f64> {
        let (along, across) = (x[0] + x[1] - 1.0, x[0] - x[1]);
        let (by_along, by_across) = (1e-5 * (along + along * along), across + across * across * across);
        (slopes[0], slopes[1]) = (by_along + by_across, by_along - by_across);
        Some(1e-5 * (along * along / 2.0 + along.powi(3) / 3.0) + across * across / 2.0 + across.powi(4) / 4.0)
    }

    #[test]
    fn the_end_of_a_flat_valley_is_found_to_nearly_all_digits() {
        let settled = settle(&mut valley, &mut by_slopes, &[0.52, 0.5]).unwrap();
        assert!(settled.point.iter().all(|x| (x - 0.5).abs() < 1e-10), "{settled:?}");
        assert!(settled.decrement <= 1e-12, "{settled:?}");
    }

    #[test]
    fn a_saddle_has_no_end() {
        let mut saddle = |x: &[f64], slopes: &mut [f64]| {
            (slopes[0], slopes[1]) = (2.0 * x[0], -2.0 * x[1]);
            Some(x[0] * x[0] - x[1] * x[1])
        };
        assert!(settle(&mut saddle, &mut by_slopes, &[0.1, 0.1]).is_none());
    }
}
