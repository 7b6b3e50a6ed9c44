//! Every table by name, for `sql`, `tables` and `maintain`, and the named queries.

use std::sync::Arc;

use almanac_engine::EngineError;
use almanac_engine::cluster;
use almanac_engine::delta::{Snapshot, Version, at_as_stored, open_as_stored, session_with};
use almanac_engine::runner::Runner;
use almanac_engine::settings::Settings;
use almanac_engine::tables::{self, TableDef};
use almanac_engine::{nearest, regenerate, tables_input, width};
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::{Session, views};
use crate::exit::{Failure, Outcome};

/// Every table that the settings define, whether it exists or not.
pub(crate) fn all(settings: &Settings) -> Vec<TableDef> {
    let mut defs: Vec<TableDef> =
        settings.sources.iter().map(|source| tables_input::bronze(settings, source)).collect();
    defs.extend([
        tables_input::quarantine(),
        tables_input::unified_data(settings),
        tables_input::model_input(settings),
        tables::trained_models(settings),
        tables::distributions(settings, settings.forecast.horizon),
        tables::point_forecasts(settings),
        tables::actual_paths(settings, settings.forecast.horizon),
        tables::forecast_actuals(settings),
        tables::forecast_metadata(settings),
        tables::runs(),
        tables::units(),
        crate::accuracy::table(),
    ]);
    defs
}

/// A table's latest version, if it exists; tables with the days ahead as they are stored, whatever horizon is configured.
async fn open(session: &Session, def: &TableDef) -> Result<Option<Snapshot>, EngineError> {
    match (def.schema_name.as_str(), def.name.as_str()) {
        ("forecast", "distributions") => width::distributions(&session.warehouse, &session.settings).await,
        ("forecast", "actual_paths") => width::actual_paths(&session.warehouse, &session.settings).await,
        // a column that the configuration has gained is there once it is built
        ("bronze" | "silver", _) => open_as_stored(&session.warehouse, def).await,
        _ => Snapshot::open(&session.warehouse, def).await,
    }
}

/// The tables that exist, or the one named.
pub(crate) async fn existing(session: &Session, name: Option<&str>) -> Outcome<Vec<TableDef>> {
    let defs = all(&session.settings);
    if let Some(name) = name
        && !defs.iter().any(|def| def.full_name() == name)
    {
        return Err(unknown(name, defs.iter().map(TableDef::full_name).collect()));
    }
    let mut found = Vec::new();
    for def in defs.into_iter().filter(|def| name.is_none_or(|name| def.full_name() == name)) {
        found.extend(open(session, &def).await?.map(|snapshot| snapshot.def().clone()));
    }
    Ok(found)
}

/// The refusal of a table's name, with what there is.
pub(crate) fn unknown(name: &str, known: Vec<String>) -> Failure {
    let hint = nearest::hint(name, "tables", known.iter().map(String::as_str), known.len());
    EngineError::NotFound { what: "table", name: name.to_owned(), hint }.into()
}

/// Names of the tables that are defined and of the views that there are, as `schema.name`.
pub(crate) fn names(session: &Session, context: &SessionContext) -> Vec<String> {
    let mut names: Vec<String> = all(&session.settings).iter().map(TableDef::full_name).collect();
    names.extend(readable(context));
    names.sort();
    names.dedup();
    names
}

/// Names of the tables and views that can be read.
pub(crate) fn readable(context: &SessionContext) -> Vec<String> {
    let Some(catalog) = context.catalog("almanac") else { return Vec::new() };
    let mut names = Vec::new();
    for schema in catalog.schema_names().into_iter().filter(|schema| schema != "information_schema") {
        let tables = catalog.schema(&schema).map(|schema| schema.table_names()).unwrap_or_default();
        names.extend(tables.iter().map(|table| format!("{schema}.{table}")));
    }
    names
}

/// `schema.name` of a table or view that is named with or without its schema.
pub(crate) fn full_name(session: &Session, context: &SessionContext, name: &str) -> Outcome<String> {
    let known = names(session, context);
    let matches = |full: &&String| *full == name || full.split_once('.').is_some_and(|(_, short)| short == name);
    match known.iter().find(matches) {
        Some(full) => Ok(full.clone()),
        None => match readable(context) {
            there if there.is_empty() => {
                let hint = "; run `almanac ingest` first, the warehouse has no table yet".to_owned();
                Err(EngineError::NotFound { what: "table", name: name.to_owned(), hint }.into())
            }
            there => Err(unknown(name, there)),
        },
    }
}

/// The latest version of the table of a full name, if it is one of ours and exists.
pub(crate) async fn snapshot(session: &Session, name: &str) -> Outcome<Option<Snapshot>> {
    match all(&session.settings).into_iter().find(|def| def.full_name() == name) {
        Some(def) => Ok(open(session, &def).await?),
        None => Ok(None),
    }
}

/// Another version of a table that is open.
pub(crate) async fn at(session: &Session, latest: &Snapshot, number: u64) -> Outcome<Snapshot> {
    // days may have been added since: of an earlier version only the columns of any horizon can be asked for
    let def = match latest.def().full_name().as_str() {
        "forecast.distributions" => tables::distributions(&session.settings, 0),
        "forecast.actual_paths" => tables::actual_paths(&session.settings, 0),
        _ => latest.def().clone(),
    };
    let version = Version { number, ..latest.identity() };
    Ok(at_as_stored(&session.warehouse, &def, &version).await?)
}

