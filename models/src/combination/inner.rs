//! Forecasts of the members at inner origins: what weights and the spread are estimated on.

use super::paths::{deviations, points};
use super::settings::Chosen;
use super::{columns, of_member};
use crate::{
    Day, FitContext, FittedModel, Future, FutureRegressor, History, Model, ModelError, Registry, Regressor, State,
    inner_origins, project,
};

/// Share of the window, one in so many, that inner fits have at least.
const FITTED: usize = 2;

/// The inner origins of a window.
#[derive(Debug)]
pub(super) struct Inner<'a> {
    window: &'a History<'a>,
    regressors: &'a [Regressor],
    context: FitContext,
    horizon: usize,
    /// Rows of the origins, ascending; at least one.
    origins: Vec<usize>,
}

impl<'a> Inner<'a> {
    /// Up to `count` origins, `spacing` rows apart; none where the window is too short for any.
    pub(super) fn new(
        window: &'a History<'a>,
        regressors: &'a [Regressor],
        context: &FitContext,
        count: usize,
        spacing: Option<usize>,
    ) -> Option<Self> {
        let horizon = context.horizon.max(1);
        let mut origins = inner_origins(window.len(), horizon, spacing.unwrap_or(horizon), count);
        origins.retain(|row| FITTED * (row + 1) >= window.len());
        let cutoff = *window.days.get(*origins.first()?)?;
        let context = FitContext { cutoff, ..*context };
        Some(Self { window, regressors, context, horizon, origins })
    }

    /// The last day that inner fits see: the first inner origin.
    pub(super) fn fitted_to(&self) -> Day {
        self.context.cutoff
    }

    /// Days of the origins, ascending.
    pub(super) fn days(&self) -> impl Iterator<Item = Day> + '_ {
        self.origins.iter().filter_map(|row| self.window.days.get(*row).copied())
    }

    /// The last day that an error is of.
    pub(super) fn last_target(&self) -> Option<Day> {
        self.window.days.get(self.origins.last()? + self.horizon).copied()
    }

    /// Errors, target less point, of all origins and of all days ahead that have a target.
    ///
    /// # Errors
    /// What the member says of the inner fit or of an origin.
    pub(super) fn errors(
        &self,
        registry: &Registry,
        member: &Chosen,
        model: &dyn Model,
    ) -> Result<Vec<f64>, ModelError> {
        let first = self.origins.first().copied().unwrap_or(0);
        let seen = self.seen(first);
        let fitted = model
            .fit(&History { regressors: &columns(&seen.columns, &member.columns)?, ..seen.history() }, &self.context)?;
        let loaded = registry.load(&fitted.format, &fitted.bytes)?;
        let mut errors = Vec::with_capacity(self.origins.len() * self.horizon);
        for &origin in &self.origins {
            let targets = self.window.target.get(self.after(origin)).unwrap_or_default();
            let points = points(self.state(loaded.as_ref(), member, origin)?.as_ref(), targets.len())?;
            let pairs = targets.iter().zip(&points).filter(|(target, _)| !target.is_nan());
            errors.extend(pairs.map(|(target, point)| target - point));
        }
        match errors.iter().find(|error| !error.is_finite()) {
            None => Ok(errors),
            Some(bad) => Err(of_member(&member.spec.name, ModelError::Numerical(format!("an inner error is {bad}")))),
        }
    }

    /// Points of a fit on the whole window at every origin, day by day, and deviations of the days after the last one.
    /// Neither looks at a target, so that it does not matter that the fit has seen them.
    ///
    /// # Errors
    /// What the fit says of an origin.
    pub(super) fn outlook(&self, loaded: &dyn FittedModel, member: &Chosen) -> Result<Outlook, ModelError> {
        let mut outlook = Outlook { points: Vec::with_capacity(self.origins.len()), deviations: Vec::new() };
        for &origin in &self.origins {
            let state = self.state(loaded, member, origin)?;
            outlook.points.push(points(state.as_ref(), self.horizon)?);
            if Some(&origin) == self.origins.last() {
                outlook.deviations = deviations(state.as_ref(), self.horizon)?;
            }
        }
        Ok(outlook)
    }

    /// Rows of the days ahead of an origin.
    fn after(&self, origin: usize) -> std::ops::Range<usize> {
        origin + 1..origin + 1 + self.horizon
    }

    /// A fit at an origin.
    fn state<'m>(
        &self,
        loaded: &'m dyn FittedModel,
        member: &Chosen,
        origin: usize,
    ) -> Result<Box<dyn State + 'm>, ModelError> {
        let seen = self.seen(origin);
        let days = self.window.days.get(self.after(origin)).unwrap_or_default();
        let ahead = self.ahead(member, origin, days)?;
        let ahead: Vec<&[f64]> = ahead.iter().map(Vec::as_slice).collect();
        let past = columns(&seen.columns, &member.columns)?;
        loaded.condition(&History { regressors: &past, ..seen.history() }, &Future { days, regressors: &ahead })
    }

    /// The window up to a row.
    fn seen(&self, last: usize) -> Seen<'a> {
        let cut = |column: &&'a [f64]| column.get(..=last).unwrap_or_default();
        Seen {
            days: self.window.days.get(..=last).unwrap_or_default(),
            target: self.window.target.get(..=last).unwrap_or_default(),
            columns: self.window.regressors.iter().map(cut).collect(),
        }
    }

    /// A member's regressors over the sessions after an inner origin, continued as past any origin. Those known in
    /// advance are read from the window.
    fn ahead(&self, member: &Chosen, origin: usize, days: &[Day]) -> Result<Vec<Vec<f64>>, ModelError> {
        let seen = self.seen(origin);
        let continued = |&place: &usize| {
            let policy = self.regressors.get(place).map_or(FutureRegressor::None, |regressor| regressor.future);
            let whole = self.window.regressors.get(place).copied().unwrap_or_default();
            let known = whole.get(origin + 1..origin + 1 + days.len()).unwrap_or_default();
            let values = seen.columns.get(place).copied().unwrap_or_default();
            let what = || self.regressors.get(place).map_or_else(String::new, |regressor| regressor.column.clone());
            project(policy, seen.days, values, days, known)
                .map_err(|e| ModelError::Unusable { what: what(), value: e.to_string() })
        };
        member.columns.iter().map(continued).collect()
    }
}

/// What a member forecasts at inner origins.
pub(super) struct Outlook {
    /// Per origin, per day ahead.
    pub(super) points: Vec<Vec<f64>>,
    /// Per day after the last origin.
    pub(super) deviations: Vec<f64>,
}

/// What is seen at a row.
struct Seen<'a> {
    days: &'a [Day],
    target: &'a [f64],
    columns: Vec<&'a [f64]>,
}

impl Seen<'_> {
    fn history(&self) -> History<'_> {
        History { days: self.days, target: self.target, regressors: &[] }
    }
}
