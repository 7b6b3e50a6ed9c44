//! Settings of the family.

use super::recursion::Kind;
use crate::decompose::Kind as Decomposition;
use crate::ets::{MAX_SEASON, Season};
use crate::lately::Lately;
use crate::{ModelError, ModelSpec};

/// What a specification says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// One model, or none: chosen.
    pub(super) kind: Option<Kind>,
    pub(super) season: Season,
    pub(super) decomposition: Decomposition,
    pub(super) lately: Lately,
}

impl Settings {
    /// Reads `model`, `season`, `decomposition`, `seasons` and `term_seasons`.
    pub(super) fn read(spec: &ModelSpec) -> Result<Self, ModelError> {
        let refuse = |setting: &str, message: String| spec.refuse(setting, message);
        let decomposition = Decomposition::Multiplicative;
        let mut settings = Self { kind: None, season: Season::Week, decomposition, lately: Lately::default() };
        for (setting, value) in &spec.settings {
            let wrong = |accepted: &str| refuse(setting, format!("{value} is not {accepted}"));
            match setting.as_str() {
                "model" if value.as_str() == Some("auto") => settings.kind = None,
                "model" => {
                    let kind = Kind::ALL.into_iter().find(|kind| value.as_str() == Some(kind.name()));
                    settings.kind =
                        Some(kind.ok_or_else(|| wrong("\"auto\", \"STM\", \"OTM\", \"DSTM\" or \"DOTM\""))?);
                }
                "season" => {
                    let accepted = format!("\"week\", \"none\" or a whole number up to {MAX_SEASON}");
                    settings.season = Season::read(value).ok_or_else(|| wrong(&accepted))?;
                }
                "decomposition" => {
                    settings.decomposition = match value.as_str() {
                        Some("multiplicative") => Decomposition::Multiplicative,
                        Some("additive") => Decomposition::Additive,
                        _ => return Err(wrong("\"multiplicative\" or \"additive\"")),
                    }
                }
                "seasons" | "term_seasons" => {
                    settings.lately.set(setting, value).map_err(|accepted| wrong(&accepted))?;
                }
                _ => {
                    let known = "unknown; theta has model, season, decomposition, seasons and term_seasons";
                    return Err(refuse(setting, known.into()));
                }
            }
        }
        Ok(settings)
    }
}
