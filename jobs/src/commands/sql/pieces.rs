//! The texts of an answer that is written batch by batch: what begins, parts and ends it.

use almanac_engine::EngineError;
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::json::writer::{JsonArray, LineDelimited, WriterBuilder};
use serde_json::Value;

use crate::exit::Outcome;

/// A form whose rows need not all be there before the first is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    /// Comma-separated values with a header.
    Csv,
    /// One object per line.
    Ndjson,
    /// One array of objects.
    Json,
    /// A document whose `rows` they are, as other commands print theirs.
    Document,
}

/// The pieces of an answer.
#[derive(Debug)]
pub(super) struct Pieces {
    text: Text,
    begun: bool,
    /// Whether a row is written.
    filled: bool,
}

impl Pieces {
    /// Of an answer that is not begun.
    pub(super) fn of_text(text: Text) -> Self {
        Self { text, begun: false, filled: false }
    }

    /// The text of the next rows.
    ///
    /// # Errors
    /// For types that the form has not.
    pub(super) fn of(&mut self, batch: &RecordBatch) -> Outcome<Vec<u8>> {
        let (first, parted) = (!self.begun, self.filled);
        self.begun = true;
        self.filled |= batch.num_rows() > 0;
        match self.text {
            Text::Csv => {
                flat(batch)?;
                Ok(csv(batch, first).map_err(EngineError::from_arrow)?)
            }
            Text::Ndjson => Ok(lines(batch).map_err(EngineError::from_arrow)?),
            Text::Json => {
                let rows = array(batch).map_err(EngineError::from_arrow)?;
                let mut piece: Vec<u8> = if first { b"[".to_vec() } else { Vec::new() };
                if batch.num_rows() > 0 && parted {
                    piece.push(b',');
                }
                // without the brackets
                piece.extend_from_slice(rows.get(1..rows.len().saturating_sub(1)).unwrap_or_default());
                Ok(piece)
            }
            Text::Document => document(batch, first, parted),
        }
    }

    /// What ends it.
    pub(super) fn end(&self) -> &'static [u8] {
        match (self.text, self.filled) {
            (Text::Csv | Text::Ndjson, _) => b"",
            (Text::Json, _) => b"]\n",
            (Text::Document, true) => b"\n  ]\n}\n",
            (Text::Document, false) => b"]\n}\n",
        }
    }
}

/// Refuses what CSV has no form for.
fn flat(batch: &RecordBatch) -> Outcome {
    match batch.schema().fields().iter().find(|field| field.data_type().is_nested()) {
        Some(field) => Err(EngineError::Configuration {
            key: "--format".into(),
            value: "csv".into(),
            message: format!(
                "column {:?} is a {}, which CSV has not: take json or parquet",
                field.name(),
                field.data_type()
            ),
        }
        .into()),
        None => Ok(()),
    }
}

fn csv(batch: &RecordBatch, header: bool) -> Result<Vec<u8>, ArrowError> {
    let mut bytes = Vec::new();
    arrow::csv::WriterBuilder::new().with_header(header).build(&mut bytes).write(batch)?;
    Ok(bytes)
}

fn lines(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
}

/// `[]` of no rows.
fn array(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
}

/// Rows as objects.
///
/// # Errors
/// For types that JSON has not.
pub(super) fn values(rows: &[RecordBatch]) -> Outcome<Vec<Value>> {
    let mut values: Vec<Value> = Vec::new();
    for batch in rows {
        let rows = array(batch).map_err(EngineError::from_arrow)?;
        let rows: Vec<Value> =
            serde_json::from_slice(&rows).map_err(|error| EngineError::Internal(error.to_string()))?;
        values.extend(rows);
    }
    Ok(values)
}

/// Rows as they stand in a document, which is indented.
fn document(batch: &RecordBatch, first: bool, parted: bool) -> Outcome<Vec<u8>> {
    let rows = values(std::slice::from_ref(batch))?;
    let mut piece = if first { "{\n  \"rows\": [".to_owned() } else { String::new() };
    for (position, row) in rows.iter().enumerate() {
        if position > 0 || parted {
            piece.push(',');
        }
        // texts have no line breaks: JSON escapes them
        piece.push_str("\n    ");
        piece.push_str(&format!("{row:#}").replace('\n', "\n    "));
    }
    Ok(piece.into_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use serde_json::json;

    use super::*;

    fn batch() -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["x", "y\nz"]));
        RecordBatch::try_from_iter_with_nullable([("a", numbers, true), ("b", texts, false)]).unwrap()
    }

    fn written(text: Text, batches: &[RecordBatch]) -> String {
        let mut pieces = Pieces::of_text(text);
        let mut bytes: Vec<u8> = batches.iter().flat_map(|batch| pieces.of(batch).unwrap()).collect();
        bytes.extend_from_slice(pieces.end());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn batches_are_joined() {
        let batch = batch();
        let parts = [batch.slice(0, 0), batch.slice(0, 1), batch.slice(0, 0), batch.slice(1, 1)];
        assert_eq!(written(Text::Csv, &parts), "a,b\n1,x\n,\"y\nz\"\n");
        assert_eq!(written(Text::Ndjson, &parts), "{\"a\":1,\"b\":\"x\"}\n{\"a\":null,\"b\":\"y\\nz\"}\n");
        assert_eq!(written(Text::Json, &parts), "[{\"a\":1,\"b\":\"x\"},{\"a\":null,\"b\":\"y\\nz\"}]\n");
        let rows = json!({ "rows": [{ "a": 1, "b": "x" }, { "a": null, "b": "y\nz" }] });
        assert_eq!(written(Text::Document, &parts), format!("{rows:#}\n"));
    }

    #[test]
    fn no_rows_have_a_form_too() {
        let none = [batch().slice(0, 0)];
        assert_eq!(written(Text::Csv, &none), "a,b\n");
        assert_eq!(written(Text::Ndjson, &none), "");
        assert_eq!(written(Text::Json, &none), "[]\n");
        assert_eq!(written(Text::Document, &none), format!("{:#}\n", json!({ "rows": [] })));
    }
}
