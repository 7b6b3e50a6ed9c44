//! The input: files, bronze tables as defined, new enough, without gaps and duplicates.

use std::path::Path;

use almanac_engine::delta::Snapshot;
use almanac_engine::settings::Source;
use almanac_engine::{EngineError, tables_input};
use almanac_models::{Calendar, CalendarKind};
use chrono::{Datelike, NaiveDate};
use datafusion::prelude::SessionContext;

use super::super::choose::key_of_row;
use super::super::rows::{self, Row};
use super::super::{Session, catalog};
use super::Checks;
use crate::exit::Outcome;
use crate::ingest::today;

/// Days without a row after which a source is old, beside its publication lag: a week, as some are weekly.
const OLD: i64 = 7;

pub(super) async fn check(session: &Session, folder: Option<&Path>, checks: &mut Checks) {
    if let Some(folder) = folder {
        files(session, folder, checks);
    }
    let mut whole = true;
    for source in &session.settings.sources {
        let table = tables_input::bronze(&session.settings, source);
        let name = table.full_name();
        match Snapshot::open(&session.warehouse, &table).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                whole = false;
                checks.warn(&name, "it is not there yet", "run `almanac ingest` with --source");
            }
            Err(error) => {
                whole = false;
                checks.failed(&name, error);
            }
        }
    }
    if !whole {
        return;
    }
    let context = match catalog::context(session).await {
        Ok(context) => context,
        Err(failure) => return checks.failed("tables", failure),
    };
    for source in &session.settings.sources {
        if let Err(failure) = table(session, &context, source, checks).await {
            checks.failed(format!("bronze.{}", source.name), failure);
        }
    }
}

fn files(session: &Session, folder: &Path, checks: &mut Checks) {
    let sources = &session.settings.sources;
    let absent: Vec<&str> =
        sources.iter().map(|source| source.path.as_str()).filter(|path| !folder.join(path).is_file()).collect();
    match absent.as_slice() {
        [] => checks.ok("source files", format!("{} in {}", sources.len(), folder.display())),
        absent => checks.fail(
            "source files",
            format!("{} lacks {}", folder.display(), absent.join(", ")),
            "name the folder of the files with --source, or correct the path of the source",
        ),
    }
}

async fn table(session: &Session, context: &SessionContext, source: &Source, checks: &mut Checks) -> Outcome {
    let name = format!("bronze.{}", source.name);
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let table = format!("bronze.{}", quoted(&source.name));
    let schema = context.table_provider(name.as_str()).await?.schema();
    let known = |name: &&str| schema.column_with_name(name).is_some();
    let keys: Vec<&str> = session.settings.dataset.key.iter().map(String::as_str).filter(known).collect();
    let grain: Vec<&str> = keys.iter().copied().chain(["date", "region"].into_iter().filter(known)).collect();
    let list = |names: &[&str]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let twice = format!("SELECT 1 FROM {table} GROUP BY {} HAVING count(*) > 1", list(&grain));
    let query = format!(
        "SELECT count(*) AS n, CAST(max(date) AS TEXT) AS last, (SELECT count(*) FROM ({twice})) AS twice FROM {table}"
    );
    let found = rows::of(context, &query).await?;
    let Some(row) = found.first() else { return Ok(()) };
    let (rows, twice) = (number(row, "n"), number(row, "twice"));
    if twice > 0 {
        let seen = format!("{twice} dates of a key have several rows");
        checks.fail(format!("{name}: duplicates"), seen, "run `almanac ingest` again, which keeps one of each");
    }
    match rows::text(row, "last").parse::<NaiveDate>() {
        Err(_) => checks.warn(&name, "it has no rows", "look at the file of the source, then run `almanac ingest`"),
        Ok(last) => {
            let age = (today(&session.settings)? - last).num_days();
            // a table of another form cannot be opened; of rows that are doubled there is a line of their own
            let unique = if twice == 0 { format!(", one row per {}", grain.join(", ")) } else { String::new() };
            let seen =
                format!("{rows} rows, the newest of {last}, {age} days ago; columns and types as configured{unique}");
            let fix = "fetch newer files and run `almanac ingest`, if forecasts of today are wanted";
            match age > OLD + i64::from(source.publication_lag_days.max(0)) {
                true => checks.warn(&name, seen, fix),
                false => checks.ok(&name, seen),
            }
        }
    }
    if source.bars {
        gaps(session, context, &table, &list(&keys), checks).await?;
    }
    Ok(())
}

/// Sessions without a bar, of the key that lacks most.
async fn gaps(session: &Session, context: &SessionContext, table: &str, keys: &str, checks: &mut Checks) -> Outcome {
    let dataset = &session.settings.dataset;
    let refused = |error: almanac_models::CalendarError| EngineError::Internal(error.to_string());
    let calendar = Calendar::new(dataset.calendar, &dataset.holidays).map_err(refused)?;
    let query = format!(
        "SELECT {} AS key, CAST(min(date) AS TEXT) AS first, CAST(max(date) AS TEXT) AS last, \
         count(DISTINCT date) AS days FROM {table} GROUP BY {keys} ORDER BY key",
        key_of_row(session)
    );
    let day = |row: &Row, name: &str| {
        let date = rows::text(row, name).parse::<NaiveDate>().ok()?;
        Some(date.num_days_from_ce() - NaiveDate::default().num_days_from_ce())
    };
    let found = rows::of(context, &query).await?;
    let shares = found.iter().filter_map(|row| {
        let sessions = calendar.sessions_between(day(row, "first")?, day(row, "last")?) as u64;
        let absent = sessions.saturating_sub(number(row, "days"));
        Some((absent as f64 / sessions.max(1) as f64, absent, rows::text(row, "key")))
    });
    let Some((share, absent, key)) = shares.max_by(|a, b| a.0.total_cmp(&b.0)) else { return Ok(()) };
    if absent == 0 {
        let seen = match found.len() {
            1 => "the only key lacks no session".to_owned(),
            keys => format!("of {keys} keys none lacks a session"),
        };
        checks.ok("gaps", seen);
        return Ok(());
    }
    let seen = format!("of {} keys {key} lacks most sessions: {absent}, {:.1} %", found.len(), share * 100.0);
    let limit = session.settings.training.max_gap;
    let target = &dataset.target;
    let filled = dataset.calendar == CalendarKind::Daily
        && tables_input::silver_columns(&session.settings).iter().any(|column| column.name == target && column.fill);
    let fix = match filled {
        // to a fit a day that was filled is as good as another
        true => format!(
            "give these days a row: they have the value before, are forecast and scored as if it had come, and \
             training.max_gap ({limit}) counts none; with fill = false of {target} it does"
        ),
        false => format!("fill them, or raise training.max_gap ({limit})"),
    };
    match share > limit {
        true => checks.warn("gaps", seen, fix),
        false => checks.ok("gaps", seen),
    }
    Ok(())
}

fn number(row: &Row, column: &str) -> u64 {
    rows::value(row, column).as_u64().unwrap_or(0)
}
