//! How often to difference: KPSS tests.

use super::polynomial::difference;
use super::regression::orthogonalise;
use super::sample::Sample;
use super::settings::Order;

/// 5 % critical value of the level-stationarity test (Kwiatkowski, Phillips, Schmidt and Shin 1992, table 1).
const CRITICAL: f64 = 0.463;
/// Values below which no test is made.
const FEWEST: usize = 10;

/// Statistic η of level stationarity, with Bartlett weights up to lag ⌊3√n/13⌋ (the rule of Hyndman and Khandakar
/// 2008); none for a constant series.
pub(super) fn kpss(series: &[f64]) -> Option<f64> {
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let residuals: Vec<f64> = series.iter().map(|y| y - mean).collect();
    let product = |lag: usize| -> f64 { residuals.iter().skip(lag).zip(&residuals).map(|(a, b)| a * b).sum() };
    let lags = (3.0 * n.sqrt() / 13.0) as usize;
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
/// `order`: tests until one does not reject, at most `max_d` differences. Differences across gaps are left out.
pub(super) fn differences(sample: &Sample, order: &Order, max_d: usize) -> usize {
    let residual = regression_residual(sample);
    for d in 0..max_d {
        let current = Order { d, ..*order };
        let values: Vec<f64> = difference(&residual, &current).into_iter().filter(|v| !v.is_nan()).collect();
        if values.len() < FEWEST || kpss(&values).is_none_or(|statistic| statistic <= CRITICAL) {
            return d;
        }
    }
    max_d
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
