//! Exponential smoothing as innovations state space models: `ets`.
//!
//! All thirty forms of Hyndman, Koehler, Ord and Snyder (2008): additive or multiplicative errors, trends (damped or
//! not) and seasons. Smoothing parameters and the first components maximise the Gaussian likelihood together, by exact
//! gradients, within the usual and admissible regions of R's `ets`; the form is fixed or chosen on AICc among R's
//! candidates. Paths follow the state equations with normal innovations. Missing sessions move the state by its
//! forecast.
//!
//! Settings: `model` (`"auto"`, a form such as `"AAdM"`, or one with open parts such as `"ZZN"`), `season` (`"week"`,
//! `"none"` or a number of sessions), `damped` (`true`, `false` or `"auto"`); `seasons` (8) and `term_seasons` (5), the
//! last repetitions of a season above 24 sessions that a fit sees, and that the terms of the season are of.
//!
//! Fallbacks, recorded in [`crate::Fitted::fallback`]: a constant series keeps its value with zero spread;
//! multiplicative forms that were asked for become additive where a price is zero or negative; a season seen less than
//! twice is left out; one above 24 sessions is fixed by moving averages, as summands or factors, and left out where AICc
//! prefers that; from 24 sessions on the value one season before is used where that forecasts better; where no form can be
//! estimated, a random walk.

mod bounds;
mod condition;
mod estimate;
mod explain;
mod filter;
mod fit;
mod form;
mod long;
mod recursion;
mod settings;
mod simulate;
mod start;
mod stored;

pub use form::{Form, Part};
pub use recursion::{Components, Smoothing};
pub(crate) use settings::{MAX_SEASON, Season};
pub use stored::{Filtered, Parameters, filtered};

use crate::{Explanation, Family, Fitted, FittedModel, Model, ModelError, ModelSpec};

/// The `ets` family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ets;

impl Family for Ets {
    fn name(&self) -> &'static str {
        "ets"
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(fit::Configured { settings: settings::Settings::read(spec)? }))
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        let parameters: Parameters = serde_json::from_slice(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?;
        match parameters.problem() {
            None => Ok(Box::new(parameters)),
            Some(problem) => Err(ModelError::Corrupt(problem)),
        }
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(explain::explain(fitted))
    }
}
