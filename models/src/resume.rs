//! Where a stored fit goes on in a history: models whose state is a recursion over sessions share this.

use serde::{Deserialize, Serialize};

use crate::arima::Sample;
use crate::{Day, History, ModelError};

/// Sessions that a gap between window and history may stand for; beyond it states no longer depend on its length.
const LONGEST_GAP: usize = 100_000;
/// Most sessions in seven days, with room for calendars not yet thought of.
const MAX_WEEK: usize = 366;

/// The training window of a stored fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trained {
    /// First observed session.
    pub first_day: Day,
    /// Last observed session.
    pub last_day: Day,
    /// Sessions in seven days.
    pub week: usize,
}

/// From which of the stored states to filter, and what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resumed {
    /// From the state at the window's end, else from the one before its first session.
    pub(crate) from_end: bool,
    /// Values of the sessions to filter, NaN where missing.
    pub(crate) target: Vec<f64>,
}

impl Trained {
    /// The window of a trimmed sample.
    pub(crate) fn new(sample: &Sample, window: &History<'_>, week: usize, cutoff: Day) -> Self {
        let day = |row: usize| window.days.get(sample.skipped + row).copied().unwrap_or(cutoff);
        Self { first_day: day(0), last_day: day(sample.len().saturating_sub(1)), week: week.clamp(1, MAX_WEEK) }
    }

    /// Why no fit can have written this, if so.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.first_day > self.last_day {
            return Some(format!("the first day {} is after the last, {}", self.first_day, self.last_day));
        }
        (!(1..=MAX_WEEK).contains(&self.week)).then(|| format!("a week of {} sessions", self.week))
    }

    /// A history that reaches back to the window's first session is filtered from there. One that starts inside the
    /// window goes on at the window's end; one that starts after it, too, over as many missing sessions as the
    /// calendar's week has in the days between. One that ends before the window starts from its first state.
    ///
    /// # Errors
    /// [`ModelError::TooShort`] without any observation, [`ModelError::Unusable`] for infinite values.
    pub(crate) fn resume(&self, history: &History<'_>) -> Result<Resumed, ModelError> {
        let sample = Sample::new(history, &[], false)?;
        let days = history.days.get(sample.skipped..).unwrap_or_default();
        let (Some(&first), Some(&last)) = (days.first(), days.last()) else {
            return Err(ModelError::TooShort { have: 0, need: 1 });
        };
        let (from_end, start, gap) = if last < self.first_day {
            (false, 0, 0)
        } else if first <= self.first_day {
            (false, days.partition_point(|day| *day < self.first_day), 0)
        } else {
            let sessions = i64::from(first) - i64::from(self.last_day);
            let sessions = usize::try_from(sessions).unwrap_or(0).saturating_mul(self.week) / 7;
            let after = days.partition_point(|day| *day <= self.last_day);
            (true, after, sessions.saturating_sub(1).min(LONGEST_GAP))
        };
        let mut target = vec![f64::NAN; gap];
        target.extend(sample.target.get(start..).unwrap_or_default());
        Ok(Resumed { from_end, target })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn resume(days: &[Day]) -> (bool, usize, f64) {
        let target: Vec<f64> = days.iter().map(|day| f64::from(*day)).collect();
        let trained = Trained { first_day: 10, last_day: 19, week: 7 };
        let resumed = trained.resume(&History { days, target: &target, regressors: &[] }).unwrap();
        let first = resumed.target.iter().copied().find(|y| !y.is_nan()).unwrap_or(f64::NAN);
        (resumed.from_end, resumed.target.len(), first)
    }

    #[test]
    fn each_kind_of_history_goes_on_where_it_should() {
        assert_eq!(resume(&[8, 9, 10, 11, 12]), (false, 3, 10.0));
        assert_eq!(resume(&[15, 18, 19, 20, 21]), (true, 2, 20.0));
        let (from_end, length, first) = resume(&[12, 13]);
        assert!(from_end && length == 0 && first.is_nan());
        // sessions 20, 21 and 22 are missing
        assert_eq!(resume(&[23, 24]), (true, 5, 23.0));
        assert_eq!(resume(&[1, 2]), (false, 2, 1.0));
    }
}
