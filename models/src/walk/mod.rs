//! What the simplest models share: a level that is earlier levels plus an innovation.
//!
//! Levels are logarithms of prices when every training price is positive, else prices. A level is the one a season
//! before (a season of 1: the last one) plus a drift and an innovation of one of the laws of [`crate::innovations`]; a
//! walk may also start from the mean of the last few levels. Everything is linear in levels, so that medians and
//! moments are exact.

mod explain;
mod fit;
mod levels;
mod origin;
mod settings;

pub(crate) use explain::explain;
pub(crate) use fit::{Trained, finite, fitted, json_error};
pub(crate) use levels::Levels;
pub(crate) use settings::{read, whole};

use serde::{Deserialize, Serialize};

use crate::ModelError;
use crate::innovations::Law;

/// Longest season or window, in sessions.
pub(crate) const LONGEST: usize = 1_000;

/// Where a walk starts and what it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Lags {
    /// The level so many sessions before.
    Season(usize),
    /// The level before; the walk starts from the mean of the last so many.
    Window(usize),
}

impl Lags {
    /// Sessions back of the level that a level follows.
    fn season(self) -> usize {
        match self {
            Self::Season(season) => season,
            Self::Window(_) => 1,
        }
    }
}

/// A walk without its levels; the stored form of what is not `naive/1` or `random_walk/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Walk {
    /// Whether levels are logarithms.
    pub(crate) log: bool,
    /// Mean step of one session ahead.
    pub(crate) drift: f64,
    /// Mean step of the training window, from which residuals are measured.
    pub(crate) centre: f64,
    pub(crate) lags: Lags,
    /// Standard deviation of the level the walk starts from; 0 for a walk from the last level.
    pub(crate) start: f64,
    pub(crate) innovations: Law,
}

impl Walk {
    /// Refuses stored parameters that no fit can have written.
    pub(crate) fn checked(self) -> Result<Self, ModelError> {
        let (Lags::Season(length) | Lags::Window(length)) = self.lags;
        if !(1..=LONGEST).contains(&length) {
            return Err(ModelError::Corrupt(format!("{length} lags, there are 1 to {LONGEST}")));
        }
        if !(0.0..f64::INFINITY).contains(&self.start) {
            return Err(ModelError::Corrupt(format!("deviation {} of the start out of range", self.start)));
        }
        if !(self.drift.is_finite() && self.centre.is_finite()) {
            return Err(ModelError::Corrupt(format!("drift {} or {} out of range", self.drift, self.centre)));
        }
        match self.innovations.problem() {
            None => Ok(self),
            Some(problem) => Err(ModelError::Corrupt(problem)),
        }
    }

    /// Reads the stored form.
    pub(crate) fn load(bytes: &[u8]) -> Result<Self, ModelError> {
        serde_json::from_slice::<Self>(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?.checked()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn stored_nonsense_is_refused() {
        let walk = |text: &str| Walk::load(text.as_bytes());
        let sound = r#"{"log":true,"drift":0.0,"centre":0.0,"lags":{"season":1},"start":0.0,"innovations":{"normal":{"scale":1.0}}}"#;
        assert!(walk(sound).is_ok());
        for (part, damaged) in [
            ("\"scale\":1.0", "\"scale\":-1.0"),
            ("\"season\":1", "\"season\":0"),
            ("\"season\":1", "\"window\":1001"),
            ("{\"normal\":{\"scale\":1.0}}", "{\"bootstrap\":{\"residuals\":[]}}"),
            ("{\"normal\":{\"scale\":1.0}}", "{\"student\":{\"scale\":1.0,\"nu\":2.0}}"),
            ("{\"normal\":{\"scale\":1.0}}", "{\"garch\":{\"omega\":1.0,\"alpha\":0.5,\"beta\":0.5,\"nu\":5.0}}"),
            ("{\"normal\":{\"scale\":1.0}}", "{\"garch\":{\"omega\":0.0,\"alpha\":0.1,\"beta\":0.5,\"nu\":5.0}}"),
            ("\"start\":0.0", "\"start\":-1.0"),
            ("\"log\"", "\"lug\""),
        ] {
            let text = sound.replace(part, damaged);
            assert_ne!(text, sound);
            assert_eq!(walk(&text).unwrap_err().code(), "model_checksum", "{text}");
        }
    }
}
