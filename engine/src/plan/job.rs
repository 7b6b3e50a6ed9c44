//! What every node of a backfill's plan needs to know; travels with the plan as JSON.

use std::sync::Arc;

use almanac_models::{Calendar, Day, ModelSpec, TrainingRule};
use serde::{Deserialize, Serialize};

use crate::delta::Version;
use crate::plan::score::Scoring;
use crate::plan::silver::Laying;
use crate::settings::Settings;
use crate::tables::{self, TableDef};
use crate::{EngineError, Result};

/// Pinned inputs and settings of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Root of the warehouse.
    pub warehouse: String,
    /// Effective settings.
    pub settings: Settings,
    /// Pinned version of `silver.model_input`.
    pub input: Version,
    /// Pinned version of `forecast.trained_models`, for inference.
    pub models: Option<Version>,
    /// Identifies the run in every row it writes.
    pub run_id: String,
    /// Microseconds since the epoch, the rows' generation time.
    pub generated_at: i64,
    /// Folder below the warehouse's root where write steps leave what they report, for a driver in another process;
    /// without it the report is the step's rows.
    #[serde(default)]
    pub reports: Option<String>,
    /// What is scored, for an evaluation.
    #[serde(default)]
    pub scoring: Option<Scoring>,
    /// What is built from, for a build.
    #[serde(default)]
    pub laying: Option<Laying>,
    /// The last day of the input that is there, for a look at what later days change: nothing.
    #[serde(default)]
    pub until: Option<Day>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
impl Job {
    /// A job without sources, for tests of what does not read them.
    pub(crate) fn without_sources(warehouse: &str) -> Self {
        let settings = "sources = []\n[dataset]\nname = \"d\"\nkey = [\"item\"]\ntarget = \"close\"\n";
        Self {
            warehouse: warehouse.into(),
            settings: toml::from_str(settings).unwrap(),
            input: Version { table: "input".into(), number: 3 },
            models: Some(Version { table: "models".into(), number: 5 }),
            run_id: "run".into(),
            generated_at: 0,
            reports: None,
            scoring: None,
            laying: None,
            until: None,
        }
    }
}

impl Job {
    /// The calendar that fit, condition, horizon and score share.
    ///
    /// # Errors
    /// [`EngineError::Configuration`] for an unknown list of holidays.
    pub fn calendar(&self) -> Result<Calendar> {
        let dataset = &self.settings.dataset;
        Calendar::new(dataset.calendar, &dataset.holidays).map_err(|e| EngineError::Configuration {
            key: "dataset.holidays".into(),
            value: dataset.holidays.clone(),
            message: e.to_string(),
        })
    }

    /// The rule that chooses a fit's sessions.
    pub fn training_rule(&self) -> TrainingRule {
        let training = &self.settings.training;
        TrainingRule { years: training.years, minimum_days: training.minimum_days, max_gap: training.max_gap }
    }

    /// The registry entry of a model.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] with the known names.
    pub fn model(&self, name: &str) -> Result<ModelSpec> {
        crate::registry::model(&self.settings, name)
    }

    /// Rows' `data_version`: the input table and its Delta version.
    pub fn data_version(&self) -> String {
        format!("silver.model_input@{}", self.input)
    }

    /// Interval levels as the functions take them.
    pub fn levels(&self) -> String {
        self.settings.forecast.levels.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    /// `forecast.distributions` as the configured horizon needs it: one column per day ahead, or one row.
    pub fn distributions(&self) -> TableDef {
        tables::distributions(&self.settings, self.settings.forecast.horizon)
    }

    /// Forecasts whose values fit one bounded batch of a megabyte, or one forecast that is larger.
    pub fn batch_forecasts(&self) -> usize {
        const BATCH_VALUES: usize = 256 << 10;
        let forecast = &self.settings.forecast;
        match self.settings.run.batch_forecasts {
            0 => (BATCH_VALUES / (forecast.paths * forecast.horizon).max(1)).clamp(1, 64),
            count => count,
        }
    }
}

/// Shared by the nodes of one plan.
pub type SharedJob = Arc<Job>;

/// Text of a key tuple: its values joined by the unit separator, which no value may contain.
pub fn key_text<S: AsRef<str>>(key: &[S]) -> String {
    key.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("\u{1f}")
}

/// The values of a key tuple's text.
pub fn key_values(text: &str) -> Vec<&str> {
    text.split('\u{1f}').collect()
}

/// ISO date of a day.
pub fn iso(day: Day) -> String {
    match chrono::DateTime::from_timestamp(i64::from(day) * 86_400, 0) {
        Some(time) => time.date_naive().to_string(),
        None => format!("day {day}"),
    }
}
