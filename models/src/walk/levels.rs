//! The levels of a series, and what they leave unexplained.

use super::Lags;
use crate::differences::IN_WINDOW;
use crate::innovations::Residual;
use crate::{History, ModelError};

/// A series in the unit in which its steps add up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Levels {
    /// Whether levels are logarithms: every price is positive.
    pub(crate) log: bool,
    /// One per session; NaN where absent.
    levels: Vec<f64>,
    /// Levels present.
    pub(crate) samples: usize,
}

impl Levels {
    /// Levels of a training window.
    ///
    /// # Errors
    /// [`ModelError::Unusable`] for an infinite value, [`ModelError::TooShort`] for fewer than two values.
    pub(crate) fn of(window: &History<'_>) -> Result<Self, ModelError> {
        let present = || window.target.iter().filter(|y| !y.is_nan());
        if let Some(bad) = present().find(|y| !y.is_finite()) {
            return Err(ModelError::Unusable { what: "target".into(), value: bad.to_string() });
        }
        let samples = present().count();
        if samples < 2 {
            return Err(ModelError::TooShort { have: samples, need: 2 });
        }
        let log = present().all(|y| *y > 0.0);
        Ok(Self { log, levels: levels(log, window.target), samples })
    }

    /// Levels of a history by the unit of a fit. A price without logarithm is absent where levels are logarithms.
    pub(super) fn in_unit(log: bool, history: &History<'_>) -> Self {
        let levels = levels(log, history.target);
        let samples = levels.iter().filter(|level| !level.is_nan()).count();
        Self { log, levels, samples }
    }

    /// Differences from the level that lags say a level follows, one per session from the second on.
    pub(crate) fn steps(&self, lags: Lags) -> Vec<Residual> {
        (1..self.levels.len()).map(|t| self.seasonal_step(t, lags.season())).collect()
    }

    /// The difference from the newest level that is whole seasons older.
    fn seasonal_step(&self, t: usize, season: usize) -> Residual {
        let level = self.levels[t];
        if level.is_nan() {
            return Residual::ABSENT;
        }
        let seasons = (1..=t / season).find(|k| !self.levels[t - k * season].is_nan());
        seasons.map_or(Residual::ABSENT, |k| Residual { size: level - self.levels[t - k * season], span: k as f64 })
    }

    /// Differences of levels, where the session before has one too, from the mean of the last `window` before.
    pub(crate) fn errors_of_means(&self, window: usize) -> Vec<Residual> {
        let mut past: Vec<f64> = Vec::with_capacity(self.samples);
        let mut errors = Vec::new();
        for pair in self.levels.windows(2) {
            let (before, level) = (pair[0], pair[1]);
            if before.is_nan() {
                continue;
            }
            past.push(before);
            let recent = past.len().checked_sub(window).map(|start| &past[start..]);
            if let Some(recent) = recent.filter(|_| !level.is_nan()) {
                errors.push(Residual { size: level - mean(recent), span: 1.0 });
            }
        }
        errors
    }

    /// Why levels are prices instead of their logarithms, if they are.
    pub(crate) fn fallback(&self) -> Option<String> {
        (!self.log).then(|| IN_WINDOW.to_owned())
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn levels(log: bool, target: &[f64]) -> Vec<f64> {
    let level = |y: &f64| match (log, *y > 0.0) {
        (true, true) => libm::log(*y),
        (true, false) => f64::NAN,
        (false, _) => *y,
    };
    target.iter().map(level).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn present(target: &[f64], lags: Lags) -> Vec<(f64, f64)> {
        let days: Vec<i32> = (0..target.len() as i32).collect();
        let levels = Levels::of(&History { days: &days, target, regressors: &[] }).unwrap();
        let steps = levels.steps(lags);
        assert_eq!(steps.len(), target.len() - 1);
        steps.iter().filter(|step| step.present()).map(|step| (step.size, step.span)).collect()
    }

    #[test]
    fn a_gap_spans_its_sessions() {
        let target = [-1.0, 2.0, f64::NAN, f64::NAN, 5.0];
        assert_eq!(present(&target, Lags::Season(1)), [(3.0, 1.0), (3.0, 3.0)]);
    }

    #[test]
    fn a_season_skips_absent_ones() {
        let target = [0.0, 10.0, 2.0, f64::NAN, 7.0, 15.0];
        // 2 − 0, 7 − 2, and 15 two seasons after 10
        assert_eq!(present(&target, Lags::Season(2)), [(2.0, 1.0), (5.0, 1.0), (5.0, 2.0)]);
    }

    #[test]
    fn a_window_is_of_levels_present() {
        let (target, days) = ([0.0, 2.0, f64::NAN, 4.0, 6.0], [0, 1, 2, 3, 4]);
        let levels = Levels::of(&History { days: &days, target: &target, regressors: &[] }).unwrap();
        assert_eq!(levels.errors_of_means(2), [Residual { size: 3.0, span: 1.0 }]);
        assert_eq!(levels.errors_of_means(1).len(), 2);
        assert_eq!(present(&target, Lags::Window(2)), present(&target, Lags::Season(1)));
    }
}
