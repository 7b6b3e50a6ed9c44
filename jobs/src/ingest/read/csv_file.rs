//! CSV with a header, comma separated, UTF-8. An empty field is null.

use std::fs::File;
use std::path::Path;

use almanac_engine::Result;
use csv::{ByteRecord, ErrorKind, ReaderBuilder, Trim};

use super::super::layout::{Layout, Located, ValueColumn};
use super::super::rows::{Rows, Text, Values};
use super::{parse_date, storage};

pub(super) fn read(layout: &Layout, path: &Path) -> Result<Rows> {
    let file = File::open(path).map_err(|error| storage(path, error))?;
    let mut reader = ReaderBuilder::new().trim(Trim::All).buffer_capacity(1 << 18).from_reader(file);
    let refuse_csv = |error: csv::Error| {
        let line = error.position().map(csv::Position::line);
        match error.into_kind() {
            ErrorKind::Io(error) => storage(path, error),
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                let message = format!("the line has {len} fields, the header {expected_len}");
                layout.refuse(line, None, message).of_value(len.to_string())
            }
            ErrorKind::Utf8 { err, .. } => layout.refuse(line, None, format!("not UTF-8: {err}")),
            other => layout.refuse(line, None, format!("not CSV: {other:?}")),
        }
    };
    let header: Vec<String> = reader.headers().map_err(refuse_csv)?.iter().map(header_name).collect();
    if header.is_empty() {
        return Err(layout.refuse(None, None, "the file is empty"));
    }
    let located = layout.locate(&header)?;
    let mut rows = empty(layout);
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(refuse_csv)? {
        let line = record.position().map_or(0, csv::Position::line);
        push(layout, &located, &mut rows, &record, line)?;
    }
    Ok(rows)
}

/// A byte-order mark is no part of the first column's name.
fn header_name(name: &str) -> String {
    name.trim_start_matches('\u{feff}').to_owned()
}

fn empty(layout: &Layout) -> Rows {
    let values = layout.values.iter().map(|column| match column.texts {
        Some(_) => Values::Text(Text::default()),
        None => Values::Number(Vec::new()),
    });
    Rows {
        lines: Vec::new(),
        dates: Vec::new(),
        known_at: Vec::new(),
        keys: vec![Text::default(); layout.keys.len()],
        region: layout.region.as_ref().map(|_| Text::default()),
        values: values.collect(),
    }
}

fn push(layout: &Layout, located: &Located, rows: &mut Rows, record: &ByteRecord, line: u64) -> Result<()> {
    let text = |place: usize, column: &str| {
        let bytes = record.get(place).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|error| {
            let refused = layout.refuse(Some(line), Some(column), format!("not UTF-8: {error}"));
            refused.of_value(String::from_utf8_lossy(bytes))
        })
    };
    let date_in = |place: usize, column: &str| {
        let value = text(place, column)?;
        let refuse = || {
            let message = format!("unparsable date {value:?}; YYYY-MM-DD is needed");
            layout.refuse(Some(line), Some(column), message).of_value(value)
        };
        if value.is_empty() { Ok(None) } else { parse_date(value).map(Some).ok_or_else(refuse) }
    };
    let Some(date) = date_in(located.date, &layout.date)? else {
        let message = "unparsable date \"\"; YYYY-MM-DD is needed";
        return Err(layout.refuse(Some(line), Some(&layout.date), message).of_value(""));
    };
    rows.known_at.push(match (located.known_at, &layout.known_at) {
        (Some(place), Some(column)) => date_in(place, column)?,
        _ => Some(date.saturating_add(layout.lag_days)),
    });
    rows.lines.push(line);
    rows.dates.push(date);
    for ((place, column), (_, name)) in located.keys.iter().zip(&mut rows.keys).zip(&layout.keys) {
        column.push(Some(text(*place, name)?));
    }
    if let (Some(place), Some(column), Some(name)) = (located.region, &mut rows.region, &layout.region) {
        column.push(Some(text(place, name)?));
    }
    for ((place, values), wanted) in located.values.iter().zip(&mut rows.values).zip(&layout.values) {
        push_value(layout, wanted, values, text(*place, &wanted.from)?, line)?;
    }
    Ok(())
}

fn push_value(layout: &Layout, wanted: &ValueColumn, values: &mut Values, text: &str, line: u64) -> Result<()> {
    let refuse = |message: String| Err(layout.refuse(Some(line), Some(&wanted.from), message).of_value(text));
    match values {
        Values::Number(numbers) if text.is_empty() => numbers.push(None),
        Values::Number(numbers) => match text.parse() {
            Ok(number) => numbers.push(Some(number)),
            Err(_) => return refuse(format!("wrong type: {text:?} is not a number")),
        },
        Values::Text(column) => {
            let known = wanted.texts.iter().flatten().any(|known| known == text);
            if !known && !text.is_empty() {
                return refuse(format!("value {text:?} is not in the column's map; add it or correct the file"));
            }
            column.push(Some(text));
        }
    }
    Ok(())
}
