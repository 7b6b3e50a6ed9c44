//! From files to bronze: every source is read and checked before the first table is written.
//!
//! A source is held whole: a million rows of six numbers (50 MB of CSV) take 310 MiB at most, measured.

mod accept;
mod batch;
mod check;
mod duplicates;
mod layout;
mod outlier;
mod prepare;
mod read;
mod report;
mod rows;

use std::path::Path;
use std::time::Instant;

use almanac_engine::delta::{Replaced, Warehouse, add_columns, lacks_columns, replace_partition, replace_partitions};
use almanac_engine::settings::Settings;
use almanac_engine::{EngineError, Result, sources, tables_input};
use chrono::NaiveDate;

pub use accept::{Accept, AcceptError, AcceptedRows};
pub use check::Reason;
pub use duplicates::DifferingRows;
pub use report::{IngestReport, LISTED, RefusedRow, SourceReport};

use prepare::{Prepared, prepare};

pub(crate) use read::day_of;

/// How strictly rows are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestOptions {
    /// Refuse the whole ingest if any row would go to quarantine.
    pub strict: bool,
    /// Rows let in although a check refuses them.
    pub accept: Accept,
    /// Today, instead of the clock in the dataset's time zone.
    pub as_of: Option<NaiveDate>,
}

/// Today in the dataset's time zone.
///
/// # Errors
/// [`EngineError::Configuration`] for a time zone that does not exist.
pub fn today(settings: &Settings) -> Result<NaiveDate> {
    let zone = &settings.dataset.timezone;
    let zone: chrono_tz::Tz = zone.parse().map_err(|_| EngineError::Configuration {
        key: "dataset.timezone".into(),
        value: zone.clone(),
        message: "not an IANA time zone, such as America/New_York".into(),
    })?;
    Ok(chrono::Utc::now().with_timezone(&zone).date_naive())
}

/// Reads every source below `source_dir` and makes the bronze tables and the quarantine say what the files say.
///
/// All sources are read and checked before the first write, so a file that is refused leaves every table as it was.
/// Files may be changed and ingested again: a table is written only if its rows differ from those it holds.
///
/// # Errors
/// [`EngineError::Input`] with file, line, column and value for a file that is refused, for any refused row with
/// `strict`, and for a bronze table of another schema; [`EngineError::NotFound`] for a missing file;
/// [`EngineError::Configuration`] for sources that make no sense; those of the storage.
pub async fn ingest(
    settings: &Settings,
    source_dir: &Path,
    warehouse: &Warehouse,
    options: IngestOptions,
) -> Result<IngestReport> {
    let started = Instant::now();
    sources::check(settings)?;
    let as_of = match options.as_of {
        Some(date) => date,
        None => today(settings)?,
    };
    let mut prepared = Vec::with_capacity(settings.sources.len());
    for source in &settings.sources {
        prepared.push(prepare(settings, source, source_dir, &options.accept, day_of(as_of))?);
    }
    if options.strict {
        strictly(&prepared)?;
    }
    let quarantine = tables_input::quarantine();
    let mut lacking = Vec::new();
    for table in prepared.iter().map(|source| &source.table).chain([&quarantine]) {
        // Refuses a table of another schema before anything is written.
        if lacks_columns(warehouse, table).await? {
            lacking.push(table.clone());
        }
    }
    for table in &lacking {
        add_columns(warehouse, table).await?;
    }
    let mut sources = Vec::with_capacity(prepared.len());
    let mut refused = Vec::with_capacity(prepared.len());
    for source in prepared {
        let written = replace_partition(warehouse, &source.table, None, source.rows).await?;
        let partition = vec![("source".to_owned(), source.report.source.clone())];
        refused.push((Some(partition), source.quarantine));
        sources.push(SourceReport { written: written != Replaced::Unchanged, ..source.report });
    }
    replace_partitions(warehouse, &quarantine, refused).await?;
    let quarantined = sources.iter().flat_map(|source| source.quarantined.values()).sum();
    Ok(IngestReport { as_of, sources, quarantined, ingest_seconds: started.elapsed().as_secs_f64() })
}

fn strictly(sources: &[Prepared]) -> Result<()> {
    let reports = || sources.iter().map(|source| &source.report);
    let refused: usize = reports().flat_map(|source| source.quarantined.values()).sum();
    let first = reports().find_map(|source| Some((source, source.refused.first()?)));
    let Some((source, row)) = first else { return Ok(()) };
    Err(EngineError::Input {
        place: format!("{}, line {}", source.file, row.line),
        value: Some(row.detail.clone()),
        message: format!(
            "{}: {} ({refused} refused rows in all; --accept lets rows in)",
            row.reason.name(),
            row.detail
        ),
    })
}
