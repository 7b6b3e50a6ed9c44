//! Rows under named columns.

use serde_json::{Map, Value};

use super::layout::{self, Shape};
use crate::look;

/// One column: its name in JSON, its title for people, how values are shown and how soon it is left out.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    name: String,
    title: String,
    shown: Shown,
    /// Columns with a higher rank are left out first where a table is too wide; 0 never.
    rank: u8,
    prose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shown {
    Text,
    Whole,
    Decimals(usize),
    Significant,
    Megabytes,
    Time,
}

impl Column {
    fn new(name: impl Into<String>, shown: Shown) -> Self {
        let name = name.into();
        Self { title: name.replace('_', " "), name, shown, rank: 0, prose: false }
    }

    /// Text, to the left.
    pub(crate) fn text(name: impl Into<String>) -> Self {
        Self::new(name, Shown::Text)
    }

    /// Sentences, to the left: they are wrapped within the column where there is too little room.
    pub(crate) fn prose(name: impl Into<String>) -> Self {
        Self { prose: true, ..Self::new(name, Shown::Text) }
    }

    /// Whole numbers, to the right.
    pub(crate) fn whole(name: impl Into<String>) -> Self {
        Self::new(name, Shown::Whole)
    }

    /// Numbers with so many decimals, to the right.
    pub(crate) fn decimals(name: impl Into<String>, decimals: usize) -> Self {
        Self::new(name, Shown::Decimals(decimals))
    }

    /// Numbers of any size, to the right: whole ones as they are, others with six significant digits.
    pub(crate) fn number(name: impl Into<String>) -> Self {
        Self::new(name, Shown::Significant)
    }

    /// Times as RFC 3339 has them, shown to the second.
    pub(crate) fn time(name: impl Into<String>) -> Self {
        Self::new(name, Shown::Time)
    }

    /// Numbers that are shown as they are told, to the right.
    pub(crate) fn told(name: impl Into<String>) -> Self {
        Self::new(name, Shown::Whole)
    }

    /// Bytes, shown as megabytes.
    pub(crate) fn bytes(name: impl Into<String>) -> Self {
        Self { title: "MB".into(), ..Self::new(name, Shown::Megabytes) }
    }

    /// The same with another title.
    pub(crate) fn titled(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// The same, left out where there is no room: higher ranks first.
    pub(crate) fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    fn show(&self, value: &Value) -> String {
        match (self.shown, value) {
            (_, Value::Null) => String::new(),
            (Shown::Decimals(decimals), Value::Number(number)) => {
                number.as_f64().map(|value| format!("{value:.decimals$}")).unwrap_or_default()
            }
            (Shown::Significant, Value::Number(number)) => number.as_f64().map(significant).unwrap_or_default(),
            (Shown::Megabytes, Value::Number(number)) => {
                number.as_f64().map(|bytes| format!("{:.1}", bytes / 1e6)).unwrap_or_default()
            }
            (Shown::Time, Value::String(text)) => {
                text.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
            }
            (_, Value::String(text)) => text.clone(),
            (_, Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(", "),
            (_, other) => other.to_string(),
        }
    }
}

/// Six significant digits; whole numbers, and what is too small or too large for a column, in their own way.
pub(crate) fn significant(value: f64) -> String {
    let digits = value.abs().log10().floor();
    match value {
        _ if value.fract() == 0.0 && value.abs() < 1e12 => format!("{value:.0}"),
        _ if !(-5.0..12.0).contains(&digits) => format!("{value:.3e}"),
        _ => format!("{value:.*}", (5.0 - digits).max(0.0) as usize),
    }
}

/// Rows under named columns.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

impl Listing {
    /// No rows yet.
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row with a value per column.
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = Value>) {
        self.rows.push(row.into_iter().collect());
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Each row as an object.
    pub(crate) fn objects(&self) -> impl Iterator<Item = Value> {
        self.rows.iter().map(|row| {
            let pairs = self.columns.iter().zip(row).map(|(column, value)| (column.name.clone(), value.clone()));
            Value::Object(pairs.collect::<Map<_, _>>())
        })
    }

    pub(super) fn value(&self) -> Value {
        Value::Array(self.objects().collect())
    }

    /// A table of at most `width` characters, with a line about what had to be left out.
    pub(crate) fn text(&self, width: Option<usize>) -> String {
        if self.is_empty() {
            return String::new();
        }
        let advice = if look::at_prompt() { "a wider terminal" } else { "-o wide" };
        self.table(width, advice)
    }

    /// The same; where there is no row, the names of the columns. `advice` says what shows the rest.
    pub(crate) fn table(&self, width: Option<usize>, advice: &str) -> String {
        let shapes: Vec<Shape> = self
            .columns
            .iter()
            .enumerate()
            .map(|(position, column)| Shape {
                title: column.title.clone(),
                right: column.shown != Shown::Text,
                rank: column.rank,
                prose: column.prose,
                cells: self
                    .rows
                    .iter()
                    .map(|row| row.get(position).map(|v| column.show(v)).unwrap_or_default())
                    .collect(),
            })
            .collect();
        layout::table(shapes, width, advice)
    }
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn numbers_have_six_significant_digits() {
        let shown = [0.0, 3.0, -12.0, 0.000_123_456_78, -0.5, 1_234.567_89, 1.5e-9, 2.5e15].map(significant);
        assert_eq!(shown, ["0", "3", "-12", "0.000123457", "-0.500000", "1234.57", "1.500e-9", "2.500e15"]);
    }
}
