//! The contract between a model and everything that runs it.

use crate::{Day, Explanation, Future, History, ModelError, ModelSpec, StreamKey};

/// A family of models: one file, one implementation.
pub trait Family: Send + Sync {
    /// Name used in [`ModelSpec::family`] and as the stored format's first part.
    fn name(&self) -> &'static str;

    /// Whether its models use regressors: columns besides the target. [`crate::Registry`] refuses regressors of a family
    /// that uses none.
    fn uses_regressors(&self) -> bool {
        false
    }

    /// The law that paths of a configured model are drawn by, in a word or two.
    fn innovations(&self, spec: &ModelSpec) -> String {
        spec.settings.get("innovations").and_then(serde_json::Value::as_str).unwrap_or("normal").to_owned()
    }

    /// Reads the settings of a specification.
    ///
    /// # Errors
    /// [`ModelError::Setting`] for an unknown setting or a value out of range.
    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError>;

    /// Newest version of the stored form.
    fn format_version(&self) -> u32;

    /// Loads a stored fit; the same bytes give the same forecasts.
    ///
    /// # Errors
    /// [`ModelError::Corrupt`] if the bytes cannot be read. The version has been checked by the caller.
    fn load(&self, version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError>;

    /// What a fit of this family says: reached by [`crate::Registry::explain`]. [`Explanation::of_parameters`] is enough
    /// for a family whose readable parameters are numbers with names that speak for themselves.
    ///
    /// # Errors
    /// [`ModelError::Corrupt`] if stored bytes that it needs cannot be read.
    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError>;
}

/// What a fit may know besides its window.
#[derive(Debug, Clone, Copy)]
pub struct FitContext {
    /// Seed of the run, for models whose fit draws random numbers.
    pub seed: u64,
    /// Steps ahead that will be asked for.
    pub horizon: usize,
    /// Sessions in a week (5 on trading days, 7 on calendar days).
    pub week: usize,
    /// The last day the fit may see.
    pub cutoff: Day,
}

/// A configured model, ready to be fitted.
pub trait Model: Send + Sync {
    /// Estimates parameters on the training window and nothing else.
    ///
    /// A window on which the model cannot be estimated but a documented simpler form can (constant series, zero or
    /// negative prices) gives a [`Fitted`] with `fallback` set.
    ///
    /// # Errors
    /// Any [`ModelError`]; never a panic, whatever the input.
    fn fit(&self, window: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError>;
}

/// The stored result of a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Human-readable kind, such as `arima(1,1,1)`.
    pub model_type: String,
    /// `family/version`, the key for loading.
    pub format: String,
    /// Portable bytes.
    pub bytes: Vec<u8>,
    /// Readable parameters: orders, coefficients, scales.
    pub parameters: serde_json::Value,
    /// Observations used.
    pub samples: usize,
    /// Maximised log-likelihood, where the model has one.
    pub log_likelihood: Option<f64>,
    /// Corrected Akaike criterion, where the model has one.
    pub aicc: Option<f64>,
    /// Loss on the training window, in the model's own units.
    pub training_loss: Option<f64>,
    /// Loss out of fold, in the model's own units.
    pub validation_loss: Option<f64>,
    /// Why a simpler form was used instead, if one was.
    pub fallback: Option<String>,
}

/// A loaded fit: parameters without state.
pub trait FittedModel: Send + Sync + std::fmt::Debug {
    /// Filters history up to the origin with the stored parameters; no optimisation. `history` starts anywhere
    /// before the origin; `future` holds the sessions to be forecast.
    ///
    /// # Errors
    /// Any [`ModelError`]; never a panic.
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError>;
}

/// A model at an origin, from which paths are drawn.
pub trait State {
    /// The exact conditional median of each day ahead, length H, where the model has one.
    fn median(&self) -> Option<Vec<f64>> {
        None
    }

    /// Why a simpler form than the fitted one draws the paths here, where what came after the fit asks for one.
    fn fallback(&self) -> Option<String> {
        None
    }

    /// Draws `paths` paths into `out`, day by day: path i on day h (from 0) is `out[h * paths + i]`, with
    /// `out.len() = H × paths`. The value depends on the stream's key, on i and on h only, so that fewer paths or
    /// fewer days are a prefix of more: draws of day h come from [`StreamKey::day`]`(h)`, one after the other over i.
    ///
    /// # Errors
    /// [`ModelError::Numerical`] if a path leaves the range of `f32`.
    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError>;
}
