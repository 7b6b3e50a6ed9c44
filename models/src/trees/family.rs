//! The `xgboost` family: how a specification is fitted and a stored fit is loaded.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::differences::IN_WINDOW;
use crate::trees::direct::{self, StoredDirect};
use crate::trees::explain::explain;
use crate::trees::folds::Training;
use crate::trees::frame::corrupt;
use crate::trees::settings::LONGEST;
use crate::trees::table::Observed;
use crate::trees::{Ensemble, Layout, NoTrainer, Settings, Stored, Strategy, Trainer, Unit, recursive, simulate};
use crate::{Explanation, Family, FitContext, Fitted, FittedModel, History, Model, ModelError, ModelSpec, Regressor};

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

    fn uses_regressors(&self) -> bool {
        true
    }

    fn innovations(&self, spec: &ModelSpec) -> String {
        let law = spec.settings.get("innovations").and_then(Value::as_str);
        law.filter(|law| *law != "bootstrap").unwrap_or("residuals out of fold").to_owned()
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        let settings = Settings::read(spec)?;
        Ok(Box::new(Configured { trainer: self.trainer.clone(), settings, regressors: spec.regressors.clone() }))
    }

    fn format_version(&self) -> u32 {
        3
    }

    fn load(&self, version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        if version == 2 {
            return Ok(Box::new(direct::Loaded::new(StoredDirect::decode(bytes)?)?));
        }
        let stored = Stored::decode(bytes)?;
        if stored.law.is_some() != (version == 3) {
            return Err(corrupt(&format!("bytes of {} in version {version} of the form", stored.format())));
        }
        Ok(Box::new(simulate::Loaded::new(stored)?))
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(explain(fitted))
    }
}

/// Rows each block of the folds must have on average.
const ROWS_PER_BLOCK: usize = 10;

struct Configured {
    trainer: Arc<dyn Trainer>,
    settings: Settings,
    regressors: Vec<Regressor>,
}

/// What both strategies fit on.
pub(crate) struct Ready<'a> {
    pub(crate) training: Training<'a>,
    pub(crate) window: &'a History<'a>,
    pub(crate) observed: Observed,
    pub(crate) layout: &'a Layout,
    pub(crate) regressors: &'a [Regressor],
    pub(crate) unit: Unit,
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError> {
        let observed = Observed::new(window, Some(context.cutoff))?;
        let layout = Layout::new(&self.settings, &self.regressors);
        let horizon = context.horizon.max(1);
        let direct = self.settings.strategy == Strategy::Direct;
        if direct && horizon > LONGEST {
            let value = format!("{horizon} days, a direct model reaches {LONGEST}");
            return Err(ModelError::Unusable { what: "horizon".into(), value });
        }
        // sessions after a row's first that its targets reach: a fold leaves out the rows whose targets it would see
        let reach = if direct { horizon - 1 } else { 0 };
        let need = layout.lookback() + reach + (ROWS_PER_BLOCK + reach) * (self.settings.folds + 1);
        if observed.closes.len() < need {
            return Err(ModelError::TooShort { have: observed.closes.len(), need });
        }
        let (trainer, settings, names, seed) = (self.trainer.as_ref(), &self.settings, layout.names(), context.seed);
        let training = Training { trainer, settings, names, seed };
        let constant = observed.closes.windows(2).all(|pair| pair[0] == pair[1]);
        let unit = if constant { Unit::Difference(1.0) } else { Unit::of(&observed.closes)? };
        let ready = Ready { training, window, observed, layout: &layout, regressors: &self.regressors, unit };
        match (constant, direct) {
            (true, true) => ready.constant("xgboost/2", direct::constant(&ready, horizon)?),
            (true, false) => {
                let stored = recursive::constant(&ready);
                ready.constant(stored.format(), stored.encode()?)
            }
            (false, true) => direct::fit(&ready, horizon),
            (false, false) => recursive::fit(&ready),
        }
    }
}

impl Ready<'_> {
    /// A series that never moves: no trees, and every path stays at the last close.
    fn constant(&self, format: &str, bytes: Vec<u8>) -> Result<Fitted, ModelError> {
        Ok(Fitted {
            model_type: "constant".into(),
            format: format.into(),
            bytes,
            parameters: json!({ "value": self.observed.closes.last() }),
            samples: self.observed.closes.len(),
            log_likelihood: None,
            aicc: None,
            training_loss: Some(0.0),
            validation_loss: Some(0.0),
            fallback: Some("constant".into()),
        })
    }

    /// Why the target is not a log return, if it is not.
    pub(crate) fn fallback(&self) -> Option<String> {
        (self.unit != Unit::LogReturn).then(|| IN_WINDOW.to_owned())
    }

    /// What is said of any fit: target, settings, size, and each feature's share of the gain of all trees.
    pub(crate) fn parameters(&self, ensembles: &[Ensemble]) -> Result<Map<String, Value>, ModelError> {
        let names = self.layout.names();
        let mut shares = vec![0.0; names.len()];
        for ensemble in ensembles {
            shares.iter_mut().zip(ensemble.importance()).for_each(|(sum, share)| *sum += share);
        }
        let count = ensembles.len().max(1) as f64;
        let features: Vec<Value> =
            names.iter().zip(shares).map(|(name, sum)| json!({ "name": name, "gain_share": sum / count })).collect();
        let settings = serde_json::to_value(self.training.settings);
        let trees = || ensembles.iter().flat_map(Ensemble::trees);
        let known = [
            ("target", json!(if self.unit == Unit::LogReturn { "log_return" } else { "scaled_difference" })),
            ("scale", json!(if let Unit::Difference(scale) = self.unit { scale } else { 1.0 })),
            ("trees", json!(trees().count())),
            ("nodes", json!(trees().map(Vec::len).sum::<usize>())),
            ("features", json!(features)),
            ("settings", settings.map_err(|e| ModelError::Numerical(e.to_string()))?),
        ];
        Ok(known.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
