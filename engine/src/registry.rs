//! Models by name: the built-in list and the configuration's own.

use std::sync::OnceLock;

use almanac_models::{ModelError, ModelSpec, combination};
use serde::Deserialize;

use crate::settings::Settings;
use crate::{EngineError, Result, nearest};

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

/// The entry of a name, whole: a combination carries the entries of its members, so that whatever hashes, plans or sends
/// the entry sees all that decides its forecasts. The configuration's own entries win.
///
/// # Errors
/// [`EngineError::NotFound`] with the known names, for the model and for members; [`EngineError::Configuration`] for a
/// combination with regressors of its own.
pub fn model(settings: &Settings, name: &str) -> Result<ModelSpec> {
    find(&settings.models, name)
}

/// The same among a configuration's own entries and the built-in ones; the own win.
///
/// # Errors
/// As [`model`].
pub fn find(own: &[ModelSpec], name: &str) -> Result<ModelSpec> {
    let spec = entry(own, name, "model")?;
    combination::resolved(&spec, |member| entry(own, member, "member model").map_err(Unresolved::Member)).map_err(
        |unresolved| match unresolved {
            Unresolved::Member(error) => error,
            Unresolved::Refused(error) => EngineError::Configuration {
                key: format!("models.{name}"),
                value: spec.family.clone(),
                message: error.to_string(),
            },
        },
    )
}

/// Why a combination is not resolved.
enum Unresolved {
    Member(EngineError),
    Refused(ModelError),
}

impl From<ModelError> for Unresolved {
    fn from(error: ModelError) -> Self {
        Self::Refused(error)
    }
}

/// Most names of models that an error lists.
const SHOWN: usize = 4;

/// The entry of a name as it is written.
fn entry(own: &[ModelSpec], name: &str, what: &'static str) -> Result<ModelSpec> {
    let known: Vec<&ModelSpec> = own.iter().chain(builtin()?).collect();
    match known.iter().find(|spec| spec.name == name) {
        Some(spec) => Ok((*spec).clone()),
        None => {
            let names: Vec<&str> = known.iter().map(|spec| spec.name.as_str()).collect();
            Err(EngineError::NotFound {
                what,
                name: name.to_owned(),
                hint: nearest::hint(name, "models", names.iter().copied(), SHOWN) + "; `almanac models list` lists all",
            })
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use almanac_models::combination::members;

    use super::*;
    use crate::identity::{config_hash, settings_json};
    use crate::plan::job::Job;

    /// Settings with models of their own.
    fn settings(models: &str) -> Settings {
        let own: File = toml::from_str(models).unwrap();
        Settings { models: own.models, ..Job::without_sources("unused").settings }
    }

    const PAIR: &str = r#"
        [[models]]
        name = "pair"
        family = "combination"
        settings = { members = ["naive", "sarimax_market"], method = "nnls" }
    "#;

    #[test]
    fn builtin_registry_parses() {
        assert!(builtin().is_ok_and(|models| models.iter().any(|spec| spec.name == "naive")));
    }

    #[test]
    fn builtin_combinations_resolve() {
        let settings = settings("models = []");
        for spec in builtin().unwrap() {
            let whole = model(&settings, &spec.name).unwrap();
            if spec.family == combination::NAME {
                assert_eq!(members(&whole).len(), spec.settings["members"].as_array().unwrap().len());
            } else {
                assert_eq!(whole, *spec);
            }
        }
    }

    #[test]
    fn a_combination_has_its_members_entries_and_regressors() {
        let whole = model(&settings(PAIR), "pair").unwrap();
        assert_eq!(members(&whole).iter().map(|m| m.family.as_str()).collect::<Vec<_>>(), ["naive", "arima"]);
        assert_eq!(whole.regressors.iter().map(|r| r.column.as_str()).collect::<Vec<_>>(), ["vix"]);
    }

    #[test]
    fn a_changed_member_changes_the_combinations_hash() {
        let hash = |models: &str| config_hash(&settings_json(&settings(models), "pair").unwrap());
        let changed = format!(
            "{PAIR}\n[[models]]\nname = \"naive\"\nfamily = \"naive\"\nsettings = {{ innovations = \"student\" }}"
        );
        let beside = format!("{PAIR}\n[[models]]\nname = \"other\"\nfamily = \"naive\"");
        assert_ne!(hash(PAIR), hash(&changed));
        assert_eq!(hash(PAIR), hash(&beside));
    }

    #[test]
    fn unknown_members_are_named() {
        let error = model(&settings(&PAIR.replace("sarimax_market", "nobody")), "pair").unwrap_err();
        assert!(error.to_string().starts_with("member model \"nobody\" not found; known models are pair, naive"));
        let own = PAIR.replace("settings", "regressors = [{ column = \"rain\" }]\n        settings");
        let error = model(&settings(&own), "pair").unwrap_err();
        assert!(matches!(error, EngineError::Configuration { .. }) && error.to_string().contains("regressor rain"));
    }
}
