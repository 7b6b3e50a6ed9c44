//! Settings of the family.

use super::form::Form;
use crate::ets::{MAX_SEASON, Season};
use crate::lately::{Lately, repetitions};
use crate::{ModelError, ModelSpec};

/// What a specification says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// One form, or none: chosen.
    pub(super) form: Option<Form>,
    pub(super) season: Season,
    /// Last repetitions of a long season that are fitted.
    pub(super) seasons: usize,
}

impl Settings {
    /// Reads `model`, `season` and `seasons`.
    pub(super) fn read(spec: &ModelSpec) -> Result<Self, ModelError> {
        let refuse = |setting: &str, message: String| spec.refuse(setting, message);
        let mut settings = Self { form: None, season: Season::Week, seasons: Lately::default().seasons };
        for (setting, value) in &spec.settings {
            let wrong = |accepted: &str| refuse(setting, format!("{value} is not {accepted}"));
            match setting.as_str() {
                "model" if value.as_str() == Some("auto") => settings.form = None,
                "model" => {
                    let form = Form::ALL.into_iter().find(|form| value.as_str() == Some(form.name()));
                    settings.form = Some(form.ok_or_else(|| wrong("\"auto\", \"N\", \"S\", \"P\" or \"F\""))?);
                }
                "season" => {
                    let accepted = format!("\"week\", \"none\" or a whole number up to {MAX_SEASON}");
                    settings.season = Season::read(value).ok_or_else(|| wrong(&accepted))?;
                }
                "seasons" => settings.seasons = repetitions(value).map_err(|accepted| wrong(&accepted))?,
                _ => return Err(refuse(setting, "unknown; ces has model, season and seasons".into())),
            }
        }
        if settings.form.is_some_and(Form::seasonal) && settings.season == Season::Sessions(1) {
            return Err(refuse("season", "the model has a season, so its length must be above 1".into()));
        }
        Ok(settings)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(settings: Value) -> Result<Settings, ModelError> {
        let spec = json!({ "name": "m", "family": "ces", "settings": settings });
        Settings::read(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn settings_are_read_strictly() {
        let settings = read(json!({ "model": "P", "season": 12 })).unwrap();
        assert_eq!((settings.form, settings.season.length(7)), (Some(Form::Partial), 12));
        assert_eq!(read(json!({ "model": "auto" })).unwrap().form, None);
        assert_eq!(read(json!({})).unwrap().season.length(5), 5);
        assert_eq!(read(json!({ "model": "N", "season": "none" })).unwrap().season.length(5), 1);
        for wrong in [
            json!({ "model": "Z" }),
            json!({ "model": 1 }),
            json!({ "model": "S", "season": "none" }),
            json!({ "season": 0 }),
            json!({ "season": 1_001 }),
            json!({ "seasons": 1 }),
            json!({ "term_seasons": 7 }),
        ] {
            assert_eq!(read(wrong.clone()).unwrap_err().code(), "setting", "{wrong}");
        }
    }
}
