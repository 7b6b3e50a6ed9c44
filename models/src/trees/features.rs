//! Features of one session, computed by one function for training rows and for simulated paths alike.
//!
//! The features of session t use levels up to t − 1 only. Levels known to every path come first (`Past`), then the
//! simulated ones, a column of paths per session; sums run from the oldest session to the newest in both, so that a
//! value does not depend on which of its sessions are simulated.

use crate::Day;
use crate::trees::Settings;
use crate::{FutureRegressor, Regressor};

/// One column of the design matrix; y is the level (see [`crate::trees::Unit`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feature {
    /// y(t−1) − y(t−1−k).
    Lag(usize),
    /// y(t−k) − y(t−k−1): one session's return, k sessions ago.
    Change(usize),
    /// Mean of y(t−w) … y(t−1), less y(t−1).
    Mean(usize),
    /// Standard deviation of the last w returns.
    Deviation(usize),
    /// Monday 0 to Sunday 6, of session t.
    Weekday,
    /// 1 to 12, of session t.
    Month,
    /// A regressor's value on the session before t, or on t itself if its future is known.
    Regressor(usize),
}

/// The columns of a model, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    features: Vec<Feature>,
    names: Vec<String>,
    /// Per regressor, whether the session's own value is used.
    own_day: Vec<bool>,
}

/// Levels of the sessions before the first simulated one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Past<'a> {
    /// Oldest first.
    pub(crate) levels: &'a [f64],
    /// Squared difference of each level from the one before it; the first is unused.
    pub(crate) squares: &'a [f64],
}

/// Simulated sessions of N paths, oldest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead<'a, const N: usize> {
    pub(crate) levels: &'a [[f64; N]],
    pub(crate) squares: &'a [[f64; N]],
}

impl Layout {
    /// The columns that settings and regressors ask for.
    pub fn new(settings: &Settings, regressors: &[Regressor]) -> Self {
        let lags = settings.lags.iter().map(|&k| (Feature::Lag(k), format!("lag_{k}")));
        // one session's change one session ago is lag 1 itself
        let changes = settings.lags.iter().filter(|&&k| k > 1).map(|&k| (Feature::Change(k), format!("change_{k}")));
        let means = settings.windows.iter().map(|&w| (Feature::Mean(w), format!("mean_{w}")));
        let deviations = settings.windows.iter().map(|&w| (Feature::Deviation(w), format!("deviation_{w}")));
        let calendar = [(Feature::Weekday, "weekday".to_owned()), (Feature::Month, "month".to_owned())];
        let calendar = calendar.into_iter().filter(|_| settings.calendar);
        let own_day: Vec<bool> = regressors.iter().map(|r| r.future == FutureRegressor::Known).collect();
        let columns = regressors.iter().enumerate().map(|(i, r)| {
            let name = if own_day[i] { r.column.clone() } else { format!("{}_lag_1", r.column) };
            (Feature::Regressor(i), name)
        });
        let (features, names) =
            lags.chain(changes).chain(means).chain(deviations).chain(calendar).chain(columns).unzip();
        Self { features, names, own_day }
    }

    /// Column names, as stored in XGBoost's model.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Sessions before t that its features need.
    pub fn lookback(&self) -> usize {
        let needed = self.features.iter().map(|feature| match *feature {
            Feature::Lag(k) | Feature::Change(k) => k + 1,
            Feature::Mean(w) => w,
            Feature::Deviation(w) => w + 1,
            Feature::Weekday | Feature::Month | Feature::Regressor(_) => 1,
        });
        needed.max().unwrap_or(1).max(1)
    }

    /// What every path of a session shares, one value per column (0 for price columns): `day` is the session,
    /// `regressor(i, own)` the i-th regressor's value on it (`own`) or on the session before.
    pub(crate) fn shared(&self, day: Day, regressor: impl Fn(usize, bool) -> f64) -> Vec<f32> {
        let value = |feature: &Feature| match *feature {
            // day 0, 1970-01-01, was a Thursday
            Feature::Weekday => day.wrapping_add(3).rem_euclid(7) as f32,
            Feature::Month => month(day) as f32,
            Feature::Regressor(i) => {
                let value = regressor(i, self.own_day.get(i).copied().unwrap_or(false)) as f32;
                // XGBoost refuses infinities; a value beyond f32 is as good as missing
                if value.is_finite() { value } else { f32::NAN }
            }
            _ => 0.0,
        };
        self.features.iter().map(value).collect()
    }

    /// Writes the columns of N paths. `past` and `ahead` together hold at least [`Layout::lookback`] sessions.
    pub(crate) fn fill<'o, const N: usize>(
        &self,
        past: Past<'_>,
        ahead: Ahead<'_, N>,
        shared: &[f32],
        out: impl Iterator<Item = &'o mut [f32; N]>,
    ) {
        let last = at(past.levels, ahead.levels, 1);
        for ((feature, &constant), column) in self.features.iter().zip(shared).zip(out) {
            match *feature {
                Feature::Lag(k) => {
                    let before = at(past.levels, ahead.levels, k + 1);
                    each(column, |i| (last[i] - before[i]) as f32);
                }
                Feature::Change(k) => {
                    let (new, old) = (at(past.levels, ahead.levels, k), at(past.levels, ahead.levels, k + 1));
                    each(column, |i| (new[i] - old[i]) as f32);
                }
                Feature::Mean(w) => {
                    let sum = window_sum(past.levels, ahead.levels, w);
                    each(column, |i| (sum[i] / w as f64 - last[i]) as f32);
                }
                Feature::Deviation(w) => {
                    let (squares, first) =
                        (window_sum(past.squares, ahead.squares, w), at(past.levels, ahead.levels, w + 1));
                    each(column, |i| {
                        let mean = (last[i] - first[i]) / w as f64;
                        (squares[i] / w as f64 - mean * mean).max(0.0).sqrt() as f32
                    });
                }
                Feature::Weekday | Feature::Month | Feature::Regressor(_) => *column = [constant; N],
            }
        }
    }
}

