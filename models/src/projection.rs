//! Regressors past the origin: what a model may assume of a day it has not seen.

use crate::civil::years_before;
use crate::{Day, FutureRegressor};

/// Years that [`FutureRegressor::Seasonal`] averages over.
const SEASONAL_YEARS: u32 = 3;
/// Observations that [`FutureRegressor::Linear`] fits its line through.
const TREND_LENGTH: usize = 30;

/// A regressor that cannot be continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// It must be known in advance and is not.
    #[error("no known value {ahead} sessions ahead")]
    MissingFuture {
        /// First session ahead, from 1, without a value.
        ahead: usize,
    },
    /// It has no value up to the origin.
    #[error("no value up to the origin")]
    Empty,
}

/// Continues a regressor over the H sessions `future_days`, from its values up to the origin.
///
/// `days` (ascending, up to the origin) and `values` have one length; NaN marks an absent value. `known` holds what
/// is known at the origin of each future session and is read by [`FutureRegressor::Known`] only.
///
/// - `persist`: the last value.
/// - `seasonal`: the mean of all values on the same date ±1 day in each of the last 3 years (29 February: the 28th);
///   where there is none, the last value.
/// - `linear`: the least-squares line over days through the last 30 values; with fewer than 2, the last value.
/// - `known`: a copy.
/// - `none`: NaN.
///
/// # Errors
/// [`ProjectionError::MissingFuture`] where `known` is short or NaN; [`ProjectionError::Empty`] without any value.
pub fn project(
    policy: FutureRegressor,
    days: &[Day],
    values: &[f64],
    future_days: &[Day],
    known: &[f64],
) -> Result<Vec<f64>, ProjectionError> {
    let last = || values.iter().rev().copied().find(|x| !x.is_nan()).ok_or(ProjectionError::Empty);
    match policy {
        FutureRegressor::None => Ok(vec![f64::NAN; future_days.len()]),
        FutureRegressor::Known => (0..future_days.len())
            .map(|h| match known.get(h) {
                Some(x) if !x.is_nan() => Ok(*x),
                _ => Err(ProjectionError::MissingFuture { ahead: h + 1 }),
            })
            .collect(),
        FutureRegressor::Persist => Ok(vec![last()?; future_days.len()]),
        FutureRegressor::Seasonal => {
            let last = last()?;
            Ok(future_days.iter().map(|&day| same_season(days, values, day).unwrap_or(last)).collect())
        }
        FutureRegressor::Linear => {
            let last = last()?;
            let line = trend(days, values);
            Ok(future_days.iter().map(|&day| line.map_or(last, |line| line.at(day))).collect())
        }
    }
}

