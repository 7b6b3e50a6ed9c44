//! What a table says, as one number: a hash of its rows that ignores their order and the files they are in.
//!
//! Each row is hashed to 128 bits over its content columns (`tables::is_content`) in the order of their names, with
//! names and types; the rows' hashes are added modulo 2^128, so any order, grouping and parallelism gives the same sum.
//! Floats count by their bits. It is a checksum against accidents, not against attackers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int32Type, Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use futures::StreamExt;
use serde::{Deserialize, Serialize};

use super::files::DataFile;
use super::snapshot::Snapshot;
use crate::tables::is_content;
use crate::{EngineError, Result};

/// Odd multipliers and a null's, from the digits of the golden ratio, pi and e.
const FIRST: u64 = 0x9E37_79B9_7F4A_7C15;
const SECOND: u64 = 0x2431_F6A8_885A_308D;
const NULL: u64 = 0xB7E1_5162_8AED_2A6B;

/// Limit of the scan's tracked memory; a scan tracks next to none.
const SCAN_MEMORY: usize = 256 << 20;

/// Rows and their combined hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u64, String)", try_from = "(u64, String)")]
pub struct Content {
    /// Number of rows.
    pub rows: u64,
    sum: u128,
}

impl Content {
    /// No rows.
    pub const EMPTY: Self = Self { rows: 0, sum: 0 };

    /// The hash as 32 hexadecimal digits.
    pub fn hash(&self) -> String {
        format!("{:032x}", self.sum)
    }

    /// The content of both sets of rows together.
    pub fn and(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, sum: self.sum.wrapping_add(other.sum) }
    }
}

impl From<Content> for (u64, String) {
    fn from(content: Content) -> Self {
        (content.rows, content.hash())
    }
}

impl TryFrom<(u64, String)> for Content {
    type Error = std::num::ParseIntError;

    fn try_from((rows, hash): (u64, String)) -> std::result::Result<Self, Self::Error> {
        Ok(Self { rows, sum: u128::from_str_radix(&hash, 16)? })
    }
}

/// Content columns of a schema, as positions in the order of their names.
pub fn content_columns(schema: &SchemaRef) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..schema.fields().len()).filter(|&i| is_content(schema.field(i).name())).collect();
    columns.sort_by_key(|&i| schema.field(i).name());
    columns
}

/// Content of a batch's rows.
///
/// # Errors
/// `Internal` for a type that our tables do not use.
pub fn of_batch(batch: &RecordBatch) -> Result<Content> {
    let schema = batch.schema();
    let mut rows: Vec<Row> = vec![(FIRST, SECOND); batch.num_rows()];
    for i in content_columns(&schema) {
        let field = schema.field(i);
        let name = text_hash(field.name().as_bytes());
        let kind = text_hash(field.data_type().to_string().as_bytes());
        add_column(&mut rows, batch.column(i), (step(name.0, kind.0, FIRST), step(name.1, kind.1, SECOND)))?;
    }
    let add = |sum: u128, row: &Row| sum.wrapping_add(u128::from(finish(row.0)) << 64 | u128::from(finish(row.1)));
    Ok(Content { rows: batch.num_rows() as u64, sum: rows.iter().fold(0, add) })
}

/// Content of a table's live rows, over all its columns. Memory: one batch per core.
pub async fn of_table(snapshot: &Snapshot) -> Result<Content> {
    of_files(snapshot, snapshot.files()?, &snapshot.schema()).await
}

