//! What the models whose level is a random walk share: the steps of a series, and the walk from an origin.

use rand_distr::{Distribution, StandardNormal};

use crate::{FittedModel, Future, History, ModelError, State, StreamKey};

/// One difference between present values that follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// Difference, or log difference.
    pub(crate) size: f64,
    /// Sessions it spans: more than 1 across absent values. A walk's variance grows with it.
    pub(crate) span: f64,
}

/// The steps of a training window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Steps {
    /// Whether they are log differences: every price is positive.
    pub(crate) log: bool,
    /// The steps, oldest first; at least one.
    pub(crate) steps: Vec<Step>,
}

impl Steps {
    /// Steps between the present values of the target.
    ///
    /// # Errors
    /// [`ModelError::Unusable`] for an infinite value, [`ModelError::TooShort`] for fewer than two values.
    pub(crate) fn of(window: &History<'_>) -> Result<Self, ModelError> {
        let present = || window.target.iter().enumerate().filter(|(_, y)| !y.is_nan());
        if let Some((_, bad)) = present().find(|(_, y)| !y.is_finite()) {
            return Err(ModelError::Unusable { what: "target".into(), value: bad.to_string() });
        }
        let have = present().count();
        if have < 2 {
            return Err(ModelError::TooShort { have, need: 2 });
        }
        let log = present().all(|(_, y)| *y > 0.0);
        let place = |y: f64| if log { libm::log(y) } else { y };
        let steps = present().zip(present().skip(1));
        let steps = steps.map(|((i, a), (j, b))| Step { size: place(*b) - place(*a), span: (j - i) as f64 });
        Ok(Self { log, steps: steps.collect() })
    }

    /// Present values of the window.
    pub(crate) fn samples(&self) -> usize {
        self.steps.len() + 1
    }

    /// Mean step per session over the last `count` steps (all, if there are fewer): the maximum-likelihood drift of a
    /// walk observed at these sessions.
    pub(crate) fn drift(&self, count: usize) -> f64 {
        let recent = &self.steps[self.steps.len().saturating_sub(count)..];
        recent.iter().map(|step| step.size).sum::<f64>() / recent.iter().map(|step| step.span).sum::<f64>()
    }

    /// Sum of squared deviations from `drift` per session, each divided by its span.
    pub(crate) fn square(&self, drift: f64) -> f64 {
        let deviation = |step: &Step| step.size - drift * step.span;
        self.steps.iter().map(|step| deviation(step) * deviation(step) / step.span).sum()
    }

    /// Why plain differences were used instead of log differences, if they were.
    pub(crate) fn fallback(&self) -> Option<String> {
        (!self.log).then(|| "differences: a price is zero or negative".to_owned())
    }
}

/// Refuses a parameter that is not finite.
pub(crate) fn finite(what: &str, value: f64) -> Result<f64, ModelError> {
    if value.is_finite() { Ok(value) } else { Err(ModelError::Numerical(format!("{what} is {value}"))) }
}

/// A random walk with drift and normal innovations, without its level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Walk {
    /// Whether steps are log differences.
    pub(crate) log: bool,
    /// Mean step of one session.
    pub(crate) drift: f64,
    /// Standard deviation of one session's step.
    pub(crate) scale: f64,
}

impl Walk {
    /// Refuses stored parameters that no fit can have written.
    pub(crate) fn checked(self) -> Result<Self, ModelError> {
        match self.scale >= 0.0 && self.drift.is_finite() {
            true => Ok(self),
            false => Err(ModelError::Corrupt(format!("drift {} or scale {} out of range", self.drift, self.scale))),
        }
    }
}

/// The level and the law of its steps.
struct AtOrigin {
    walk: Walk,
    last: f64,
    horizon: usize,
}

impl FittedModel for Walk {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let last = history.target.iter().rev().copied().find(|y| !y.is_nan());
        let last = last.ok_or(ModelError::TooShort { have: 0, need: 1 })?;
        if !last.is_finite() {
            return Err(ModelError::Unusable { what: "target".into(), value: last.to_string() });
        }
        Ok(Box::new(AtOrigin { walk: *self, last, horizon: future.horizon() }))
    }
}

impl AtOrigin {
    /// The price after steps that add up to `sum`.
    fn price(&self, sum: f64) -> f64 {
        // a log walk cannot be applied to a price at or below zero: its steps are then relative differences
        match (self.walk.log, self.last > 0.0) {
            (true, true) => self.last * libm::exp(sum),
            (true, false) => self.last + self.last.abs() * sum,
            (false, _) => self.last + sum,
        }
    }
}

impl State for AtOrigin {
    fn median(&self) -> Option<Vec<f64>> {
        Some((1..=self.horizon).map(|h| self.price(self.walk.drift * h as f64)).collect())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let mut sums = vec![0.0_f64; paths];
        for (h, day) in out.chunks_exact_mut(paths.max(1)).enumerate() {
            let mut rng = stream.day(h);
            let drift = self.walk.drift * (h + 1) as f64;
            for (sum, value) in sums.iter_mut().zip(day) {
                let innovation: f64 = StandardNormal.sample(&mut rng);
                *sum += self.walk.scale * innovation;
                *value = self.price(drift + *sum) as f32;
            }
        }
        match out.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(ModelError::Numerical(format!("a path reached {v}"))),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn steps(target: &[f64]) -> Result<Steps, ModelError> {
        let days: Vec<i32> = (0..target.len() as i32).collect();
        Steps::of(&History { days: &days, target, regressors: &[] })
    }

    #[test]
    fn a_gap_spans_its_sessions() {
        let steps = steps(&[-1.0, 2.0, f64::NAN, f64::NAN, 5.0]).unwrap();
        assert_eq!(steps.steps, [Step { size: 3.0, span: 1.0 }, Step { size: 3.0, span: 3.0 }]);
        assert_eq!(steps.drift(30), 1.5);
        assert_eq!(steps.drift(1), 1.0);
        // deviations 1.5 over one session and −1.5 over three
        assert_eq!(steps.square(1.5), 2.25 + 0.75);
    }

    #[test]
    fn stored_nonsense_is_refused() {
        let walk = Walk { log: true, drift: 0.0, scale: -1.0 };
        assert_eq!(walk.checked().unwrap_err().code(), "model_checksum");
    }
}
