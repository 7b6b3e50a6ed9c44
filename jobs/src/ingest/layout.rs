//! What a source's file must hold: the columns wanted of it and the role of each.

use almanac_engine::settings::{Settings, Source};
use almanac_engine::tables_input::{QUARANTINE, bronze_names, file_name, source_keys};
use almanac_engine::{EngineError, Result};

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
    /// Column of the bronze table.
    pub(super) bronze: String,
    /// Texts that are accepted; `None`: the column is a number.
    pub(super) texts: Option<Vec<String>>,
}

impl Layout {
    pub(super) fn of(settings: &Settings, source: &Source) -> Self {
        let values = source.columns.iter().zip(bronze_names(settings, source)).map(|(column, bronze)| ValueColumn {
            from: file_name(column).to_owned(),
            bronze,
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
                let message = format!("column {name:?} is missing; the file has {}", header.join(", "));
                return Err(self.refuse(None, None, message));
            };
            if places.next().is_some() {
                return Err(self.refuse(Some(1), None, format!("column {name:?} appears more than once")));
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
        EngineError::Input { place, message: message.into() }
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

/// Refuses source settings that cannot mean anything.
///
/// # Errors
/// [`EngineError::Configuration`] naming the source.
pub(crate) fn check_sources(settings: &Settings) -> Result<()> {
    let refuse = |key: String, value: &str, message: &str| {
        Err(EngineError::Configuration { key, value: value.into(), message: message.into() })
    };
    let bars: Vec<&Source> = settings.sources.iter().filter(|source| source.bars).collect();
    let [bars] = bars.as_slice() else {
        return refuse("sources.bars".into(), &bars.len().to_string(), "exactly one source must have bars = true");
    };
    if let Some(key) = settings.dataset.key.iter().find(|key| !bars.key.contains_key(*key)) {
        return refuse(format!("sources.{}.key", bars.name), key, "the source of bars must carry every dataset key");
    }
    if !bars.columns.iter().any(|column| column.name == settings.dataset.target) {
        let message = "the source of bars must carry the target";
        return refuse("dataset.target".into(), &settings.dataset.target, message);
    }
    if bars.publication_lag_days != 0 || bars.known_at.is_some() || bars.region.is_some() {
        let message =
            "the source of bars has no publication lag, known_at or region: a forecast has seen its origin's bar";
        return refuse(format!("sources.{}", bars.name), "bars = true", message);
    }
    for (i, source) in settings.sources.iter().enumerate() {
        let key = format!("sources.{}", source.name);
        if source.name == QUARANTINE || settings.sources[..i].iter().any(|other| other.name == source.name) {
            return refuse(key, &source.name, "the name is taken; every source needs its own");
        }
        if let Some(unknown) = source.key.keys().find(|name| !settings.dataset.key.contains(name)) {
            return refuse(format!("{key}.key"), unknown, "not a dataset key");
        }
        if source.columns.is_empty() {
            return refuse(format!("{key}.columns"), "[]", "at least one column is needed");
        }
        for column in &source.columns {
            let reserved = ["date", "is_trading_day", "region", "regions_present", "key_bucket", "known_at"];
            if reserved.contains(&column.name.as_str()) || settings.dataset.key.contains(&column.name) {
                return refuse(
                    format!("{key}.columns"),
                    &column.name,
                    "the name is reserved; choose another and use from",
                );
            }
            if column.scale.is_some_and(|scale| !scale.is_finite()) {
                return refuse(
                    format!("{key}.columns.{}.scale", column.name),
                    "not finite",
                    "a finite number is needed",
                );
            }
        }
    }
    Ok(())
}
