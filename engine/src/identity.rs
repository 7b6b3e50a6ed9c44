//! What makes stored rows comparable: the settings that decide content, and their hash.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cell::hex;
use crate::settings::Settings;
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
    deciding.insert(format!("models.{model_name}"), json(&registry::model(settings, model_name)?)?);
    Ok(deciding)
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

fn json<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|e| EngineError::Internal(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
