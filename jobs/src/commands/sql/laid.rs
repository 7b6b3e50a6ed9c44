//! Answers that are laid out as a whole: tables for people and documents, and YAML.

use std::io::Write;
use std::path::Path;

use almanac_engine::EngineError;
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::arrow::util::pretty::pretty_format_batches;
use unicode_width::UnicodeWidthStr;

use super::format::{Format, Target};
use super::pieces;
use super::stream::Draft;
use super::{grid, pager};
use crate::cli::Form;
use crate::exit::Outcome;
use crate::output::{Column, Listing};
use crate::{look, output, show};

/// Rows beyond which a table is laid out without keeping its cells.
const MANY: usize = 1_000;

/// Writes an answer to a file, or to standard output.
///
/// # Errors
/// `Storage` naming the file.
pub(super) fn write(target: &Target, rows: &[RecordBatch]) -> Outcome {
    let format = target.format.unwrap_or(Format::Table);
    match (&target.into, target.format, look::get().form) {
        (Some(path), ..) => fill(path, &laid(rows, format)?),
        (None, None, Some(form @ Form::Yaml)) => {
            let rows: Vec<serde_json::Value> = pieces::values(rows)?;
            output::value(&serde_json::json!({ "rows": rows }), form);
            Ok(())
        }
        _ => print(rows, format),
    }
}

fn fill(path: &Path, bytes: &[u8]) -> Outcome {
    let (draft, mut file) = Draft::open(path)?;
    file.write_all(bytes).map_err(|error| draft.failed(error))?;
    draft.keep()
}

/// Through a pager where one shows it.
fn print(rows: &[RecordBatch], format: Format) -> Outcome {
    let bytes = laid(rows, format)?;
    let full = String::from_utf8_lossy(&bytes);
    let full = full.trim_end_matches('\n');
    if pager::shows(full) {
        return Ok(());
    }
    match look::get().width {
        Some(width) if format == Format::Table && full.lines().any(|line| line.width() > width) => {
            let narrow = narrowed(rows, width).map_err(EngineError::from_arrow)?;
            show::line(narrow.as_deref().unwrap_or(full));
        }
        _ => show::line(full),
    }
    Ok(())
}

fn laid(rows: &[RecordBatch], format: Format) -> Outcome<Vec<u8>> {
    let mut out = Vec::new();
    let outcome = match format {
        Format::Markdown => markdown(rows, &mut out),
        _ if rows.iter().map(RecordBatch::num_rows).sum::<usize>() > MANY => grid::write(rows, &mut out),
        _ => pretty_format_batches(rows).and_then(|table| Ok(writeln!(out, "{table}")?)),
    };
    outcome.map_err(EngineError::from_arrow)?;
    Ok(out)
}

/// Rows as a table of at most `width` characters, which tells what it leaves out; none where a value has several lines,
/// such as a plan: laid out on one, it could not be read.
fn narrowed(rows: &[RecordBatch], width: usize) -> Result<Option<String>, ArrowError> {
    let Some(schema) = rows.first().map(RecordBatch::schema) else { return Ok(None) };
    let mut texts = Vec::new();
    for batch in rows {
        texts.extend(cells(batch)?);
    }
    if texts.iter().flatten().any(|text| text.contains('\n')) {
        return Ok(None);
    }
    let fields = schema.fields();
    let columns = fields.iter().enumerate().map(|(position, field)| {
        let is_number = field.data_type().is_numeric();
        let column = if is_number { Column::told(field.name()) } else { Column::text(field.name()) };
        // the last go first, before them those without room even if alone; of two, a long text is rather cut
        let rank = match position {
            0 => 0,
            1 if fields.len() == 2 && !is_number => 0,
            _ => 1 + u8::from(texts.iter().any(|row| row[position].width() > width)),
        };
        column.titled(field.name()).rank(rank)
    });
    let mut listing = Listing::new(columns);
    for row in texts {
        listing.push(row.into_iter().map(serde_json::Value::from));
    }
    let advice = if look::at_prompt() { "\\o csv" } else { "-o wide" };
    Ok(Some(listing.table(Some(width), advice)))
}

/// Numbers stand to the right.
fn markdown(rows: &[RecordBatch], out: &mut impl Write) -> Result<(), ArrowError> {
    let Some(schema) = rows.first().map(RecordBatch::schema) else { return Ok(()) };
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', "<br>");
    writeln!(out, "{}", line(schema.fields().iter().map(|field| escaped(field.name())).collect()))?;
    let rule = schema.fields().iter().map(|field| if field.data_type().is_numeric() { "---:|" } else { "---|" });
    writeln!(out, "|{}", rule.collect::<String>())?;
    for batch in rows {
        for row in cells(batch)? {
            writeln!(out, "{}", line(row.iter().map(|cell| escaped(cell)).collect()))?;
        }
    }
    Ok(())
}

/// The values of each row as texts.
pub(super) fn cells(batch: &RecordBatch) -> Result<Vec<Vec<String>>, ArrowError> {
    let options = FormatOptions::default();
    let formatters = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
    let formatters = formatters.collect::<Result<Vec<_>, _>>()?;
    let of = |row: usize| {
        let cells = formatters.iter().map(|column| column.value(row).try_to_string());
        cells.collect::<Result<Vec<_>, _>>()
    };
    (0..batch.num_rows()).map(of).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_columns_are_named_without_rows() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["x|y", "z"]));
        let batch = RecordBatch::try_from_iter_with_nullable([("a", numbers, true), ("b", texts, false)]).unwrap();
        let written = |rows: usize| laid(&[batch.slice(0, rows)], Format::Markdown).unwrap();
        assert_eq!(written(2), b"| a | b |\n|---:|---|\n| 1 | x\\|y |\n|  | z |\n");
        assert_eq!(written(0), b"| a | b |\n|---:|---|\n");
    }

    #[test]
    fn columns_that_do_not_fit_are_named() {
        let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value])) };
        let number: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        let of = |columns: [(&str, ArrayRef); 3]| RecordBatch::try_from_iter(columns).unwrap();
        let batch = of([("key_of_it", text("Coffee")), ("settings", text("a b c d e f g h i j k l m")), ("n", number)]);
        let shown = |batch: RecordBatch, width: usize| narrowed(&[batch], width).unwrap().unwrap();
        let all = shown(batch.clone(), 40);
        let header: Vec<&str> = all.lines().next().unwrap().split_whitespace().collect();
        assert!(header == ["key_of_it", "settings", "n"] && !all.contains("-o wide"), "{all}");
        // the last go first, but before them what has no room even alone; of two, the second is cut
        for (width, expected) in [(38, "key_of_it  settings\n"), (30, "key_of_it\n"), (20, "key_of_it  n\n")] {
            let fewer = shown(batch.clone(), width);
            assert!(fewer.starts_with(expected) && fewer.ends_with("; -o wide shows all)"), "{fewer}");
        }
        let cut = shown(batch.project(&[0, 1]).unwrap(), 32);
        assert!(cut.starts_with("key_of_it  settings\n") && cut.contains("texts cut"), "{cut}");
        // the names of the columns stand without rows too
        assert!(shown(batch.slice(0, 0), 40).starts_with("key_of_it  settings  n\n"));
        let plan = of([("plan", text("Limit\n  Scan")), ("b", text("")), ("c", text(""))]);
        assert_eq!(narrowed(&[plan], 40).unwrap(), None);
    }
}
