//! A sample of stored forecasts, drawn again from an input that ends on their origin: later days must change nothing.

use std::sync::Arc;

use almanac_engine::regenerate::{Ask, Regenerated, What};
use arrow::array::RecordBatch;
use datafusion::prelude::SessionContext;

use super::super::choose::literal;
use super::super::rows::{self, Row};
use super::super::{Session, catalog};
use super::Checks;
use crate::exit::Outcome;

/// Forecasts that are drawn again.
const SAMPLE: usize = 3;
const CHECK: &str = "leaks, a sample";

pub(super) async fn check(session: &Session, checks: &mut Checks) {
    match sample(session).await {
        Ok(None) => checks.ok(CHECK, "no forecast is stored yet"),
        Ok(Some((equal, different))) if different.is_empty() => {
            let seen = format!("equal from an input that ends on their origin: {}", equal.join(", "));
            checks.ok(CHECK, seen);
        }
        Ok(Some((_, different))) => {
            let seen = format!("later days change {}", different.join(", "));
            let fix =
                "do not use these forecasts; report it with the configuration and `almanac models test` of the model";
            checks.fail(CHECK, seen, fix);
        }
        Err(failure) => checks.failed(CHECK, failure),
    }
}

/// Forecasts that stay as they are and those that do not; none without any.
async fn sample(session: &Session) -> Outcome<Option<(Vec<String>, Vec<String>)>> {
    let context = catalog::context(session).await?;
    if !context.table_exist("forecast.point_forecasts")? {
        return Ok(None);
    }
    let keys: Vec<String> = session.settings.dataset.key.iter().map(|key| format!("\"{key}\"")).collect();
    let version = literal(&session.settings.forecast.model_version);
    let query = format!(
        "SELECT {}, model_name, CAST(data_cutoff_date AS INT) AS origin, CAST(data_cutoff_date AS TEXT) AS date \
         FROM forecast.point_forecasts WHERE day_ahead = 1 AND model_version = {version} ORDER BY random() LIMIT {SAMPLE}",
        keys.join(", ")
    );
    let chosen = rows::of(&context, &query).await?;
    if chosen.is_empty() {
        return Ok(None);
    }
    let (mut equal, mut different) = (Vec::new(), Vec::new());
    for row in &chosen {
        let ask = ask(session, row);
        let name = format!("{} of {} on {}", ask.model, ask.key.join("|"), rows::text(row, "date"));
        let cut = Ask { until: Some(ask.origin), ..ask.clone() };
        let same = drawn(&context, ask).await? == drawn(&context, cut).await?;
        if same { equal.push(name) } else { different.push(name) }
    }
    Ok(Some((equal, different)))
}

fn ask(session: &Session, row: &Row) -> Ask {
    let columns = session.settings.dataset.key.iter();
    Ask {
        warehouse: session.warehouse.root().to_string(),
        settings: session.settings.clone(),
        key: columns.map(|column| rows::text(row, column).to_owned()).collect(),
        model: rows::text(row, "model_name").to_owned(),
        origin: rows::value(row, "origin").as_i64().and_then(|day| i32::try_from(day).ok()).unwrap_or_default(),
        until: None,
        what: What::Paths(session.settings.forecast.paths),
    }
}

async fn drawn(context: &SessionContext, ask: Ask) -> Outcome<Vec<RecordBatch>> {
    Ok(context.read_table(Arc::new(Regenerated::new(ask)))?.collect().await?)
}
