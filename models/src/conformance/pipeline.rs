//! The steps between raw data and a model, each of which can be exchanged.

use std::ops::Range;

use super::panel::{Observation, Panel, Series};
use crate::{
    Calendar, Day, FutureRegressor, ProjectionError, Skip, TrainingRule, cut, inner_origins, project, training_range,
};

/// What may be known when. The defaults are the functions that production uses; a test puts a leak in place of one.
pub trait Pipeline {
    /// The raw data of a key.
    fn select(&self, panel: &Panel, key: &str) -> Option<Series> {
        panel.series.iter().find(|series| series.key == key).cloned()
    }

    /// A covariate's value in the row of `day`: the newest reading with `known_at ≤ day`; NaN without one.
    fn as_of(&self, readings: &[Observation], day: Day) -> f64 {
        readings.iter().rev().find(|r| r.known_at <= day && r.date <= day).map_or(f64::NAN, |r| r.value)
    }

    /// A covariate's value for the future session `day`, as known at `origin`; NaN if it is not.
    fn announced(&self, readings: &[Observation], day: Day, origin: Day) -> f64 {
        readings.iter().find(|r| r.date == day && r.known_at <= origin).map_or(f64::NAN, |r| r.value)
    }

    /// The rows that a fit at `cutoff` uses.
    ///
    /// # Errors
    /// Why the unit is skipped.
    fn training_range(
        &self,
        calendar: &Calendar,
        days: &[Day],
        target: &[f64],
        regressors: &[&[f64]],
        cutoff: Day,
    ) -> Result<Range<usize>, Skip> {
        training_range(&TrainingRule::default(), calendar, days, target, regressors, cutoff)
    }

    /// Number of sessions that a forecast at `origin` has seen.
    fn cut(&self, days: &[Day], origin: Day) -> usize {
        cut(days, origin)
    }

    /// The sessions after `origin`. `_bars` are the days of all raw bars, which must not matter.
    fn sessions(&self, calendar: &Calendar, _bars: &[Day], origin: Day, horizon: usize) -> Vec<Day> {
        calendar.next_sessions(origin, horizon)
    }

    /// A regressor over future sessions, from its values up to the origin.
    ///
    /// # Errors
    /// [`ProjectionError`].
    fn project(
        &self,
        policy: FutureRegressor,
        days: &[Day],
        values: &[f64],
        future_days: &[Day],
        known: &[f64],
    ) -> Result<Vec<f64>, ProjectionError> {
        project(policy, days, values, future_days, known)
    }

    /// Rows of the origins inside a training window on which combinations and validations score.
    fn inner_origins(&self, days: &[Day], cutoff: Day, horizon: usize) -> Vec<usize> {
        inner_origins(cut(days, cutoff), horizon, horizon, 20)
    }
}

/// The steps as production has them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Honest;

impl Pipeline for Honest {}
