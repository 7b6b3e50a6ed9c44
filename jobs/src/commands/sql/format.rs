//! Forms in which rows are written, to standard output or a file.

use std::fs::{self, File};
use std::io::{BufWriter, Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

use almanac_engine::EngineError;
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::json::writer::{JsonArray, LineDelimited, WriterBuilder};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use clap::ValueEnum;
use datafusion::common::arrow::util::pretty::pretty_format_batches;
use parquet::arrow::ArrowWriter;
use unicode_width::UnicodeWidthStr;

use super::{grid, pager};
use crate::cli::Form;
use crate::exit::{Failure, Outcome};
use crate::output::{Column, Listing};
use crate::{look, output, show};

/// Rows beyond which a table is laid out without keeping its cells.
const MANY: usize = 1_000;

/// Form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines and columns; on a terminal through a pager where it is long, and without one only columns that fit.
    Table,
    /// Comma-separated values with a header.
    Csv,
    /// One array of objects.
    Json,
    /// One object per line.
    Ndjson,
    /// A Parquet file, named by --into.
    Parquet,
    /// A table for documents.
    Markdown,
}

/// Where an answer goes, and how.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// None: as the global form of results says.
    pub(super) format: Option<Format>,
    /// None: standard output.
    pub(super) into: Option<PathBuf>,
}

impl Target {
    /// Of a format and a file; a file's ending says its format where none is given.
    ///
    /// # Errors
    /// `Configuration` for Parquet without a file, and for a file of no known format.
    pub(super) fn new(format: Option<Format>, into: Option<PathBuf>) -> Outcome<Self> {
        let refused = |key: &str, value: String, message: &str| -> Failure {
            EngineError::Configuration { key: key.into(), value, message: message.into() }.into()
        };
        match (format, &into) {
            (Some(Format::Parquet), None) => {
                Err(refused("--format", "parquet".into(), "it is no text: name its file with --into FILE"))
            }
            (None, Some(path)) => {
                let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
                let format = match ending {
                    "md" => Some(Format::Markdown),
                    "txt" => Some(Format::Table),
                    other => Format::from_str(other, true).ok(),
                };
                let expected = "expected an ending of csv, json, ndjson, parquet, md or txt, or --format";
                let refusal = || refused("--into", path.display().to_string(), expected);
                Ok(Self { format: Some(format.ok_or_else(refusal)?), into })
            }
            _ => Ok(Self { format, into }),
        }
    }

    /// Writes an answer.
    ///
    /// # Errors
    /// `Storage` naming the file.
    pub(super) fn write(&self, rows: &[RecordBatch]) -> Outcome {
        let format = self.format.unwrap_or(Format::Table);
        let Some(path) = &self.into else { return print(rows, self.format) };
        let place = path.display().to_string();
        let refused = |error: std::io::Error| Failure::from(EngineError::storage(&place, error));
        let there = fs::metadata(path).ok();
        // devices and pipes are no files that another could replace
        if there.as_ref().is_some_and(|facts| !facts.is_file()) {
            return fill(rows, format, &place, File::create(path).map_err(refused)?);
        }
        // a link stays one
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let part = beside(&path);
        let written = File::create(&part).map_err(refused).and_then(|file| {
            if let Some(facts) = &there {
                file.set_permissions(facts.permissions()).map_err(refused)?;
            }
            fill(rows, format, &place, file)
        });
        let moved = written.and_then(|()| fs::rename(&part, &path).map_err(refused));
        if moved.is_err() {
            let _ = fs::remove_file(&part);
        }
        moved
    }
}

/// A file beside another that becomes it once it is whole.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

/// Writes rows to a file.
fn fill(rows: &[RecordBatch], format: Format, place: &str, file: File) -> Outcome {
    let mut file = BufWriter::new(file);
    match format {
        Format::Parquet => {
            parquet(rows, &mut file, place)?;
            file.flush().map_err(|error| EngineError::storage(place, error).into())
        }
        _ => text(rows, format, place, file),
    }
}

