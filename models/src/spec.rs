//! A model as configuration: family, regressors, settings.

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// How a regressor is continued past the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum FutureRegressor {
    /// Not continued: the model may only use values up to the origin.
    None,
    /// The last value is repeated.
    #[default]
    Persist,
    /// Mean of the same day of year ±1 over the last 3 years.
    Seasonal,
    /// Least-squares line through the last 30 days.
    Linear,
    /// Read for future dates, where it was known at the origin (promotions, holidays).
    Known,
}

/// One column a model uses besides the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regressor {
    /// Column of `silver.model_input`.
    pub column: String,
    /// How it is continued past the origin.
    #[serde(default)]
    pub future: FutureRegressor,
}

/// A registry entry: adding a variant of a family is one of these, in TOML.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Name under which forecasts are stored.
    pub name: String,
    /// Family that implements it.
    pub family: String,
    /// Columns used besides the target, in order.
    #[serde(default)]
    pub regressors: Vec<Regressor>,
    /// Family-specific settings; unknown ones are refused by the family.
    #[serde(default)]
    pub settings: serde_json::Map<String, serde_json::Value>,
}

impl ModelSpec {
    /// The refusal of one of its settings.
    pub(crate) fn refuse(&self, setting: &str, message: String) -> ModelError {
        ModelError::Setting { model: self.name.clone(), setting: setting.to_owned(), message }
    }

    /// Refuses regressors, for a family that uses none.
    ///
    /// # Errors
    /// [`ModelError::Setting`] naming the first.
    pub(crate) fn refuse_regressors(&self) -> Result<(), ModelError> {
        match self.regressors.first() {
            None => Ok(()),
            Some(regressor) => {
                let message = format!("{} uses no regressors: remove them", self.family);
                Err(self.refuse(&format!("regressor {}", regressor.column), message))
            }
        }
    }
}
