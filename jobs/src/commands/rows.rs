//! Rows of our own queries, as values to be shown.

use almanac_engine::EngineError;
use arrow::json::ArrayWriter;
use datafusion::prelude::SessionContext;
use serde_json::{Map, Value};

use crate::exit::Outcome;

/// One row by column.
pub(crate) type Row = Map<String, Value>;

/// Rows of a query of ours. Nulls are absent.
pub(crate) async fn of(context: &SessionContext, query: &str) -> Outcome<Vec<Row>> {
    let batches = context.sql(query).await?.collect().await?;
    let mut writer = ArrayWriter::new(Vec::new());
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        writer.write(batch).map_err(EngineError::from_arrow)?;
    }
    writer.finish().map_err(EngineError::from_arrow)?;
    let bytes = writer.into_inner();
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(serde_json::from_slice(&bytes).map_err(|e| EngineError::Internal(e.to_string()))?)
}

/// A value of a row; null where absent.
pub(crate) fn value(row: &Row, column: &str) -> Value {
    row.get(column).cloned().unwrap_or(Value::Null)
}

/// A text of a row; empty where absent.
pub(crate) fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}
