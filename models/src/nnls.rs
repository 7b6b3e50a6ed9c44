//! Non-negative least squares.

use crate::linear::{backward, cholesky, forward};

/// Share of a column's square that columns before it must leave unexplained: less is rounding.
const LEAST_LEFT: f64 = 1e-12;
/// Slope of the objective, relative to the largest possible, below which it counts as zero.
const FLAT: f64 = 1e-12;
/// Rounds per variable; the method ends by itself, this bounds it where rounding makes it circle.
const ROUNDS: usize = 30;

/// The x ≥ 0 that minimises ‖A x − b‖, from `gram` = A'A (row by row) and `cross` = A'b.
///
/// The active-set method of Lawson and Hanson, Solving Least Squares Problems (1974), algorithm 23.10, on the normal
/// equations (Bro and De Jong, A fast non-negativity-constrained least squares algorithm, 1997). Of columns that are
/// linearly dependent, the later ones stay at zero.
pub(crate) fn nnls(gram: &[f64], cross: &[f64]) -> Vec<f64> {
    let size = cross.len();
    let flat = FLAT * cross.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let mut solution = vec![0.0; size];
    let (mut passive, mut barred) = (vec![false; size], vec![false; size]);
    for _ in 0..ROUNDS * size {
        let slope = |j: usize| cross[j] - (0..size).map(|k| gram[j * size + k] * solution[k]).sum::<f64>();
        let open = (0..size).filter(|&j| !passive[j] && !barred[j]).map(|j| (j, slope(j)));
        let steepest = open.fold(None, |best: Option<(usize, f64)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        });
        let Some((entering, _)) = steepest.filter(|(_, slope)| *slope > flat) else { break };
        passive[entering] = true;
        match unconstrained(gram, cross, &passive) {
            Some(wanted) if wanted[entering] > 0.0 => {
                retreat(gram, cross, &mut passive, &mut solution, wanted);
                barred.fill(false);
            }
            // collinear with what is there, or moved by rounding alone
            _ => {
                passive[entering] = false;
                barred[entering] = true;
            }
        }
    }
    solution
}

/// Moves from a feasible solution towards the unconstrained one of the passive variables, and makes those that reach
/// zero on the way active, until the unconstrained solution is feasible.
fn retreat(gram: &[f64], cross: &[f64], passive: &mut [bool], solution: &mut Vec<f64>, mut wanted: Vec<f64>) {
    loop {
        let mut share = 1.0_f64;
        for (j, (x, w)) in solution.iter().zip(&wanted).enumerate() {
            if passive[j] && *w <= 0.0 {
                share = share.min(x / (x - w));
            }
        }
        if share >= 1.0 {
            *solution = wanted;
            return;
        }
        for ((x, w), passive) in
            solution.iter_mut().zip(&wanted).zip(passive.iter_mut()).filter(|(_, passive)| **passive)
        {
            let bound = *w <= 0.0 && *x / (*x - w) <= share;
            *x = if bound { 0.0 } else { *x + share * (w - *x) };
            *passive = !bound;
        }
        match unconstrained(gram, cross, passive) {
            Some(next) => wanted = next,
            None => return,
        }
    }
}

/// Least squares over the passive variables, the others zero; none if they are collinear.
fn unconstrained(gram: &[f64], cross: &[f64], passive: &[bool]) -> Option<Vec<f64>> {
    let size = cross.len();
    let chosen: Vec<usize> = (0..size).filter(|&j| passive[j]).collect();
    let count = chosen.len();
    let part: Vec<f64> = chosen.iter().flat_map(|i| chosen.iter().map(move |j| gram[i * size + j])).collect();
    let lower = cholesky(&part, count)?;
    if (0..count).any(|i| lower[i * count + i] * lower[i * count + i] <= LEAST_LEFT * part[i * count + i]) {
        return None;
    }
    let mut values: Vec<f64> = chosen.iter().map(|&j| cross[j]).collect();
    forward(&lower, &mut values);
    backward(&lower, &mut values);
    let mut solution = vec![0.0; size];
    for (&j, value) in chosen.iter().zip(values) {
        solution[j] = value;
    }
    solution.iter().all(|x| x.is_finite()).then_some(solution)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Problem {
        a: Vec<Vec<f64>>,
        b: Vec<f64>,
        x: Vec<f64>,
        norm: f64,
    }

    fn normal(a: &[Vec<f64>], b: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let size = a[0].len();
        let gram = (0..size * size).map(|ij| a.iter().map(|row| row[ij / size] * row[ij % size]).sum()).collect();
        (gram, (0..size).map(|j| a.iter().zip(b).map(|(row, b)| row[j] * b).sum()).collect())
    }

    /// Solutions of scipy.optimize.nnls, made by tests/oracle/nnls.py.
    #[test]
    fn scipys_solutions() {
        let known: serde_json::Value = serde_json::from_str(include_str!("../tests/data/nnls.json")).unwrap();
        let problems: Vec<Problem> = serde_json::from_value(known["problems"].clone()).unwrap();
        assert_eq!(problems.len(), 6);
        for Problem { a, b, x, norm } in problems {
            let (gram, cross) = normal(&a, &b);
            let solution = nnls(&gram, &cross);
            for (got, want) in solution.iter().zip(&x) {
                assert!((got - want).abs() < 1e-9, "{solution:?} {x:?}");
                assert_eq!(*got == 0.0, *want == 0.0);
            }
            let residual = |row: &Vec<f64>, b: &f64| b - row.iter().zip(&solution).map(|(a, x)| a * x).sum::<f64>();
            let square: f64 = a.iter().zip(&b).map(|(row, b)| residual(row, b) * residual(row, b)).sum();
            assert!((square.sqrt() - norm).abs() < 1e-9);
        }
    }

    #[test]
    fn of_equal_columns_one_is_used() {
        assert_eq!(nnls(&[4.0, 4.0, 4.0, 4.0], &[2.0, 2.0]), [0.5, 0.0]);
        assert_eq!(nnls(&[0.0], &[0.0]), [0.0]);
        assert!(nnls(&[], &[]).is_empty());
    }

    proptest! {
        /// The conditions of Karush, Kuhn and Tucker, which only a minimum fulfils.
        #[test]
        fn is_a_minimum(
            size in 1..7_usize,
            values in prop::collection::vec(-2.0..2.0_f64, 6 * 12),
            b in prop::collection::vec(-3.0..3.0_f64, 12),
        ) {
            let a: Vec<Vec<f64>> = values.chunks(6).map(|row| row[..size].to_vec()).collect();
            let (gram, cross) = normal(&a, &b);
            let x = nnls(&gram, &cross);
            for j in 0..size {
                let slope = cross[j] - (0..size).map(|k| gram[j * size + k] * x[k]).sum::<f64>();
                prop_assert!(x[j] >= 0.0 && slope <= 1e-9);
                prop_assert!(x[j] == 0.0 || slope.abs() <= 1e-9);
            }
        }
    }
}
