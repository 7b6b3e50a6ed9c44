//! Start values by Hannan and Rissanen (1982, *Biometrika* 69): innovations of a long autoregression, then a
//! regression on lags of the series and of these innovations.

use super::order::Order;
use super::polynomial::Coefficients;
use crate::linear::{backward, cholesky, forward};

/// Ridge added to the regression, relative to the diagonal.
const RIDGE: f64 = 1e-8;

/// A series and the innovations of its long autoregression.
#[derive(Debug, Clone)]
pub(super) struct Start {
    series: Vec<f64>,
    innovations: Vec<f64>,
}

impl Start {
    pub(super) fn new(series: &[f64], season: usize) -> Self {
        let length = series.len();
        let wanted = ((10.0 * libm::log10(length.max(1) as f64)) as usize).max(2 * season);
        let long = levinson(series, wanted.min(length / 4));
        let innovations = (0..length)
            .map(|t| {
                let past: f64 = long.iter().take(t).enumerate().map(|(j, phi)| phi * series[t - 1 - j]).sum();
                series[t] - past
            })
            .collect();
        Self { series: series.to_vec(), innovations }
    }

    /// Start values for one order, or none if the regression cannot be solved.
    pub(super) fn coefficients(&self, order: &Order) -> Option<Coefficients> {
        let lags = |short: usize, seasonal: usize| -> Vec<usize> {
            (1..=short).chain((1..=seasonal).map(|k| k * order.season)).collect()
        };
        let (ar, ma) = (lags(order.p, order.seasonal_p), lags(order.q, order.seasonal_q));
        let longest = ar.iter().chain(&ma).copied().max()?;
        let size = ar.len() + ma.len();
        let mut cross = vec![0.0; size * size];
        let mut right = vec![0.0; size];
        let mut row = vec![0.0; size];
        for t in longest..self.series.len() {
            for (value, lag) in row.iter_mut().zip(&ar) {
                *value = self.series[t - lag];
            }
            for (value, lag) in row[ar.len()..].iter_mut().zip(&ma) {
                *value = self.innovations[t - lag];
            }
            for i in 0..size {
                right[i] += row[i] * self.series[t];
                for j in 0..=i {
                    cross[i * size + j] += row[i] * row[j];
                }
            }
        }
        for i in 0..size {
            cross[i * size + i] *= 1.0 + RIDGE;
        }
        let lower = cholesky(&cross, size)?;
        forward(&lower, &mut right);
        backward(&lower, &mut right);
        let (ar, ma) = right.split_at(ar.len());
        let flat = [&ar[..order.p], &ma[..order.q], &ar[order.p..], &ma[order.q..]].concat();
        flat.iter().all(|value| value.is_finite()).then(|| Coefficients::from_flat(order, &flat))
    }
}

/// Yule-Walker coefficients of order at most `order`, by Levinson's recursion.
fn levinson(series: &[f64], order: usize) -> Vec<f64> {
    let covariance =
        |lag: usize| -> f64 { series.iter().skip(lag).zip(series).map(|(later, earlier)| later * earlier).sum() };
    let mut variance = covariance(0);
    let lagged: Vec<f64> = (1..=order).map(covariance).collect();
    let mut phi: Vec<f64> = Vec::with_capacity(order);
    for k in 0..order {
        let past: f64 = phi.iter().enumerate().map(|(j, p)| p * lagged[k - 1 - j]).sum();
        let partial = (lagged[k] - past) / variance;
        if partial.is_nan() || partial.abs() >= 1.0 {
            break;
        }
        let previous = phi.clone();
        phi.iter_mut().zip(previous.iter().rev()).for_each(|(value, mirrored)| *value -= partial * mirrored);
        phi.push(partial);
        variance *= 1.0 - partial * partial;
    }
    phi
}
