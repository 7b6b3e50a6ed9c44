//! Names that two columns of one table would share.

use std::collections::BTreeSet;

use crate::settings::{LONGEST_HORIZON, Settings};
use crate::tables::{self, TableDef};
use crate::{EngineError, Result, tables_input};

/// Columns that views and queries of commands make beside those of the key, and that no table has.
pub const MADE: [&str; 8] =
    ["actual", "actual_date", "first_window", "is_actuals", "last_window", "models", "n", "origin"];

/// A name that two columns would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twice {
    /// Where they would stand.
    pub place: String,
    /// The name, in lower case.
    pub name: String,
}

/// The first name that two columns would have, whatever its case: neither Delta tables nor SQL without quotes tell
/// names by their case.
pub fn twice(settings: &Settings) -> Option<Twice> {
    let in_tables = keyed(settings).into_iter().find_map(|table| {
        let names = table.columns.fields().iter().map(|field| field.name().to_lowercase());
        Some(Twice { place: table.full_name(), name: repeated(names)? })
    });
    in_tables.or_else(|| {
        let mut keys = settings.dataset.key.iter().map(|key| key.to_lowercase());
        let name = keys.find(|key| MADE.contains(&key.as_str()))?;
        Some(Twice { place: "a view".into(), name })
    })
}

/// The first name that comes a second time.
pub(crate) fn repeated(mut names: impl Iterator<Item = String>) -> Option<String> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(name.clone()))
}

/// Every table that may have key columns, as wide as it may become.
fn keyed(settings: &Settings) -> Vec<TableDef> {
    let mut defs: Vec<TableDef> =
        settings.sources.iter().map(|source| tables_input::bronze(settings, source)).collect();
    defs.extend([
        tables_input::unified_data(settings),
        tables_input::model_input(settings),
        tables::trained_models(settings),
        tables::distributions(settings, tables::WIDEST),
        tables::distributions(settings, LONGEST_HORIZON),
        tables::point_forecasts(settings),
        tables::forecast_actuals(settings),
        tables::actual_paths(settings, LONGEST_HORIZON),
        tables::forecast_metadata(settings),
    ]);
    defs
}

/// Refuses settings that give two columns of a table one name.
///
/// # Errors
/// [`EngineError::Configuration`] naming the key or column.
pub fn check(settings: &Settings) -> Result<()> {
    let Some(Twice { place, name }) = twice(settings) else { return Ok(()) };
    let is_it = |own: &str| own.to_lowercase() == name;
    if let Some(key) = settings.dataset.key.iter().find(|key| is_it(key.as_str())) {
        let message = format!(
            "{place} has another column of this name; choose one such as {name}_key, and say in the sources which \
             column of the file it is: key = {{ {name}_key = \"…\" }}"
        );
        return Err(EngineError::Configuration { key: "dataset.key".into(), value: key.clone(), message });
    }
    let columns = settings.sources.iter().flat_map(|source| source.columns.iter().map(move |column| (source, column)));
    let mut meant = columns.filter(|(_, column)| is_it(column.name.as_str()) || is_it(tables_input::file_name(column)));
    let (key, value) = match meant.next() {
        Some((source, column)) => (format!("sources.{}.columns", source.name), column.name.clone()),
        None => ("sources".to_owned(), name.clone()),
    };
    let message = format!("{place} would have two columns called {name}; choose another name and use from");
    Err(EngineError::Configuration { key, value, message })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn settings(key: &str, columns: &str) -> Settings {
        let text = format!(
            "[dataset]\nname = \"d\"\nkey = [\"{key}\"]\ntarget = \"px\"\n[[sources]]\nname = \"p\"\npath = \"p.csv\"\n\
             bars = true\nkey = {{ \"{key}\" = \"k\" }}\ncolumns = [{{ name = \"px\" }}{columns}]\n"
        );
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn keys_that_a_table_or_view_has_already_are_refused() {
        let taken = "region status horizon seed path_id forecast_date data_cutoff_date training_cutoff_date day_ahead \
                     model_name scope key_bucket value day_3 day_300 actual_px lower_80 mae known_at models Region px";
        for key in taken.split_whitespace() {
            let refused = check(&settings(key, "")).unwrap_err().to_string();
            assert!(
                refused.contains("dataset.key") && refused.contains(&format!("{}_key", key.to_lowercase())),
                "{refused}"
            );
        }
        for key in ["k", "commodity", "key", "region_key", "Store", "series", "name", "id"] {
            assert_eq!(twice(&settings(key, "")), None, "{key}");
        }
    }

    #[test]
    fn values_that_stand_beside_others_of_their_name_are_refused() {
        let late = ", { name = \"rate\", max_staleness_days = 3 }, { name = \"rate_known_at\" }";
        let refused = check(&settings("k", late)).unwrap_err().to_string();
        assert!(refused.contains("sources.p.columns") && refused.contains("rate_known_at"), "{refused}");
        let cased = check(&settings("k", ", { name = \"PX\" }")).unwrap_err().to_string();
        assert!(cased.contains("sources.p.columns"), "{cased}");
        assert_eq!(twice(&settings("k", ", { name = \"status\" }, { name = \"seed\" }")), None);
    }
}
