//! Partitions of a derived table in two steps: their rows are written wherever they are computed, and committed by the
//! driver.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::scalar::ScalarValue;
use deltalake::kernel::{Action, Add};
use deltalake::protocol::{DeltaOperation, SaveMode};
use serde::{Deserialize, Serialize};

use super::attempt::{Change, Proposal, Step, carry_out_afresh};
use super::content::{self, Content};
use super::fault;
use super::files::DataFile;
use super::snapshot::Snapshot;
use super::warehouse::Warehouse;
use super::writer::CellWriter;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Rows handed to the writer at once.
const SLICE_ROWS: usize = 64 << 10;

/// What a replacement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The table already said this.
    Unchanged,
    /// The rows differed and are now these.
    Written {
        /// A version that held them.
        version: u64,
        /// Rows written, of the partitions that differed.
        rows: u64,
    },
}

/// A partition whose rows are to be others: files with them, in no table yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rewritten {
    /// Values of all partition columns, in their order.
    pub partition: Vec<(String, String)>,
    /// What the rows say.
    pub content: Content,
    /// Files that hold the partition at the version it was compared with.
    pub base: BTreeSet<String>,
    /// Files with the rows; none empty the partition.
    pub add: Vec<Add>,
}

impl Rewritten {
    /// Compares a partition of the snapshot with the rows it should have, the columns of [`TableDef::file_columns`], and
    /// writes those if they differ in content. None where they do not.
    ///
    /// # Errors
    /// Storage errors; `Internal` for rows without a column of the table.
    pub async fn write(
        snapshot: &Snapshot,
        partition: Vec<(String, String)>,
        rows: &RecordBatch,
    ) -> Result<Option<Self>> {
        let def = snapshot.def();
        let content = content::of_batch(&with_partition(def, &partition, rows)?)?;
        let current = files_in(snapshot, &partition);
        let base = current.iter().map(|file| file.path.clone()).collect();
        if content::of_files(snapshot, current, &def.columns).await? == content {
            return Ok(None);
        }
        let add = write(snapshot.warehouse(), def, &partition, rows).await?;
        Ok(Some(Self { partition, content, base, add }))
    }

    /// One that empties a partition of the snapshot; none where it is empty.
    pub fn emptied(snapshot: &Snapshot, partition: Vec<(String, String)>) -> Option<Self> {
        let base: BTreeSet<String> = files_in(snapshot, &partition).into_iter().map(|file| file.path).collect();
        (!base.is_empty()).then_some(Self { partition, content: Content::EMPTY, base, add: Vec::new() })
    }

    /// Whether the rows' files are in the table, as after a commit whose reply was lost.
    fn is_live(&self, files: &[DataFile]) -> bool {
        !self.add.is_empty() && self.add.iter().all(|add| files.iter().any(|file| file.path == add.path))
    }
}

fn files_in(snapshot: &Snapshot, partition: &[(String, String)]) -> Vec<DataFile> {
    snapshot.shared_files().iter().filter(|file| is_in(file, partition)).cloned().collect()
}

/// Makes each partition say its rows, in one commit. The last of two writers at once wins; a partition that another has
/// made say the same is left alone.
///
/// # Errors
/// Storage errors.
pub async fn commit_rewritten(warehouse: &Warehouse, def: &TableDef, rewritten: Vec<Rewritten>) -> Result<Replaced> {
    if rewritten.is_empty() {
        return Ok(Replaced::Unchanged);
    }
    let change = Rewriting { def: def.clone(), rewritten, written: None };
    carry_out_afresh(warehouse, def, change).await
}

struct Rewriting {
    def: TableDef,
    rewritten: Vec<Rewritten>,
    /// Rows of the commit last asked for.
    written: Option<u64>,
}

#[async_trait]
impl Change<Snapshot> for Rewriting {
    type Outcome = Replaced;

    async fn decide(&mut self, snapshot: &Snapshot) -> Result<Step<Replaced>> {
        let files = snapshot.shared_files();
        let (mut actions, mut rows) = (vec![], 0);
        for wanted in &self.rewritten {
            if wanted.is_live(&files) {
                continue;
            }
            let current = files_in(snapshot, &wanted.partition);
            let paths: BTreeSet<&String> = current.iter().map(|file| &file.path).collect();
            let same_files = !paths.is_empty() && paths.into_iter().eq(&wanted.base);
            if !same_files && content::of_files(snapshot, current.clone(), &self.def.columns).await? == wanted.content {
                continue;
            }
            rows += wanted.content.rows;
            actions.extend(current.iter().map(|file| Action::Remove(file.remove(true))));
            actions.extend(wanted.add.iter().cloned().map(Action::Add));
        }
        if actions.is_empty() {
            let version = snapshot.version();
            return Ok(Step::Done(match self.written {
                Some(rows) => Replaced::Written { version, rows },
                None => Replaced::Unchanged,
            }));
        }
        self.written = Some(rows);
        fault::reach("files_written");
        let partition_by = Some(self.def.partition_by.clone());
        let operation = Box::new(DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by, predicate: None });
        Ok(Step::Commit(Proposal { actions, transactions: vec![], operation }))
    }
}

fn is_in(file: &DataFile, partition: &[(String, String)]) -> bool {
    partition.iter().all(|(column, value)| file.partition.get(column) == Some(&Some(value.clone())))
}

/// Files with a partition's rows.
async fn write(
    warehouse: &Warehouse,
    def: &TableDef,
    partition: &[(String, String)],
    rows: &RecordBatch,
) -> Result<Vec<Add>> {
    let mut writer = CellWriter::new(warehouse, def, partition.to_vec());
    let mut start = 0;
    while start < rows.num_rows() {
        let count = SLICE_ROWS.min(rows.num_rows() - start);
        if let Err(error) = writer.write(&rows.slice(start, count)).await {
            writer.abort().await;
            return Err(error);
        }
        start += count;
    }
    writer.close().await
}

/// The rows with their partition columns, in the order of the table's columns.
fn with_partition(def: &TableDef, partition: &[(String, String)], rows: &RecordBatch) -> Result<RecordBatch> {
    let internal = |error: &dyn std::fmt::Display| EngineError::Internal(format!("{}: {error}", def.full_name()));
    let column = |field: &Arc<arrow::datatypes::Field>| -> Result<ArrayRef> {
        match partition.iter().find(|(name, _)| name == field.name()) {
            Some((_, text)) => ScalarValue::try_from_string(text.clone(), field.data_type())
                .and_then(|value| value.to_array_of_size(rows.num_rows()))
                .map_err(|error| internal(&error)),
            None => rows
                .column_by_name(field.name())
                .cloned()
                .ok_or_else(|| internal(&format!("rows without column {:?}", field.name()))),
        }
    };
    let columns = def.columns.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(&def.columns), columns, &options).map_err(|error| internal(&error))
}
