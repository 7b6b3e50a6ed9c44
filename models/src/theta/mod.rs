//! The theta method in its state space forms: `theta`.
//!
//! Standard, optimised, dynamic standard and dynamic optimised theta models of Fiorucci et al. (2016), fitted by least
//! squares of one-step errors after the first three; the model is fixed or chosen on AICc, for the squares alone always
//! prefer a model that has θ to estimate. A season of at least four sessions that passes a test of its autocorrelation is
//! taken out by classical decomposition and put back into every path. Paths follow the state equations with normal
//! innovations. In estimation missing sessions are bridged by straight lines and their errors left out; in filtering they
//! move the state by its forecast.
//!
//! Settings: `model` (`"auto"`, `"STM"`, `"OTM"`, `"DSTM"` or `"DOTM"`), `season` (`"week"`, `"none"` or a number of
//! sessions), `decomposition` (`"multiplicative"`, which becomes additive where a price is zero or negative or a factor
//! is below 0.01, or `"additive"`); `seasons` (8) and `term_seasons` (5), the last repetitions of a season above 24
//! sessions that a fit sees, and that its terms are of.
//!
//! Fallbacks, recorded in [`crate::Fitted::fallback`]: a constant series keeps its value with zero spread; a season seen
//! less than twice is left out; a multiplicative season becomes additive as said above.

mod estimate;
mod explain;
mod fit;
mod recursion;
mod season;
mod settings;
mod stored;

pub use recursion::{Kind, Seen};
pub use season::Terms;
pub use stored::Parameters;

use crate::{Explanation, Family, Fitted, FittedModel, Model, ModelError, ModelSpec};

/// The `theta` family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Theta;

impl Family for Theta {
    fn name(&self) -> &'static str {
        "theta"
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