/// Writes to standard output; tables through a pager.
fn print(rows: &[RecordBatch], format: Option<Format>) -> Outcome {
    match (format, look::get().form) {
        (None, Some(form @ (Form::Json | Form::Yaml))) => {
            let mut bytes = Vec::new();
            text(rows, Format::Json, show::STDOUT, &mut bytes)?;
            let rows: serde_json::Value =
                serde_json::from_slice(&bytes).map_err(|error| EngineError::Internal(error.to_string()))?;
            output::value(&serde_json::json!({ "rows": rows }), form);
            Ok(())
        }
        (None | Some(Format::Table | Format::Markdown), _) => {
            let format = format.unwrap_or(Format::Table);
            let mut bytes = Vec::new();
            text(rows, format, show::STDOUT, &mut bytes)?;
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
        (Some(format), _) => {
            let out = BufWriter::new(Lenient(std::io::stdout().lock()));
            text(rows, format, show::STDOUT, out)
        }
    }
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

/// A stream whose reader may go away (`| head`), which is no error.
struct Lenient<W>(W);

impl<W: Write> Write for Lenient<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// A stream that remembers why it refused: writers of rows pass on words only.
struct Remembering<W> {
    out: W,
    refused: Option<Error>,
}

impl<W: Write> Remembering<W> {
    fn noted<T>(&mut self, outcome: std::io::Result<T>) -> std::io::Result<T> {
        if let Err(error) = &outcome
            && error.kind() != ErrorKind::Interrupted
        {
            self.refused.get_or_insert_with(|| show::again(error));
        }
        outcome
    }
}

impl<W: Write> Write for Remembering<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes);
        self.noted(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let flushed = self.out.flush();
        self.noted(flushed)
    }
}

/// Writes rows as text, to the last byte.
fn text(rows: &[RecordBatch], format: Format, place: &str, out: impl Write) -> Outcome {
    let mut out = Remembering { out, refused: None };
    let written = write_text(rows, format, &mut out).and_then(|()| Ok(out.flush()?));
    match (out.refused, written) {
        (Some(error), _) => Err(EngineError::storage(place, error).into()),
        (None, written) => written.map_err(|error| EngineError::from_arrow(error).into()),
    }
}

fn write_text(rows: &[RecordBatch], format: Format, out: &mut impl Write) -> Result<(), ArrowError> {
    let filled = rows.iter().filter(|batch| batch.num_rows() > 0);
    match format {
        Format::Csv => {
            let mut writer = arrow::csv::Writer::new(out);
            rows.iter().try_for_each(|batch| writer.write(batch))
        }
        Format::Ndjson => {
            let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(out);
            filled.clone().try_for_each(|batch| writer.write(batch))?;
            writer.finish()
        }
        Format::Json => {
            let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(&mut *out);
            filled.clone().try_for_each(|batch| writer.write(batch))?;
            writer.finish()?;
            drop(writer);
            Ok(writeln!(out)?)
        }
        Format::Markdown => markdown(rows, out),
        Format::Table if rows.iter().map(RecordBatch::num_rows).sum::<usize>() > MANY => grid::write(rows, out),
        Format::Table | Format::Parquet => Ok(writeln!(out, "{}", pretty_format_batches(rows)?)?),
    }
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

fn parquet(rows: &[RecordBatch], file: &mut BufWriter<File>, place: &str) -> Outcome {
    let refused = |error: parquet::errors::ParquetError| Failure::from(EngineError::storage(place, error));
    let Some(schema) = rows.first().map(RecordBatch::schema) else { return Ok(()) };
    let mut writer = ArrowWriter::try_new(file, schema, None).map_err(refused)?;
    for batch in rows {
        writer.write(batch).map_err(refused)?;
    }
    writer.close().map(drop).map_err(refused)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn written(format: Format, rows: usize) -> String {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["x|y", "z"]));
        let batch = RecordBatch::try_from_iter_with_nullable([("a", numbers, true), ("b", texts, false)]).unwrap();
        let mut bytes = Vec::new();
        text(&[batch.slice(0, rows)], format, "memory", &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_format_has_its_form() {
        assert_eq!(written(Format::Csv, 2), "a,b\n1,x|y\n,z\n");
        assert_eq!(written(Format::Json, 2), "[{\"a\":1,\"b\":\"x|y\"},{\"a\":null,\"b\":\"z\"}]\n");
        assert_eq!(written(Format::Ndjson, 2), "{\"a\":1,\"b\":\"x|y\"}\n{\"a\":null,\"b\":\"z\"}\n");
        assert_eq!(written(Format::Markdown, 2), "| a | b |\n|---:|---|\n| 1 | x\\|y |\n|  | z |\n");
    }

    #[test]
    fn columns_are_named_without_rows() {
        assert_eq!(written(Format::Csv, 0), "a,b\n");
        assert_eq!(written(Format::Json, 0), "[]\n");
        assert_eq!(written(Format::Ndjson, 0), "");
        assert_eq!(written(Format::Markdown, 0), "| a | b |\n|---:|---|\n");
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

    #[test]
    fn a_file_says_its_format() {
        let format = |into: &str| Target::new(None, Some(into.into())).ok().and_then(|target| target.format);
        assert_eq!(format("a.parquet"), Some(Format::Parquet));
        assert_eq!(format("a.md"), Some(Format::Markdown));
        assert_eq!(format("a.xlsx"), None);
        assert!(Target::new(Some(Format::Parquet), None).is_err());
    }
}
