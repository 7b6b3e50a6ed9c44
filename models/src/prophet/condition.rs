//! The state at an origin: the last residual, and the curve over the days ahead.

use super::changes::Changes;
use super::residuals::accumulated;
use super::sample::{Sample, check_columns};
use super::simulate::{Ahead, AtOrigin};
use super::stored::Parameters;
use crate::{FittedModel, Future, History, ModelError, State};

/// Changes of the trend expected on a path beyond which an origin is too far from training to be simulated.
const MOST_CHANGES: f64 = 10_000.0;

impl FittedModel for Parameters {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let horizon = future.horizon();
        check_columns("future regressors", future.regressors, self.regressors(), horizon)?;
        if future.regressors.iter().any(|column| column.iter().any(|x| x.is_nan())) {
            return Err(ModelError::Unusable { what: "future regressors".into(), value: "NaN".into() });
        }
        let (residual, elapsed) = if self.anchor { self.last_residual(history)? } else { (0.0, 0) };
        // what was known when the trend was estimated, or is seen in the residual, is no longer to come
        let origin = history.last_day().filter(|_| self.anchor);
        let mut reached = self.time(self.end().max(origin.unwrap_or(self.end())));
        let changes = Changes::of(self);
        let mut ahead = Vec::with_capacity(horizon);
        for (h, (day, point)) in future.days.iter().zip(self.curve(future.days, future.regressors)).enumerate() {
            let kept = libm::pow(self.persistence, (elapsed + h + 1) as f64);
            let time = self.time(*day);
            ahead.push(Ahead {
                median: self.scale * (point.value() + kept * residual),
                factor: self.scale * point.factor,
                length: (time - reached).max(0.0),
            });
            reached = reached.max(time);
        }
        if let Some(bad) = ahead.iter().flat_map(|day| [day.median, day.factor]).find(|x| !x.is_finite()) {
            return Err(ModelError::Numerical(format!("a forecast is {bad}")));
        }
        let expected = changes.frequency * ahead.iter().map(|day| day.length).sum::<f64>();
        if expected > MOST_CHANGES {
            let value = format!("{expected:.0} changes of the trend after the end of training");
            return Err(ModelError::Unusable { what: "days to be forecast".into(), value });
        }
        Ok(Box::new(AtOrigin {
            ahead,
            changes,
            persistence: self.persistence,
            first: self.scale * self.innovation * accumulated(self.persistence, elapsed + 1).sqrt(),
            later: self.scale * self.innovation,
        }))
    }
}

impl Parameters {
    /// The last observed residual, and the sessions since.
    fn last_residual(&self, history: &History<'_>) -> Result<(f64, usize), ModelError> {
        let sample = Sample::new(history, self.regressors())?;
        let (Some(row), Some(session)) = (sample.len().checked_sub(1), sample.sessions.last()) else {
            return Err(ModelError::TooShort { have: 0, need: 1 });
        };
        let columns: Vec<&[f64]> = sample.regressors.iter().map(|column| &column[row..]).collect();
        let curve = self.curve(&sample.days[row..], &columns);
        let value = curve.first().map_or(f64::NAN, |point| point.value());
        Ok((sample.target[row] / self.scale - value, history.len() - 1 - session))
    }
}
