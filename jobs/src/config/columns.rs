//! Names that settings have for keys and columns: each is one that a source gives.

use almanac_engine::settings::{Settings, Source};
use almanac_engine::{EngineError, Result, nearest, tables_input};

/// Columns that a model may use: those of the sources, and the count of regions beside them.
pub(crate) fn usable(settings: &Settings) -> Vec<&str> {
    let of_sources = tables_input::silver_columns(settings).into_iter().map(|column| column.name);
    of_sources.chain(["regions_present"]).collect()
}

/// Refuses what no source gives: a key, the target, a regressor of the configuration's own models. Built-in models that
/// are only chosen are not refused: they are skipped where the data lacks a column.
pub(super) fn check(settings: &Settings, bars: &Source) -> Result<()> {
    let refuse = |key: &str, value: &str, message: String| {
        Err(EngineError::Configuration { key: key.to_owned(), value: value.to_owned(), message })
    };
    let dataset = &settings.dataset;
    if let Some(key) = dataset.key.iter().find(|key| !bars.key.contains_key(*key)) {
        let hint = match bars.key.is_empty() {
            true => format!("; give it key = {{ {key} = \"COLUMN\" }} with the column of its file"),
            false => nearest::hint(key, "keys", bars.key.keys().map(String::as_str), usize::MAX),
        };
        let message = format!("the source of bars, {}, has no key of this name{hint}", bars.name);
        return refuse("dataset.key", key, message);
    }
    let columns = usable(settings);
    let absent = |name: &str, known: &[&str]| {
        let hint = nearest::hint(name, "columns", known.iter().copied(), usize::MAX);
        format!("no source has a column of this name{hint}")
    };
    let mut given = settings.sources.iter().flat_map(|source| &source.columns);
    if !given.any(|column| column.name == dataset.target) {
        let of_bars: Vec<&str> = bars.columns.iter().map(|column| column.name.as_str()).collect();
        return refuse("dataset.target", &dataset.target, absent(&dataset.target, &of_bars));
    }
    for model in &settings.models {
        let unknown = model.regressors.iter().find(|regressor| !columns.contains(&regressor.column.as_str()));
        if let Some(regressor) = unknown {
            let message = absent(&regressor.column, &columns);
            return refuse(&format!("models.{}.regressors", model.name), &regressor.column, message);
        }
    }
    Ok(())
}
