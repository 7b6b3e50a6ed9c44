//! `explain unit`: why a forecast is what it is.

mod facts;
mod kept;

use almanac_engine::EngineError;
use almanac_engine::backfill::{Condition, Selection, day_of, estimate};
use almanac_engine::plan::job::iso;
use almanac_engine::regenerate::{self, Ask, What};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use datafusion::prelude::SessionContext;
use serde_json::json;

use self::facts::Told;
use self::kept::Kept;
use super::choose::{self, key_of_row, literal, needs};
use super::rows::{self, Row};
use super::{Session, catalog};
use crate::exit::Outcome;
use crate::output::Document;

/// Table whose forecasts are explained.
const FORECASTS: &str = "forecast.point_forecasts";
/// Table that has every key, also of those that were never forecast.
const INPUT: &str = "silver.model_input";

/// `explain`.
#[derive(Debug, Args)]
pub struct ExplainCommand {
    #[command(subcommand)]
    what: Subject,
}

#[derive(Debug, Subcommand)]
enum Subject {
    /// One forecast: its model, cutoff, history, regressors, random numbers, and whether drawing it again gives the same.
    ///
    /// --key chooses the series, else the first. Where nothing was forecast, the reason in the ledger is told.
    Unit(UnitCommand),
}

/// `explain unit`.
#[derive(Debug, Args)]
struct UnitCommand {
    /// Model that made it.
    ///
    /// By default the first that the configuration runs and that has forecasts: its order is its author's.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Day that it was made on; by default the newest, whose days are still to come.
    #[arg(long, value_name = "DATE")]
    origin: Option<NaiveDate>,
}

pub(super) async fn run(session: &Session, command: &ExplainCommand) -> Outcome {
    let Subject::Unit(command) = &command.what;
    let context = catalog::context(session).await?;
    let forecasts = needs(&context, FORECASTS, "backfill");
    // one that was named may have no forecast
    let keys = match session.selection.keys.is_empty() && forecasts.is_ok() {
        true => FORECASTS,
        false => {
            needs(&context, INPUT, "build")?;
            INPUT
        }
    };
    let key = choose::key(session, &context, keys).await?;
    let of_key = format!("{} = {}", key_of_row(session), literal(&key));
    let made = match forecasts {
        Ok(()) => unit(session, &context, command, &key, &of_key).await,
        Err(none) => Err(none),
    };
    match made {
        Ok(document) => session.marked(document).show(),
        Err(failure) => match unmade(session, &context, command, &key).await? {
            Some(document) => document.show(),
            None => return Err(failure),
        },
    }
    Ok(())
}

/// The account of a forecast, with what is stored of it.
async fn unit(
    session: &Session,
    context: &SessionContext,
    command: &UnitCommand,
    key: &str,
    of_key: &str,
) -> Outcome<Document> {
    let settings = &session.settings;
    let version = literal(&settings.forecast.model_version);
    let model = choose::model(session, context, command.model.as_deref(), of_key).await?;
    let of_model = format!("{of_key} AND model_name = {} AND model_version = {version}", literal(&model));
    let origin = choose::origin(context, command.origin, &of_model).await?;
    let of_forecast = format!("{of_model} AND data_cutoff_date = DATE '{origin}'");
    let forecast = forecast(session, context, &of_forecast).await?;
    let columns = settings.dataset.key.iter();
    let values: Vec<String> = columns
        .map(|column| forecast.first().map(|row| rows::text(row, column).to_owned()).unwrap_or_default())
        .collect();
    let ask = Ask {
        warehouse: session.warehouse.root().to_string(),
        settings: settings.clone(),
        key: values.clone(),
        model: model.clone(),
        origin: day_of(origin),
        until: None,
        what: What::Points,
    };
    let account = match regenerate::account(&ask).await {
        // the settings have changed since: what is stored can be told all the same
        Err(EngineError::Conflict { key: setting, stored, wanted, .. }) => {
            let why = format!(
                "not possible: it was made with {setting} = {stored}, now {wanted}; restore the setting to draw it"
            );
            let cutoff = forecast.first().map(|row| rows::text(row, "cutoff")).unwrap_or_default();
            let fit = fit(context, &of_model, cutoff).await?;
            let kept = Kept { key, model: &model, origin, fit: &fit, forecast: &forecast, why };
            return Ok(kept.document(settings));
        }
        account => account?,
    };
    let fit = fit(context, &of_model, &iso(account.window.cutoff())).await?;
    let same = same(context, &choose::call_again(&values, &model, origin), &of_forecast).await?;
    Ok(Told { key, model: &model, origin, account: &account, fit: &fit, forecast: &forecast, same }.document(settings))
}

