//! What makes stored rows comparable: the settings that decide content, and their hash.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cell::hex;
use crate::settings::Settings;
use crate::tables_input::file_name;
use crate::{EngineError, Result, registry};

/// Key of the one setting whose greater value only adds to what a smaller one made.
const HORIZON: &str = "forecast.horizon";

/// The settings that decide a model's rows, by dotted key. Selections (dates, keys, limits) and the way of working
/// (threads, batches, commits) are not among them.
///
/// # Errors
/// [`EngineError::NotFound`] for an unknown model.
pub fn deciding_settings(settings: &Settings, model_name: &str) -> Result<BTreeMap<String, Value>> {
    let mut deciding = BTreeMap::new();
    let (dataset, training, forecast) = (&settings.dataset, &settings.training, &settings.forecast);
    deciding.insert("dataset.key".into(), json(&dataset.key)?);
    deciding.insert("dataset.target".into(), json(&dataset.target)?);
    deciding.insert("dataset.calendar".into(), json(&dataset.calendar)?);
    deciding.insert("dataset.holidays".into(), json(&dataset.holidays)?);
    deciding.insert("training.every".into(), json(&training.every)?);
    deciding.insert("training.years".into(), json(&training.years)?);
    deciding.insert("training.minimum_days".into(), json(&training.minimum_days)?);
    deciding.insert("training.max_gap".into(), json(&training.max_gap)?);
    deciding.insert(HORIZON.into(), json(&forecast.horizon)?);
    deciding.insert("forecast.paths".into(), json(&forecast.paths)?);
    deciding.insert("forecast.levels".into(), json(&forecast.levels)?);
    deciding.insert("forecast.seed".into(), json(&forecast.seed)?);
    let spec = registry::model(settings, model_name)?;
    let regressors = spec.regressors.iter().map(|regressor| regressor.column.as_str());
    for column in std::iter::once(dataset.target.as_str()).chain(regressors) {
        deciding.extend(column_settings(settings, column)?);
    }
    deciding.insert(format!("models.{model_name}"), json(&spec)?);
    Ok(deciding)
}

/// The settings that decide a column's values, by dotted key: which columns of the file they are read from, when they
/// were public, and how they are converted and filled. Several sources of one column give a list, in their order. Where a
/// file is, and the names of sources and units, decide nothing; what is not set is left out.
pub(crate) fn column_settings(settings: &Settings, name: &str) -> Result<BTreeMap<String, Value>> {
    let mut found: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for source in &settings.sources {
        for column in source.columns.iter().filter(|column| column.name == name) {
            let deciding = [
                ("bars", json(&source.bars)?),
                ("date", json(&source.date)?),
                ("key", json(&source.key)?),
                ("region", json(&source.region)?),
                ("publication_lag_days", json(&source.publication_lag_days)?),
                ("known_at", json(&source.known_at)?),
                ("from", Value::from(file_name(column))),
                ("scale", json(&column.scale.unwrap_or(1.0))?),
                ("map", json(&column.map)?),
                ("fill", json(&column.fill)?),
                ("max_staleness_days", json(&column.max_staleness_days)?),
            ];
            for (setting, value) in deciding {
                found.entry(setting).or_default().push(value);
            }
        }
    }
    found.retain(|_, values| !values.iter().all(is_unset));
    let named = |(setting, mut values): (&str, Vec<Value>)| {
        let value = if values.len() == 1 { values.remove(0) } else { Value::Array(values) };
        (format!("sources.columns.{name}.{setting}"), value)
    };
    Ok(found.into_iter().map(named).collect())
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

/// The settings as one canonical line of JSON, keys in order.
///
/// # Errors
/// As [`deciding_settings`].
pub fn settings_json(settings: &Settings, model_name: &str) -> Result<String> {
    serde_json::to_string(&deciding_settings(settings, model_name)?).map_err(|e| EngineError::Internal(e.to_string()))
}

/// The first 128 bits of the settings' SHA-256.
pub fn config_hash(settings_json: &str) -> String {
    hex(&Sha256::digest(settings_json.as_bytes())[..16])
}

/// The first setting in which stored rows differ: its key, the stored value and the value now.
pub fn difference(stored: &str, now: &str) -> Option<(String, String, String)> {
    let parse = |text: &str| serde_json::from_str::<BTreeMap<String, Value>>(text).unwrap_or_default();
    let (stored, now) = (parse(stored), parse(now));
    let mut keys: Vec<&String> = stored.keys().chain(now.keys()).collect();
    keys.sort();
    keys.dedup();
    let show = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), Value::to_string);
    let differs = keys.into_iter().find(|key| stored.get(*key) != now.get(*key))?;
    Some((differs.clone(), show(stored.get(differs)), show(now.get(differs))))
}

