//! Derived tables: a partition's rows are computed anew and stored only where they differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::scalar::ScalarValue;
use deltalake::kernel::{Action, Add};
use deltalake::protocol::{DeltaOperation, SaveMode};
use serde_json::Map;

use super::attempt::{Change, Step, carry_out};
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

/// Values of all partition columns, in their order; none for a table without partitions.
pub type Partition = Option<Vec<(String, String)>>;

/// Makes a partition (or a table without partitions) say exactly these rows; see [`replace_partitions`].
pub async fn replace_partition(
    warehouse: &Warehouse,
    def: &TableDef,
    partition: Partition,
    rows: RecordBatch,
) -> Result<Replaced> {
    replace_partitions(warehouse, def, vec![(partition, rows)]).await
}

/// Makes each partition say exactly its rows, in one commit of those that differ, or none.
///
/// Rows are the columns of [`TableDef::file_columns`]; no rows empty the partition. Rows differ if their content does:
/// order and volatile columns (`tables::is_content`) do not count. The last of two writers at once wins. Creates the
/// table.
pub async fn replace_partitions(
    warehouse: &Warehouse,
    def: &TableDef,
    partitions: Vec<(Partition, RecordBatch)>,
) -> Result<Replaced> {
    let mut wanted = Vec::with_capacity(partitions.len());
    let mut names = BTreeSet::new();
    for (partition, rows) in partitions {
        let partition = partition.unwrap_or_default();
        if !partition.iter().map(|(column, _)| column).eq(&def.partition_by) || !names.insert(partition.clone()) {
            let table = def.full_name();
            return Err(EngineError::Internal(format!("{table} cannot be replaced at {partition:?}")));
        }
        let content = content::of_batch(&with_partition(def, &partition, &rows)?)?;
        wanted.push(Wanted { partition, rows, content, add: None });
    }
    Snapshot::open_or_create(warehouse, def).await?;
    let change = Replacement { warehouse: warehouse.clone(), def: def.clone(), wanted, written: None };
    carry_out(warehouse, def, &Map::new(), change).await
}

struct Wanted {
    partition: Vec<(String, String)>,
    rows: RecordBatch,
    content: Content,
    /// Files with the rows, once they were needed.
    add: Option<Vec<Add>>,
}

struct Replacement {
    warehouse: Warehouse,
    def: TableDef,
    wanted: Vec<Wanted>,
    /// Rows of the commit last asked for.
    written: Option<u64>,
}

#[async_trait]
impl Change for Replacement {
    type Outcome = Replaced;

    async fn decide(&mut self, snapshot: &Snapshot) -> Result<Step<Replaced>> {
        let files = snapshot.shared_files();
        let (mut actions, mut rows) = (vec![], 0);
        for wanted in &mut self.wanted {
            if wanted.is_live(&files) {
                continue;
            }
            let current: Vec<DataFile> = files.iter().filter(|file| is_in(file, &wanted.partition)).cloned().collect();
            if content::of_files(snapshot, current.clone(), &self.def.columns).await? == wanted.content {
                continue;
            }
            if wanted.add.is_none() {
                wanted.add = Some(write(&self.warehouse, &self.def, wanted).await?);
            }
            rows += wanted.rows.num_rows() as u64;
            actions.extend(current.iter().map(|file| Action::Remove(file.remove(true))));
            actions.extend(wanted.add.iter().flatten().cloned().map(Action::Add));
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
        Ok(Step::Commit { actions, transactions: vec![], operation })
    }
}

impl Wanted {
    /// Whether the rows' files are in the table, as after a commit whose reply was lost.
    fn is_live(&self, files: &[DataFile]) -> bool {
        let Some(add) = &self.add else { return false };
        !add.is_empty() && add.iter().all(|add| files.iter().any(|file| file.path == add.path))
    }
}

fn is_in(file: &DataFile, partition: &[(String, String)]) -> bool {
    partition.iter().all(|(column, value)| file.partition.get(column) == Some(&Some(value.clone())))
}

async fn write(warehouse: &Warehouse, def: &TableDef, wanted: &Wanted) -> Result<Vec<Add>> {
    let mut writer = CellWriter::new(warehouse, def, wanted.partition.clone());
    let mut start = 0;
    while start < wanted.rows.num_rows() {
        let rows = SLICE_ROWS.min(wanted.rows.num_rows() - start);
        if let Err(error) = writer.write(&wanted.rows.slice(start, rows)).await {
            writer.abort().await;
            return Err(error);
        }
        start += rows;
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

/// Batches as one, for callers that have several.
pub fn one_batch(def: &TableDef, batches: &[RecordBatch]) -> Result<RecordBatch> {
    concat_batches(&def.file_columns(), batches).map_err(|error| EngineError::Internal(error.to_string()))
}
