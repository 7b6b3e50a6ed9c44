//! Every table and view by name, for `sql`, `status` and `maintain`.

use std::sync::Arc;

use almanac_engine::EngineError;
use almanac_engine::delta::Snapshot;
use almanac_engine::settings::Settings;
use almanac_engine::tables::{self, TableDef};
use almanac_engine::tables_input;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::Session;
use crate::exit::Outcome;

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
        tables::actual_paths(settings),
        tables::forecast_actuals(settings),
        tables::forecast_metadata(settings),
        tables::runs(),
        tables::units(),
    ]);
    defs
}

/// The tables that exist, or the one named.
pub(crate) async fn existing(session: &Session, name: Option<&str>) -> Outcome<Vec<TableDef>> {
    let defs = all(&session.settings);
    if let Some(name) = name
        && !defs.iter().any(|def| def.full_name() == name)
    {
        let known: Vec<String> = defs.iter().map(TableDef::full_name).collect();
        let hint = format!("; known tables are {}", known.join(", "));
        return Err(EngineError::NotFound { what: "table", name: name.to_owned(), hint }.into());
    }
    let mut found = Vec::new();
    for def in defs.into_iter().filter(|def| name.is_none_or(|name| def.full_name() == name)) {
        if Snapshot::open(&session.warehouse, &def).await?.is_some() {
            found.push(def);
        }
    }
    Ok(found)
}

/// A session in which every existing table is `schema.name`, with our functions and views.
pub(crate) async fn context(session: &Session) -> Outcome<SessionContext> {
    let config =
        SessionConfig::new().with_default_catalog_and_schema("almanac", "forecast").with_information_schema(true);
    let context = SessionContext::new_with_config(config);
    almanac_udfs::register(&context);
    let catalog = Arc::new(MemoryCatalogProvider::new());
    for schema in ["bronze", "silver", "forecast", "experiments", "ops"] {
        catalog.register_schema(schema, Arc::new(MemorySchemaProvider::new()))?;
    }
    for def in all(&session.settings) {
        let Some(snapshot) = Snapshot::open(&session.warehouse, &def).await? else { continue };
        if let Some(schema) = catalog.schema(&def.schema_name) {
            schema.register_table(def.name.clone(), snapshot.provider())?;
        }
    }
    context.register_catalog("almanac", catalog);
    for (name, query, needs) in views(&session.settings) {
        if needs.iter().all(|table| context.table_exist(*table).unwrap_or(false)) {
            context.sql(&format!("CREATE VIEW forecast.{name} AS {query}")).await?;
        }
    }
    Ok(context)
}

