//! The `xgboost` family: how a specification is fitted and a stored fit is loaded.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::trees::folds::{centre, out_of_fold, residuals, root_mean_square, train};
use crate::trees::simulate::Loaded;
use crate::trees::table::{Observed, Table};
use crate::trees::{Ensemble, Layout, NoTrainer, Settings, Stored, Trainer, Unit};
use crate::{Family, FitContext, Fitted, FittedModel, History, Model, ModelError, ModelSpec, Regressor};

/// The family named `xgboost`, trained by `T`.
#[derive(Debug, Clone, Default)]
pub struct Xgboost<T> {
    trainer: Arc<T>,
}

impl<T: Trainer> Xgboost<T> {
    /// A family that trains by `trainer`.
    pub fn new(trainer: T) -> Self {
        Self { trainer: Arc::new(trainer) }
    }
}

impl Xgboost<NoTrainer> {
    /// A family that loads and simulates stored models, and refuses to fit.
    pub fn loader() -> Self {
        Self::new(NoTrainer)
    }
}

impl<T: Trainer + 'static> Family for Xgboost<T> {
    fn name(&self) -> &'static str {
        "xgboost"
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        let settings = Settings::read(spec)?;
        Ok(Box::new(Configured { trainer: self.trainer.clone(), settings, regressors: spec.regressors.clone() }))
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        Ok(Box::new(Loaded::new(Stored::decode(bytes)?)?))
    }
}

/// Rows each block of the folds must have on average.
const ROWS_PER_BLOCK: usize = 10;

struct Configured {
    trainer: Arc<dyn Trainer>,
    settings: Settings,
    regressors: Vec<Regressor>,
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError> {
        let observed = Observed::new(window, Some(context.cutoff))?;
        let layout = Layout::new(&self.settings, &self.regressors);
        let need = layout.lookback() + ROWS_PER_BLOCK * (self.settings.folds + 1);
        if observed.closes.len() < need {
            return Err(ModelError::TooShort { have: observed.closes.len(), need });
        }
        if observed.closes.windows(2).all(|pair| pair[0] == pair[1]) {
            return self.constant(&observed);
        }
        let unit = Unit::of(&observed.closes)?;
        let table = Table::new(&layout, unit, window, &observed)?;
        let (trainer, names) = (self.trainer.as_ref(), layout.names());
        let mut innovations = out_of_fold(trainer, &table, names, &self.settings, context.seed)?;
        let validation_loss = root_mean_square(&innovations);
        centre(&mut innovations);
        let rows = table.target.len();
        let (model, ensemble) = train(trainer, &table, names, rows, &self.settings, context.seed)?;
        let training_loss = root_mean_square(&residuals(&ensemble, &table, names.len(), 0, rows));
        let parameters = self.parameters(&layout, unit, &ensemble, &innovations, (training_loss, validation_loss))?;
        let stored = Stored {
            settings: self.settings.clone(),
            regressors: self.regressors.clone(),
            unit,
            model,
            residuals: innovations,
        };
        let log = unit == Unit::LogReturn;
        Ok(Fitted {
            model_type: format!("xgboost({} trees, {} features)", ensemble.trees().len(), names.len()),
            format: "xgboost/1".into(),
            bytes: stored.encode()?,
            parameters,
            samples: observed.closes.len(),
            log_likelihood: None,
            aicc: None,
            training_loss: Some(training_loss),
            validation_loss: Some(validation_loss),
            fallback: (!log).then(|| "differences: a price is zero or negative".to_owned()),
        })
    }
}

impl Configured {
    /// A series that never moves: no trees, and every path stays at the last close.
    fn constant(&self, observed: &Observed) -> Result<Fitted, ModelError> {
        let (settings, regressors) = (self.settings.clone(), self.regressors.clone());
        let stored = Stored { settings, regressors, unit: Unit::Difference(1.0), model: vec![], residuals: vec![] };
        Ok(Fitted {
            model_type: "constant".into(),
            format: "xgboost/1".into(),
            bytes: stored.encode()?,
            parameters: json!({ "value": observed.closes.last() }),
            samples: observed.closes.len(),
            log_likelihood: None,
            aicc: None,
            training_loss: Some(0.0),
            validation_loss: Some(0.0),
            fallback: Some("constant".into()),
        })
    }

    fn parameters(
        &self,
        layout: &Layout,
        unit: Unit,
        ensemble: &Ensemble,
        innovations: &[f32],
        (training_loss, validation_loss): (f64, f64),
    ) -> Result<Value, ModelError> {
        let importance = ensemble.importance();
        let features: Vec<Value> = layout
            .names()
            .iter()
            .zip(importance)
            .map(|(name, gain)| json!({ "name": name, "gain_share": gain }))
            .collect();
        let settings = serde_json::to_value(&self.settings).map_err(|e| ModelError::Numerical(e.to_string()))?;
        Ok(json!({
            "target": match unit { Unit::LogReturn => "log_return", Unit::Difference(_) => "scaled_difference" },
            "scale": match unit { Unit::LogReturn => 1.0, Unit::Difference(scale) => scale },
            "base_score": ensemble.base_score(),
            "trees": ensemble.trees().len(),
            "nodes": ensemble.trees().iter().map(Vec::len).sum::<usize>(),
            "features": features,
            "residuals": {
                "count": innovations.len(),
                "out_of_fold_rms": validation_loss,
                "in_sample_rms": training_loss,
                "centred_rms": root_mean_square(innovations),
            },
            "settings": settings,
        }))
    }
}
