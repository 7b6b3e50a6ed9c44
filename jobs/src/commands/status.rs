//! `status`: what runs did, by model and outcome, with reasons.

use std::time::Duration;

use chrono::{DateTime, Utc};
use datafusion::prelude::SessionContext;
use serde_json::json;

use super::rows;
use super::{Session, catalog, runs};
use crate::cli::StatusCommand;
use crate::exit::Outcome;
use crate::look;
use crate::output::{Column, Document, Listing};

/// Runs told here; `runs` tells more.
const SHOWN: usize = 10;
/// Clears the screen and goes to its first line.
const CLEAR: &str = "\x1b[2J\x1b[H";

pub(crate) async fn run(session: &Session, command: &StatusCommand) -> Outcome {
    let Some(seconds) = command.watch else {
        tell(session).await?.show();
        return Ok(());
    };
    loop {
        let document = tell(session).await?;
        if look::get().draws() {
            crate::show::line(format_args!("{CLEAR}{}", heading(Utc::now())));
        }
        document.show();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

/// What stands above a watch: the time, as the rows below have it.
fn heading(now: DateTime<Utc>) -> String {
    now.format("%H:%M:%S UTC, ends with Ctrl-C").to_string()
}

async fn tell(session: &Session) -> Outcome<Document> {
    let context = catalog::context(session).await?;
    if !context.table_exist("ops.runs")? {
        return Ok(runs::none(session));
    }
    let mut document = Document::new().listing("runs", runs::newest(&context, SHOWN).await?);
    if context.table_exist("ops.units")? {
        document = document.headed("units", "units of the latest finished run", outcomes(&context).await?);
    }
    Ok(session.marked(stale(session, &context, document).await?))
}

/// Units of the latest finished run by step, model and outcome.
async fn outcomes(context: &SessionContext) -> Outcome<Listing> {
    let query = "SELECT u.step, u.model_name AS model, u.status, u.reason, count(*) AS units, \
                 sum(u.forecasts) AS forecasts FROM ops.units u \
                 JOIN (SELECT run_id FROM ops.runs WHERE state <> 'running' ORDER BY started_at DESC LIMIT 1) r \
                 ON u.run_id = r.run_id GROUP BY u.step, u.model_name, u.status, u.reason ORDER BY 1, 2, 3";
    let columns = [
        Column::text("step"),
        Column::text("model"),
        Column::text("status"),
        Column::text("reason"),
        Column::whole("units"),
        Column::whole("forecasts"),
    ];
    let mut listing = Listing::new(columns);
    for row in rows::of(context, query).await? {
        listing.push(["step", "model", "status", "reason", "units", "forecasts"].map(|name| rows::value(&row, name)));
    }
    Ok(listing)
}

/// Adds the count of models made from older inputs.
async fn stale(session: &Session, context: &SessionContext, document: Document) -> Outcome<Document> {
    if !context.table_exist("forecast.trained_models")? {
        return Ok(document);
    }
    let current = session.job().await?.data_version();
    let query = format!("SELECT count(*) AS stale FROM forecast.trained_models WHERE data_version <> '{current}'");
    let stale = rows::of(context, &query).await?.first().and_then(|row| row.get("stale")?.as_u64()).unwrap_or(0);
    let sentence = match stale {
        0 => String::new(),
        _ => format!("{stale} models were made from older inputs; --refresh stale redoes them"),
    };
    Ok(document.note("stale_models", json!(stale), sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_tells_the_time_of_its_rows() {
        assert_eq!(heading(DateTime::<Utc>::UNIX_EPOCH), "00:00:00 UTC, ends with Ctrl-C");
    }
}
