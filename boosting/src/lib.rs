//! Training of the `xgboost` family by XGBoost itself, on one thread: the same rows and parameters give the same bytes.
//!
//! Only fits need this crate. Stored models are loaded and simulated by `almanac_models::trees` alone.

use std::sync::Arc;

use almanac_models::trees::{BoostParams, Loss, Trainer, TrainingSet, TreeMethod, Xgboost};
use almanac_models::{ModelError, Registry};
use xgb::parameters::BoosterParameters;
use xgb::{Booster, DMatrix, XGBError};

/// XGBoost's own training.
#[derive(Debug, Clone, Copy, Default)]
pub struct XgboostTrainer;

/// The default registry, with an `xgboost` family that can be fitted.
pub fn registry() -> Registry {
    Registry::default().with(Arc::new(Xgboost::new(XgboostTrainer)))
}

fn failed(error: XGBError) -> ModelError {
    ModelError::Numerical(format!("XGBoost: {error}"))
}

impl Trainer for XgboostTrainer {
    fn train(&self, set: &TrainingSet<'_>, params: &BoostParams<'_>) -> Result<Vec<u8>, ModelError> {
        let (rows, columns) = (set.target.len(), set.names.len());
        if rows == 0 || columns == 0 || rows.checked_mul(columns) != Some(set.features.len()) {
            let have = set.features.len();
            return Err(ModelError::Numerical(format!("{have} feature values do not fill {rows} rows × {columns}")));
        }
        if let Some(name) = set.names.iter().find(|name| name.contains('\0')) {
            return Err(ModelError::Unusable { what: "a feature's name".into(), value: format!("{name:?}") });
        }
        let mut matrix = DMatrix::from_dense(set.features, rows).map_err(failed)?;
        matrix.set_labels(set.target).map_err(failed)?;
        let mut booster = Booster::new_with_cached_dmats(&BoosterParameters::default(), &[&matrix]).map_err(failed)?;
        for (name, value) in parameters(params) {
            booster.set_param(name, &value).map_err(failed)?;
        }
        booster.set_feature_names(&set.names.iter().map(String::as_str).collect()).map_err(failed)?;
        for round in 0..params.settings.rounds {
            booster.update(&matrix, i32::try_from(round).unwrap_or(i32::MAX)).map_err(failed)?;
        }
        booster.save_buffer(true).map_err(failed)
    }
}

/// XGBoost's names and values; they replace what the crate sends by default.
fn parameters(params: &BoostParams<'_>) -> Vec<(&'static str, String)> {
    let settings = params.settings;
    let (objective, level) = match params.loss {
        Loss::SquaredError => ("reg:squarederror", None),
        Loss::Quantile(level) => ("reg:quantileerror", Some(("quantile_alpha", level.to_string()))),
    };
    let method = match settings.method {
        TreeMethod::Hist => "hist",
        TreeMethod::Approx => "approx",
        TreeMethod::Exact => "exact",
    };
    let common = [
        ("verbosity", "0".to_owned()),
        // one unit, one thread: sums in one order, and no more threads than the caller planned
        ("nthread", "1".to_owned()),
        ("objective", objective.to_owned()),
        ("base_score", params.base_score.to_string()),
        ("tree_method", method.to_owned()),
        ("max_bin", settings.max_bin.to_string()),
        ("max_depth", settings.depth.to_string()),
        ("eta", settings.eta.to_string()),
        ("min_child_weight", settings.min_child_weight.to_string()),
        ("subsample", settings.subsample.to_string()),
        ("colsample_bytree", settings.colsample.to_string()),
        ("lambda", settings.lambda.to_string()),
        ("alpha", settings.alpha.to_string()),
        ("gamma", settings.gamma.to_string()),
        // XGBoost's seed is a signed number
        ("seed", (params.seed & u64::from(u32::MAX >> 1)).to_string()),
    ];
    common.into_iter().chain(level).collect()
}
