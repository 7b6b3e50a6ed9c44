//! How often to difference: KPSS tests, and the strength of a season.

use super::order::Order;
use super::polynomial::difference;
use super::regression::orthogonalise;
use super::sample::Sample;
use super::strength::{STRONG, strength};
use crate::decompose::bridged;

/// 5 % critical value of the level-stationarity test (Kwiatkowski, Phillips, Schmidt and Shin 1992, table 1).
const CRITICAL: f64 = 0.463;
/// Values below which no test is made.
const FEWEST: usize = 10;

/// Lags of the first test, ⌊3√n/13⌋ (Hyndman and Khandakar 2008).
fn short_lags(n: usize) -> usize {
    (3.0 * (n as f64).sqrt() / 13.0) as usize
}

/// Lags of later tests, ⌊12 (n/100)^¼⌋ (Schwert 1989): differences are autocorrelated, which few lags take for a trend.
fn long_lags(n: usize) -> usize {
    (12.0 * libm::pow(n as f64 / 100.0, 0.25)) as usize
}

/// Statistic η of level stationarity with Bartlett weights up to `lags`; none for a constant series.
fn kpss(series: &[f64], lags: usize) -> Option<f64> {
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let residuals: Vec<f64> = series.iter().map(|y| y - mean).collect();
    let product = |lag: usize| -> f64 { residuals.iter().skip(lag).zip(&residuals).map(|(a, b)| a * b).sum() };
    let ends: f64 = (1..=lags).map(|lag| (1.0 - lag as f64 / (lags + 1) as f64) * product(lag)).sum();
    let long_run = (product(0) + 2.0 * ends) / n;
    let mut sum = 0.0;
    let squares: f64 = residuals
        .iter()
        .map(|e| {
            sum += e;
            sum * sum
        })
        .sum();
    let statistic = squares / (n * n * long_run);
    statistic.is_finite().then_some(statistic)
}

/// Differences needed for a stationary level after regression on the regressors and the seasonal differences of
/// `order`: tests until one does not reject, at most `max_d` differences, and after the first only while differencing
/// lowers the variance (beyond that it adds what it should remove). Differences across gaps are left out.
pub(super) fn differences(sample: &Sample, order: &Order, max_d: usize) -> usize {
    let residual = regression_residual(sample);
    let differenced = |d: usize| -> Vec<f64> {
        difference(&residual, &Order { d, ..*order }).into_iter().filter(|v| !v.is_nan()).collect()
    };
    for d in 0..max_d {
        let values = differenced(d);
        let lags = if d == 0 { short_lags(values.len()) } else { long_lags(values.len()).min(values.len() / 3) };
        if values.len() < FEWEST || kpss(&values, lags).is_none_or(|statistic| statistic <= CRITICAL) {
            return d;
        }
        if d > 0 && variance(&differenced(d + 1)) >= variance(&values) {
            return d;
        }
    }
    max_d
}

/// Seasonal differences after which the season is no longer strong, at most `max_d`, after regression on the
/// regressors; gaps are bridged by straight lines. The strength before any difference is given too.
pub(super) fn seasonal_differences(sample: &Sample, season: usize, max_d: usize) -> (usize, Option<f64>) {
    let mut series = bridged(&regression_residual(sample), &sample.seen);
    let first = strength(&series, season);
    let mut current = first;
    for d in 0..max_d {
        if current.is_none_or(|value| value <= STRONG) {
            return (d, first);
        }
        series = difference(&series, &Order { seasonal_d: 1, season, ..Order::default() });
        current = strength(&series, season);
    }
    (max_d, first)
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n
}

/// The target less its least-squares fit on a constant and the regressors; NaN where unseen.
fn regression_residual(sample: &Sample) -> Vec<f64> {
    let compact = |column: &[f64]| -> Vec<f64> {
        column.iter().zip(&sample.seen).filter(|(_, seen)| **seen).map(|(v, _)| *v).collect()
    };
    let mut columns = vec![vec![1.0; sample.observed]];
    columns.extend(sample.regressors.iter().map(|column| compact(column)));
    let largest = |column: &[f64]| column.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
    let target = compact(&sample.target);
    let sizes: Vec<f64> = std::iter::once(&target).chain(&columns).map(|column| largest(column)).collect();
    let fit = orthogonalise(&target, &columns, &sizes);
    let mut left = target;
    for (b, &index) in fit.coefficients.iter().zip(&fit.kept) {
        left.iter_mut().zip(&columns[index]).for_each(|(v, x)| *v -= b * x);
    }
    let mut values = left.into_iter();
    sample.seen.iter().map(|seen| if *seen { values.next().unwrap_or(f64::NAN) } else { f64::NAN }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// `statsmodels.tsa.stattools.kpss([(t * 37) % 101 / 10 for t in range(60)], nlags=1)` gives WANT.
    #[test]
    fn statistic_equals_statsmodels() {
        const WANT: f64 = 0.062086014767;
        let series: Vec<f64> = (0..60).map(|t| f64::from((t * 37) % 101) / 10.0).collect();
        let got = kpss(&series, 1).unwrap();
        assert!((got - WANT).abs() < 1e-9, "{got}");
    }
}
