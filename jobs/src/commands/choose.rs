//! Which series, model and day a command is about: what was asked for, or the first, or the newest there is.

use std::fmt::Display;

use almanac_engine::{EngineError, nearest};
use chrono::NaiveDate;
use datafusion::prelude::SessionContext;

use super::{Session, rows};
use crate::exit::{Failure, Outcome};

/// A text as SQL has it.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The key of a row as it is shown and chosen.
pub(super) fn key_of_row(session: &Session) -> String {
    shown_key(&session.settings.dataset.key, "")
}

/// The key of a row in SQL, as `almanac_engine::backfill::shown_key` writes it; `alias` with its point stands before each
/// column.
pub(super) fn shown_key(columns: &[String], alias: &str) -> String {
    let shown = columns.iter().map(|column| match columns.len() {
        1 => format!("{alias}\"{column}\""),
        _ => format!(r#"replace(replace({alias}"{column}", '\', '\\'), '|', '\|')"#),
    });
    format!("concat_ws('|', {})", shown.collect::<Vec<_>>().join(", "))
}

/// The call of SQL that draws the points of a stored forecast again.
pub(super) fn call_again(key: &[String], model: &str, origin: impl Display) -> String {
    let values = key.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
    format!("forecast(make_array({values}), {}, DATE '{origin}')", literal(model))
}

/// Refuses a table that is not there yet.
pub(super) fn needs(context: &SessionContext, table: &str, command: &str) -> Outcome {
    if context.table_exist(table)? {
        return Ok(());
    }
    let hint = format!("; run `almanac {command}` first");
    Err(EngineError::NotFound { what: "table", name: table.to_owned(), hint }.into())
}

/// Texts of a query's first column, named `value`.
async fn texts(context: &SessionContext, query: &str) -> Outcome<Vec<String>> {
    Ok(rows::of(context, query).await?.iter().map(|row| rows::text(row, "value").to_owned()).collect())
}

/// The one that was asked for, or the first there is.
fn chosen(what: &'static str, wanted: Option<&str>, there: &[String]) -> Outcome<String> {
    let name = wanted.unwrap_or_default().to_owned();
    let refused = || -> Failure {
        let hint = nearest::hint(&name, &format!("{what}s"), there.iter().map(String::as_str), 10);
        EngineError::NotFound { what, name: name.clone(), hint }.into()
    };
    match wanted {
        Some(wanted) => there.iter().find(|there| *there == wanted).cloned().ok_or_else(refused),
        None => there.first().cloned().ok_or_else(refused),
    }
}

/// The key that --key names, or the first that `table` has.
pub(super) async fn key(session: &Session, context: &SessionContext, table: &str) -> Outcome<String> {
    let query = format!("SELECT DISTINCT {} AS value FROM {table} ORDER BY value", key_of_row(session));
    chosen("key", session.selection.keys.first().map(String::as_str), &texts(context, &query).await?)
}

/// The model that was asked for, or the first that the configuration runs and that has forecasts.
pub(super) async fn model(
    session: &Session,
    context: &SessionContext,
    wanted: Option<&str>,
    of_key: &str,
) -> Outcome<String> {
    let version = literal(&session.settings.forecast.model_version);
    let query = format!(
        "SELECT DISTINCT model_name AS value FROM forecast.point_forecasts \
         WHERE {of_key} AND model_version = {version} ORDER BY value"
    );
    let there = texts(context, &query).await?;
    let first = session.settings.forecast.models.iter().find(|model| there.contains(model));
    chosen("model", wanted.or(first.map(String::as_str)), &there)
}

/// The day that was asked for, if a forecast was made on it, or the newest with one.
pub(super) async fn origin(context: &SessionContext, wanted: Option<NaiveDate>, of_model: &str) -> Outcome<NaiveDate> {
    let newest = match wanted {
        Some(origin) => format!("AND data_cutoff_date <= DATE '{origin}'"),
        None => String::new(),
    };
    let query = format!(
        "SELECT CAST(max(data_cutoff_date) AS TEXT) AS date FROM forecast.point_forecasts WHERE {of_model} {newest}"
    );
    let found = rows::of(context, &query).await?.first().and_then(|row| rows::text(row, "date").parse().ok());
    match (found, wanted) {
        (Some(found), Some(wanted)) if found != wanted => {
            let hint = format!("; choose {found}, the last day before it with a forecast");
            Err(EngineError::NotFound { what: "origin", name: wanted.to_string(), hint }.into())
        }
        (Some(found), _) => Ok(found),
        (None, wanted) => {
            let name = wanted.map_or_else(|| "any".to_owned(), |wanted| wanted.to_string());
            let hint = "; choose a later day, or run `almanac backfill`: no forecast is as old".to_owned();
            Err(EngineError::NotFound { what: "origin", name, hint }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use almanac_engine::backfill;

    use super::*;

    #[tokio::test]
    async fn keys_are_written_in_sql_as_elsewhere() {
        let columns = ["a".to_owned(), "b".to_owned()];
        for key in [["Coffee", "NYB"], ["a|b", "c"], ["a", "b|c"], [r"a\", r"\|"]] {
            let [a, b] = key.map(literal);
            let query = format!("SELECT {} AS value FROM (SELECT {a} AS a, {b} AS b) t", shown_key(&columns, "t."));
            let found = texts(&SessionContext::new(), &query).await.unwrap_or_default();
            assert_eq!(found, [backfill::shown_key(&key)], "{query}");
        }
    }
}
