//! Training windows: when a model is fitted, and on which rows.

use std::ops::Range;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use crate::civil::{LAST, date, weekday, years_before, ymd};
use crate::{Calendar, Day, ModelSpec};

/// How often a model is fitted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Every day.
    Daily,
    /// On Mondays.
    Weekly,
    /// On Mondays of even ISO weeks; after a year of 53 weeks one window has three.
    Biweekly,
    /// On the first of each month.
    Monthly,
    /// On 1 January, April, July and October.
    Quarterly,
    /// On 1 January and 1 July.
    #[default]
    Semiannually,
    /// On 1 January.
    Annually,
}

/// The days a fit serves: `start ≤ origin < next`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// First day served.
    pub start: Day,
    /// First day of the next window.
    pub next: Day,
}

impl Window {
    /// `training_cutoff_date`: the last day the fit may see, the day before `start`.
    pub fn cutoff(&self) -> Day {
        self.start - 1
    }

    /// Whether the window's fit serves an origin.
    pub fn serves(&self, origin: Day) -> bool {
        self.start <= origin && origin < self.next
    }
}

impl Frequency {
    /// The window that serves `day`. Days outside the years 1 to 9999 are read as the nearest inside.
    pub fn window_of(self, day: Day) -> Window {
        let here = date(day);
        let day = crate::civil::day(here);
        let monday = day - weekday(day) as i32;
        match self {
            Self::Daily => Window { start: day, next: day + 1 },
            Self::Weekly => Window { start: monday, next: monday + 7 },
            Self::Biweekly => {
                // weeks 52 or 53 and 1: at most two odd weeks follow each other
                let start = [monday, monday - 7, monday - 14].into_iter().find(|&m| even_week(m)).unwrap_or(monday);
                let next = [start + 14, start + 21].into_iter().find(|&m| even_week(m)).unwrap_or(start + 14);
                Window { start, next }
            }
            Self::Monthly => months(here.year(), here.month0(), 1),
            Self::Quarterly => months(here.year(), here.month0(), 3),
            Self::Semiannually => months(here.year(), here.month0(), 6),
            Self::Annually => months(here.year(), here.month0(), 12),
        }
    }

    /// All windows that meet `from..=to`, in order.
    pub fn windows(self, from: Day, to: Day) -> impl Iterator<Item = Window> {
        let first = (from <= to).then(|| self.window_of(from));
        std::iter::successors(first, move |window| (window.next <= to.min(LAST)).then(|| self.window_of(window.next)))
    }
}

fn even_week(day: Day) -> bool {
    date(day).iso_week().week().is_multiple_of(2)
}

/// The window of `length` months (a divisor of 12) around a month (from 0).
fn months(year: i32, month0: u32, length: u32) -> Window {
    let start0 = month0 - month0 % length;
    let next0 = start0 + length;
    let next = if next0 >= 12 { ymd(year + 1, 1, 1) } else { ymd(year, next0 + 1, 1) };
    Window { start: ymd(year, start0 + 1, 1), next }
}

/// Number of sessions with `day ≤ at`: the one function that cuts history, at `training_cutoff_date` for fits and at
/// `data_cutoff_date` for inference. `days` is ascending.
pub fn cut(days: &[Day], at: Day) -> usize {
    days.partition_point(|&day| day <= at)
}

/// Rows of up to `count` origins inside a training window of `sessions` rows, ascending, `spacing` rows apart (a horizon,
/// so that no target is counted twice), each with all its `horizon` targets inside the window too: origin + horizon ≤
/// cutoff. For weights and validation.
pub fn inner_origins(sessions: usize, horizon: usize, spacing: usize, count: usize) -> Vec<usize> {
    let last = sessions.checked_sub(horizon + 1);
    let mut origins: Vec<usize> =
        std::iter::successors(last, |row| row.checked_sub(spacing.max(1))).take(count).collect();
    origins.reverse();
    origins
}

/// What a training window must hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingRule {
    /// Trailing years used.
    pub years: u32,
    /// Calendar days that first and last usable row must be apart.
    pub minimum_days: i32,
    /// Share of the calendar's sessions that may be missing.
    pub max_gap: f64,
}

impl Default for TrainingRule {
    fn default() -> Self {
        Self { years: 4, minimum_days: 730, max_gap: 0.10 }
    }
}

