//! `plan`: what a backfill would do, before anything runs.

use almanac_engine::backfill::{Estimate, estimate};
use serde_json::json;

use super::Session;
use crate::exit::Outcome;
use crate::output::{Column, Document, Listing};

pub(crate) async fn run(session: &Session) -> Outcome {
    let job = session.comparable_job().await?;
    let estimate = estimate(&session.warehouse, &job, &session.selection).await?;
    let mut document = Document::new().listing("plan", models(&estimate));
    if !estimate.skipped.is_empty() {
        document = document.headed("skipped", "skipped", skipped(&estimate));
    }
    document.show();
    Ok(())
}

fn models(estimate: &Estimate) -> Listing {
    let columns = [
        Column::text("model"),
        Column::whole("fits"),
        Column::whole("forecasts"),
        Column::whole("rows"),
        Column::bytes("bytes"),
        Column::whole("commits").rank(1),
        Column::decimals("core_seconds", 1).titled("core-seconds"),
    ];
    let mut listing = Listing::new(columns);
    for row in estimate.models.iter().chain(std::iter::once(&estimate.total)) {
        listing.push([
            json!(row.model),
            json!(row.fits),
            json!(row.forecasts),
            json!(row.rows),
            json!(row.bytes),
            json!(row.commits),
            json!(row.core_seconds),
        ]);
    }
    listing
}

fn skipped(estimate: &Estimate) -> Listing {
    let mut listing = Listing::new([Column::text("model"), Column::whole("units"), Column::prose("reason")]);
    for (model, reason, units) in &estimate.skipped {
        listing.push([json!(model), json!(units), json!(reason)]);
    }
    listing
}