fn each<const N: usize>(column: &mut [f32; N], value: impl Fn(usize) -> f32) {
    for (i, out) in column.iter_mut().enumerate() {
        *out = value(i);
    }
}

/// The value `back` sessions before the next one (1: the last).
fn at<const N: usize>(past: &[f64], ahead: &[[f64; N]], back: usize) -> [f64; N] {
    match ahead.len().checked_sub(back) {
        Some(h) => ahead[h],
        None => [past[past.len() - (back - ahead.len())]; N],
    }
}

/// Sum of the last `sessions` values, from the oldest to the newest.
fn window_sum<const N: usize>(past: &[f64], ahead: &[[f64; N]], sessions: usize) -> [f64; N] {
    let from_past = sessions.saturating_sub(ahead.len());
    let mut sum = [past[past.len() - from_past..].iter().fold(0.0, |sum, value| sum + value); N];
    for column in &ahead[ahead.len() - (sessions - from_past)..] {
        for (sum, value) in sum.iter_mut().zip(column) {
            *sum += value;
        }
    }
    sum
}

/// Squared difference of each level from the one before it; 0 for the first.
pub(crate) fn squares(levels: &[f64]) -> Vec<f64> {
    let mut squares = vec![0.0; levels.len()];
    for (square, pair) in squares.iter_mut().skip(1).zip(levels.windows(2)) {
        *square = (pair[1] - pair[0]) * (pair[1] - pair[0]);
    }
    squares
}

/// Month of the proleptic Gregorian calendar, 1 to 12 (Hinnant, `civil_from_days`).
fn month(day: Day) -> i64 {
    let day_of_era = (i64::from(day) + 719_468).rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    if from_march < 10 { from_march + 3 } else { from_march - 9 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_sessions_give_the_bits_of_observed_ones() {
        let settings = Settings { lags: vec![1, 2, 7, 20], windows: vec![2, 5, 20], ..Settings::default() };
        let layout = Layout::new(&settings, &[]);
        let levels: Vec<f64> =
            (0..60).map(|i| 4.0 + libm::sin(f64::from(i) * 0.7) * 0.1 + f64::from(i) * 0.003).collect();
        let all_squares = squares(&levels);
        let shared = layout.shared(17_000, |_, _| 0.0);
        let mut observed = vec![[0.0_f32; 1]; layout.names().len()];
        let past = Past { levels: &levels, squares: &all_squares };
        layout.fill(past, Ahead { levels: &[], squares: &[] }, &shared, observed.iter_mut());
        for h in [1, 2, 3, 10, 30] {
            let (known, ahead) = levels.split_at(levels.len() - h);
            let ahead_levels: Vec<[f64; 3]> = ahead.iter().map(|&level| [level; 3]).collect();
            let ahead_squares: Vec<[f64; 3]> = all_squares[levels.len() - h..].iter().map(|&x| [x; 3]).collect();
            let mut simulated = vec![[0.0_f32; 3]; layout.names().len()];
            let past = Past { levels: known, squares: &all_squares[..known.len()] };
            let ahead = Ahead { levels: &ahead_levels, squares: &ahead_squares };
            layout.fill(past, ahead, &shared, simulated.iter_mut());
            for ((one, three), name) in observed.iter().zip(&simulated).zip(layout.names()) {
                assert_eq!([one[0].to_bits(); 3], three.map(f32::to_bits), "{name}, {h} simulated sessions");
            }
        }
    }

    #[test]
    fn features_are_what_their_names_say() {
        let settings = Settings { lags: vec![2], windows: vec![3], ..Settings::default() };
        let layout = Layout::new(&settings, &[]);
        assert_eq!(layout.names(), ["lag_2", "change_2", "mean_3", "deviation_3", "weekday", "month"]);
        assert_eq!(layout.lookback(), 4);
        let levels = [1.0, 2.0, 4.0, 3.0];
        let mut row = vec![[0.0_f32; 1]; 6];
        // 2018-01-02, a Tuesday
        let shared = layout.shared(17_533, |_, _| 0.0);
        let past = Past { levels: &levels, squares: &squares(&levels) };
        layout.fill(past, Ahead { levels: &[], squares: &[] }, &shared, row.iter_mut());
        // returns 1, 2, −1: mean 2/3, mean square 2
        let deviation = (2.0_f64 - 4.0 / 9.0).sqrt() as f32;
        assert_eq!(row, [[1.0], [2.0], [0.0], [deviation], [1.0], [1.0]]);
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        // 1970-01-01, 1969-12-31, 2000-02-29, 2000-03-01, 2025-11-05
        assert_eq!([0, -1, 11_016, 11_017, 20_397].map(month), [1, 12, 2, 3, 11]);
    }
}
