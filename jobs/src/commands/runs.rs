//! `runs`: what was run, newest first.

use almanac_engine::backfill::ABANDONED_SECONDS;
use chrono::{DateTime, Utc};
use datafusion::prelude::SessionContext;
use serde_json::{Value, json};

use super::rows::{self, Row};
use super::{Session, catalog};
use crate::cli::RunsCommand;
use crate::exit::Outcome;
use crate::output::{Column, Document, Listing};

pub(crate) async fn run(session: &Session, command: &RunsCommand) -> Outcome {
    let context = catalog::context(session).await?;
    list(session, &context, command.last as usize).await?.show();
    Ok(())
}

async fn list(session: &Session, context: &SessionContext, last: usize) -> Outcome<Document> {
    if !context.table_exist("ops.runs")? {
        return Ok(none(session));
    }
    Ok(Document::new().listing("runs", newest(context, last).await?))
}

/// The answer of a warehouse without runs.
pub(super) fn none(session: &Session) -> Document {
    let sentence = format!("no run has been recorded in {}", session.warehouse.root());
    Document::new().note("runs", Value::Array(Vec::new()), sentence)
}

/// The newest runs.
pub(super) async fn newest(context: &SessionContext, last: usize) -> Outcome<Listing> {
    let query = format!(
        "SELECT run_id, command, state, forecasts, ok_units, fallback_units, skipped_units, failed_units, \
         planned_units, started_at, heartbeat_at, ended_at FROM ops.runs ORDER BY started_at DESC LIMIT {last}"
    );
    let columns = [
        Column::time("started_at").titled("started"),
        Column::text("command"),
        Column::text("state"),
        Column::whole("forecasts").rank(1),
        Column::whole("ok"),
        Column::whole("fallback").rank(3),
        Column::whole("skipped").rank(1),
        Column::whole("failed"),
        Column::decimals("seconds", 1).rank(2),
        Column::text("run_id").rank(4),
        Column::time("ended_at").titled("ended").rank(5),
        Column::time("heartbeat_at").titled("heartbeat").rank(6),
        Column::whole("planned_units").titled("planned").rank(7),
    ];
    let mut listing = Listing::new(columns);
    let now = Utc::now();
    for row in rows::of(context, &query).await? {
        let seconds = seconds(&row);
        let state = shown(rows::text(&row, "state"), time(&row, "heartbeat_at"), now);
        listing.push([
            rows::value(&row, "started_at"),
            rows::value(&row, "command"),
            json!(state),
            rows::value(&row, "forecasts"),
            rows::value(&row, "ok_units"),
            rows::value(&row, "fallback_units"),
            rows::value(&row, "skipped_units"),
            rows::value(&row, "failed_units"),
            json!(seconds),
            rows::value(&row, "run_id"),
            rows::value(&row, "ended_at"),
            rows::value(&row, "heartbeat_at"),
            rows::value(&row, "planned_units"),
        ]);
    }
    Ok(listing)
}

fn time(row: &Row, column: &str) -> Option<DateTime<Utc>> {
    rows::text(row, column).parse().ok()
}

/// From the start to the end, or to the last sign of life.
fn seconds(row: &Row) -> Option<f64> {
    let end = time(row, "ended_at").or_else(|| time(row, "heartbeat_at"))?;
    Some((end - time(row, "started_at")?).num_milliseconds() as f64 / 1e3)
}

/// A run's state as people should read it: one that says it runs but has been silent for a minute was killed.
fn shown(state: &str, heartbeat: Option<DateTime<Utc>>, now: DateTime<Utc>) -> &str {
    let silent = heartbeat.is_some_and(|beat| (now - beat).num_milliseconds() > ABANDONED_SECONDS * 1_000);
    if state == "running" && silent { "abandoned" } else { state }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_silent_run_is_abandoned_and_an_ended_one_is_not() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(10_000);
        let state = |state, seconds| shown(state, Some(now - TimeDelta::seconds(seconds)), now);
        assert_eq!(state("running", 59), "running");
        assert_eq!(state("running", 61), "abandoned");
        for ended in ["finished", "failed_units", "failed", "interrupted"] {
            assert_eq!(state(ended, 86_400), ended);
        }
        assert_eq!(shown("running", None, now), "running");
    }
}
