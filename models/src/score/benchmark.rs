//! Naive2, the benchmark that the M4 competition's relative scores stand on.
//!
//! The last value of the series without its season, and the season put back. There is a season where the
//! autocorrelation at its lag is significant at 90 %; it is taken out by classical multiplicative decomposition
//! (Makridakis, Spiliotis and Assimakopoulos, The M4 Competition, International Journal of Forecasting 36, 2020,
//! appendix A, and the code published with it).

use crate::decompose::{Kind, adjusted, bridged, seasonal_terms, significant};

/// Seasons that a series must hold to be tested.
const FEWEST_SEASONS: usize = 3;

/// Naive2 of `horizon` steps after a training series with seasons of `season` steps. Missing values (NaN) inside the
/// series are bridged by straight lines, those at its ends left out; without any value the forecast is NaN.
///
/// A season that passes the test but cannot be taken out (a trend that is not positive, a factor of zero) is left in,
/// so that the forecast is the last value.
pub fn naive2(training: &[f64], season: usize, horizon: usize) -> Vec<f64> {
    let present = |y: &f64| !y.is_nan();
    let (Some(first), Some(last)) = (training.iter().position(present), training.iter().rposition(present)) else {
        return vec![f64::NAN; horizon];
    };
    let inner = &training[first..=last];
    let series = bridged(inner, &inner.iter().map(present).collect::<Vec<_>>());
    let behind = training.len() - 1 - last;
    let terms = seasonal_factors(&series, season).unwrap_or_else(|| vec![1.0]);
    let level = adjusted(&series, &terms, Kind::Multiplicative).last().copied().unwrap_or(f64::NAN);
    (0..horizon).map(|h| level * terms[(series.len() + behind + h) % terms.len()]).collect()
}

/// The factors of a significant season, that of the first step first.
fn seasonal_factors(series: &[f64], season: usize) -> Option<Vec<f64>> {
    if season < 2 || series.len() < FEWEST_SEASONS * season || !significant(series, season) {
        return None;
    }
    seasonal_terms(series, season, Kind::Multiplicative).filter(|terms| terms.iter().all(|term| *term != 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: &[f64], want: &[f64]) {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9;
        assert!(got.len() == want.len() && got.iter().zip(want).all(close), "{got:?} is not {want:?}");
    }

    /// Twelve years of four quarters at 100 times (0.5, 1.5, 1.2, 0.8): the level is constant, so that the factors
    /// and the forecasts are exact.
    #[test]
    fn a_strong_season_is_put_back() {
        let factors = [0.5, 1.5, 1.2, 0.8];
        let series: Vec<f64> = (0..46).map(|t| 100.0 * factors[t % 4]).collect();
        near(&naive2(&series, 4, 6), &[120.0, 80.0, 50.0, 150.0, 120.0, 80.0]);
        // a missing last value moves the place in the season, not the level
        let mut gap = series.clone();
        gap[45] = f64::NAN;
        near(&naive2(&gap, 4, 2), &[120.0, 80.0]);
    }

    #[test]
    fn without_a_season_it_is_the_last_value() {
        let short: Vec<f64> = (0..11).map(|t| if t % 4 == 0 { 50.0 } else { 100.0 }).collect();
        near(&naive2(&short, 4, 2), &[100.0, 100.0]);
        let line: Vec<f64> = (0..40).map(f64::from).collect();
        near(&naive2(&line, 1, 2), &[39.0, 39.0]);
        near(&naive2(&[3.0; 40], 4, 2), &[3.0, 3.0]);
        assert!(naive2(&[f64::NAN; 3], 4, 1)[0].is_nan());
        let negative: Vec<f64> = (0..40).map(|t| if t % 4 == 0 { -50.0 } else { -1.0 }).collect();
        near(&naive2(&negative, 4, 1), &[-1.0]);
    }
}
