//! `plot fan`: one forecast from the stored paths.

use chrono::NaiveDate;
use clap::Args;
use datafusion::prelude::SessionContext;
use serde_json::Value;

use super::super::choose::{self, key_of_row, literal, needs};
use super::super::rows::{self, Row};
use super::{Session, Target, about, deliver};
use crate::exit::Outcome;
use crate::plot::fan::{self, Fan, QUANTILES};

/// Table whose keys are chosen from.
const FORECASTS: &str = "forecast.point_forecasts";

/// `plot fan`.
#[derive(Debug, Args)]
pub(super) struct FanCommand {
    /// Model whose forecast is drawn.
    ///
    /// By default the first that the configuration runs and that has forecasts: its order is its author's.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Day that the forecast was made on; by default the newest, whose days are still to come.
    #[arg(long, value_name = "DATE")]
    origin: Option<NaiveDate>,
    /// Sessions before the origin that are drawn too.
    ///
    /// The default is about a quarter of a year, so that 14 days ahead take a fifth of the width.
    #[arg(long, default_value_t = 60, value_name = "N")]
    history: usize,
    #[command(flatten)]
    target: Target,
}

pub(super) async fn fan(session: &Session, context: &SessionContext, command: &FanCommand) -> Outcome {
    needs(context, "forecast.distributions_long", "backfill")?;
    needs(context, "forecast.forecast_actuals", "backfill")?;
    let settings = &session.settings;
    let key = choose::key(session, context, FORECASTS).await?;
    let of_key = format!("{} = {}", key_of_row(session), literal(&key));
    let version = literal(&settings.forecast.model_version);
    let model = choose::model(session, context, command.model.as_deref(), &of_key).await?;
    let of_model = format!("{of_key} AND model_name = {} AND model_version = {version}", literal(&model));
    let origin = choose::origin(context, command.origin, &of_model).await?;
    let of_forecast = format!("{of_model} AND data_cutoff_date = DATE '{origin}'");

    let levels = QUANTILES.map(|level| level.to_string()).join(", ");
    let quantiles = rows::of(
        context,
        &format!(
            "SELECT day_ahead, quantiles_agg(value, [{levels}]) AS quantiles, count(*) AS paths \
             FROM forecast.distributions_long WHERE {of_forecast} GROUP BY day_ahead ORDER BY day_ahead"
        ),
    )
    .await?;
    let query = format!(
        "SELECT day_ahead, CAST(forecast_date AS TEXT) AS date FROM forecast.point_forecasts WHERE {of_forecast} \
         ORDER BY day_ahead"
    );
    let dates: Vec<NaiveDate> = rows::of(context, &query).await?.iter().filter_map(date).collect();
    let paths = quantiles.first().and_then(|row| rows::value(row, "paths").as_u64()).unwrap_or(0);
    let ahead: Vec<(NaiveDate, [f64; 7])> =
        dates.into_iter().zip(&quantiles).filter_map(|(date, row)| Some((date, seven(row)?))).collect();

    let target = format!("\"actual_{}\"", settings.dataset.target);
    let sessions = |condition: &str, order: &str, count: usize| {
        format!(
            "SELECT CAST(date AS TEXT) AS date, {target} AS value FROM forecast.forecast_actuals \
             WHERE {of_key} AND {target} IS NOT NULL AND date {condition} DATE '{origin}' ORDER BY date {order} LIMIT {count}"
        )
    };
    let dated = |rows: Vec<Row>| rows.iter().filter_map(|row| Some((date(row)?, number(row)?))).collect::<Vec<_>>();
    let mut history = dated(rows::of(context, &sessions("<=", "DESC", command.history.max(1))).await?);
    history.reverse();
    let actual = dated(rows::of(context, &sessions(">", "ASC", ahead.len())).await?);

    let column = settings.sources.iter().flat_map(|source| &source.columns).find(|c| c.name == settings.dataset.target);
    let fan = Fan {
        key,
        about: about(session, format!("{model} from {}, {paths} paths", origin.format("%-d %b %Y"))),
        target: settings.dataset.target.clone(),
        unit: column.and_then(|column| column.unit.clone()).unwrap_or_default(),
        history,
        ahead,
        actual: actual.into_iter().map(|(_, value)| value).collect(),
    };
    deliver(&command.target, |size| fan::draw(&fan, size))
}

fn date(row: &Row) -> Option<NaiveDate> {
    rows::text(row, "date").parse().ok()
}

fn number(row: &Row) -> Option<f64> {
    rows::value(row, "value").as_f64()
}

fn seven(row: &Row) -> Option<[f64; 7]> {
    let values = rows::value(row, "quantiles");
    let values: Vec<f64> = values.as_array()?.iter().filter_map(Value::as_f64).collect();
    values.try_into().ok()
}
