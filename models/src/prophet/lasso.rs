//! Quadratics with absolute values, solved exactly by searching the signs of the solution.

use super::stored::dot;
use crate::linear::{backward, cholesky, forward};

/// Share of a penalty by which a slope must exceed it to matter: rounding.
const TOLERANCE: f64 = 1e-12;
/// Changes of the set of nonzero coefficients per coefficient before the search gives up with what it has.
const PATIENCE: usize = 20;

/// `½ xᵀ Q x − cᵀ x + Σ γ_i |x_i|` with a positive definite Q (row by row); `γ_i ≥ 0`.
#[derive(Debug)]
pub(super) struct Lasso<'a> {
    pub(super) quadratic: &'a [f64],
    pub(super) linear: &'a [f64],
    pub(super) penalty: &'a [f64],
}

impl Lasso<'_> {
    /// Moves `x` to the minimum by the feature-sign search of Lee, Battle, Raina & Ng (2006, *Advances in Neural
    /// Information Processing Systems* 19). None if Q has no Cholesky factor.
    pub(super) fn solve(&self, x: &mut Vec<f64>) -> Option<()> {
        let width = x.len();
        let mut sign: Vec<f64> = x.iter().map(|x| if *x == 0.0 { 0.0 } else { x.signum() }).collect();
        for _change in 0..PATIENCE * (width + 1) {
            let active: Vec<usize> = (0..width).filter(|i| self.penalty[*i] == 0.0 || sign[*i] != 0.0).collect();
            let target = self.solve_with_signs(&active, &sign, width)?;
            let flips = |i: &usize| self.penalty[*i] > 0.0 && x[*i] != 0.0 && target[*i] * x[*i] <= 0.0;
            let flipped: Vec<usize> = active.iter().copied().filter(flips).collect();
            // one that enters must move to the side it entered for: else rounding alone made it enter
            let entered = |i: &usize| self.penalty[*i] > 0.0 && x[*i] == 0.0 && target[*i] * sign[*i] <= 0.0;
            if active.iter().any(entered) {
                return Some(());
            }
            if !flipped.is_empty() {
                self.move_to_best(x, &target, &flipped);
                sign.iter_mut().zip(x.iter()).for_each(|(s, x)| *s = if *x == 0.0 { 0.0 } else { x.signum() });
                continue;
            }
            *x = target;
            match self.entering(x, &sign) {
                None => return Some(()),
                Some((i, side)) => sign[i] = side,
            }
        }
        Some(())
    }

    /// The minimum where the signs of the active coefficients are given and the others are zero.
    fn solve_with_signs(&self, active: &[usize], sign: &[f64], width: usize) -> Option<Vec<f64>> {
        let pairs = active.iter().flat_map(|i| active.iter().map(move |j| i * width + j));
        let sub: Vec<f64> = pairs.map(|place| self.quadratic[place]).collect();
        let lower = cholesky(&sub, active.len())?;
        let mut b: Vec<f64> = active.iter().map(|i| self.linear[*i] - self.penalty[*i] * sign[*i]).collect();
        forward(&lower, &mut b);
        backward(&lower, &mut b);
        let mut target = vec![0.0; width];
        active.iter().zip(b).for_each(|(i, value)| target[*i] = value);
        Some(target)
    }

    /// The lowest of the points on the way to `target` where a coefficient becomes zero, and `target` itself.
    fn move_to_best(&self, x: &mut Vec<f64>, target: &[f64], flipped: &[usize]) {
        let mut best = (self.value(target), target.to_vec());
        for &i in flipped {
            let share = x[i] / (x[i] - target[i]);
            let mut point: Vec<f64> = x.iter().zip(target).map(|(from, to)| from + share * (to - from)).collect();
            point[i] = 0.0;
            let value = self.value(&point);
            if value < best.0 {
                best = (value, point);
            }
        }
        *x = best.1;
    }

    /// The zero coefficient whose slope exceeds its penalty most, and the side to which it lowers the value.
    fn entering(&self, x: &[f64], sign: &[f64]) -> Option<(usize, f64)> {
        let width = x.len();
        let mut worst = (0.0, None);
        for i in (0..width).filter(|i| self.penalty[*i] > 0.0 && sign[*i] == 0.0) {
            let slope = dot(&self.quadratic[i * width..(i + 1) * width], x) - self.linear[i];
            let excess = slope.abs() - self.penalty[i] * (1.0 + TOLERANCE);
            if excess > worst.0 {
                worst = (excess, Some((i, -slope.signum())));
            }
        }
        worst.1
    }

    fn value(&self, x: &[f64]) -> f64 {
        let rows = self.quadratic.chunks_exact(x.len().max(1)).zip(x);
        let quadratic: f64 = rows.map(|(row, x_i)| x_i * dot(row, x)).sum();
        let laplace: f64 = x.iter().zip(self.penalty).map(|(x, p)| p * x.abs()).sum();
        0.5 * quadratic - dot(self.linear, x) + laplace
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn soft_threshold_by_hand() {
        let lasso = Lasso { quadratic: &[2.0, 0.0, 0.0, 1.0], linear: &[3.0, -0.5], penalty: &[1.0, 0.7] };
        let mut x = vec![-4.0, -1.0];
        lasso.solve(&mut x).unwrap();
        assert!((x[0] - 1.0).abs() < 1e-14 && x[1] == 0.0, "{x:?}");
    }

    #[test]
    fn an_indefinite_matrix_gives_none() {
        let lasso = Lasso { quadratic: &[-1.0], linear: &[1.0], penalty: &[0.0] };
        assert!(lasso.solve(&mut vec![0.0]).is_none());
    }

    proptest! {
        /// Zero is a subgradient at the solution, from any start.
        #[test]
        fn the_solution_is_stationary(
            root in prop::collection::vec(-1.0..1.0_f64, 64),
            linear in prop::collection::vec(-2.0..2.0_f64, 8),
            penalty in prop::collection::vec(prop_oneof![Just(0.0), 0.1..1.0_f64], 8),
            start in prop::collection::vec(prop_oneof![Just(0.0), -1.0..1.0_f64], 8),
        ) {
            let mut quadratic = vec![0.0; 64];
            for i in 0..8 {
                for j in 0..8 {
                    let sum = dot(&root[i * 8..i * 8 + 8], &root[j * 8..j * 8 + 8]);
                    quadratic[i * 8 + j] = sum + if i == j { 0.05 } else { 0.0 };
                }
            }
            let lasso = Lasso { quadratic: &quadratic, linear: &linear, penalty: &penalty };
            let mut x = start;
            lasso.solve(&mut x).unwrap();
            for i in 0..8 {
                let slope = dot(&quadratic[i * 8..i * 8 + 8], &x) - linear[i];
                let off = if x[i] == 0.0 { (slope.abs() - penalty[i]).max(0.0) } else { slope + penalty[i] * x[i].signum() };
                prop_assert!(off.abs() < 1e-7, "{off} at {i} of {x:?}");
            }
        }
    }
}
