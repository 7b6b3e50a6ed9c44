//! Models by name: the built-in list and the configuration's own.

use std::sync::OnceLock;

use almanac_models::ModelSpec;
use serde::Deserialize;

use crate::settings::Settings;
use crate::{EngineError, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    models: Vec<ModelSpec>,
}

/// The built-in entries.
///
/// # Errors
/// [`EngineError::Internal`] if the built-in file does not parse, which a test rules out.
pub fn builtin() -> Result<&'static [ModelSpec]> {
    static BUILTIN: OnceLock<std::result::Result<Vec<ModelSpec>, String>> = OnceLock::new();
    let parsed = BUILTIN.get_or_init(|| {
        toml::from_str::<File>(include_str!("registry.toml")).map(|file| file.models).map_err(|e| e.to_string())
    });
    parsed.as_deref().map_err(|message| EngineError::Internal(format!("built-in registry: {message}")))
}

/// The entry of a name; the configuration's own win.
///
/// # Errors
/// [`EngineError::NotFound`] with the known names.
pub fn model(settings: &Settings, name: &str) -> Result<ModelSpec> {
    let known: Vec<&ModelSpec> = settings.models.iter().chain(builtin()?).collect();
    match known.iter().find(|spec| spec.name == name) {
        Some(spec) => Ok((*spec).clone()),
        None => {
            let names: Vec<&str> = known.iter().map(|spec| spec.name.as_str()).collect();
            Err(EngineError::NotFound {
                what: "model",
                name: name.to_owned(),
                hint: format!("; known models are {}", names.join(", ")),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn builtin_registry_parses() {
        assert!(super::builtin().is_ok_and(|models| models.iter().any(|spec| spec.name == "naive")));
    }
}
