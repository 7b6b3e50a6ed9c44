//! Errors of point forecasts.

/// 100 |f − y| / |y|; none where y is zero (such days are excluded and counted).
pub fn absolute_percentage_error(f: f64, y: f64) -> Option<f64> {
    (y != 0.0).then(|| 100.0 * ((f - y) / y).abs())
}

/// 200 |f − y| / (|y| + |f|), the M4 definition, from 0 to 200; other libraries halve it. 0 where both are zero.
pub fn symmetric_percentage_error(f: f64, y: f64) -> f64 {
    let size = y.abs() + f.abs();
    if size == 0.0 { 0.0 } else { 200.0 * (f - y).abs() / size }
}

/// Scale of MASE: mean absolute difference of the training window at lag `season` (1: first differences) (Hyndman
/// and Koehler, Another look at measures of forecast accuracy, 2006). Pairs with an absent value (NaN) are left out;
/// NaN if no pair remains.
pub fn mase_scale(training: &[f64], season: usize) -> f64 {
    let season = season.max(1);
    let pairs = training.iter().zip(training.iter().skip(season));
    let differences = pairs.map(|(a, b)| (b - a).abs()).filter(|d| !d.is_nan());
    let (sum, count) = differences.fold((0.0, 0_usize), |(sum, count), d| (sum + d, count + 1));
    sum / count as f64
}

/// Whether a forecast went the way of the actual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Both moved the same way.
    Hit,
    /// They moved opposite ways.
    Miss,
    /// One of them did not move: neither hit nor miss.
    Tie,
}

/// Compares the moves of forecast and actual, each from its own base.
pub fn direction(forecast: f64, forecast_base: f64, actual: f64, actual_base: f64) -> Direction {
    let (forecast, actual) = (forecast - forecast_base, actual - actual_base);
    match (forecast == 0.0 || actual == 0.0, (forecast > 0.0) == (actual > 0.0)) {
        (true, _) => Direction::Tie,
        (false, true) => Direction::Hit,
        (false, false) => Direction::Miss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_by_hand() {
        assert_eq!(absolute_percentage_error(90.0, 100.0), Some(10.0));
        assert_eq!(absolute_percentage_error(-30.0, -20.0), Some(50.0));
        assert_eq!(absolute_percentage_error(1.0, 0.0), None);
        assert_eq!(symmetric_percentage_error(90.0, 110.0), 20.0);
        assert_eq!(symmetric_percentage_error(0.0, 0.0), 0.0);
        assert_eq!(symmetric_percentage_error(0.0, 3.0), 200.0);
    }

    #[test]
    fn scale_of_differences() {
        assert_eq!(mase_scale(&[1.0, 3.0, 2.0, 6.0], 1), 7.0 / 3.0);
        assert_eq!(mase_scale(&[1.0, 3.0, 2.0, 6.0], 2), 2.0);
        assert_eq!(mase_scale(&[1.0, f64::NAN, 2.0, 6.0], 1), 4.0);
        assert!(mase_scale(&[1.0], 1).is_nan());
    }

    #[test]
    fn standing_still_is_neither() {
        assert_eq!(direction(11.0, 10.0, 12.0, 10.0), Direction::Hit);
        assert_eq!(direction(9.0, 10.0, 12.0, 10.0), Direction::Miss);
        assert_eq!(direction(10.0, 10.0, 12.0, 10.0), Direction::Tie);
        assert_eq!(direction(11.0, 10.0, 10.0, 10.0), Direction::Tie);
    }
}
