//! What trains the trees: a library behind one function.

use crate::ModelError;
use crate::trees::Settings;

/// Rows of features and their targets.
#[derive(Debug, Clone, Copy)]
pub struct TrainingSet<'a> {
    /// Features, row-major, `target.len() × names.len()`; NaN where missing, never infinite.
    pub features: &'a [f32],
    /// Name of each column.
    pub names: &'a [String],
    /// One target per row, finite.
    pub target: &'a [f32],
}

/// What a training minimises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    /// Squared error.
    SquaredError,
    /// Pinball loss at a level.
    Quantile(f64),
}

/// What one training needs besides its rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoostParams<'a> {
    /// XGBoost's parameters are those from `rounds` to `method`.
    pub settings: &'a Settings,
    /// What is minimised.
    pub loss: Loss,
    /// The prediction before any tree.
    pub base_score: f32,
    /// Seed of the row and column draws.
    pub seed: u64,
}

/// Trains gradient-boosted trees. The same input gives the same bytes; one thread.
pub trait Trainer: Send + Sync {
    /// Fits the trees and returns XGBoost's saved model in UBJSON.
    ///
    /// # Errors
    /// [`ModelError::Numerical`] with the library's message.
    fn train(&self, set: &TrainingSet<'_>, params: &BoostParams<'_>) -> Result<Vec<u8>, ModelError>;
}

/// The trainer of a program built without XGBoost: it refuses. Stored models load and simulate all the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTrainer;

impl Trainer for NoTrainer {
    fn train(&self, _set: &TrainingSet<'_>, _params: &BoostParams<'_>) -> Result<Vec<u8>, ModelError> {
        Err(ModelError::Setting {
            model: "xgboost".into(),
            setting: "family".into(),
            message: "this program was built without XGBoost: it loads and simulates stored models, and fits none"
                .into(),
        })
    }
}
