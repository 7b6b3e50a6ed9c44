//! What the settings of sources must say together.

use crate::settings::{Settings, Source};
use crate::tables_input::QUARANTINE;
use crate::{EngineError, Result, reserved};

/// Refuses source settings that cannot mean anything.
///
/// # Errors
/// [`EngineError::Configuration`] naming the source.
pub fn check(settings: &Settings) -> Result<()> {
    let refuse = |key: String, value: &str, message: &str| {
        Err(EngineError::Configuration { key, value: value.into(), message: message.into() })
    };
    let bars: Vec<&Source> = settings.sources.iter().filter(|source| source.bars).collect();
    let [bars] = bars.as_slice() else {
        return refuse("sources.bars".into(), &bars.len().to_string(), "exactly one source must have bars = true");
    };
    if let Some(key) = settings.dataset.key.iter().find(|key| !bars.key.contains_key(*key)) {
        return refuse(format!("sources.{}.key", bars.name), key, "the source of bars must carry every dataset key");
    }
    if !bars.columns.iter().any(|column| column.name == settings.dataset.target) {
        let message = "the source of bars must carry the target";
        return refuse("dataset.target".into(), &settings.dataset.target, message);
    }
    if bars.publication_lag_days != 0 || bars.known_at.is_some() || bars.region.is_some() {
        let message =
            "the source of bars has no publication lag, known_at or region: a forecast has seen its origin's bar";
        return refuse(format!("sources.{}", bars.name), "bars = true", message);
    }
    for (i, source) in settings.sources.iter().enumerate() {
        let key = format!("sources.{}", source.name);
        if source.name == QUARANTINE || settings.sources[..i].iter().any(|other| other.name == source.name) {
            return refuse(key, &source.name, "the name is taken; every source needs its own");
        }
        if let Some(unknown) = source.key.keys().find(|name| !settings.dataset.key.contains(name)) {
            return refuse(format!("{key}.key"), unknown, "not a dataset key");
        }
        if source.columns.is_empty() {
            return refuse(format!("{key}.columns"), "[]", "at least one column is needed");
        }
        for column in &source.columns {
            let reserved = ["date", "is_trading_day", "region", "regions_present", "key_bucket", "known_at"];
            if reserved.contains(&column.name.as_str()) || settings.dataset.key.contains(&column.name) {
                return refuse(
                    format!("{key}.columns"),
                    &column.name,
                    "the name is reserved; choose another and use from",
                );
            }
            if column.scale.is_some_and(|scale| !scale.is_finite()) {
                return refuse(
                    format!("{key}.columns.{}.scale", column.name),
                    "not finite",
                    "a finite number is needed",
                );
            }
        }
    }
    reserved::check(settings)
}
