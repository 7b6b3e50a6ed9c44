//! Window average: the close walks on, as a random walk does, from the mean of the last few closes.
//!
//! The mean is of log prices, a geometric one, when every training price is positive, else of prices. It is the exact
//! conditional median of every day. A day's innovation is that of the last value's walk; paths start scattered around
//! the mean by a normal law whose variance is what one-day errors of such means have more than one-day steps in the
//! training window (none, if they have less). Absent sessions are passed over: a window is of values present.
//!
//! Settings: `window`, a number of sessions (default 20); `innovations`, a law of [`crate::innovations`]. Resampled
//! innovations (`bootstrap`) have no exact median.

use serde_json::json;

use crate::innovations::{Kind, deviation};
use crate::walk::{LONGEST, Lags, Levels, Trained, Walk, explain, finite, fitted, read, whole};
use crate::{Explanation, Family, FitContext, Fitted, FittedModel, History, Model, ModelError, ModelSpec};

/// Sessions of a window unless set: a month of trading days.
const WINDOW: usize = 20;

/// The `window_average` family. It uses no regressors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WindowAverage;

/// A specification ready to be fitted.
#[derive(Debug, Clone, Copy)]
struct Configured {
    window: usize,
    innovations: Kind,
}

impl Family for WindowAverage {
    fn name(&self) -> &'static str {
        "window_average"
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        let mut window = WINDOW;
        let mut set = |value: &serde_json::Value| {
            window = whole(value).ok_or_else(|| format!("{value} is not 1 to {LONGEST} sessions"))?;
            Ok(())
        };
        let innovations = read(spec, Some(("window", &mut set)))?;
        Ok(Box::new(Configured { window, innovations }))
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        Ok(Box::new(Walk::load(bytes)?))
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(explain(fitted, "the next value is the mean of the window before the origin"))
    }
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let levels = Levels::of(window)?;
        let lags = Lags::Window(self.window);
        let errors = levels.errors_of_means(self.window);
        if errors.is_empty() {
            return Err(ModelError::TooShort { have: levels.samples, need: self.window + 1 });
        }
        let steps = levels.steps(lags);
        let (error, step) = (deviation(&errors, 0), deviation(&steps, 0));
        let start = finite("variance of the means", error * error - step * step)?.max(0.0).sqrt();
        let own = [("window", json!(self.window)), ("start", json!(start)), ("one_day_error", json!(error))];
        let trained = Trained {
            name: format!("window_average({})", self.window),
            format: "window_average/1",
            levels: &levels,
            lags,
            drift: None,
            centre: 0.0,
            start,
            steps: &steps,
            own: own.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
            fallback: None,
        };
        fitted(self.innovations, trained)
    }
}
