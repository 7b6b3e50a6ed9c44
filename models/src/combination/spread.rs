//! How wide a combination's paths are.
//!
//! The squared error of a mean of forecasts is, on every day, the mean of the members' squared errors less their
//! disagreement, the weighted variance of their points (Krogh and Vedelsby, Neural network ensembles, cross validation,
//! and active learning, 1995). A mixture of the members' paths has it the other way round: its variance is the mean of
//! theirs *plus* the disagreement, so that it is too wide by twice that. Here paths lie around the combination's point,
//! each as far as its member's own innovations take it, and the share of the variance that the disagreement takes away
//! at inner origins is taken away from all days alike.

use super::Method;
use super::paths::combined;

/// Narrowest spread, as a share of the members': below it their points differ by more than their innovations, and a fit
/// of few inner origins would say that nothing is uncertain.
const NARROWEST: f64 = 0.5;
/// Probabilities of the central 80 percent, and its width in deviations of a normal law: one wild path does not matter.
pub(super) const CENTRAL: [f64; 2] = [0.1, 0.9];
const CENTRAL_WIDTH: f64 = 2.563_103_131_089_201;

/// The deviation of a normal law with these ends of the central 80 percent.
pub(super) fn deviation(ends: [f64; 2]) -> f64 {
    (ends[1] - ends[0]) / CENTRAL_WIDTH
}

/// How much less than the members' mean squared error that of their combination is expected to be: the variance of
/// points around their weighted mean, less the square of what the combination is off that mean.
pub fn disagreement(method: Method, weights: &[f64], points: &[f64]) -> f64 {
    let mean: f64 = weights.iter().zip(points).map(|(w, x)| w * x).sum();
    let around: f64 = weights.iter().zip(points).map(|(w, x)| w * (x - mean) * (x - mean)).sum();
    let off = combined(method, weights, points) - mean;
    around - off * off
}

/// The factor of deviations from the disagreements and mean variances of members, pair by pair of the same day ahead.
pub fn factor(pairs: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_usize);
    for (disagreement, variance) in pairs {
        // members that agree and never move need no factor
        sum += if variance > 0.0 { disagreement / variance } else { 0.0 };
        count += 1;
    }
    let left = 1.0 - sum / count.max(1) as f64;
    if left.is_nan() { 1.0 } else { left.clamp(NARROWEST * NARROWEST, 1.0).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The identity of errors, for a mean, by numbers: 5 and 1 around 2 with truth 4.
    #[test]
    fn errors_are_the_members_less_their_disagreement() {
        let (weights, points, truth) = ([0.25, 0.75], [5.0, 1.0], 4.0);
        let members: f64 = weights.iter().zip(points).map(|(w, x)| w * (x - truth) * (x - truth)).sum();
        let own = combined(Method::Nnls, &weights, &points) - truth;
        assert!((own * own - (members - disagreement(Method::Nnls, &weights, &points))).abs() < 1e-12);
        // a median that is off the mean of 2 by 1
        let equal = [1.0 / 3.0; 3];
        assert!((disagreement(Method::Median, &equal, &[0.0, 1.0, 5.0]) - (14.0 / 3.0 - 1.0)).abs() < 1e-12);
    }

    #[test]
    fn factors_by_hand() {
        assert!((factor([(1.0, 4.0), (3.0, 4.0)]) - 0.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(factor([(9.0, 1.0)]), NARROWEST);
        for none in [vec![], vec![(0.0, 0.0)], vec![(f64::NAN, 1.0)], vec![(-1.0, 1.0)]] {
            assert_eq!(factor(none), 1.0);
        }
    }
}
