//! Losses of a long position.

use crate::quantile_of_sorted;

/// What a long position may lose by day h.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Risk {
    /// Value at risk: the type-7 quantile of the loss.
    pub value_at_risk: f64,
    /// Expected shortfall: the mean of the losses at or beyond the value at risk.
    pub expected_shortfall: f64,
}

/// Risk of a long position entered at `last_close`, loss = last close − path, at a probability such as 0.95, from the
/// ascending paths of day h, `f32` or `f64`. `None` without paths.
pub fn long_risk<T: Copy + Into<f64>>(sorted: &[T], last_close: f64, probability: f64) -> Option<Risk> {
    let lowest = *sorted.first()?;
    // the loss falls as the price rises, and a type-7 quantile is symmetric under reflection
    let price = quantile_of_sorted(sorted, 1.0 - probability).max(lowest.into());
    let beyond = sorted.partition_point(|x| (*x).into() <= price).max(1);
    let mean = sorted[..beyond].iter().map(|x| (*x).into()).sum::<f64>() / beyond as f64;
    Some(Risk { value_at_risk: last_close - price, expected_shortfall: last_close - mean })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Losses of the paths 80, 85, …, 125 from 100 are 20, 15, …, −25; `numpy.quantile(losses, .9)` is 15.5, and only
    /// the loss of 20 lies beyond it. At 0.5 it is −2.5, with 20, 15, 10, 5, 0 beyond.
    #[test]
    fn ten_paths_by_hand() {
        let paths: Vec<f32> = (0..10_u8).map(|i| 80.0 + 5.0 * f32::from(i)).collect();
        let risk = long_risk(&paths, 100.0, 0.9).unwrap();
        assert!((risk.value_at_risk - 15.5).abs() < 1e-12);
        assert_eq!(risk.expected_shortfall, 20.0);
        assert_eq!(long_risk(&paths, 100.0, 0.5), Some(Risk { value_at_risk: -2.5, expected_shortfall: 10.0 }));
        assert_eq!(long_risk::<f32>(&[], 100.0, 0.9), None);
    }

    proptest! {
        #[test]
        fn shortfall_is_at_least_the_value_at_risk(
            mut paths in prop::collection::vec(-1e3..1e3_f32, 1..200), probability in 0.0..=1.0_f64,
        ) {
            paths.sort_unstable_by(f32::total_cmp);
            let risk = long_risk(&paths, 10.0, probability).unwrap();
            prop_assert!(risk.expected_shortfall >= risk.value_at_risk - 1e-9);
        }
    }
}
