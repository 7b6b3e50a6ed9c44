//! `plan`: what a backfill would do, before anything runs.

use almanac_engine::backfill::{Estimate, estimate};
use comfy_table::{CellAlignment, Table, presets};

use super::Session;
use crate::exit::Outcome;

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
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["model", "fits", "forecasts", "rows", "MB", "commits", "core-seconds"]);
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
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
