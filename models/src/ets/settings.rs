//! Settings of the family.

use serde_json::Value;

use super::form::{Part, Pattern};
use crate::lately::Lately;
use crate::{ModelError, ModelSpec};

/// Longest season.
pub(crate) const MAX_SEASON: usize = 1_000;

/// Sessions per season.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Season {
    /// A week of the calendar.
    Week,
    /// So many; 1 for none.
    Sessions(usize),
}

impl Season {
    /// Reads `"week"`, `"none"` or a whole number.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        match (value.as_str(), value.as_u64()) {
            (Some("week"), _) => Some(Self::Week),
            (Some("none"), _) => Some(Self::Sessions(1)),
            (_, Some(sessions)) => {
                let sessions = usize::try_from(sessions).ok()?;
                (1..=MAX_SEASON).contains(&sessions).then_some(Self::Sessions(sessions))
            }
            _ => None,
        }
    }

    /// Its length where a week has so many sessions.
    pub(crate) fn length(self, week: usize) -> usize {
        match self {
            Self::Week => week.max(1),
            Self::Sessions(sessions) => sessions,
        }
    }
}

/// What a specification says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) pattern: Pattern,
    pub(super) season: Season,
    pub(super) lately: Lately,
}

impl Settings {
    /// Reads `model`, `season`, `damped`, `seasons` and `term_seasons`.
    pub(super) fn read(spec: &ModelSpec) -> Result<Self, ModelError> {
        let refuse = |setting: &str, message: String| spec.refuse(setting, message);
        let mut settings = Self { pattern: Pattern::ANY, season: Season::Week, lately: Lately::default() };
        let mut damped = None;
        for (setting, value) in &spec.settings {
            let wrong = |accepted: &str| refuse(setting, format!("{value} is not {accepted}"));
            match setting.as_str() {
                "model" if value.as_str() == Some("auto") => settings.pattern = Pattern::ANY,
                "model" => {
                    let pattern = value.as_str().and_then(Pattern::parse);
                    settings.pattern =
                        pattern.ok_or_else(|| wrong("\"auto\" or a form such as \"AAdM\" or \"ZZN\""))?;
                }
                "season" => {
                    let accepted = format!("\"week\", \"none\" or a whole number up to {MAX_SEASON}");
                    settings.season = Season::read(value).ok_or_else(|| wrong(&accepted))?;
                }
                "seasons" | "term_seasons" => {
                    settings.lately.set(setting, value).map_err(|accepted| wrong(&accepted))?;
                }
                "damped" if value.as_str() == Some("auto") => damped = None,
                "damped" => damped = Some(value.as_bool().ok_or_else(|| wrong("true, false or \"auto\""))?),
                _ => {
                    let known = "unknown; ets has model, season, damped, seasons and term_seasons";
                    return Err(refuse(setting, known.into()));
                }
            }
        }
        let seasonal_form = matches!(settings.pattern.season, Some(Part::Additive | Part::Multiplicative));
        if seasonal_form && settings.season == Season::Sessions(1) {
            return Err(refuse("season", "the model has a season, so its length must be above 1".into()));
        }
        if let Some(damped) = damped {
            let contradicts = match settings.pattern {
                Pattern { trend: Some(Part::None), .. } => damped,
                Pattern { damped: Some(true), .. } => !damped,
                _ => false,
            };
            if contradicts {
                return Err(refuse("damped", format!("{damped} contradicts the model")));
            }
            settings.pattern.damped = Some(damped);
        }
        if settings.pattern.forms(true, true).is_empty() {
            let message = "every form it allows is unstable: an additive error with multiplicative parts, or a \
                           multiplicative trend with an additive season";
            return Err(refuse("model", message.into()));
        }
        Ok(settings)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(settings: Value) -> Result<Settings, ModelError> {
        let spec = serde_json::json!({ "name": "m", "family": "ets", "settings": settings });
        Settings::read(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn settings_are_read_strictly() {
        use serde_json::json;
        let settings = read(json!({ "model": "AAA", "season": 12, "damped": true })).unwrap();
        assert_eq!(settings.pattern.only().unwrap().to_string(), "AAdA");
        assert_eq!(settings.season.length(7), 12);
        assert_eq!(read(json!({})).unwrap().season.length(5), 5);
        for wrong in [
            json!({ "model": "AXA" }),
            json!({ "model": "AAA", "season": "none" }),
            json!({ "season": 0 }),
            json!({ "season": 1_001 }),
            json!({ "model": "ANN", "damped": true }),
            json!({ "model": "AAdN", "damped": false }),
            json!({ "damped": 1 }),
            json!({ "term_seasons": 1 }),
            json!({ "seasons": "all" }),
            json!({ "model": "AZM" }),
            json!({ "lags": 7 }),
        ] {
            assert_eq!(read(wrong.clone()).unwrap_err().code(), "setting", "{wrong}");
        }
    }
}
