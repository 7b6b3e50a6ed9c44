//! What a command asks for: keys, models, dates, and the conditions of `--select`.

use almanac_models::Day;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::plan::job::key_values;
use crate::{EngineError, Result};

/// A choice of units. Empty lists choose everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// Keys, as `value` or `value|value` for several key columns.
    pub keys: Vec<String>,
    /// First origin.
    pub from: Option<Day>,
    /// Last origin.
    pub to: Option<Day>,
    /// Most units of work.
    pub limit: Option<usize>,
    /// Whole cells that are redone although they exist.
    pub force: bool,
    /// Cells whose rows were made from older inputs are redone.
    pub refresh_stale: bool,
    /// A horizon longer than what is stored adds days to it.
    pub widen: bool,
    /// Forecasts keep points and intervals; paths that are not stored stay so.
    #[serde(default)]
    pub no_paths: bool,
    /// Further conditions.
    pub conditions: Vec<Condition>,
}

/// One condition of `--select`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    /// `model=a|b` or `model!=a`.
    Model {
        /// Whether listed names are chosen or left out.
        equal: bool,
        /// Names.
        names: Vec<String>,
    },
    /// `key=a|b` or `key!=a`.
    Key {
        /// Whether listed keys are chosen or left out.
        equal: bool,
        /// Keys.
        names: Vec<String>,
    },
    /// `from=DATE`.
    From(Day),
    /// `to=DATE`.
    To(Day),
}

/// Day number of an ISO date.
///
/// # Errors
/// [`EngineError::Configuration`] naming `key`.
pub fn parse_day(key: &str, text: &str) -> Result<Day> {
    let date: NaiveDate = text.parse().map_err(|_| EngineError::Configuration {
        key: key.to_owned(),
        value: text.to_owned(),
        message: "expected a date as YYYY-MM-DD".into(),
    })?;
    Ok(day_of(date))
}

/// Day number of a date.
pub fn day_of(date: NaiveDate) -> Day {
    (date - NaiveDate::default()).num_days() as Day
}

impl Condition {
    /// Parses `model=naive|xgboost,key!=Sugar,from=2021-01-01`.
    ///
    /// # Errors
    /// [`EngineError::Configuration`] naming the condition and what is accepted.
    pub fn parse_list(text: &str) -> Result<Vec<Self>> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Self::parse).collect()
    }

    fn parse(text: &str) -> Result<Self> {
        let refused = || EngineError::Configuration {
            key: "--select".into(),
            value: text.to_owned(),
            message: "expected model=A|B, model!=A, key=A|B, key!=A, from=DATE or to=DATE, separated by commas".into(),
        };
        let (left, right) = text.split_once('=').ok_or_else(refused)?;
        let (field, equal) = match left.strip_suffix('!') {
            Some(field) => (field.trim(), false),
            None => (left.trim(), true),
        };
        let names: Vec<String> = right.split('|').map(|name| name.trim().to_owned()).collect();
        if names.iter().any(String::is_empty) {
            return Err(refused());
        }
        match (field, equal) {
            ("model", equal) => Ok(Self::Model { equal, names }),
            ("key", equal) => Ok(Self::Key { equal, names }),
            ("from", true) => Ok(Self::From(parse_day("--select from", right.trim())?)),
            ("to", true) => Ok(Self::To(parse_day("--select to", right.trim())?)),
            _ => Err(refused()),
        }
    }
}

/// A key as people write it.
pub fn display_key(text: &str) -> String {
    key_values(text).join("|")
}

impl Selection {
    /// Whether a key is asked for.
    pub fn key(&self, key: &str) -> bool {
        let shown = display_key(key);
        let listed = self.keys.is_empty() || self.keys.contains(&shown);
        listed
            && self.conditions.iter().all(|condition| match condition {
                Condition::Key { equal, names } => names.contains(&shown) == *equal,
                _ => true,
            })
    }

    /// Whether a model is asked for.
    pub fn model(&self, name: &str) -> bool {
        self.conditions.iter().all(|condition| match condition {
            Condition::Model { equal, names } => names.iter().any(|n| n == name) == *equal,
            _ => true,
        })
    }

    /// Keys that are named anywhere in the selection.
    pub fn named_keys(&self) -> impl Iterator<Item = &str> {
        let conditions = self.conditions.iter().flat_map(|condition| match condition {
            Condition::Key { names, .. } => names.as_slice(),
            _ => &[],
        });
        self.keys.iter().chain(conditions).map(String::as_str)
    }

    /// Models that are named in conditions.
    pub fn named_models(&self) -> impl Iterator<Item = &str> {
        let names = self.conditions.iter().flat_map(|condition| match condition {
            Condition::Model { names, .. } => names.as_slice(),
            _ => &[],
        });
        names.map(String::as_str)
    }

    /// First and last origin asked for.
    pub fn origins(&self) -> (Day, Day) {
        let mut first = self.from.unwrap_or(Day::MIN);
        let mut last = self.to.unwrap_or(Day::MAX);
        for condition in &self.conditions {
            match condition {
                Condition::From(day) => first = first.max(*day),
                Condition::To(day) => last = last.min(*day),
                _ => {}
            }
        }
        (first, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_parsed_and_applied() {
        let conditions = Condition::parse_list("model=naive|xgboost,key!=Sugar,from=2021-01-01").unwrap_or_default();
        let selection = Selection { conditions, ..Selection::default() };
        assert!(selection.model("naive") && selection.model("xgboost") && !selection.model("random_walk"));
        assert!(selection.key("Coffee") && !selection.key("Sugar"));
        assert_eq!(selection.origins().0, 18_628);
    }

    #[test]
    fn a_wrong_condition_is_named() {
        for wrong in ["model", "colour=red", "from!=2021-01-01", "key=", "from=yesterday"] {
            assert!(Condition::parse_list(wrong).is_err(), "{wrong}");
        }
    }
}
