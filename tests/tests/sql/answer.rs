//! Answers as the scripts write them.
//!
//! `NULL` is a null, `(empty)` an empty text. Truth values, dates and lists are texts, lists as JSON. Reals, also those
//! inside lists, are rounded to ten significant digits.

use serde_json::Value;
use sqllogictest::{ColumnType, DBOutput};

use crate::engine::{Refusal, Row};

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Real,
    /// Of a column that holds nothing but nulls.
    Unknown,
}

impl ColumnType for Kind {
    fn from_char(value: char) -> Option<Self> {
        match value {
            'T' => Some(Self::Text),
            'I' => Some(Self::Integer),
            'R' => Some(Self::Real),
            _ => None,
        }
    }

    fn to_char(&self) -> char {
        match self {
            Self::Text => 'T',
            Self::Integer => 'I',
            Self::Real => 'R',
            Self::Unknown => '?',
        }
    }
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Unknown,
            Value::Number(number) if number.is_f64() => Self::Real,
            Value::Number(_) => Self::Integer,
            Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => Self::Text,
        }
    }
}

/// Types and texts of an answer; one without rows has no types.
pub(crate) fn output(rows: &[Row]) -> Result<DBOutput<Kind>, Refusal> {
    let wrong = |message: String| Refusal { code: Some(0), message };
    let mut types = vec![Kind::Unknown; rows.first().map_or(0, |row| row.0.len())];
    for Row(row) in rows {
        if row.len() != types.len() {
            return Err(wrong(format!("rows of {} and of {} columns", types.len(), row.len())));
        }
        for (column, (known, value)) in types.iter_mut().zip(row).enumerate() {
            match (&*known, Kind::of(value)) {
                (_, Kind::Unknown) => {}
                (Kind::Unknown, found) => *known = found,
                (known, found) if *known == found => {}
                (known, found) => return Err(wrong(format!("column {column} is {known:?} and {found:?}"))),
            }
        }
    }
    Ok(DBOutput::Rows { types, rows: rows.iter().map(|row| row.0.iter().map(shown).collect()).collect() })
}

/// The number and types of the columns are those expected; a null has any type.
#[expect(clippy::ptr_arg, reason = "the signature that the runner takes")]
pub(crate) fn same_types(found: &Vec<Kind>, expected: &Vec<Kind>) -> bool {
    let fits = |(found, expected): (&Kind, &Kind)| *found == Kind::Unknown || found == expected;
    found.is_empty() || found.len() == expected.len() && found.iter().zip(expected).all(fits)
}

/// The rows are those expected, blank for blank, whatever the runner's normalizer would forgive.
pub(crate) fn same_rows(_: fn(&String) -> String, found: &[Vec<String>], expected: &[String]) -> bool {
    found.iter().map(|row| row.join(" ")).eq(expected.iter().cloned())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => text.replace('\n', "\\n"),
        other => json(other),
    }
}

/// JSON with rounded reals.
fn json(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::Number(number) if number.is_f64() => number.as_f64().map_or_else(|| number.to_string(), rounded),
        other => other.to_string(),
    }
}

/// The nearest number of ten significant digits.
fn rounded(real: f64) -> String {
    format!("{real:.9e}").parse::<f64>().map_or_else(|_| real.to_string(), |rounded| rounded.to_string())
}