/// Content of some files' rows, over the columns of `columns`, partition columns included.
pub(super) async fn of_files(snapshot: &Snapshot, files: Vec<DataFile>, columns: &SchemaRef) -> Result<Content> {
    if files.is_empty() {
        return Ok(Content::EMPTY);
    }
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let schema = snapshot.schema();
    let wanted: Vec<usize> = (0..schema.fields().len())
        .filter(|&i| columns.field_with_name(schema.field(i).name()).is_ok() && is_content(schema.field(i).name()))
        .collect();
    let plan = snapshot.pinned().scan_of(files, Some(&wanted), None, None, cores)?;
    let session = snapshot.warehouse().session(cores, SCAN_MEMORY)?;
    let mut tasks = tokio::task::JoinSet::new();
    for partition in 0..plan.properties().output_partitioning().partition_count() {
        let (plan, context) = (Arc::clone(&plan), session.task_ctx());
        tasks.spawn(async move {
            let mut batches = plan.execute(partition, context)?;
            let mut content = Content::EMPTY;
            while let Some(batch) = batches.next().await {
                content = content.and(of_batch(&batch?)?);
            }
            Ok::<_, EngineError>(content)
        });
    }
    let mut content = Content::EMPTY;
    while let Some(part) = tasks.join_next().await {
        content = content.and(part.map_err(|error| EngineError::Internal(error.to_string()))??);
    }
    Ok(content)
}

type Row = (u64, u64);

fn add_column(rows: &mut [Row], column: &ArrayRef, seed: Row) -> Result<()> {
    match column.data_type() {
        DataType::Utf8 => {
            let texts = column.as_string::<i32>();
            fold(rows, column, seed, |i| text_hash(texts.value(i).as_bytes()));
        }
        DataType::Binary => {
            let blobs = column.as_binary::<i32>();
            fold(rows, column, seed, |i| text_hash(blobs.value(i)));
        }
        DataType::Boolean => {
            let flags = column.as_boolean();
            fold(rows, column, seed, |i| both(u64::from(flags.value(i))));
        }
        DataType::Int32 => {
            let numbers = column.as_primitive::<Int32Type>();
            fold(rows, column, seed, |i| both(numbers.value(i) as u64));
        }
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>();
            fold(rows, column, seed, |i| both(days.value(i) as u64));
        }
        DataType::Int64 => {
            let numbers = column.as_primitive::<Int64Type>();
            fold(rows, column, seed, |i| both(numbers.value(i) as u64));
        }
        DataType::Float32 => {
            let numbers = column.as_primitive::<Float32Type>();
            fold(rows, column, seed, |i| both(u64::from(numbers.value(i).to_bits())));
        }
        DataType::Float64 => {
            let numbers = column.as_primitive::<Float64Type>();
            fold(rows, column, seed, |i| both(numbers.value(i).to_bits()));
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let times = column.as_primitive::<TimestampMicrosecondType>();
            fold(rows, column, seed, |i| both(times.value(i) as u64));
        }
        other => return Err(EngineError::Internal(format!("no content hash for {other}"))),
    }
    Ok(())
}

/// Adds one column to every row's hash; a null takes another multiplier, so that no value can look like it.
fn fold(rows: &mut [Row], column: &ArrayRef, seed: Row, bits: impl Fn(usize) -> Row) {
    for (i, row) in rows.iter_mut().enumerate() {
        *row = if column.is_null(i) {
            (step(row.0, seed.0, NULL), step(row.1, seed.1, NULL))
        } else {
            let (first, second) = bits(i);
            (step(row.0, first ^ seed.0, FIRST), step(row.1, second ^ seed.1, SECOND))
        };
    }
}

fn both(bits: u64) -> Row {
    (bits, bits)
}

/// One step of a hash: invertible in `value`, so that no information is lost before the end.
fn step(hash: u64, value: u64, multiplier: u64) -> u64 {
    let mixed = (hash.rotate_left(23) ^ value).wrapping_mul(multiplier);
    mixed ^ (mixed >> 29)
}

/// Final avalanche of splitmix64 (Steele, Lea and Flood 2014).
fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

fn text_hash(bytes: &[u8]) -> Row {
    let length = bytes.len() as u64;
    bytes.chunks(8).fold((length ^ FIRST, length ^ SECOND), |hash, chunk| {
        let mut word = [0_u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let word = u64::from_le_bytes(word);
        (step(hash.0, word, FIRST), step(hash.1, word, SECOND))
    })
}