/// Mean of the values on the same date ±1 day in the last years.
fn same_season(days: &[Day], values: &[f64], day: Day) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for year in 1..=SEASONAL_YEARS {
        let anchor = years_before(day, year);
        let from = days.partition_point(|&d| d < anchor - 1);
        let rows = days[from..].iter().zip(&values[from..]).take_while(|(d, _)| **d <= anchor + 1);
        for (_, x) in rows.filter(|(_, x)| !x.is_nan()) {
            sum += x;
            count += 1;
        }
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// A line over days.
#[derive(Debug, Clone, Copy)]
struct Line {
    centre: f64,
    mean: f64,
    slope: f64,
}

impl Line {
    fn at(self, day: Day) -> f64 {
        self.mean + self.slope * (f64::from(day) - self.centre)
    }
}

/// Least squares through the last values.
fn trend(days: &[Day], values: &[f64]) -> Option<Line> {
    let observed = days.iter().zip(values).rev().filter(|(_, x)| !x.is_nan()).take(TREND_LENGTH);
    let points: Vec<(f64, f64)> = observed.map(|(&day, &x)| (f64::from(day), x)).collect();
    if points.len() < 2 {
        return None;
    }
    let n = points.len() as f64;
    let centre = points.iter().map(|p| p.0).sum::<f64>() / n;
    let mean = points.iter().map(|p| p.1).sum::<f64>() / n;
    let across = points.iter().map(|p| (p.0 - centre) * (p.1 - mean)).sum::<f64>();
    let along = points.iter().map(|p| (p.0 - centre) * (p.0 - centre)).sum::<f64>();
    (along > 0.0).then(|| Line { centre, mean, slope: across / along })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::civil::ymd;

    #[test]
    fn none_is_absent() {
        let projected = project(FutureRegressor::None, &[1], &[5.0], &[2, 3], &[1.0, 2.0]).unwrap();
        assert!(projected.len() == 2 && projected.iter().all(|x| x.is_nan()));
    }

    #[test]
    fn persist_repeats_the_last_present_value() {
        let projected = project(FutureRegressor::Persist, &[1, 2, 3], &[5.0, 7.0, f64::NAN], &[4, 5], &[]);
        assert_eq!(projected, Ok(vec![7.0, 7.0]));
        let nothing = project(FutureRegressor::Persist, &[1], &[f64::NAN], &[2], &[]);
        assert_eq!(nothing, Err(ProjectionError::Empty));
    }

    #[test]
    fn seasonal_is_the_mean_of_nine_values() {
        let days: Vec<Day> = (ymd(2018, 1, 1)..=ymd(2023, 6, 30)).collect();
        let mut values = vec![0.0; days.len()];
        let mut set = |y, m, d, x| values[(ymd(y, m, d) - days[0]) as usize] = x;
        // ordinary date: three days in each of 2020, 2021, 2022; 2019 is too old
        for (year, x) in [(2019, 1_000.0), (2020, 9.0), (2021, 18.0), (2022, 27.0)] {
            for day in [9, 10, 11] {
                set(year, 7, day, x);
            }
        }
        set(2022, 7, 10, 36.0);
        let future = [ymd(2023, 7, 10)];
        let projected = project(FutureRegressor::Seasonal, &days, &values, &future, &[]).unwrap();
        assert_eq!(projected, vec![(9.0 * 3.0 + 18.0 * 3.0 + 27.0 * 2.0 + 36.0) / 9.0]);
    }

    #[test]
    fn seasonal_without_earlier_years_persists() {
        let projected = project(FutureRegressor::Seasonal, &[100, 101], &[3.0, 4.0], &[102], &[]);
        assert_eq!(projected, Ok(vec![4.0]));
    }

    #[test]
    fn linear_uses_the_last_thirty_values() {
        let days: Vec<Day> = (0..60).collect();
        let values: Vec<f64> = days.iter().map(|&d| if d < 30 { 500.0 } else { 2.0 * f64::from(d) + 1.0 }).collect();
        let projected = project(FutureRegressor::Linear, &days, &values, &[60, 63], &[]).unwrap();
        assert!((projected[0] - 121.0).abs() < 1e-9 && (projected[1] - 127.0).abs() < 1e-9);
        assert_eq!(project(FutureRegressor::Linear, &[1], &[3.0], &[2], &[]), Ok(vec![3.0]));
    }

    #[test]
    fn known_must_be_known() {
        let known = project(FutureRegressor::Known, &[], &[], &[2, 3], &[1.0, 0.0]);
        assert_eq!(known, Ok(vec![1.0, 0.0]));
        let unknown = project(FutureRegressor::Known, &[], &[], &[2, 3], &[1.0, f64::NAN]);
        assert_eq!(unknown, Err(ProjectionError::MissingFuture { ahead: 2 }));
        let short = project(FutureRegressor::Known, &[], &[], &[2, 3], &[1.0]);
        assert_eq!(short, Err(ProjectionError::MissingFuture { ahead: 2 }));
    }

    proptest! {
        #[test]
        fn a_constant_stays_constant(
            x in -1e6..1e6_f64,
            n in 1..1_500_i32,
            h in 1..30_i32,
            policy in prop::sample::select(vec![
                FutureRegressor::Persist, FutureRegressor::Seasonal, FutureRegressor::Linear,
            ]),
        ) {
            let days: Vec<Day> = (0..n).collect();
            let future: Vec<Day> = (n..n + h).collect();
            let projected = project(policy, &days, &vec![x; n as usize], &future, &[]).unwrap();
            prop_assert_eq!(projected.len(), h as usize);
            for y in projected {
                prop_assert!((y - x).abs() <= 1e-9 * x.abs().max(1.0));
            }
        }
    }
}
