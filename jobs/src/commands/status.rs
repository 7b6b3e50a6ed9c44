//! `status`: what runs did, by model and outcome, with reasons.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::common::arrow::util::pretty::pretty_format_batches;

use super::{Session, catalog};
use crate::exit::Outcome;

/// Microseconds after which a running run without heartbeat counts as abandoned.
const ABANDONED_MICROSECONDS: i64 = 60_000_000;

pub(crate) async fn run(session: &Session) -> Outcome {
    let context = catalog::context(session).await?;
    if !context.table_exist("ops.runs")? {
        crate::show::line(format_args!("no run has been recorded in {}", session.warehouse.root()));
        return Ok(());
    }
    let runs = context
        .sql(
            "SELECT run_id, command, state, forecasts, ok_units, fallback_units, skipped_units, failed_units, \
             started_at, heartbeat_at FROM ops.runs ORDER BY started_at DESC LIMIT 10",
        )
        .await?
        .collect()
        .await?;
    let now = chrono::Utc::now().timestamp_micros();
    for batch in &runs {
        for row in 0..batch.num_rows() {
            let text = |column: usize| {
                arrow::util::display::array_value_to_string(batch.column(column), row).unwrap_or_default()
            };
            let count = |column: usize| batch.column(column).as_primitive::<Int64Type>().value(row);
            let beat = batch.column(9).as_primitive::<TimestampMicrosecondType>();
            let state = shown(text(2), beat.is_valid(row).then(|| beat.value(row)), now);
            crate::show::line(format_args!(
                "{}  {:<9} {:<12} {} forecasts, units: {} ok, {} fallback, {} skipped, {} failed",
                &text(8).chars().take(19).collect::<String>(),
                text(1),
                state,
                count(3),
                count(4),
                count(5),
                count(6),
                count(7)
            ));
        }
    }
    if context.table_exist("ops.units")? {
        let units = context
            .sql(
                "SELECT u.step, u.model_name AS model, u.status, u.reason, count(*) AS units, sum(u.forecasts) AS forecasts \
                 FROM ops.units u JOIN (SELECT run_id FROM ops.runs WHERE state <> 'running' \
                 ORDER BY started_at DESC LIMIT 1) r ON u.run_id = r.run_id \
                 GROUP BY u.step, u.model_name, u.status, u.reason ORDER BY 1, 2, 3",
            )
            .await?
            .collect()
            .await?;
        crate::show::line(format_args!("\nlatest finished run"));
        crate::show::line(format_args!(
            "{}",
            pretty_format_batches(&units).map_err(almanac_engine::EngineError::from_arrow)?
        ));
    }
    stale(session, &context).await
}

/// A run's state as people should read it: one that says it runs but has been silent for a minute was killed.
fn shown(state: String, heartbeat_at: Option<i64>, now: i64) -> String {
    let silent = heartbeat_at.is_some_and(|beat| now.saturating_sub(beat) > ABANDONED_MICROSECONDS);
    if state == "running" && silent { "abandoned".to_owned() } else { state }
}

/// Counts models made from older inputs.
async fn stale(session: &Session, context: &datafusion::prelude::SessionContext) -> Outcome {
    if !context.table_exist("forecast.trained_models")? {
        return Ok(());
    }
    let current = session.job().await?.data_version();
    let query = format!("SELECT count(*) FROM forecast.trained_models WHERE data_version <> '{current}'");
    let rows = context.sql(&query).await?.collect().await?;
    let stale = rows.first().map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0));
    if stale > 0 {
        crate::show::line(format_args!("{stale} models were made from older inputs; --refresh stale redoes them"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_run_is_abandoned_and_an_ended_one_is_not() {
        let now = 1_700_000_000_000_000;
        let state = |state: &str, seconds: i64| shown(state.to_owned(), Some(now - seconds * 1_000_000), now);
        assert_eq!(state("running", 59), "running");
        assert_eq!(state("running", 61), "abandoned");
        for ended in ["finished", "failed_units", "failed", "interrupted"] {
            assert_eq!(state(ended, 86_400), ended);
        }
        assert_eq!(shown("running".into(), None, now), "running");
    }
}
