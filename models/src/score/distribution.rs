//! Scores of a predictive distribution.

/// Continuous ranked probability score of an ensemble, from its ascending members, `f32` or `f64`:
/// mean|x − y| − (1/n²) Σ (2i − 1 − n) x₍ᵢ₎, in the unit of y; lower is better. NaN without members.
///
/// The second term is half the mean absolute difference of two members drawn with replacement (Gneiting and Raftery,
/// Strictly proper scoring rules, JASA 102, 2007, equation 21, for the empirical distribution).
pub fn crps<T: Copy + Into<f64>>(sorted: &[T], y: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let n = sorted.len() as f64;
    let (mut distance, mut spread) = (0.0, 0.0);
    // members relative to y: the weights of the second term sum to zero, and less cancels
    for (i, x) in sorted.iter().enumerate() {
        let x: f64 = (*x).into() - y;
        distance += x.abs();
        spread += (2.0 * i as f64 + 1.0 - n) * x;
    }
    distance / n - spread / (n * n)
}

/// Pinball (quantile) loss of a quantile forecast `q` at `probability`: p (y − q) above it, (1 − p)(q − y) below.
pub fn pinball(q: f64, probability: f64, y: f64) -> f64 {
    if y >= q { probability * (y - q) } else { (1.0 - probability) * (q - y) }
}

/// Whether y lies inside an interval, its ends included. The mean over forecasts is their coverage.
pub fn inside(lower: f64, upper: f64, y: f64) -> bool {
    lower <= y && y <= upper
}

/// Interval score of a central interval of `level` percent: width plus 2/α times the distance by which y misses it
/// (Gneiting and Raftery 2007, equation 43).
pub fn interval_score(lower: f64, upper: f64, level: f64, y: f64) -> f64 {
    let alpha = 1.0 - level / 100.0;
    (upper - lower) + 2.0 / alpha * ((lower - y).max(0.0) + (y - upper).max(0.0))
}

/// Probability integral transform: share of members below y, members equal to y counted half. NaN without members.
pub fn pit(sorted: &[f32], y: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let below = sorted.partition_point(|x| f64::from(*x) < y);
    let through = sorted.partition_point(|x| f64::from(*x) <= y);
    (below + through) as f64 / (2 * sorted.len()) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12, "{got} is not {want}");
    }

    /// scoringrules 0.10, by `tests/oracle/scores.py`.
    #[test]
    fn crps_known_answers() {
        let x = [1.0, 2.0, 4.0, 7.0, 11.0];
        near(crps(&x, 5.0), 1.2000000000000002);
        near(crps(&x, 0.0), 3.0);
        near(crps(&x, 20.0), 13.0);
        near(crps(&[3.0], 5.0), 2.0);
        assert!(crps::<f32>(&[], 1.0).is_nan());
    }

    #[test]
    fn interval_ends_are_inside() {
        assert!(inside(2.0, 5.0, 2.0) && inside(2.0, 5.0, 5.0));
        assert!(!inside(2.0, 5.0, 1.9) && !inside(2.0, 5.0, 5.1) && !inside(2.0, 5.0, f64::NAN));
    }

    #[test]
    fn pinball_by_hand() {
        near(pinball(10.0, 0.9, 12.0), 1.8);
        near(pinball(10.0, 0.9, 7.0), 0.3);
        near(pinball(10.0, 0.5, 10.0), 0.0);
    }

    /// 80 %: alpha 0.2, a miss costs ten times its distance.
    #[test]
    fn interval_score_by_hand() {
        near(interval_score(2.0, 5.0, 80.0, 3.0), 3.0);
        near(interval_score(2.0, 5.0, 80.0, 6.0), 13.0);
        near(interval_score(2.0, 5.0, 80.0, 1.5), 8.0);
    }

    #[test]
    fn pit_counts_equals_half() {
        near(pit(&[1.0, 2.0, 2.0, 5.0], 2.0), 0.5);
        near(pit(&[1.0, 2.0, 2.0, 5.0], 0.0), 0.0);
        near(pit(&[1.0, 2.0, 2.0, 5.0], 9.0), 1.0);
    }

    proptest! {
        /// The definition as a double sum: E|X − y| − E|X − X'| / 2.
        #[test]
        fn crps_is_its_definition(mut x in prop::collection::vec(-1e3..1e3_f32, 1..40), y in -1e3..1e3_f64) {
            x.sort_unstable_by(f32::total_cmp);
            let n = x.len() as f64;
            let wide: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
            let distance: f64 = wide.iter().map(|x| (x - y).abs()).sum::<f64>() / n;
            let pairs: f64 = wide.iter().flat_map(|a| wide.iter().map(move |b| (a - b).abs())).sum();
            prop_assert!((crps(&x, y) - (distance - pairs / (2.0 * n * n))).abs() < 1e-8);
            prop_assert_eq!(crps(&wide, y), crps(&x, y));
            prop_assert!(crps(&x, y) >= -1e-9);
        }

        /// Twice the mean pinball loss over many quantiles is the CRPS.
        #[test]
        fn crps_is_the_mean_pinball_loss(mut x in prop::collection::vec(-10.0..10.0_f32, 1..12), y in -12.0..12.0_f64) {
            x.sort_unstable_by(f32::total_cmp);
            let steps = 20_000;
            let quantile = |p: f64| f64::from(x[((p * x.len() as f64) as usize).min(x.len() - 1)]);
            let total: f64 = (0..steps)
                .map(|k| (f64::from(k) + 0.5) / f64::from(steps))
                .map(|p| 2.0 * pinball(quantile(p), p, y))
                .sum();
            prop_assert!((crps(&x, y) - total / f64::from(steps)).abs() < 0.02);
        }
    }
}
