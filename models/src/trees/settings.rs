//! Settings of an `xgboost` model, their defaults and their ranges.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::innovations::Kind;
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

/// How days further ahead than one are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// One model of one session's return, applied to its own simulated paths.
    #[default]
    Recursive,
    /// A model per day ahead of the return accumulated to it.
    Direct,
}

/// What the trees predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The mean return; residuals out of fold make its distribution.
    #[default]
    SquaredError,
    /// Quantiles of the return, one model each.
    Quantile,
}

/// Settings of an `xgboost` model. `rounds` to `method` are XGBoost's own parameters, under the meaning XGBoost gives
/// them.
///
/// Those after `method` came later: left at their defaults they are not written, so that older stored forms keep their
/// bytes.
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
    /// Greatest depth of a tree (`max_depth`).
    pub depth: u32,
    /// Shrinkage of each tree.
    pub eta: f64,
    /// Least number of rows in a leaf (sum of hessians, 1 per row).
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
    /// How days further ahead than one are reached.
    #[serde(skip_serializing_if = "is_default")]
    pub strategy: Strategy,
    /// Days ahead that have trees of their own, for the direct strategy; between them predictions lie on lines. The
    /// horizon always is one of them; none named means every day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<usize>,
    /// What the trees predict.
    #[serde(skip_serializing_if = "is_default")]
    pub objective: Objective,
    /// Levels of the quantile objective, ascending, the median among them; none named means [`LEVELS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<f64>,
    /// Law of the innovations of the recursive strategy, fitted to the residuals out of fold; bootstrap resamples them.
    #[serde(skip_serializing_if = "is_bootstrap")]
    pub innovations: Kind,
}

/// Levels of the quantile objective by default: the ends and the quartiles of the usual intervals, 80 and 95 percent.
pub const LEVELS: [f64; 7] = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975];

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_bootstrap(law: &Kind) -> bool {
    *law == Kind::Bootstrap
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
            strategy: Strategy::default(),
            days: vec![],
            objective: Objective::default(),
            levels: vec![],
            innovations: Kind::Bootstrap,
        }
    }
}

/// Longest lag, window or day ahead of a direct model, in sessions.
pub(crate) const LONGEST: usize = 1_000;

impl Settings {
    /// Reads and checks a specification's settings.
    ///
    /// # Errors
    /// [`ModelError::Setting`] naming the setting that is unknown, of the wrong type or out of range.
    pub fn read(spec: &ModelSpec) -> Result<Self, ModelError> {
        let refuse = |setting: &str, message: String| spec.refuse(setting, message);
        for (name, value) in &spec.settings {
            if name == "innovations" {
                Kind::read(value).map_err(|message| refuse(name, message))?;
            }
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
        let (direct, quantile) = (self.strategy == Strategy::Direct, self.objective == Objective::Quantile);
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
            ("days", distinct(&self.days, 1) && self.days.is_sorted(), "up to 64 ascending days of 1 to 1000"),
            ("days", direct || self.days.is_empty(), "with strategy = \"direct\" only"),
            ("objective", direct || !quantile, "\"quantile\" with strategy = \"direct\" only"),
            ("levels", quantile || self.levels.is_empty(), "with objective = \"quantile\" only"),
            (
                "levels",
                self.levels.is_empty() || are_levels(&self.levels),
                "3 to 99 ascending levels of 0.0001 to 0.9999, 0.5 among them and not at an end",
            ),
            ("innovations", !direct || is_bootstrap(&self.innovations), "\"bootstrap\" with strategy = \"direct\""),
        ];
        checks.into_iter().find(|(_, holds, _)| !holds).map(|(name, _, accepted)| (name, accepted))
    }

    /// The levels of the quantile objective, `None` for squared error.
    pub(crate) fn quantile_levels(&self) -> Option<Vec<f64>> {
        let levels = if self.levels.is_empty() { LEVELS.to_vec() } else { self.levels.clone() };
        (self.objective == Objective::Quantile).then_some(levels)
    }
}

/// Whether levels ascend inside 0 to 1, with the median and one on either side of it.
fn are_levels(levels: &[f64]) -> bool {
    let inside = levels.iter().all(|level| (1e-4..=1.0 - 1e-4).contains(level));
    let median = levels.iter().position(|&level| level == 0.5);
    inside
        && (3..=99).contains(&levels.len())
        && levels.windows(2).all(|pair| pair[0] < pair[1])
        && median.is_some_and(|at| at > 0 && at + 1 < levels.len())
}