/// Days ahead for which stored settings were made, if fewer than now and all else is the same. Fewer days are a prefix of
/// more, so what was made for them is not wrong, only short.
pub fn shorter_horizon(stored: &str, now: &str) -> Option<usize> {
    let parse = |text: &str| serde_json::from_str::<BTreeMap<String, Value>>(text).ok();
    let (mut stored, mut now) = (parse(stored)?, parse(now)?);
    let take = |settings: &mut BTreeMap<String, Value>| settings.remove(HORIZON).and_then(|days| days.as_u64());
    let (held, asked) = (take(&mut stored)?, take(&mut now)?);
    (held < asked && stored == now).then_some(held as usize)
}

/// The configuration hashes of a model's rows with fewer days ahead and all else the same, each with its days.
///
/// # Errors
/// As [`deciding_settings`].
pub fn shorter_hashes(settings: &Settings, model_name: &str) -> Result<BTreeMap<String, usize>> {
    let mut shorter = settings.clone();
    let hash = |days: usize| -> Result<(String, usize)> {
        shorter.forecast.horizon = days;
        Ok((config_hash(&settings_json(&shorter, model_name)?), days))
    };
    (1..settings.forecast.horizon).map(hash).collect()
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|e| EngineError::Internal(e.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SETTINGS: &str = r#"
        [dataset]
        name = "d"
        key = ["item"]
        target = "px"

        [[sources]]
        name = "bars"
        path = "p.csv"
        bars = true
        key = { item = "k" }
        columns = [{ name = "px" }]

        [[sources]]
        name = "weather"
        path = "w.csv"
        columns = [{ name = "rain" }]

        [[models]]
        name = "wet"
        family = "arima"
        regressors = [{ column = "rain" }]
    "#;

    #[test]
    fn only_the_columns_that_a_model_uses_decide_its_rows() {
        let hashes = |text: &str| {
            let settings: Settings = toml::from_str(text).unwrap();
            ["naive", "wet"].map(|model| config_hash(&settings_json(&settings, model).unwrap()))
        };
        let [naive, wet] = hashes(SETTINGS);
        // what is replaced by what, and whether the rows of each model are others then
        let cases = [
            ("{ name = \"px\" }", "{ name = \"px\", scale = 100.0 }", [true, true]),
            ("{ name = \"px\" }", "{ name = \"px\", from = \"open\" }", [true, true]),
            ("{ name = \"px\" }", "{ name = \"px\", from = \"px\", scale = 1.0, unit = \"USD\" }", [false, false]),
            ("{ name = \"px\" }", "{ name = \"px\" }, { name = \"volume\" }", [false, false]),
            ("path = \"p.csv\"", "path = \"q.parquet\"", [false, false]),
            ("path = \"w.csv\"", "path = \"w.csv\"\npublication_lag_days = 3", [false, true]),
            ("{ name = \"rain\" }", "{ name = \"rain\", map = { wet = 1.0 } }", [false, true]),
            ("{ name = \"rain\" }", "{ name = \"rain\", fill = false }", [false, true]),
        ];
        for (old, new, differ) in cases {
            let [other_naive, other_wet] = hashes(&SETTINGS.replace(old, new));
            assert_eq!([other_naive != naive, other_wet != wet], differ, "{new}");
        }
    }

    #[test]
    fn several_sources_of_a_column_are_listed_in_their_order() {
        let second = "[[sources]]\nname = \"b\"\npath = \"b.csv\"\ncolumns = [{ name = \"rain\", scale = 2.0 }]\n";
        let settings: Settings = toml::from_str(&format!("{SETTINGS}\n{second}")).unwrap();
        let found = column_settings(&settings, "rain").unwrap();
        assert_eq!(found["sources.columns.rain.scale"], serde_json::json!([1.0, 2.0]));
        assert!(!found.contains_key("sources.columns.rain.known_at"), "{found:?}");
    }

    #[test]
    fn the_differing_key_is_named() {
        let found = difference(r#"{"a":1,"forecast.seed":42}"#, r#"{"a":1,"forecast.seed":43}"#);
        assert_eq!(found, Some(("forecast.seed".into(), "42".into(), "43".into())));
        assert_eq!(difference(r#"{"a":1}"#, r#"{"a":1}"#), None);
    }

    #[test]
    fn only_a_shorter_horizon_is_a_prefix() {
        let settings = |a: u64, days: u64| format!(r#"{{"a":{a},"forecast.horizon":{days}}}"#);
        assert_eq!(shorter_horizon(&settings(1, 7), &settings(1, 14)), Some(7));
        for (stored, now) in [((1, 14), (1, 14)), ((1, 14), (1, 7)), ((2, 7), (1, 14))] {
            assert_eq!(shorter_horizon(&settings(stored.0, stored.1), &settings(now.0, now.1)), None);
        }
        assert_eq!(shorter_horizon(r#"{"a":1}"#, &settings(1, 14)), None);
    }
}