/// A session in which every existing table is `schema.name`, with our functions and views.
pub(crate) async fn context(session: &Session) -> Outcome<SessionContext> {
    let config = match &session.runner {
        Runner::Embedded => SessionConfig::new(),
        Runner::Cluster(cluster) => cluster::query_config(cluster.vcores().await?),
    };
    let config = config.with_default_catalog_and_schema("almanac", "forecast").with_information_schema(true);
    let context = session_with(config);
    almanac_udfs::register(&context);
    regenerate::register(&context, session.warehouse.root().as_str(), &session.settings);
    let catalog = Arc::new(MemoryCatalogProvider::new());
    for schema in ["bronze", "silver", "forecast", "experiments", "ops"] {
        catalog.register_schema(schema, Arc::new(MemorySchemaProvider::new()))?;
    }
    let mut stored = views::Stored::default();
    for def in all(&session.settings) {
        let Some(snapshot) = open(session, &def).await? else { continue };
        stored.note(&def, &snapshot);
        if let Some(schema) = catalog.schema(&def.schema_name) {
            schema.register_table(def.name.clone(), snapshot.provider())?;
        }
    }
    context.register_catalog("almanac", catalog);
    for view in views::all(&session.settings, &stored) {
        if view.needs.iter().all(|table| context.table_exist(*table).unwrap_or(false)) {
            context.sql(&format!("CREATE VIEW forecast.{} AS {}", view.name, view.query)).await?;
        }
    }
    Ok(context)
}

/// Named queries: name, what it answers, text.
pub(crate) fn named(settings: &Settings) -> Vec<(&'static str, &'static str, String)> {
    let key = settings.dataset.key.iter().map(|key| format!("\"{key}\"")).collect::<Vec<_>>().join(", ");
    let widest = settings.forecast.levels.last();
    let ends = widest.map(|level| format!(", lower_{level}, upper_{level}")).unwrap_or_default();
    let intervals: String =
        settings.forecast.levels.iter().map(|level| format!(", lower_{level}, upper_{level}")).collect();
    let coverage = widest.map(|level| {
        format!(
            ", avg(CASE WHEN \"actual_{}\" BETWEEN lower_{level} AND upper_{level} THEN 1.0 ELSE 0.0 END) AS coverage_{level}",
            settings.dataset.target
        )
    });
    let coverage = coverage.unwrap_or_default();
    let own_key = settings.dataset.key.iter().map(|key| format!("\"{key}\" = CAST(${key} AS TEXT)"));
    vec![
        (
            "forecast",
            "one forecast beside what came; takes --param for each key column, model and origin",
            format!(
                "SELECT day_ahead, forecast_date, forecast_point{intervals}, \"actual_{t}\" \
                 FROM forecast.point_forecasts_with_actuals WHERE {own_key} AND model_name = $model \
                 AND data_cutoff_date = $origin AND model_version = '{version}' ORDER BY day_ahead",
                t = settings.dataset.target,
                own_key = own_key.collect::<Vec<_>>().join(" AND "),
                version = settings.forecast.model_version.replace('\'', "''"),
            ),
        ),
        (
            "model-counts",
            "trained models per key and model, with first and last window",
            format!("SELECT * FROM forecast.trained_model_counts ORDER BY {key}, model_name"),
        ),
        (
            "latest-points",
            "the newest forecast of every key, model and version",
            format!(
                "SELECT {key}, model_name, model_version, data_cutoff_date, day_ahead, forecast_date, forecast_point{ends} \
                 FROM (SELECT *, max(data_cutoff_date) \
                 OVER (PARTITION BY {key}, model_name, model_version) AS newest FROM forecast.point_forecasts) \
                 WHERE data_cutoff_date = newest ORDER BY {key}, model_name, model_version, day_ahead"
            ),
        ),
        (
            "accuracy",
            "mean absolute error of the points and coverage of the widest interval, by key, model, version and day ahead",
            format!(
                "SELECT {key}, model_name, model_version, day_ahead, count(*) AS forecasts, \
                 avg(abs(forecast_point - \"actual_{t}\")) AS mae{coverage} \
                 FROM forecast.point_forecasts_with_actuals WHERE \"actual_{t}\" IS NOT NULL \
                 GROUP BY {key}, model_name, model_version, day_ahead \
                 ORDER BY {key}, model_name, model_version, day_ahead",
                t = settings.dataset.target
            ),
        ),
        (
            "accuracy-by-window",
            "mean absolute error by key, model and training window, at days 1, 7 and H and over all days",
            accuracy_by_window(settings, &key),
        ),
        (
            "outcomes",
            "units of every run by step, model, status and reason",
            "SELECT run_id, step, model_name, status, reason, count(*) AS units, sum(forecasts) AS forecasts \
             FROM ops.units GROUP BY run_id, step, model_name, status, reason ORDER BY run_id, step, model_name, status"
                .to_owned(),
        ),
    ]
}

/// MAE of the forecasts of each window, of the days that are known; `mae_mean` is over days 1 to H.
fn accuracy_by_window(settings: &Settings, key: &str) -> String {
    let horizon = settings.forecast.horizon;
    let days = [1, 7].into_iter().filter(|day| *day < horizon).chain([horizon]);
    let at = days.map(|day| format!("avg(CASE WHEN horizon = {day} THEN mae END) AS mae_{day}"));
    format!(
        "SELECT {key}, model_name, model_version, CAST(training_cutoff_date + INTERVAL '1 day' AS DATE) AS window_start, \
         count(DISTINCT data_cutoff_date) AS forecasts, {}, avg(mae) AS mae_mean \
         FROM forecast.forecast_metadata WHERE scope = 'at' \
         GROUP BY {key}, model_name, model_version, training_cutoff_date \
         ORDER BY {key}, model_name, model_version, training_cutoff_date",
        at.collect::<Vec<_>>().join(", ")
    )
}
