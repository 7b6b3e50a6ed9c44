//! `plot coverage` and `plot errors`: from the scores of `evaluate`.

use almanac_engine::EngineError;
use chrono::NaiveDate;
use datafusion::prelude::SessionContext;

use super::super::choose::{self, key_of_row, literal, needs};
use super::super::rows::{self, Row};
use super::{Session, Target, about, deliver};
use crate::cli::Cli;
use crate::exit::Outcome;
use crate::plot::coverage::{self, Coverage};
use crate::plot::errors::{self, Errors};

const SCORES: &str = "forecast.forecast_metadata";
/// The model beside which errors are told.
const NAIVE: &str = "naive";
/// Most models in one picture, beyond which lines lie over each other.
const MOST: usize = 12;
/// Most of those that are named by --models: as many as the pictures have looks for, but a few.
const MOST_NAMED: usize = 30;

pub(super) async fn coverage(session: &Session, context: &SessionContext, cli: &Cli, target: &Target) -> Outcome {
    needs(context, SCORES, "evaluate")?;
    let keys: Vec<String> = session.selection.keys.iter().map(|key| literal(key)).collect();
    let of_keys = match keys.is_empty() {
        true => String::new(),
        false => format!(" AND {} IN ({})", key_of_row(session), keys.join(", ")),
    };
    let rows_of = format!("scope = 'at' AND pit IS NOT NULL{of_keys}{}", chosen(session, cli, ""));
    let levels: Vec<String> = (1..20).map(|i| i * 5).chain([99]).map(|percent| format!("({percent})")).collect();
    let query = format!(
        "SELECT model_name, percent, avg(CASE WHEN abs(2 * pit - 1) * 100 <= percent THEN 1.0 ELSE 0.0 END) AS share \
         FROM {SCORES} CROSS JOIN (VALUES {}) AS levels(percent) WHERE {rows_of} \
         GROUP BY model_name, percent ORDER BY model_name, percent",
        levels.join(", ")
    );
    let points = rows::of(context, &query).await?;
    let point = |row: &Row| Some((rows::value(row, "percent").as_f64()? / 100.0, rows::value(row, "share").as_f64()?));
    let keys = match session.selection.keys.as_slice() {
        [] => "all keys".to_owned(),
        keys => keys.join(", "),
    };
    let mut models = by_model(session, &points, point);
    let query = format!("SELECT model_name, avg(mae) AS mae FROM {SCORES} WHERE {rows_of} GROUP BY model_name");
    let errors = rows::of(context, &query).await?;
    let error = |model: &str| {
        let row = errors.iter().find(|row| rows::text(row, "model_name") == model);
        row.and_then(|row| rows::value(row, "mae").as_f64()).unwrap_or(f64::INFINITY)
    };
    let left_out = best(&mut models, cli, |(model, _)| error(model));
    let counted = counted(context, &rows_of, &models).await?;
    let about = about(session, format!("{keys}, {counted}")) + &left_out;
    let coverage = Coverage { about, models };
    deliver(target, |size| coverage::draw(&coverage, size))
}

pub(super) async fn errors(session: &Session, context: &SessionContext, cli: &Cli, target: &Target) -> Outcome {
    needs(context, SCORES, "evaluate")?;
    let key = choose::key(session, context, "forecast.point_forecasts").await?;
    let of_key =
        |alias: &str| format!("{} = {}", choose::shown_key(&session.settings.dataset.key, alias), literal(&key));
    let rows_of = format!("m.scope = 'at' AND m.mae IS NOT NULL AND {}{}", of_key("m."), chosen(session, cli, "m."));
    // of the forecasts that both made
    let query = format!(
        "SELECT m.model_name, m.horizon, avg(m.mae) / avg(n.mae) AS ratio FROM {SCORES} m JOIN {SCORES} n \
         ON n.model_name = '{NAIVE}' AND n.model_version = m.model_version AND n.data_cutoff_date = m.data_cutoff_date \
         AND n.horizon = m.horizon AND n.scope = m.scope AND {} \
         WHERE {rows_of} AND m.model_name <> '{NAIVE}' GROUP BY m.model_name, m.horizon ORDER BY m.model_name, m.horizon",
        of_key("n.")
    );
    let points = rows::of(context, &query).await?;
    if points.is_empty() {
        let hint = format!("; run `almanac evaluate` with {NAIVE} and another model, both need scores of {key}");
        return Err(EngineError::NotFound { what: "model", name: NAIVE.into(), hint }.into());
    }
    let point = |row: &Row| {
        let day = rows::value(row, "horizon").as_u64().and_then(|day| u32::try_from(day).ok())?;
        Some((day, rows::value(row, "ratio").as_f64()?))
    };
    let mut models = by_model(session, &points, point);
    let left_out =
        best(&mut models, cli, |(_, days)| days.iter().map(|(_, ratio)| ratio).sum::<f64>() / days.len() as f64);
    let counted = counted(context, &rows_of.replace("m.", ""), &models).await?;
    let about = about(session, format!("{key}, {counted}")) + &left_out;
    let errors = Errors { about, naive: NAIVE.into(), models };
    deliver(target, |size| errors::draw(&errors, size))
}

