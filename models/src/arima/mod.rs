//! Seasonal ARIMA with regressors: `arima`.
//!
//! The likelihood is the exact Gaussian one. Regression coefficients, the constant and the innovation variance are
//! concentrated out of it: the gains that filter the target filter every column of the regression. A complete series
//! is differenced first; one with gaps is filtered in levels with an exact diffuse start, for a difference across a
//! gap does not exist. The order is fixed, or searched on AICc after KPSS tests for d and a test of the season's
//! strength for D. With a season above 12, orders are compared near their maximum, found by conditional least squares; the
//! one chosen is estimated exactly. Standard errors are those of the observed information of all parameters together.
//!
//! Settings:
//! - `order`: `"auto"` or `[p, d, q]`; `max_p`, `max_q` (3), `max_d` (2).
//! - `season`: `"week"` (5 sessions on trading days, 7 on calendar days) or a number of sessions. Up to 24 it is
//!   modelled by seasonal orders, above by Fourier terms, whose number AICc chooses, at most `max_fourier` (10), on the
//!   window's last `seasons` (8).
//! - `seasonal`: `"auto"` or `[P, D, Q]`; `max_P`, `max_Q` (2), `max_D` (1). `seasonal_order = [P, D, Q, s]` is short
//!   for `seasonal` and `season`.
//! - `differences`: `[d, D]` of a searched order instead of the tests.
//! - `constant`: `true`, `false` or `"auto"` (a mean without differences, else a drift if the search prefers one).
//!
//! Fallbacks, recorded in [`crate::Fitted::fallback`]: a constant series keeps its value with zero spread; one that
//! the regression explains exactly has zero spread; a regressor that is constant or collinear is left out; a window
//! shorter than two seasons has no searched season; where no model can be estimated, a random walk.

mod condition;
mod conditional;
mod design;
mod diffuse;
mod errors;
mod estimate;
mod explain;
mod finish;
mod fit;
mod fourier;
mod gaps;
mod likelihood;
mod order;
mod polynomial;
mod regression;
mod report;
mod sample;
mod search;
mod settings;
mod simulate;
mod start;
mod stationary;
mod stored;
mod strength;
mod unit_root;

pub use fourier::Fourier;
pub use order::Order;
pub(crate) use polynomial::roots_beyond;
pub(crate) use sample::Sample;
pub use stored::{Effect, Parameters, log_likelihood};

use crate::{Explanation, Family, Fitted, FittedModel, Model, ModelError, ModelSpec};

/// The `arima` family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arima;

impl Family for Arima {
    fn name(&self) -> &'static str {
        "arima"
    }

    fn uses_regressors(&self) -> bool {
        true
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        let settings = settings::Settings::read(spec)?;
        let columns = spec.regressors.iter().map(|regressor| regressor.column.clone()).collect();
        Ok(Box::new(fit::Configured { settings, columns }))
    }

    fn format_version(&self) -> u32 {
        2
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
