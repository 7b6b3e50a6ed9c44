//! What a command asks for: keys, models, dates, and the conditions of `--select`.

use almanac_models::Day;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::plan::job::key_values;
use crate::{EngineError, Result};

/// A choice of units. Empty lists choose everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// Keys, as [`shown_key`] has them.
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
    /// Parses `model=naive|xgboost,key!=Sugar,from=2021-01-01`. A comma or `|` with a backslash before it is part of a
    /// name: `key=a\|b` is the key `a|b`.
    ///
    /// # Errors
    /// [`EngineError::Configuration`] naming the condition and what is accepted.
    pub fn parse_list(text: &str) -> Result<Vec<Self>> {
        parts(text, ',').into_iter().map(str::trim).filter(|part| !part.is_empty()).map(Self::parse).collect()
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
        let literal = |name: &str| name.trim().replace("\\,", ",").replace("\\|", "|");
        let names: Vec<String> = parts(right, '|').into_iter().map(literal).collect();
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

/// Parts of a text between separators; one with a backslash before it is none.
fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, found) in text.match_indices(separator) {
        if !text[..at].ends_with('\\') {
            parts.push(&text[start..at]);
            start = at + found.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Keys of a list that is separated by commas; a comma with a backslash before it is part of a key. Other backslashes
/// are themselves, so that a key is named as it is shown.
pub fn listed_keys(text: &str) -> Vec<String> {
    parts(text, ',').into_iter().map(|key| key.replace("\\,", ",")).collect()
}

/// A key as people write it: its values joined by `|`. Of several values, each `|` and backslash in one has a backslash
/// before it, so that no two keys are written alike.
pub fn shown_key<S: AsRef<str>>(values: &[S]) -> String {
    match values {
        [value] => value.as_ref().to_owned(),
        values => {
            let escaped = values.iter().map(|value| value.as_ref().replace('\\', "\\\\").replace('|', "\\|"));
            escaped.collect::<Vec<_>>().join("|")
        }
    }
}

/// [`shown_key`] of a key tuple's text.
pub fn display_key(text: &str) -> String {
    shown_key(&key_values(text))
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
    fn separators_with_a_backslash_are_part_of_names() {
        let chosen = |text: &str, key: &str| {
            let conditions = Condition::parse_list(text).unwrap_or_default();
            Selection { conditions, ..Selection::default() }.key(key)
        };
        let tuple = "a\u{1f}b\u{1f}c";
        assert!(chosen(r"key=a\|b\|c", tuple) && chosen(r"key=x|a\|b\|c,from=2021-01-01", tuple));
        assert!(!chosen(r"key!=a\|b\|c", tuple) && !chosen("key=a|b|c", tuple));
        assert!(chosen(r"key=a\,b|c", "a,b") && chosen(r"key=a\b", r"a\b"));
        assert_eq!(listed_keys(r"a\,b,c|d,e\f"), ["a,b", "c|d", r"e\f"]);
    }

    #[test]
    fn no_two_keys_are_written_alike() {
        let keys = [["a|b", "c", "z"], ["a", "b|c", "z"], [r"a\", "b", "c|z"], [r"a\|b", "c", "z"], ["a", r"b\", "z"]];
        let shown: std::collections::BTreeSet<String> = keys.iter().map(|key| shown_key(key)).collect();
        assert_eq!(shown.len(), keys.len(), "{shown:?}");
        assert_eq!(shown_key(&["Coffee", "NYB"]), "Coffee|NYB");
        assert_eq!(shown_key(&[r"a|b\c"]), r"a|b\c");
        let (first, second) = ("a|b\u{1f}c\u{1f}z", "a\u{1f}b|c\u{1f}z");
        assert_eq!(display_key(first), r"a\|b|c|z");
        let selection = Selection { keys: listed_keys(r"a\|b|c|z"), ..Selection::default() };
        assert!(selection.key(first) && !selection.key(second));
    }

    #[test]
    fn a_wrong_condition_is_named() {
        for wrong in ["model", "colour=red", "from!=2021-01-01", "key=", "from=yesterday"] {
            assert!(Condition::parse_list(wrong).is_err(), "{wrong}");
        }
    }
}
