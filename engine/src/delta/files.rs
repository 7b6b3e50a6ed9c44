//! Data files of a snapshot, and the paths they are written to.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use chrono::Utc;
use datafusion::scalar::ScalarValue;
use deltalake::kernel::{Add, Remove};

use super::statistics;
use crate::cell::Cell;

/// Folder name of a null partition value, by Hive's convention.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// One live Parquet file of a table.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// Path below the table's folder, as the object store knows it.
    pub path: String,
    /// Partition values as text; null where the value is null.
    pub partition: BTreeMap<String, Option<String>>,
    /// Rows, 0 if the writer did not say.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// Least values of the columns with statistics.
    pub min: BTreeMap<String, ScalarValue>,
    /// Greatest values of the columns with statistics.
    pub max: BTreeMap<String, ScalarValue>,
    /// The action that added the file.
    pub add: Add,
}

impl DataFile {
    /// Reads an `add` action; `schema` gives the types of the statistics.
    pub fn new(add: Add, schema: &SchemaRef) -> Self {
        let read = add.stats.as_deref().map(|stats| statistics::parse(stats, schema)).unwrap_or_default();
        Self {
            path: add.path.clone(),
            partition: add.partition_values.clone().into_iter().collect(),
            rows: read.rows.unwrap_or_default(),
            bytes: add.size.unsigned_abs(),
            min: read.min,
            max: read.max,
            add,
        }
    }

    /// The cell whose rows the file holds; none if it holds several cells' or the table has no cells.
    pub fn cell(&self) -> Option<Cell> {
        let ScalarValue::Utf8(Some(model_version)) = self.only("model_version")? else { return None };
        let ScalarValue::Date32(Some(training_cutoff_date)) = self.only("training_cutoff_date")? else { return None };
        Some(Cell {
            model_name: self.partition.get("model_name")?.clone()?,
            model_version: model_version.clone(),
            key_bucket: self.partition.get("key_bucket")?.as_deref()?.parse().ok()?,
            training_cutoff_date: *training_cutoff_date,
        })
    }

    /// The column's value where all rows have the same.
    fn only(&self, column: &str) -> Option<&ScalarValue> {
        let least = self.min.get(column)?;
        (self.max.get(column)? == least).then_some(least)
    }

    /// The action that removes the file. `data_change` is false where its rows are kept in other files.
    pub(super) fn remove(&self, data_change: bool) -> Remove {
        removal(&self.add, data_change)
    }
}

/// The action that removes a file; see [`DataFile::remove`].
pub(super) fn removal(add: &Add, data_change: bool) -> Remove {
    Remove {
        path: add.path.clone(),
        data_change,
        deletion_timestamp: Some(Utc::now().timestamp_millis()),
        extended_file_metadata: Some(true),
        size: Some(add.size),
        partition_values: Some(add.partition_values.clone()),
        ..Remove::default()
    }
}

/// Folder of a partition below the table's, in the order of the partition columns: `a=1/b=x%20y`.
///
/// Everything but ASCII letters, digits, `-`, `_` and `.` is percent-encoded, so that any value is one path segment on
/// every store.
pub(super) fn partition_folder(values: &[(String, Option<String>)]) -> String {
    let segment = |(column, value): &(String, Option<String>)| match value {
        None => format!("{}={NULL_PARTITION}", encode(column)),
        Some(value) => format!("{}={}", encode(column), encode(value)),
    };
    values.iter().map(segment).collect::<Vec<_>>().join("/")
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
