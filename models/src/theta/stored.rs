//! The stored form, version 1 (JSON); the state at an origin and its paths.

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::recursion::{Kind, Rule, Seen, vanishing};
use super::season::Terms;
use crate::ets::MAX_SEASON;
use crate::resume::Trained;
use crate::{FittedModel, Future, History, ModelError, State, StreamKey};

/// All that a fitted theta model consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The model.
    pub kind: Kind,
    /// Smoothing parameter α.
    pub alpha: f64,
    /// Curvature θ of the theta line, at least 1.
    pub theta: f64,
    /// Standard deviation of innovations of the series without its season.
    pub deviation: f64,
    /// The season.
    pub season: Terms,
    /// The training window.
    pub trained: Trained,
    /// What is known before its first session.
    pub start: Seen,
    /// What is known after its last session.
    pub end: Seen,
}

impl Parameters {
    pub(super) fn rule(&self) -> Rule {
        Rule { alpha: self.alpha, weight: 1.0 - 1.0 / self.theta, dynamic: self.kind.dynamic() }
    }

    /// Why the parameters cannot be used, if so.
    pub(super) fn problem(&self) -> Option<String> {
        if !(self.alpha > 0.0 && self.alpha <= 1.0) {
            return Some(format!("α is {}, it must be above 0 and at most 1", self.alpha));
        }
        if !(self.theta >= 1.0 && self.theta.is_finite()) {
            return Some(format!("θ is {}, it must be at least 1", self.theta));
        }
        if !(self.deviation >= 0.0 && self.deviation.is_finite()) {
            return Some(format!("the deviation {} is not a positive number", self.deviation));
        }
        if !(self.start.finite() && self.end.finite()) {
            return Some("a state is not finite".into());
        }
        let unusable = |term: &f64| !term.is_finite() || (self.season.multiplicative && *term <= 0.0);
        if self.season.values.len() > MAX_SEASON || self.season.values.iter().any(unusable) {
            return Some("the season has an unusable term or too many".into());
        }
        self.trained.problem()
    }

    /// Filters values with season from a state; sessions without a value move by their forecast. Gives the errors of
    /// the series without its season to `each`.
    pub(super) fn filter(&self, start: Seen, target: &[f64], mut each: impl FnMut(usize, f64)) -> Seen {
        let rule = self.rule();
        let mut state = start;
        let mut power = state.power(&rule);
        for (row, y) in target.iter().enumerate() {
            let forecast = state.forecast(&rule, power);
            let value = self.season.removed(*y, state.sessions as usize);
            let value = if value.is_nan() { forecast } else { value };
            if !y.is_nan() {
                each(row, value - forecast);
            }
            state.step(&rule, value);
            power = vanishing(power * (1.0 - rule.alpha));
        }
        state
    }
}

impl FittedModel for Parameters {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let resumed = self.trained.resume(history)?;
        let start = if resumed.from_end { self.end } else { self.start };
        let seen = self.filter(start, &resumed.target, |_, _| {});
        let state = AtOrigin { parameters: self, seen, horizon: future.horizon() };
        match state.points().iter().find(|point| !point.is_finite()) {
            None => Ok(Box::new(state)),
            Some(point) => Err(ModelError::Numerical(format!("a forecast is {point}"))),
        }
    }
}

/// What is known before the next session.
#[derive(Debug)]
struct AtOrigin<'a> {
    parameters: &'a Parameters,
    seen: Seen,
    horizon: usize,
}

impl AtOrigin<'_> {
    /// Factor and summand of the season `h` sessions after the next one.
    fn restoring(&self, h: usize) -> (f64, f64) {
        self.parameters.season.restoring(self.seen.sessions as usize + h)
    }

    /// Forecasts with no innovations.
    fn points(&self) -> Vec<f64> {
        let rule = self.parameters.rule();
        let mut state = self.seen;
        let mut power = state.power(&rule);
        (0..self.horizon)
            .map(|h| {
                let forecast = state.forecast(&rule, power);
                state.step(&rule, forecast);
                power = vanishing(power * (1.0 - rule.alpha));
                let (factor, summand) = self.restoring(h);
                factor * forecast + summand
            })
            .collect()
    }
}

impl State for AtOrigin<'_> {
    /// Exact: forecasts are linear in normal innovations, and so is putting the season back.
    fn median(&self) -> Option<Vec<f64>> {
        Some(self.points())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let rule = self.parameters.rule();
        let mut states = vec![self.seen; paths];
        let mut power = self.seen.power(&rule);
        for (h, day) in out.chunks_exact_mut(paths.max(1)).enumerate() {
            let mut rng = stream.day(h);
            let (factor, summand) = self.restoring(h);
            for (state, value) in states.iter_mut().zip(day) {
                let normal: f64 = StandardNormal.sample(&mut rng);
                let y = state.forecast(&rule, power) + self.parameters.deviation * normal;
                state.step(&rule, y);
                *value = (factor * y + summand) as f32;
            }
            power = vanishing(power * (1.0 - rule.alpha));
        }
        match out.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(ModelError::Numerical(format!("a path reached {v}"))),
        }
    }
}
