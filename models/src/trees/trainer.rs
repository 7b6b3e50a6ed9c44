//! What trains the trees: a library behind one function.

use crate::ModelError;
use crate::trees::TreeMethod;

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

/// XGBoost's parameters, under the meaning XGBoost gives them. The objective is squared error.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostParams {
    /// Trees.
    pub rounds: u32,
    /// Greatest depth of a tree (`max_depth`).
    pub depth: u32,
    /// Shrinkage of each tree.
    pub eta: f64,
    /// Least sum of hessians (here: rows) in a leaf.
    pub min_child_weight: f64,
    /// Share of rows drawn for each tree.
    pub subsample: f64,
    /// Share of columns drawn for each tree (`colsample_bytree`).
    pub colsample: f64,
    /// L2 penalty on leaf values.
    pub lambda: f64,
    /// L1 penalty on leaf values.
    pub alpha: f64,
    /// Least loss reduction of a split.
    pub gamma: f64,
    /// Histogram bins per feature.
    pub max_bin: u32,
    /// How splits are searched.
    pub method: TreeMethod,
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
    fn train(&self, set: &TrainingSet<'_>, params: &BoostParams) -> Result<Vec<u8>, ModelError>;
}

/// The trainer of a program built without XGBoost: it refuses. Stored models load and simulate all the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTrainer;

impl Trainer for NoTrainer {
    fn train(&self, _set: &TrainingSet<'_>, _params: &BoostParams) -> Result<Vec<u8>, ModelError> {
        Err(ModelError::Setting {
            model: "xgboost".into(),
            setting: "family".into(),
            message: "this program was built without XGBoost: it loads and simulates stored models, and fits none"
                .into(),
        })
    }
}
