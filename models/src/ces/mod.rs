//! Complex exponential smoothing: `ces`.
//!
//! The four forms of Svetunkov, Kourentzes and Ord (2022): without season (N), with a complex level for each session of
//! the season (S), with real (P) or complex (F) seasonal terms beside the level. α and β maximise the Gaussian
//! likelihood over the admissible region; the first components are backcast, as in
//! statsforecast and R's `smooth`; the form is fixed or chosen on AICc, which counts α, β and the variance as
//! statsforecast does. Paths follow the state equations with normal innovations. Missing sessions move the state by its
//! forecast.
//!
//! The level is not tied to a trend: with α₁ = 1 it is simple smoothing by α₀ − 1, above it forecasts grow away from
//! zero, below they return to it. A series and a multiple of it have the same parameters; moving it by a constant
//! changes them.
//!
//! Settings: `model` (`"auto"`, `"N"`, `"S"`, `"P"` or `"F"`), `season` (`"week"`, `"none"` or a number of sessions),
//! `seasons` (8), the last repetitions of a season above 24 sessions that a fit sees.
//!
//! Fallbacks, recorded in [`crate::Fitted::fallback`]: a constant series keeps its value with zero spread; a season
//! seen less than twice is left out.

mod descent;
mod dual;
mod estimate;
mod explain;
mod fit;
mod form;
mod recursion;
mod settings;
mod simulate;
mod stability;
mod start;
mod stored;

pub use form::{Form, Smoothing};
pub use recursion::{Components, Pair};
pub use stored::{Filtered, Parameters, filtered};

use crate::{Explanation, Family, Fitted, FittedModel, Model, ModelError, ModelSpec};

/// The `ces` family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ces;

impl Family for Ces {
    fn name(&self) -> &'static str {
        "ces"
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
