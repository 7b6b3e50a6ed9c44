//! Weights from inner errors. Each is non-negative, together they are one: a path comes from one member, and weights are
//! the probabilities of which.

use crate::nnls::nnls;

/// Inverse mean squares (Bates and Granger, The combination of forecasts, 1969, with correlations taken as zero); members
/// without any error share all.
pub(super) fn inverse_error(errors: &[Vec<f64>]) -> Vec<f64> {
    let scale = largest(errors);
    if scale == 0.0 {
        return equal(errors.len());
    }
    let inverse: Vec<f64> = errors.iter().map(|own| 1.0 / product(own, own, scale)).collect();
    match inverse.iter().any(|x| x.is_infinite()) {
        true => shares(&inverse.iter().map(|x| f64::from(u8::from(x.is_infinite()))).collect::<Vec<_>>()),
        false => shares(&inverse),
    }
}

/// The weights that minimise the mean square of the combined error Σ w_j e_j.
///
/// Weights that need not add up to one would scale the level of the forecasts and could not be probabilities; with the
/// sum at one, only errors matter, whatever the level. The constrained minimum needs no other solver: the w ≥ 0 that
/// minimises ‖E w‖² + c² (1'w − 1)² is, for any c, a multiple of it. For w = t v with 1'v = 1 the best t leaves
/// c² ‖E v‖² / (c² + ‖E v‖²), which grows with ‖E v‖. Here c² is the mean square of the columns.
pub(super) fn least_squares(errors: &[Vec<f64>]) -> Vec<f64> {
    let (size, scale) = (errors.len(), largest(errors));
    if scale == 0.0 {
        return equal(size);
    }
    let mut gram: Vec<f64> =
        (0..size * size).map(|ij| product(&errors[ij / size], &errors[ij % size], scale)).collect();
    let mean = (0..size).map(|i| gram[i * size + i]).sum::<f64>() / size as f64;
    gram.iter_mut().for_each(|product| *product = *product / mean + 1.0);
    shares(&nnls(&gram, &vec![1.0; size]))
}

/// One for each of `count`, over their number.
pub(super) fn equal(count: usize) -> Vec<f64> {
    vec![1.0 / count.max(1) as f64; count]
}

/// Weights over their sum; equal ones if they have none.
pub(super) fn shares(weights: &[f64]) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 && sum.is_finite() { weights.iter().map(|w| w / sum).collect() } else { equal(weights.len()) }
}

fn largest(errors: &[Vec<f64>]) -> f64 {
    errors.iter().flatten().fold(0.0, |most: f64, e| most.max(e.abs()))
}

/// Product of two members' errors in units of `scale`, in which no square overflows.
fn product(one: &[f64], other: &[f64], scale: f64) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a / scale) * (b / scale)).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Known {
        errors: Vec<Vec<f64>>,
        weights: Vec<f64>,
        square: f64,
    }

    fn square(errors: &[Vec<f64>], weights: &[f64]) -> f64 {
        let combined = |row: usize| errors.iter().zip(weights).map(|(own, w)| w * own[row]).sum::<f64>();
        (0..errors[0].len()).map(|row| combined(row) * combined(row)).sum()
    }

    /// Minima over the simplex by scipy, made by tests/oracle/nnls.py.
    #[test]
    fn scipys_minima() {
        let known: serde_json::Value = serde_json::from_str(include_str!("../../tests/data/nnls.json")).unwrap();
        let known: Vec<Known> = serde_json::from_value(known["simplex"].clone()).unwrap();
        assert_eq!(known.len(), 3);
        for Known { errors, weights, square: least } in known {
            let found = least_squares(&errors);
            assert!(found.iter().zip(&weights).all(|(got, want)| (got - want).abs() < 1e-6), "{found:?} {weights:?}");
            assert!(square(&errors, &found) <= least * (1.0 + 1e-12));
        }
    }

    /// Mean squares 1 and 4: shares 4/5 and 1/5.
    #[test]
    fn inverse_mean_squares_by_hand() {
        let weights = inverse_error(&[vec![1.0, -1.0], vec![2.0, 2.0]]);
        assert!((weights[0] - 0.8).abs() < 1e-15 && (weights[1] - 0.2).abs() < 1e-15);
    }

    #[test]
    fn a_member_without_error_takes_all() {
        let errors = [vec![1.0, -3.0], vec![0.0, 0.0], vec![2.0, 0.5]];
        assert_eq!(inverse_error(&errors), [0.0, 1.0, 0.0]);
        assert_eq!(least_squares(&errors), [0.0, 1.0, 0.0]);
        let none = [vec![0.0], vec![0.0]];
        assert_eq!((inverse_error(&none), least_squares(&none)), (vec![0.5; 2], vec![0.5; 2]));
        let huge = [vec![1e200, -1e200], vec![1e200, 1e200]];
        for weights in [inverse_error(&huge), least_squares(&huge)] {
            assert!(weights.iter().all(|w| (w - 0.5).abs() < 1e-12), "{weights:?}");
        }
    }

    proptest! {
        /// No vertex and no mean is better, and the weights are probabilities.
        #[test]
        fn weights_are_probabilities_and_the_best(
            size in 1..6_usize,
            values in prop::collection::vec(-2.0..2.0_f64, 5 * 9),
        ) {
            let errors: Vec<Vec<f64>> = values.chunks(9).take(size).map(<[f64]>::to_vec).collect();
            let best = least_squares(&errors);
            for weights in [&best, &inverse_error(&errors)] {
                prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                prop_assert!(weights.iter().all(|w| (0.0..=1.0 + 1e-12).contains(w)));
            }
            let corner = |j: usize| (0..size).map(|k| f64::from(u8::from(j == k))).collect::<Vec<_>>();
            for other in (0..size).map(corner).chain([equal(size), inverse_error(&errors)]) {
                prop_assert!(square(&errors, &best) <= square(&errors, &other) * (1.0 + 1e-9) + 1e-12);
            }
        }
    }
}