/// Conditions of the version, the models and the origins that were asked for.
fn chosen(session: &Session, cli: &Cli, alias: &str) -> String {
    let mut text = format!(" AND {alias}model_version = {}", literal(&session.settings.forecast.model_version));
    if let Some(models) = &cli.overrides.models {
        let models: Vec<String> = models.iter().map(|model| literal(model)).collect();
        text.push_str(&format!(" AND {alias}model_name IN ({})", models.join(", ")));
    }
    for (end, sign) in [(&cli.choice.from, ">="), (&cli.choice.to, "<=")] {
        if let Some(day) = end {
            text.push_str(&format!(" AND {alias}data_cutoff_date {sign} CAST({} AS DATE)", literal(day)));
        }
    }
    text
}

/// Keeps the models with the least errors where there are more than one picture can show, and says so.
fn best<T>(models: &mut Vec<(String, Vec<T>)>, cli: &Cli, error: impl Fn(&(String, Vec<T>)) -> f64) -> String {
    let most = if cli.overrides.models.is_some() { MOST_NAMED } else { MOST };
    let all = models.len();
    if all <= most {
        return String::new();
    }
    let mut order: Vec<(f64, String)> = models.iter().map(|model| (error(model), model.0.clone())).collect();
    order.sort_by(|one, other| one.0.total_cmp(&other.0));
    order.truncate(most);
    models.retain(|(name, _)| order.iter().any(|(_, kept)| kept == name));
    format!("; {most} of {all} models, those with the least MAE: --models shows others")
}

/// How many forecasts the scores of models are of, and when they were made.
async fn counted<T>(context: &SessionContext, rows_of: &str, models: &[(String, Vec<T>)]) -> Outcome<String> {
    let of_models = match models {
        [] => String::new(),
        some => {
            let names: Vec<String> = some.iter().map(|(name, _)| literal(name)).collect();
            format!(" AND model_name IN ({})", names.join(", "))
        }
    };
    let query = format!(
        "SELECT min(n) AS least, max(n) AS most, CAST(min(first) AS TEXT) AS first, CAST(max(last) AS TEXT) AS last FROM \
         (SELECT count(*) AS n, min(data_cutoff_date) AS first, max(data_cutoff_date) AS last FROM {SCORES} \
         WHERE {rows_of}{of_models} AND horizon = 1 GROUP BY model_name)"
    );
    let rows = rows::of(context, &query).await?;
    let Some(row) = rows.first().filter(|row| row.contains_key("most")) else {
        let hint = "; no score is of what was asked for, `almanac evaluate` makes them".to_owned();
        return Err(EngineError::NotFound { what: "scores", name: SCORES.into(), hint }.into());
    };
    let day = |name: &str| {
        let text = rows::text(row, name);
        text.parse::<NaiveDate>().map_or_else(|_| text.to_owned(), |date| date.format("%-d %b %Y").to_string())
    };
    let (first, last) = (day("first"), day("last"));
    let (least, most) = (rows::value(row, "least"), rows::value(row, "most"));
    let range = if least == most { most.to_string() } else { format!("{least} to {most}") };
    Ok(format!("{range} forecasts per model from {first} to {last}"))
}

/// Points by model: the configured ones first, in their order.
fn by_model<T>(session: &Session, points: &[Row], point: impl Fn(&Row) -> Option<T>) -> Vec<(String, Vec<T>)> {
    let mut models: Vec<(String, Vec<T>)> = Vec::new();
    for row in points {
        let name = rows::text(row, "model_name");
        let Some(point) = point(row) else { continue };
        match models.last_mut() {
            Some((last, points)) if last == name => points.push(point),
            _ => models.push((name.to_owned(), vec![point])),
        }
    }
    let configured = &session.settings.forecast.models;
    models.sort_by_key(|(name, _)| configured.iter().position(|model| model == name).unwrap_or(usize::MAX));
    models
}
