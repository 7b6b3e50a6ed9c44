//! What is missing, before anything runs.

use std::collections::BTreeMap;

use super::{Event, Kind, Options};
use crate::backfill::ledger::Ledger;
use crate::backfill::missing::{self, CellWork, Stored};
use crate::backfill::selection::Selection;
use crate::backfill::{grid, keys};
use crate::delta::{Snapshot, Warehouse};
use crate::plan::job::Job;
use crate::{Result, width};

/// Cells with what is missing in them.
pub(crate) async fn plan(kind: Kind, warehouse: &Warehouse, job: &Job, selection: &Selection) -> Result<Vec<CellWork>> {
    let input = crate::tables_input::model_input(&job.settings);
    let snapshot = Snapshot::at(warehouse, &input, &job.input).await?;
    let buckets = grid::buckets(&snapshot)?;
    width::check(warehouse, &job.settings, selection.widen).await?;
    // a table that cannot hold the forecasts is refused before the first fit
    let stored = Stored::open(job, warehouse).await?;
    let mut work = Vec::new();
    keys::check(job, &buckets, selection.named_keys()).await?;
    for name in selection.named_models() {
        job.model(name)?;
    }
    for &bucket in &buckets {
        work.extend(match kind {
            Kind::Train => missing::fits(job, &stored, selection, bucket).await?,
            Kind::Infer => missing::forecasts(job, &stored, selection, bucket).await?,
        });
    }
    if kind == Kind::Train {
        stored.claim(job, &mut work).await?;
    }
    Ok(work)
}

/// Keeps the first `limit` missing units; a cell that is replaced stays whole, or its other rows would go.
pub(crate) fn limit(work: &mut [CellWork], limit: Option<usize>) {
    let Some(mut left) = limit else { return };
    for cell in work {
        if !cell.replace || left == 0 {
            cell.units.truncate(left);
            cell.unit_forecasts.truncate(left);
        }
        left = left.saturating_sub(cell.units.len());
    }
}

/// Units that cannot be done, by the code of the reason.
pub(super) fn skipped(work: &[CellWork]) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for outcome in work.iter().flat_map(|cell| &cell.skipped) {
        *counts.entry(outcome.reason.clone().unwrap_or_default()).or_default() += 1;
    }
    counts
}

pub(super) fn announce(kind: Kind, options: &Options, work: &[CellWork], ledger: &mut Ledger) {
    let units: usize = work.iter().map(|cell| cell.units.len()).sum();
    ledger.plan(units);
    let event = Event::Planned {
        step: kind.name(),
        cells: work.iter().filter(|cell| !cell.units.is_empty()).count(),
        units,
        forecasts: work.iter().map(|cell| cell.forecasts()).sum(),
        existing: work.iter().map(|cell| cell.existing).sum(),
        skipped: work.iter().map(|cell| cell.skipped.len()).sum(),
    };
    super::tell(options, event);
    for cell in work {
        ledger.note(kind.name(), &cell.cell, &cell.skipped);
        ledger.ages(kind.name(), &cell.cell, &cell.ages);
    }
}
