//! Each puts a leak in place of one step between raw data and a model.

use std::ops::Range;

use almanac_models::conformance::{Honest, Observation, Panel, Pipeline, Series};
use almanac_models::{Calendar, Day, Skip, cut, inner_origins};

/// The training window ends with so many sessions after the cutoff: with one a fit sees the day it forecasts, with a
/// horizon a combination has the targets of inner origins at the cutoff.
pub(crate) struct FitSeesBeyond(pub(crate) usize);

impl Pipeline for FitSeesBeyond {
    fn training_range(
        &self,
        calendar: &Calendar,
        days: &[Day],
        target: &[f64],
        regressors: &[&[f64]],
        cutoff: Day,
    ) -> Result<Range<usize>, Skip> {
        let range = Honest.training_range(calendar, days, target, regressors, cutoff)?;
        Ok(range.start..range.end + self.0)
    }
}

/// The history of a forecast ends with the session after its origin.
pub(crate) struct ForecastSeesTheNextSession;

impl Pipeline for ForecastSeesTheNextSession {
    fn cut(&self, days: &[Day], origin: Day) -> usize {
        (cut(days, origin) + 1).min(days.len())
    }
}

/// The days ahead are those on which bars turn out to exist.
pub(crate) struct SessionsFromLaterBars;

impl Pipeline for SessionsFromLaterBars {
    fn sessions(&self, _calendar: &Calendar, bars: &[Day], origin: Day, horizon: usize) -> Vec<Day> {
        bars.iter().copied().filter(|day| *day > origin).take(horizon).collect()
    }
}

/// A covariate is joined on the day it is about, not the day it becomes known.
pub(crate) struct CovariateWithoutItsLag;

impl Pipeline for CovariateWithoutItsLag {
    fn as_of(&self, readings: &[Observation], day: Day) -> f64 {
        readings.iter().rev().find(|reading| reading.date <= day).map_or(f64::NAN, |reading| reading.value)
    }
}

/// A future value is read whether or not it was known at the origin.
pub(crate) struct FutureReadFromTheFuture;

impl Pipeline for FutureReadFromTheFuture {
    fn announced(&self, readings: &[Observation], day: Day, _origin: Day) -> f64 {
        readings.iter().find(|r| r.date == day + 60).map_or(f64::NAN, |r| r.value)
    }
}

/// Inner origins run up to the cutoff, so that the targets of the last ones lie after it.
pub(crate) struct InnerFoldPastTheCutoff;

impl Pipeline for InnerFoldPastTheCutoff {
    fn inner_origins(&self, days: &[Day], cutoff: Day, horizon: usize) -> Vec<usize> {
        inner_origins(cut(days, cutoff) + 1, horizon, horizon, 20)
    }
}

/// One row of a key is another key's.
pub(crate) struct AnotherKeysRow;

impl Pipeline for AnotherKeysRow {
    fn select(&self, panel: &Panel, key: &str) -> Option<Series> {
        let mut own = Honest.select(panel, key)?;
        let other = panel.series.iter().find(|series| series.key != key)?;
        own.close[10] = other.close[10];
        Some(own)
    }
}
