//! `plan`: what a backfill would do, before anything runs.

use almanac_engine::backfill::{Estimate, estimate};
use comfy_table::Table;

use super::Session;
use crate::exit::Outcome;
use crate::show;

pub(crate) async fn run(session: &Session) -> Outcome {
    let job = session.job().await?;
    let estimate = estimate(&session.warehouse, &job, &session.selection).await?;
    println!("{}", table(&estimate));
    for (model, reason, units) in &estimate.skipped {
        println!("skipped: {model}: {units} units: {reason}");
    }
    Ok(())
}

fn table(estimate: &Estimate) -> Table {
    let mut table = show::table(["model", "fits", "forecasts", "rows", "MB", "commits", "core-seconds"], 1);
    for row in estimate.models.iter().chain(std::iter::once(&estimate.total)) {
        table.add_row([
            row.model.clone(),
            row.fits.to_string(),
            row.forecasts.to_string(),
            row.rows.to_string(),
            format!("{:.1}", row.bytes as f64 / 1e6),
            row.commits.to_string(),
            format!("{:.1}", row.core_seconds),
        ]);
    }
    table
}
