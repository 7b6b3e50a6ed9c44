//! Seasons too long for orders: sines and cosines of the day (Harvey 1989, *Forecasting, structural time series models
//! and the Kalman filter*, 2.3.4; with ARMA errors as Hyndman and Athanasopoulos 2021, *Forecasting*, 12.1).
//!
//! Phases belong to calendar days, so that they are the same whatever session a history starts with.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use crate::Day;

/// A periodic function of the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fourier {
    /// Calendar days per season.
    pub period: f64,
    /// Coefficients of sin 2πkt/period and cos 2πkt/period for k = 1, 2, …
    pub terms: Vec<[f64; 2]>,
}

impl Fourier {
    /// Why it cannot be used, if so.
    pub(super) fn problem(&self) -> Option<String> {
        if !(self.period.is_finite() && self.period >= 2.0) {
            return Some(format!("the period is {} days, it must be at least 2", self.period));
        }
        let finite = self.terms.iter().flatten().all(|c| c.is_finite());
        (!finite).then(|| "a Fourier coefficient is not finite".into())
    }

    /// The function on each day.
    pub(super) fn values(&self, days: &[Day]) -> Vec<f64> {
        let value = |day: &Day| {
            let waves = harmonics(self.period, *day).zip(&self.terms);
            waves.map(|((sine, cosine), [a, b])| a * sine + b * cosine).sum()
        };
        days.iter().map(value).collect()
    }
}

/// Columns sin 1, cos 1, sin 2, cos 2, … of `terms` harmonics on each day.
pub(super) fn columns(period: f64, terms: usize, days: &[Day]) -> Vec<Vec<f64>> {
    let mut columns = vec![Vec::with_capacity(days.len()); 2 * terms];
    for day in days {
        for (pair, (sine, cosine)) in columns.chunks_exact_mut(2).zip(harmonics(period, *day)) {
            pair[0].push(sine);
            pair[1].push(cosine);
        }
    }
    columns
}

/// Calendar days of `season` sessions, at the mean distance of the sessions given; none for fewer than two.
pub(super) fn period(season: usize, days: &[Day]) -> Option<f64> {
    let (first, last) = (days.first()?, days.last()?);
    let span = f64::from(*last) - f64::from(*first);
    let period = season as f64 * span / (days.len() - 1) as f64;
    (period.is_finite() && period >= 2.0).then_some(period)
}

/// sin kx and cos kx of a day for k = 1, 2, …, by the addition theorem.
fn harmonics(period: f64, day: Day) -> impl Iterator<Item = (f64, f64)> {
    let angle = TAU * (f64::from(day).rem_euclid(period) / period);
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let next = move |(s, c): &(f64, f64)| Some((s * cosine + c * sine, c * cosine - s * sine));
    std::iter::successors(Some((sine, cosine)), next)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn harmonics_are_sines_of_multiples() {
        for day in [-3_000, 0, 17, 20_000] {
            for (k, (sine, cosine)) in (1..).zip(harmonics(365.25, day).take(10)) {
                let angle = TAU * f64::from(k) * f64::from(day) / 365.25;
                assert!((sine - libm::sin(angle)).abs() < 1e-10 && (cosine - libm::cos(angle)).abs() < 1e-10);
            }
        }
    }

    #[test]
    fn values_are_sums_of_columns() {
        let days = [5, 6, 9];
        let fourier = Fourier { period: 30.0, terms: vec![[1.0, 2.0], [-3.0, 0.5]] };
        let columns = columns(30.0, 2, &days);
        for (t, value) in fourier.values(&days).iter().enumerate() {
            let sum = columns[0][t] + 2.0 * columns[1][t] - 3.0 * columns[2][t] + 0.5 * columns[3][t];
            assert!((value - sum).abs() < 1e-14);
        }
    }

    #[test]
    fn the_period_counts_days() {
        assert_eq!(period(30, &[10, 11, 12]), Some(30.0));
        assert_eq!(period(260, &[0, 1, 2, 3, 4, 7]), Some(260.0 * 7.0 / 5.0));
        assert_eq!(period(30, &[1]), None);
    }
}
