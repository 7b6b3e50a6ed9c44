//! Settings of an `xgboost` model, their defaults and their ranges.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::trees::BoostParams;
use crate::{ModelError, ModelSpec};

/// How XGBoost searches splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TreeMethod {
    /// Histograms, built once.
    Hist,
    /// Histograms, rebuilt for every tree.
    Approx,
    /// Every distinct value.
    Exact,
}

/// Settings of an `xgboost` model. Those after `folds` are XGBoost's own parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Sessions back of the lagged levels and changes.
    pub lags: Vec<usize>,
    /// Sessions of the rolling means and deviations.
    pub windows: Vec<usize>,
    /// Whether weekday and month are features.
    pub calendar: bool,
    /// Expanding folds that give the out-of-fold residuals.
    pub folds: usize,
    /// Trees.
    pub rounds: u32,
    /// Greatest depth of a tree.
    pub depth: u32,
    /// Shrinkage of each tree.
    pub eta: f64,
    /// Least number of rows in a leaf.
    pub min_child_weight: f64,
    /// Share of rows drawn for each tree.
    pub subsample: f64,
    /// Share of columns drawn for each tree.
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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lags: vec![1, 7, 14],
            windows: vec![7, 30],
            calendar: true,
            folds: 5,
            rounds: 100,
            depth: 5,
            eta: 0.05,
            min_child_weight: 20.0,
            subsample: 0.8,
            colsample: 0.8,
            lambda: 1.0,
            alpha: 0.0,
            gamma: 0.0,
            max_bin: 64,
            method: TreeMethod::Hist,
        }
    }
}

/// Longest lag or window, in sessions.
const LONGEST: usize = 1_000;

impl Settings {
    /// Reads and checks a specification's settings.
    ///
    /// # Errors
    /// [`ModelError::Setting`] naming the setting that is unknown, of the wrong type or out of range.
    pub fn read(spec: &ModelSpec) -> Result<Self, ModelError> {
        let refuse = |setting: &str, message: String| ModelError::Setting {
            model: spec.name.clone(),
            setting: setting.to_owned(),
            message,
        };
        for (name, value) in &spec.settings {
            let alone = Map::from_iter([(name.clone(), value.clone())]);
            if let Err(e) = serde_json::from_value::<Self>(Value::Object(alone)) {
                return Err(refuse(name, e.to_string()));
            }
        }
        let settings: Self = serde_json::from_value(Value::Object(spec.settings.clone()))
            .map_err(|e| refuse("settings", e.to_string()))?;
        match settings.fault() {
            None => Ok(settings),
            Some((name, accepted)) => Err(refuse(name, accepted.to_owned())),
        }
    }

    /// The first setting out of range, and what is accepted.
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str)> {
        let share = |x: f64| x > 0.0 && x <= 1.0;
        let penalty = |x: f64| (0.0..=1e9).contains(&x);
        let distinct = |list: &[usize], least: usize| {
            list.len() <= 64
                && list.iter().enumerate().all(|(i, x)| (least..=LONGEST).contains(x) && !list[..i].contains(x))
        };
        let checks = [
            ("lags", distinct(&self.lags, 1), "up to 64 distinct lags of 1 to 1000 sessions"),
            ("windows", distinct(&self.windows, 2), "up to 64 distinct windows of 2 to 1000 sessions"),
            ("lags", !(self.lags.is_empty() && self.windows.is_empty()), "at least one lag or window"),
            ("folds", (2..=50).contains(&self.folds), "2 to 50"),
            ("rounds", (1..=5_000).contains(&self.rounds), "1 to 5000"),
            ("depth", (1..=12).contains(&self.depth), "1 to 12"),
            ("eta", share(self.eta), "over 0, up to 1"),
            ("subsample", share(self.subsample), "over 0, up to 1"),
            ("colsample", share(self.colsample), "over 0, up to 1"),
            ("min_child_weight", penalty(self.min_child_weight), "0 or more"),
            ("lambda", penalty(self.lambda), "0 or more"),
            ("alpha", penalty(self.alpha), "0 or more"),
            ("gamma", penalty(self.gamma), "0 or more"),
            ("max_bin", (2..=65_536).contains(&self.max_bin), "2 to 65536"),
        ];
        checks.into_iter().find(|(_, holds, _)| !holds).map(|(name, _, accepted)| (name, accepted))
    }

    pub(crate) fn boosting(&self, base_score: f32, seed: u64) -> BoostParams {
        BoostParams {
            rounds: self.rounds,
            depth: self.depth,
            eta: self.eta,
            min_child_weight: self.min_child_weight,
            subsample: self.subsample,
            colsample: self.colsample,
            lambda: self.lambda,
            alpha: self.alpha,
            gamma: self.gamma,
            max_bin: self.max_bin,
            method: self.method,
            base_score,
            seed,
        }
    }
}