/// Why a unit is not run. Each has a stable `code` that the ledger records. Regressors are named by their place in
/// the model's specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    /// First and last usable row are too close.
    #[error("usable rows span {have} calendar days, {need} are needed")]
    TooShort {
        /// Calendar days between first and last usable row; 0 without one.
        have: i32,
        /// The rule's minimum.
        need: i32,
    },
    /// Too many sessions are missing.
    #[error("{missing} of {expected} sessions are missing")]
    Gap {
        /// Sessions of the calendar without an observation.
        missing: usize,
        /// Sessions of the calendar.
        expected: usize,
    },
    /// A regressor has no value at all up to the cut.
    #[error("regressor {regressor} has no value in the window")]
    MissingColumn {
        /// Index in the specification, from 0.
        regressor: usize,
    },
    /// A regressor's newest value is too old.
    #[error("regressor {regressor} is {age_days} days old, at most {limit_days} are allowed")]
    StaleCovariate {
        /// Index in the specification, from 0.
        regressor: usize,
        /// Age of the newest value.
        age_days: i32,
        /// `max_staleness_days` of the column.
        limit_days: i32,
    },
    /// A regressor that must be known in advance is not.
    #[error("regressor {regressor} is not known {ahead} days ahead")]
    MissingFuture {
        /// Index in the specification, from 0.
        regressor: usize,
        /// First session ahead (from 1) without a value.
        ahead: usize,
    },
}

impl Skip {
    /// Stable short name for ledgers and filters.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::Gap { .. } => "gap",
            Self::MissingColumn { .. } => "missing_column",
            Self::StaleCovariate { .. } => "stale_covariate",
            Self::MissingFuture { .. } => "missing_future",
        }
    }

    /// The regressor it is about, by its place in the specification.
    pub fn regressor(&self) -> Option<usize> {
        match *self {
            Self::TooShort { .. } | Self::Gap { .. } => None,
            Self::MissingColumn { regressor }
            | Self::StaleCovariate { regressor, .. }
            | Self::MissingFuture { regressor, .. } => Some(regressor),
        }
    }

    /// In words, with the column of the specification in place of its number.
    pub fn named(&self, spec: &ModelSpec) -> String {
        let text = self.to_string();
        let number = self.regressor();
        match number.and_then(|number| Some((number, &spec.regressors.get(number)?.column))) {
            Some((number, column)) => text.replacen(&format!("regressor {number}"), column, 1),
            None => text,
        }
    }
}

/// The rows a fit at `cutoff` uses: the trailing years, from the first row on which the target and every regressor
/// are present (not NaN) to the last row at or before the cutoff.
///
/// `days`, `target` and each regressor have one length and may go on past the cutoff; nothing after it is read.
/// A session counts as missing if it has no row or its target is NaN, up to the cutoff itself.
///
/// # Errors
/// [`Skip::MissingColumn`], [`Skip::TooShort`] or [`Skip::Gap`], checked in that order.
pub fn training_range(
    rule: &TrainingRule,
    calendar: &Calendar,
    days: &[Day],
    target: &[f64],
    regressors: &[&[f64]],
    cutoff: Day,
) -> Result<Range<usize>, Skip> {
    let end = cut(days, cutoff);
    if let Some(regressor) = regressors.iter().position(|values| values.iter().take(end).all(|x| x.is_nan())) {
        return Err(Skip::MissingColumn { regressor });
    }
    let present = |values: &[f64], row: usize| values.get(row).is_some_and(|x| !x.is_nan());
    let usable = |row: &usize| present(target, *row) && regressors.iter().all(|values| present(values, *row));
    let mut rows = cut(days, years_before(cutoff, rule.years))..end;
    let too_short = |have: i32| Skip::TooShort { have, need: rule.minimum_days };
    let first = rows.clone().find(usable).ok_or(too_short(0))?;
    let last = rows.rfind(usable).unwrap_or(first);
    let span = days[last] - days[first];
    if span < rule.minimum_days {
        return Err(too_short(span));
    }
    let expected = calendar.sessions_between(days[first], cutoff);
    let observed = (first..end).filter(|&row| present(target, row) && calendar.is_session(days[row])).count();
    let missing = expected.saturating_sub(observed);
    if missing as f64 > rule.max_gap * expected as f64 {
        return Err(Skip::Gap { missing, expected });
    }
    Ok(first..end)
}

#[cfg(test)]
mod tests;
