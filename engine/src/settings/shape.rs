//! The JSON Schema of the configuration, for editors; its descriptions are the comments on the settings.
//!
//! Types of `models/`, which knows nothing of schemas, are described here by types of the same shape.

use schemars::JsonSchema;
use schemars::r#gen::SchemaSettings;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Settings;
use crate::{EngineError, Result};

/// A model beside the built-in ones; an equal name replaces the built-in entry.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ModelEntry {
    /// Name under which forecasts are stored.
    #[allow(dead_code)] // read by the derivation only, as all fields here
    name: String,
    /// Family that implements it.
    #[allow(dead_code)]
    family: String,
    /// Columns used besides the target, in order.
    #[schemars(default)]
    #[allow(dead_code)]
    regressors: Vec<RegressorEntry>,
    /// Settings of the family, as docs/models.md lists them; unknown ones are refused.
    #[schemars(default)]
    #[allow(dead_code)]
    settings: Map<String, Value>,
}

/// One column a model uses besides the target.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct RegressorEntry {
    /// Column of `silver.model_input`.
    #[allow(dead_code)]
    column: String,
    /// How it is continued past the origin. The default repeats its last value, which needs to know nothing more.
    #[schemars(default)]
    #[allow(dead_code)]
    future: Future,
}

/// How a regressor is continued past the origin.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code)]
pub(super) enum Future {
    None,
    #[default]
    Persist,
    Seasonal,
    Linear,
    Known,
}

/// What counts as a day ahead: sessions of a market, or calendar days.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
pub(super) enum Calendar {
    Trading,
    Daily,
}

/// How often models are fitted.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
pub(super) enum Every {
    Daily,
    Weekly,
    Biweekly,
    Monthly,
    Quarterly,
    Semiannually,
    Annually,
}

/// The schema of the configuration's file.
///
/// # Errors
/// [`EngineError::Internal`] if it cannot be written as JSON.
pub fn schema() -> Result<Value> {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Settings>();
    let mut schema = serde_json::to_value(schema).map_err(|error| EngineError::Internal(error.to_string()))?;
    schema["title"] = Value::from("Almanac configuration");
    on_one_line(&mut schema);
    Ok(schema)
}

/// Comments are broken where a line of code ends; editors break lines themselves.
fn on_one_line(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            for (name, value) in entries {
                match value {
                    Value::String(text) if name == "description" => *text = text.replace('\n', " "),
                    other => on_one_line(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(on_one_line),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use almanac_models::{CalendarKind, Frequency, FutureRegressor};
    use serde::de::DeserializeOwned;

    use super::*;

    /// Values that the schema lists under a name.
    fn listed(name: &str) -> Vec<Value> {
        let schema = schema().unwrap_or_default();
        let definition = &schema["definitions"][name];
        let alternatives = definition["oneOf"].as_array().cloned().unwrap_or_default();
        let alternatives = alternatives.iter().chain([definition]).filter_map(|one| one["enum"].as_array().cloned());
        alternatives.flatten().collect()
    }

    fn all_are_read_as<T: DeserializeOwned>(name: &str, count: usize) {
        let values = listed(name);
        assert_eq!(values.len(), count, "{name}: {values:?}");
        for value in values {
            assert!(serde_json::from_value::<T>(value.clone()).is_ok(), "{name}: {value}");
        }
    }

    #[test]
    fn what_is_listed_is_accepted() {
        all_are_read_as::<Frequency>("Every", 7);
        all_are_read_as::<CalendarKind>("Calendar", 2);
        all_are_read_as::<FutureRegressor>("Future", 5);
    }

    #[test]
    fn every_setting_is_described() {
        let schema = schema().unwrap_or_default();
        let own = [("", &schema)];
        let definitions = schema["definitions"].as_object().into_iter().flatten();
        for (name, part) in own.into_iter().chain(definitions.map(|(name, part)| (name.as_str(), part))) {
            for (setting, described) in part["properties"].as_object().into_iter().flatten() {
                assert!(described["description"].is_string(), "{name}.{setting}: {described}");
            }
        }
    }
}
