//! Reads one source's file, typed. Anything that does not fit refuses the whole file.

mod csv_file;
mod parquet_file;

use std::path::Path;

use almanac_engine::{EngineError, Result};
use almanac_models::Day;
use chrono::{Datelike, NaiveDate, NaiveTime};

use super::layout::Layout;
use super::rows::Rows;

/// Reads the file that `layout` describes below `source_dir`, CSV or Parquet by its extension.
///
/// # Errors
/// [`EngineError::NotFound`] without the file, [`EngineError::Storage`] if it cannot be read,
/// [`EngineError::Input`] naming file, line, column and value for everything that does not fit.
pub(super) fn read(layout: &Layout, source_dir: &Path) -> Result<Rows> {
    let path = source_dir.join(&layout.file);
    if !path.is_file() {
        let hint = format!(
            " in {}; name the folder of the files with --source, or correct the path of the source",
            source_dir.display()
        );
        return Err(EngineError::NotFound { what: "source file", name: layout.file.clone(), hint });
    }
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    let rows = match extension.as_str() {
        "csv" => csv_file::read(layout, &path)?,
        "parquet" => parquet_file::read(layout, &path)?,
        other => {
            return Err(layout.refuse(None, None, "unknown kind of file; .csv and .parquet are read").of_value(other));
        }
    };
    if rows.len() == 0 {
        return Err(layout.refuse(None, None, "the file has no rows"));
    }
    Ok(rows)
}

fn storage(path: &Path, source: impl std::error::Error + Send + Sync + 'static) -> EngineError {
    EngineError::Storage { place: path.display().to_string(), source: Box::new(source) }
}

/// `YYYY-MM-DD`, alone or before a time of day, which is dropped: dates are those the file states.
fn parse_date(text: &str) -> Option<Day> {
    let (date, rest) = text.split_at_checked(10)?;
    if date.as_bytes()[4] != b'-' || date.as_bytes()[7] != b'-' {
        return None;
    }
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    let time_follows = || {
        let time = rest.strip_prefix(['T', ' ']).and_then(|time| time.get(..8));
        time.is_some_and(|time| NaiveTime::parse_from_str(time, "%H:%M:%S").is_ok())
    };
    (rest.is_empty() || time_follows()).then(|| day_of(date))
}

/// Days since 1970-01-01.
pub(crate) fn day_of(date: NaiveDate) -> Day {
    const EPOCH_FROM_CE: i32 = 719_163;
    date.num_days_from_ce() - EPOCH_FROM_CE
}

/// Calendar date of a day, as text.
pub(crate) fn date_text(day: Day) -> String {
    const EPOCH_FROM_CE: i32 = 719_163;
    let date = day.checked_add(EPOCH_FROM_CE).and_then(NaiveDate::from_num_days_from_ce_opt);
    date.map_or_else(|| format!("day {day}"), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        assert_eq!(parse_date("1970-01-02 00:00:00-05:00"), Some(1));
        assert_eq!(parse_date("1970-01-02T10:30:00Z"), Some(1));
        for bad in
            ["", "1970-1-2", "2020-02-30", "02/01/1970", "1970-01-02x", "1970-01-02 lunch time", "２０２０-01-01"]
        {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
        assert_eq!(date_text(1), "1970-01-02");
        assert_eq!(date_text(Day::MAX), format!("day {}", Day::MAX));
    }
}