/// The stored rows of a forecast, with what came.
async fn forecast(session: &Session, context: &SessionContext, of_forecast: &str) -> Outcome<Vec<Row>> {
    let keys = session.settings.dataset.key.iter().map(|key| format!("p.\"{key}\""));
    let mut columns: Vec<String> = keys.collect();
    columns.extend(
        ["day_ahead", "forecast_point", "forecast_mean", "forecast_std", "data_version", "run_id"].map(str::to_owned),
    );
    if let Some(level) = session.settings.forecast.levels.iter().max() {
        // a level that was set since has no columns yet
        let stored = context.table_provider(FORECASTS).await?.schema();
        let ends = [format!("lower_{level}"), format!("upper_{level}")];
        columns.extend(ends.into_iter().filter(|end| stored.field_with_name(end).is_ok()));
    }
    columns.push("CAST(forecast_date AS TEXT) AS forecast_date".into());
    columns.push("CAST(p.training_cutoff_date AS TEXT) AS cutoff".into());
    let mut from = format!("(SELECT * FROM {FORECASTS} WHERE {of_forecast}) p");
    if context.table_exist("forecast.forecast_actuals")? {
        let same_key = session.settings.dataset.key.iter().map(|key| format!("a.\"{key}\" = p.\"{key}\""));
        let on = same_key.chain(["a.date = p.forecast_date".to_owned()]).collect::<Vec<_>>().join(" AND ");
        from.push_str(&format!(" LEFT JOIN forecast.forecast_actuals a ON {on}"));
        columns.push(format!("\"actual_{}\" AS actual", session.settings.dataset.target));
    }
    rows::of(context, &format!("SELECT {} FROM {from} ORDER BY day_ahead", columns.join(", "))).await
}

/// The row of the stored model with a cutoff.
async fn fit(context: &SessionContext, of_model: &str, cutoff: &str) -> Outcome<Row> {
    let query = format!(
        "SELECT model_type, training_samples, fallback_reason, data_version, code_version, run_id, fitted_model_sha256, \
         seed, CAST(window_start AS TEXT) AS window_start, CAST(training_start_date AS TEXT) AS first_day, \
         CAST(training_cutoff_date AS TEXT) AS cutoff, \
         CAST(date_trunc('second', created_at) AS TEXT) AS created_at \
         FROM forecast.trained_models WHERE {of_model} AND training_cutoff_date = DATE '{cutoff}'"
    );
    Ok(rows::of(context, &query).await?.into_iter().next().unwrap_or_default())
}

/// Whether drawing the forecast again gives every number that is stored.
async fn same(context: &SessionContext, call: &str, of_forecast: &str) -> Outcome<bool> {
    let numbers = ["forecast_point", "forecast_mean", "forecast_std"];
    let equal = numbers.map(|column| format!("again.{column} = stored.{column}")).join(" AND ");
    let query = format!(
        "SELECT count(*) AS days, coalesce(sum(CASE WHEN {equal} THEN 1 ELSE 0 END), 0) AS same FROM {call} again \
         JOIN (SELECT * FROM {FORECASTS} WHERE {of_forecast}) stored ON again.day_ahead = stored.day_ahead"
    );
    let found = rows::of(context, &query).await?;
    let count = |column: &str| found.first().and_then(|row| rows::value(row, column).as_i64()).unwrap_or_default();
    Ok(count("days") > 0 && count("days") == count("same"))
}

/// Why nothing was forecast, if the ledger or the plan says so.
async fn unmade(
    session: &Session,
    context: &SessionContext,
    command: &UnitCommand,
    key: &str,
) -> Outcome<Option<Document>> {
    let (Some(model), Some(origin)) = (&command.model, command.origin) else { return Ok(None) };
    let told = match ledger(session, context, model, origin, key).await? {
        Some(row) => Some(row),
        None => planned(session, model, origin, key).await?,
    };
    Ok(told.map(|row| facts::unmade(key, model, origin, &row)))
}

/// The newest outcome in the ledger that left forecasts out.
async fn ledger(
    session: &Session,
    context: &SessionContext,
    model: &str,
    origin: NaiveDate,
    key: &str,
) -> Outcome<Option<Row>> {
    if !context.table_exist("ops.units")? {
        return Ok(None);
    }
    let cutoff = session.settings.training.every.window_of(day_of(origin)).cutoff();
    let query = format!(
        "SELECT u.step, u.status, u.reason, u.message, u.run_id FROM ops.units u \
         JOIN ops.runs r ON r.run_id = u.run_id WHERE u.key = {} AND u.model_name = {} AND u.model_version = {} \
         AND u.training_cutoff_date = DATE '{}' AND u.status IN ('skipped', 'failed') ORDER BY r.started_at DESC, u.step DESC \
         LIMIT 1",
        literal(key),
        literal(model),
        literal(&session.settings.forecast.model_version),
        iso(cutoff)
    );
    Ok(rows::of(context, &query).await?.into_iter().next())
}

/// What a backfill would say of it now: none that looked at it may have run.
async fn planned(session: &Session, model: &str, origin: NaiveDate, key: &str) -> Outcome<Option<Row>> {
    let selection = Selection {
        keys: vec![key.to_owned()],
        from: Some(day_of(origin)),
        to: Some(day_of(origin)),
        conditions: vec![Condition::Model { equal: true, names: vec![model.to_owned()] }],
        ..Selection::default()
    };
    let estimate = estimate(&session.warehouse, &session.job().await?, &selection).await?;
    let row = |(_, message, _): &(String, String, usize)| {
        let told = [("step", "plan"), ("status", "skipped"), ("message", message)];
        told.map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect()
    };
    Ok(estimate.skipped.first().map(row))
}
