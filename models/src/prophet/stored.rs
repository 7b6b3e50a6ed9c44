//! The stored form, version 1 (JSON), and the curve it describes.

use serde::{Deserialize, Serialize};

use super::component::{Basis, Component};
use super::settings::{Growth, MAX_CHANGEPOINTS};
use super::trend::append_linear;
use crate::Day;

/// Most columns of all components.
const MAX_COLUMNS: usize = 10_000;

/// All that the model consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Form of the trend.
    pub growth: Growth,
    /// Day of the first observation, where scaled time is 0.
    pub start: Day,
    /// Days to the last observation of training, where scaled time is 1.
    pub span: i32,
    /// Largest magnitude of the training window (1 if that is 0); all other numbers are relative to it.
    pub scale: f64,
    /// k, growth of the trend before the first changepoint per unit of scaled time.
    pub rate: f64,
    /// m, the trend at scaled time 0.
    pub offset: f64,
    /// Ascending days at which the rate may change.
    pub changepoints: Vec<Day>,
    /// δ, the change of the rate at each.
    pub adjustments: Vec<f64>,
    /// τ, the scale of the adjustments' Laplace prior.
    pub changepoint_prior_scale: f64,
    /// Seasons, holidays and regressors.
    pub components: Vec<Component>,
    /// σ, deviation of the residuals.
    pub sigma: f64,
    /// Share of a residual that is left a session later; 0 without an anchor.
    pub persistence: f64,
    /// Deviation of what a session adds to the residual; σ without an anchor.
    pub innovation: f64,
    /// Whether forecasts start from the last observed residual.
    pub anchor: bool,
}

/// The curve on one day, relative to the scale: `trend · factor + added`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) trend: f64,
    pub(super) factor: f64,
    pub(super) added: f64,
}

impl Point {
    pub(super) fn value(&self) -> f64 {
        self.trend * self.factor + self.added
    }
}

impl Parameters {
    /// Why the parameters cannot be used, if so.
    pub(super) fn problem(&self) -> Option<String> {
        if self.span < 1 || self.start.checked_add(self.span).is_none() {
            return Some(format!("the training window starts on day {} and spans {}", self.start, self.span));
        }
        let positive = |x: f64| x.is_finite() && x > 0.0;
        if !(positive(self.scale) && positive(self.changepoint_prior_scale)) {
            return Some("a scale is not positive".into());
        }
        if self.changepoints.len() != self.adjustments.len() || self.changepoints.len() > MAX_CHANGEPOINTS {
            return Some("changepoints and adjustments do not match".into());
        }
        let within = self.changepoints.iter().all(|day| (self.start..=self.end()).contains(day));
        if !(within && self.changepoints.is_sorted_by(|a, b| a < b)) {
            return Some("a changepoint is out of order or outside training".into());
        }
        if self.growth == Growth::Flat && (self.rate != 0.0 || !self.changepoints.is_empty()) {
            return Some("a flat trend has no rate".into());
        }
        if !self.adjustments.iter().chain([&self.rate, &self.offset]).all(|x| x.is_finite()) {
            return Some("a parameter of the trend is not finite".into());
        }
        let deviation = |x: f64| x.is_finite() && x >= 0.0;
        if !(deviation(self.sigma) && deviation(self.innovation) && (0.0..=1.0).contains(&self.persistence)) {
            return Some("sigma, innovation or persistence is out of range".into());
        }
        let indices = self.components.iter().filter_map(|component| match component.basis {
            Basis::Regressor { index, .. } => Some(index),
            _ => None,
        });
        if !indices.eq(0..self.regressors()) {
            return Some("regressors are not in order".into());
        }
        if self.components.len() > MAX_COLUMNS {
            return Some(format!("more than {MAX_COLUMNS} components"));
        }
        self.components.iter().find_map(Component::problem)
    }

    /// The last day of training.
    pub(super) fn end(&self) -> Day {
        self.start.saturating_add(self.span)
    }

    /// Number of regressors.
    pub(super) fn regressors(&self) -> usize {
        self.components.iter().filter(|c| matches!(c.basis, Basis::Regressor { .. })).count()
    }

    /// Scaled time of a day.
    pub(super) fn time(&self, day: Day) -> f64 {
        (f64::from(day) - f64::from(self.start)) / f64::from(self.span)
    }

    /// Scaled times of the changepoints.
    pub(super) fn change_times(&self) -> Vec<f64> {
        self.changepoints.iter().map(|day| self.time(*day)).collect()
    }

    /// Appends the trend's basis on a day: the factors of [`Self::trend_coefficients`].
    pub(super) fn append_trend(&self, day: Day, change_times: &[f64], out: &mut Vec<f64>) {
        match self.growth {
            Growth::Linear => append_linear(self.time(day), change_times, out),
            Growth::Flat => out.push(1.0),
        }
    }

    /// Rate, offset and adjustments, or the offset alone.
    pub(super) fn trend_coefficients(&self) -> Vec<f64> {
        match self.growth {
            Growth::Linear => [self.rate, self.offset].into_iter().chain(self.adjustments.iter().copied()).collect(),
            Growth::Flat => vec![self.offset],
        }
    }

    /// The parameters with trend and component coefficients in the order of the columns.
    pub(super) fn with(mut self, coefficients: &[f64], sigma: f64) -> Self {
        let mut values = coefficients.iter().copied();
        let mut next = || values.next().unwrap_or_default();
        if self.growth == Growth::Linear {
            self.rate = next();
        }
        self.offset = next();
        self.adjustments.iter_mut().for_each(|x| *x = next());
        self.components.iter_mut().flat_map(|c| &mut c.coefficients).for_each(|x| *x = next());
        self.sigma = sigma;
        self
    }

    /// The curve on each day; `regressors` holds a column of the same length per regressor.
    pub(super) fn curve(&self, days: &[Day], regressors: &[&[f64]]) -> Vec<Point> {
        let (trend, change_times) = (self.trend_coefficients(), self.change_times());
        let mut basis = Vec::new();
        let mut at = |row: usize, day: Day| {
            basis.clear();
            self.append_trend(day, &change_times, &mut basis);
            let mut point = Point { trend: dot(&basis, &trend), factor: 1.0, added: 0.0 };
            for component in &self.components {
                basis.clear();
                component.basis.append(day, regressors, row, &mut basis);
                let value = dot(&basis, &component.coefficients);
                *(if component.multiplicative { &mut point.factor } else { &mut point.added }) += value;
            }
            point
        };
        days.iter().enumerate().map(|(row, day)| at(row, *day)).collect()
    }
}

/// Sum of products.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