type View = (&'static str, String, &'static [&'static str]);

/// Views over the forecast tables.
fn views(settings: &Settings) -> Vec<View> {
    let horizon = settings.forecast.horizon;
    let keys = |alias: &str| {
        let names = settings.dataset.key.iter().map(|key| format!("{alias}\"{key}\""));
        names.collect::<Vec<_>>().join(", ")
    };
    let same = |a: &str, b: &str| {
        let pairs = settings.dataset.key.iter().map(|key| format!("{a}.\"{key}\" = {b}.\"{key}\""));
        pairs.collect::<Vec<_>>().join(" AND ")
    };
    let days = |alias: &str| (1..=horizon).map(|h| format!("{alias}day_{h}")).collect::<Vec<_>>().join(", ");
    let wide = (1..=horizon).map(|h| format!("max(CASE WHEN day_ahead = {h} THEN forecast_point END) AS day_{h}"));
    let wide = wide.collect::<Vec<_>>().join(", ");
    let actual = format!("\"actual_{}\"", settings.dataset.target);
    vec![
        (
            "distributions_long",
            format!(
                "SELECT {}, model_name, model_version, data_cutoff_date, path_id, \
                 unnest(range(1, {})) AS day_ahead, unnest(make_array({})) AS value FROM forecast.distributions",
                keys(""),
                horizon + 1,
                days("")
            ),
            &["forecast.distributions"],
        ),
        (
            "distributions_with_actuals",
            format!(
                "SELECT {k}, model_name, model_version, data_cutoff_date, path_id, {d}, false AS is_actuals \
                 FROM forecast.distributions UNION ALL \
                 SELECT {ak}, o.model_name, o.model_version, a.data_cutoff_date, 0 AS path_id, {ad}, true AS is_actuals \
                 FROM forecast.actual_paths a JOIN (SELECT DISTINCT {k}, model_name, model_version, data_cutoff_date \
                 FROM forecast.point_forecasts) o ON {j} AND a.data_cutoff_date = o.data_cutoff_date",
                k = keys(""),
                d = days(""),
                ak = keys("a."),
                ad = days("a."),
                j = same("a", "o")
            ),
            &["forecast.distributions", "forecast.actual_paths", "forecast.point_forecasts"],
        ),
        (
            "point_forecasts_with_actuals",
            format!(
                "WITH sessions AS (SELECT {k}, date, {actual}, row_number() OVER (PARTITION BY {k} ORDER BY date) AS n \
                 FROM forecast.forecast_actuals) \
                 SELECT p.*, t.date AS actual_date, t.{actual} FROM forecast.point_forecasts p \
                 JOIN sessions o ON {po} AND o.date = p.data_cutoff_date \
                 LEFT JOIN sessions t ON {pt} AND t.n = o.n + p.day_ahead",
                k = keys(""),
                po = same("p", "o"),
                pt = same("p", "t")
            ),
            &["forecast.point_forecasts", "forecast.forecast_actuals"],
        ),
        (
            "point_forecasts_wide",
            format!(
                "SELECT {k}, model_name, model_version, data_cutoff_date, {wide} FROM forecast.point_forecasts \
                 GROUP BY {k}, model_name, model_version, data_cutoff_date",
                k = keys("")
            ),
            &["forecast.point_forecasts"],
        ),
        (
            "trained_model_counts",
            format!(
                "SELECT {k}, model_name, model_version, count(*) AS models, min(window_start) AS first_window, \
                 max(window_start) AS last_window FROM forecast.trained_models GROUP BY {k}, model_name, model_version",
                k = keys("")
            ),
            &["forecast.trained_models"],
        ),
    ]
}

/// Named queries: name, what it answers, text.
pub(crate) fn named(settings: &Settings) -> Vec<(&'static str, &'static str, String)> {
    let key = settings.dataset.key.iter().map(|key| format!("\"{key}\"")).collect::<Vec<_>>().join(", ");
    vec![
        (
            "model-counts",
            "trained models per key and model, with first and last window",
            format!("SELECT * FROM forecast.trained_model_counts ORDER BY {key}, model_name"),
        ),
        (
            "latest-points",
            "the newest forecast of every key and model",
            format!(
                "SELECT {key}, model_name, data_cutoff_date, day_ahead, forecast_date, forecast_point, lower_95, upper_95 \
                 FROM forecast.point_forecasts p WHERE data_cutoff_date = (SELECT max(data_cutoff_date) \
                 FROM forecast.point_forecasts q WHERE q.model_name = p.model_name) ORDER BY {key}, model_name, day_ahead"
            ),
        ),
        (
            "accuracy",
            "mean absolute error and 95 % coverage of the points, by key, model and day ahead",
            format!(
                "SELECT {key}, model_name, day_ahead, count(*) AS forecasts, avg(abs(forecast_point - \"actual_{t}\")) AS mae, \
                 avg(CASE WHEN \"actual_{t}\" BETWEEN lower_95 AND upper_95 THEN 1.0 ELSE 0.0 END) AS coverage_95 \
                 FROM forecast.point_forecasts_with_actuals WHERE \"actual_{t}\" IS NOT NULL \
                 GROUP BY {key}, model_name, day_ahead ORDER BY {key}, model_name, day_ahead",
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
