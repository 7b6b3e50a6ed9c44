//! Files of one row per series and time, in the columns `unique_id`, `ds` and `y`. `ds` is a date, a time or a whole
//! number; rows may come in any order. The last rows of each series are its test part.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use almanac_engine::Result;
use almanac_models::Day;
use chrono::{NaiveDate, NaiveDateTime};
use csv::ReaderBuilder;

use super::super::panel::Series;
use super::super::{Observed, Panel};
use super::wide::number;
use super::{input, refused, storage};

/// Columns of a long file.
pub(super) const COLUMNS: [&str; 3] = ["unique_id", "ds", "y"];
const DAY: i64 = 86_400;

/// When a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Time {
    /// A number of its own.
    Step(i64),
    /// Seconds since 1970-01-01.
    Second(i64),
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) time: Time,
    /// NaN where empty.
    pub(super) value: f64,
}

/// Reads `ds`.
pub(super) fn time(text: &str) -> Option<Time> {
    if let Ok(step) = text.parse() {
        return Some(Time::Step(step));
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(Time::Second(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp()));
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let text = text.trim_end_matches('Z');
    let moment = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    Some(Time::Second(moment.and_utc().timestamp()))
}

/// The rows of a CSV file.
pub(super) fn rows_of_csv(path: &Path) -> Result<Vec<Row>> {
    let file = File::open(path).map_err(|error| storage(path, error))?;
    let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header = reader.headers().map_err(|error| refused(path, error))?.clone();
    let place = |column: &str| {
        let found = header.iter().position(|name| name.trim_start_matches('\u{feff}') == column);
        let message = || format!("column {column:?} is missing; unique_id, ds and y are needed");
        found.ok_or_else(|| input(path, None, message()).of_value(column))
    };
    let [id, ds, y] = [place(COLUMNS[0])?, place(COLUMNS[1])?, place(COLUMNS[2])?];
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| refused(path, error))?;
        let line = record.position().map(csv::Position::line);
        let field = |place: usize| record.get(place).unwrap_or_default();
        let refuse = |text: &str, what: String| input(path, line, what).of_value(text);
        let value = match field(y) {
            "" => f64::NAN,
            text => number(text).ok_or_else(|| refuse(text, format!("y {text:?} is not a number")))?,
        };
        let time = time(field(ds)).ok_or_else(|| refuse(field(ds), format!("ds {}", unreadable(field(ds)))))?;
        rows.push(Row { id: field(id).to_owned(), time, value });
    }
    Ok(rows)
}

/// What is wrong with a `ds`.
pub(super) fn unreadable(text: &str) -> String {
    format!("{text:?} is neither a date, a time such as 2020-01-31 23:00:00, nor a whole number")
}

/// Splits rows into series, in the order in which they first appear.
pub(super) fn panel(path: &Path, rows: Vec<Row>, horizon: usize) -> Result<Panel> {
    let mut order: Vec<(String, Vec<(Time, f64)>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kinds = [false; 2];
    for Row { id, time, value } in rows {
        kinds[usize::from(matches!(time, Time::Second(_)))] = true;
        let place = *places.entry(id.clone()).or_insert(order.len());
        if place == order.len() {
            order.push((id, Vec::new()));
        }
        order[place].1.push((time, value));
    }
    if kinds == [true; 2] {
        return Err(input(path, None, "ds holds dates and whole numbers; one of them is needed"));
    }
    let mut distances = Vec::new();
    for (id, rows) in &mut order {
        rows.sort_by_key(|(time, _)| *time);
        if let Some(twice) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let ds = text(twice[0].0);
            let message = format!("series {id:?} has two rows at {ds}; one is needed");
            return Err(input(path, None, message).of_value(ds));
        }
        distances.extend(rows.windows(2).filter_map(|pair| match (pair[0].0, pair[1].0) {
            (Time::Second(a), Time::Second(b)) => Some((b - a) as f64),
            _ => None,
        }));
    }
    distances.sort_by(f64::total_cmp);
    let observed = distances.get(distances.len() / 2).copied().and_then(Observed::between);
    let whole_days = order.iter().all(|(_, rows)| rows.iter().all(|(time, _)| day(*time).is_some()));
    let (mut series, mut too_short) = (Vec::new(), Vec::new());
    for (id, rows) in order {
        let Some(split) = rows.len().checked_sub(horizon).filter(|split| *split > 0) else {
            too_short.push(id);
            continue;
        };
        let values = |rows: &[(Time, f64)]| rows.iter().map(|(_, value)| *value).collect::<Vec<_>>();
        let mut one = Series::numbered(id, values(&rows[..split]), values(&rows[split..]));
        if whole_days {
            let days = |rows: &[(Time, f64)]| rows.iter().filter_map(|(time, _)| day(*time)).collect();
            (one.days, one.ahead) = (days(&rows[..split]), days(&rows[split..]));
        }
        series.push(one);
    }
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("panel").to_owned();
    Ok(Panel { name, observed, series, too_short })
}

/// The day of a time, where it is one.
fn day(time: Time) -> Option<Day> {
    match time {
        Time::Step(step) => Day::try_from(step).ok(),
        Time::Second(second) if second % DAY == 0 => Day::try_from(second / DAY).ok(),
        Time::Second(_) => None,
    }
}

fn text(time: Time) -> String {
    match time {
        Time::Step(step) => step.to_string(),
        Time::Second(second) => chrono::DateTime::from_timestamp(second, 0)
            .map_or_else(|| second.to_string(), |t| t.naive_utc().to_string()),
    }
}
