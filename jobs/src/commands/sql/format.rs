//! Forms in which rows are written, to standard output or a file.

use std::path::PathBuf;

use almanac_engine::EngineError;
use clap::ValueEnum;

use crate::exit::{Failure, Outcome};

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_its_format() {
        let format = |into: &str| Target::new(None, Some(into.into())).ok().and_then(|target| target.format);
        assert_eq!(format("a.parquet"), Some(Format::Parquet));
        assert_eq!(format("a.md"), Some(Format::Markdown));
        assert_eq!(format("a.xlsx"), None);
        assert!(Target::new(Some(Format::Parquet), None).is_err());
    }
}
