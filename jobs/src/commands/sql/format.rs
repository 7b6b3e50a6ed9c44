//! Forms in which rows are written, to standard output or a file.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use almanac_engine::EngineError;
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::json::writer::{JsonArray, LineDelimited, WriterBuilder};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use clap::ValueEnum;
use datafusion::common::arrow::util::pretty::pretty_format_batches;
use parquet::arrow::ArrowWriter;

use super::pager;
use crate::cli::Form;
use crate::exit::{Failure, Outcome};
use crate::{look, output};

/// Form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines and columns; on a terminal through a pager where it is long.
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
        let refused = |error: std::io::Error| Failure::from(EngineError::storage(&path.display().to_string(), error));
        let mut file = BufWriter::new(File::create(path).map_err(refused)?);
        match format {
            Format::Parquet => parquet(rows, &mut file, path)?,
            _ => text(rows, format, &mut file)?,
        }
        file.flush().map_err(refused)
    }
}

/// Writes to standard output; tables through a pager.
fn print(rows: &[RecordBatch], format: Option<Format>) -> Outcome {
    match (format, look::get().form) {
        (None, Some(form @ (Form::Json | Form::Yaml))) => {
            let mut bytes = Vec::new();
            text(rows, Format::Json, &mut bytes)?;
            let rows: serde_json::Value =
                serde_json::from_slice(&bytes).map_err(|error| EngineError::Internal(error.to_string()))?;
            output::value(&serde_json::json!({ "rows": rows }), form);
            Ok(())
        }
        (None | Some(Format::Table | Format::Markdown), _) => {
            let mut bytes = Vec::new();
            text(rows, format.unwrap_or(Format::Table), &mut bytes)?;
            pager::show(String::from_utf8_lossy(&bytes).trim_end_matches('\n'));
            Ok(())
        }
        (Some(format), _) => {
            let mut out = BufWriter::new(Lenient(std::io::stdout().lock()));
            text(rows, format, &mut out)?;
            out.flush().map_err(|error| EngineError::storage("standard output", error).into())
        }
    }
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

fn text(rows: &[RecordBatch], format: Format, mut out: impl Write) -> Outcome {
    write_text(rows, format, &mut out).map_err(|error| EngineError::from_arrow(error).into())
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
        let options = FormatOptions::default();
        let formatters = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let formatters = formatters.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let cells = formatters.iter().map(|column| Ok(escaped(&column.value(row).try_to_string()?)));
            writeln!(out, "{}", line(cells.collect::<Result<Vec<_>, ArrowError>>()?))?;
        }
    }
    Ok(())
}

fn parquet(rows: &[RecordBatch], file: &mut BufWriter<File>, path: &Path) -> Outcome {
    let refused =
        |error: parquet::errors::ParquetError| Failure::from(EngineError::storage(&path.display().to_string(), error));
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
        text(&[batch.slice(0, rows)], format, &mut bytes).unwrap();
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
    fn a_file_says_its_format() {
        let format = |into: &str| Target::new(None, Some(into.into())).ok().and_then(|target| target.format);
        assert_eq!(format("a.parquet"), Some(Format::Parquet));
        assert_eq!(format("a.md"), Some(Format::Markdown));
        assert_eq!(format("a.xlsx"), None);
        assert!(Target::new(Some(Format::Parquet), None).is_err());
    }
}
