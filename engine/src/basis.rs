//! What all rows of a warehouse share, whatever their model version: key, target, calendar, and the settings that decide
//! the target's values. Input and actuals belong to the warehouse, so under another calendar or scale stored forecasts
//! would be scored against values that they were never made for.

use crate::delta::{Snapshot, Warehouse, of_any_columns};
use crate::settings::Settings;
use crate::tables;
use crate::{EngineError, Result, identity, tables_input};

/// Property of `silver.model_input` that holds the settings it was built under, as JSON.
pub const BASIS_PROPERTY: &str = "almanac.basis";

/// Setting of a column that decides which units are skipped, and no value.
const LIMIT: &str = ".max_staleness_days";

/// When a warehouse is held against its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Before a build, which lays out the input under today's settings.
    Build,
    /// Before what uses the input as it is.
    Use,
}

/// The settings that a warehouse shares, as one canonical line of JSON, keys in order.
///
/// # Errors
/// [`EngineError::Internal`] if they cannot be written as JSON.
pub fn of(settings: &Settings) -> Result<String> {
    let dataset = &settings.dataset;
    let mut basis = identity::column_settings(settings, &dataset.target)?;
    basis.retain(|key, _| !key.ends_with(LIMIT));
    basis.insert("dataset.key".into(), identity::json(&dataset.key)?);
    basis.insert("dataset.target".into(), identity::json(&dataset.target)?);
    basis.insert("dataset.calendar".into(), identity::json(&dataset.calendar)?);
    serde_json::to_string(&basis).map_err(|error| EngineError::Internal(error.to_string()))
}

/// Refuses settings other than those the warehouse was built under. Where nothing is trained a build may change them; a
/// warehouse that does not tell is taken as agreeing.
///
/// # Errors
/// [`EngineError::Basis`] names the setting; storage errors.
pub async fn check(warehouse: &Warehouse, settings: &Settings, before: Before) -> Result<()> {
    let input = tables_input::model_input(settings);
    let Some(found) = Snapshot::open(warehouse, &of_any_columns(&input)).await? else { return Ok(()) };
    let Some(stored) = found.property(BASIS_PROPERTY) else { return Ok(()) };
    let Some((key, stored, wanted)) = identity::difference(&stored, &of(settings)?) else { return Ok(()) };
    let remedy = match (holds_forecasts(warehouse, settings).await?, before) {
        (false, Before::Build) => return Ok(()),
        (false, Before::Use) => "nothing is trained yet, so `almanac build` may build it anew",
        (true, _) => "restore the setting, or take a warehouse of its own",
    };
    Err(EngineError::Basis { table: input.full_name(), key, stored, wanted, remedy })
}

/// Whether there is a model or a forecast, of whatever version.
async fn holds_forecasts(warehouse: &Warehouse, settings: &Settings) -> Result<bool> {
    for def in [tables::trained_models(settings), tables::point_forecasts(settings), tables::distributions(settings, 0)]
    {
        let found = Snapshot::open(warehouse, &of_any_columns(&def)).await?;
        if let Some(found) = found
            && !found.files()?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SETTINGS: &str = r#"
        [dataset]
        name = "d"
        key = ["item"]
        target = "px"
        calendar = "trading"

        [[sources]]
        name = "bars"
        path = "p.csv"
        bars = true
        key = { item = "k" }
        columns = [{ name = "px" }, { name = "volume" }]
    "#;

    #[test]
    fn what_decides_the_targets_values_is_shared() {
        let of = |text: &str| super::of(&toml::from_str(text).unwrap()).unwrap();
        // what is replaced by what, and the key that differs then
        let cases = [
            ("\"trading\"", "\"daily\"", Some("dataset.calendar")),
            ("target = \"px\"", "target = \"volume\"", Some("dataset.target")),
            ("{ name = \"px\" }", "{ name = \"px\", scale = 2.0 }", Some("sources.columns.px.scale")),
            ("{ name = \"px\" }", "{ name = \"px\", max_staleness_days = 2 }", None),
            ("{ name = \"volume\" }", "{ name = \"volume\", scale = 2.0 }", None),
            ("path = \"p.csv\"", "path = \"q.csv\"", None),
        ];
        for (old, new, key) in cases {
            let found = identity::difference(&of(SETTINGS), &of(&SETTINGS.replace(old, new)));
            assert_eq!(found.as_ref().map(|(key, ..)| key.as_str()), key, "{new}");
        }
    }
}
