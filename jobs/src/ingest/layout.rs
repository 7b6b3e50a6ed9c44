//! What a source's file must hold: the columns wanted of it and the role of each.

use almanac_engine::settings::{Settings, Source};
use almanac_engine::tables_input::{file_name, source_keys};
use almanac_engine::{EngineError, Result, nearest};

/// Columns of a file, by role. Readers for CSV and Parquet follow it.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// File as configured, for messages.
    pub(super) file: String,
    pub(super) date: String,
    pub(super) known_at: Option<String>,
    /// (dataset key column, column of the file), in the dataset's order.
    pub(super) keys: Vec<(String, String)>,
    pub(super) region: Option<String>,
    pub(super) values: Vec<ValueColumn>,
    pub(super) lag_days: i32,
}

/// One value column of a file.
#[derive(Debug, Clone)]
pub(super) struct ValueColumn {
    /// Column of the file.
    pub(super) from: String,
    /// Texts that are accepted; `None`: the column is a number.
    pub(super) texts: Option<Vec<String>>,
}

impl Layout {
    pub(super) fn of(settings: &Settings, source: &Source) -> Self {
        let values = source.columns.iter().map(|column| ValueColumn {
            from: file_name(column).to_owned(),
            texts: (!column.map.is_empty()).then(|| column.map.keys().cloned().collect()),
        });
        Self {
            file: source.path.clone(),
            date: source.date.clone(),
            known_at: source.known_at.clone(),
            keys: source_keys(settings, source).map(|key| (key.to_owned(), source.key[key].clone())).collect(),
            region: source.region.clone(),
            values: values.collect(),
            lag_days: source.publication_lag_days,
        }
    }

    /// Finds the columns in the file's header by `position`; the error names the first one missing.
    pub(super) fn locate(&self, header: &[String]) -> Result<Located> {
        let find = |name: &str| -> Result<usize> {
            let mut places = header.iter().enumerate().filter(|(_, column)| *column == name).map(|(i, _)| i);
            let Some(place) = places.next() else {
                let meant = nearest::nearest(name, header.iter().map(String::as_str));
                let meant = meant.map(|meant| format!("did you mean {meant:?}? ")).unwrap_or_default();
                let message = format!("column {name:?} is missing; {meant}the file has {}", header.join(", "));
                return Err(self.refuse(None, None, message).of_value(name));
            };
            if places.next().is_some() {
                let message = format!("column {name:?} appears more than once");
                return Err(self.refuse(Some(1), None, message).of_value(name));
            }
            Ok(place)
        };
        Ok(Located {
            date: find(&self.date)?,
            known_at: self.known_at.as_deref().map(find).transpose()?,
            keys: self.keys.iter().map(|(_, column)| find(column)).collect::<Result<_>>()?,
            region: self.region.as_deref().map(find).transpose()?,
            values: self.values.iter().map(|column| find(&column.from)).collect::<Result<_>>()?,
        })
    }

    /// The error for a file that is refused as a whole.
    pub(super) fn refuse(&self, line: Option<u64>, column: Option<&str>, message: impl Into<String>) -> EngineError {
        let mut place = self.file.clone();
        if let Some(line) = line {
            place.push_str(&format!(", line {line}"));
        }
        if let Some(column) = column {
            place.push_str(&format!(", column {column}"));
        }
        EngineError::input(place, message)
    }
}

/// Positions of a layout's columns in one file.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub(super) date: usize,
    pub(super) known_at: Option<usize>,
    pub(super) keys: Vec<usize>,
    pub(super) region: Option<usize>,
    pub(super) values: Vec<usize>,
}
