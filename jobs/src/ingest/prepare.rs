//! One source from its file to batches, without a write: reading, checks, quarantine, de-duplication.

use std::path::Path;

use almanac_engine::Result;
use almanac_engine::settings::{Settings, Source};
use almanac_engine::tables::TableDef;
use almanac_engine::tables_input;
use almanac_models::Day;
use arrow::record_batch::RecordBatch;

use super::accept::Accept;
use super::batch;
use super::check::{Refusal, check_outliers, check_rows, open_close_outside};
use super::duplicates::deduplicate;
use super::layout::Layout;
use super::read::{date_text, read};
use super::report::{LISTED, RefusedRow, SourceReport};
use super::rows::Rows;

/// A source ready to be written.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) table: TableDef,
    pub(super) rows: RecordBatch,
    pub(super) quarantine: RecordBatch,
    pub(super) report: SourceReport,
}

/// Reads and checks one source.
///
/// # Errors
/// Those of [`read`]: the file is refused as a whole.
pub(super) fn prepare(
    settings: &Settings,
    source: &Source,
    source_dir: &Path,
    accept: &Accept,
    today: Day,
) -> Result<Prepared> {
    let layout = Layout::of(settings, source);
    let rows = read(&layout, source_dir)?;
    let mut sieve = Sieve::new(source, &rows, accept);
    sieve.refuse(check_rows(source, &rows, today));
    // The median is taken over rows that stand: not over those refused above.
    sieve.refuse(check_outliers(settings, source, &rows, &sieve.kept()));
    sieve.refused.sort_by_key(|refusal| refusal.row);
    let unique = deduplicate(&rows, &sieve.kept());

    let table = tables_input::bronze(settings, source);
    let mut report = SourceReport {
        source: source.name.clone(),
        file: source.path.clone(),
        rows_read: rows.len(),
        rows_kept: unique.kept.len(),
        first_date: unique.kept.iter().map(|&row| rows.dates[row]).min().map(date_text),
        last_date: unique.kept.iter().map(|&row| rows.dates[row]).max().map(date_text),
        accepted: sieve.accepted,
        duplicates_equal: unique.equal,
        duplicates_different: unique.different,
        open_close_outside_high_low: open_close_outside(source, &rows, &unique.kept),
        differing: unique.listed,
        ..SourceReport::default()
    };
    report.differing.truncate(LISTED);
    for refusal in &sieve.refused {
        *report.quarantined.entry(refusal.reason).or_default() += 1;
    }
    report.refused = sieve.refused.iter().take(LISTED).map(|refusal| refused_row(&rows, refusal)).collect();
    Ok(Prepared {
        rows: batch::bronze(&table, &rows, &unique.kept)?,
        quarantine: batch::quarantine(&tables_input::quarantine(), &layout, &rows, &sieve.refused)?,
        table,
        report,
    })
}

fn refused_row(rows: &Rows, refusal: &Refusal) -> RefusedRow {
    RefusedRow { line: rows.lines[refusal.row], reason: refusal.reason, detail: refusal.detail.clone() }
}

/// Rows still standing while checks go over them.
struct Sieve<'a> {
    source: &'a Source,
    rows: &'a Rows,
    accept: &'a Accept,
    stands: Vec<bool>,
    refused: Vec<Refusal>,
    accepted: usize,
}

impl<'a> Sieve<'a> {
    fn new(source: &'a Source, rows: &'a Rows, accept: &'a Accept) -> Self {
        Self { source, rows, accept, stands: vec![true; rows.len()], refused: Vec::new(), accepted: 0 }
    }

    fn refuse(&mut self, refusals: Vec<Refusal>) {
        for refusal in refusals {
            let line = self.rows.lines[refusal.row];
            if refusal.reason.can_be_accepted() && self.accept.lets_in(&self.source.name, line) {
                self.accepted += 1;
                continue;
            }
            self.stands[refusal.row] = false;
            self.refused.push(refusal);
        }
    }

    fn kept(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|&row| self.stands[row]).collect()
    }
}
