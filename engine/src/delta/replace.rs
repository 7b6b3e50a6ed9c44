//! Derived tables: a partition's rows are computed anew and stored only where they differ.

use std::collections::BTreeSet;

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;

use super::rewrite::{Replaced, Rewritten, commit_rewritten};
use super::snapshot::Snapshot;
use super::warehouse::Warehouse;
use crate::tables::TableDef;
use crate::{EngineError, Result};

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
    let mut names = BTreeSet::new();
    for (partition, _) in &partitions {
        let partition = partition.as_deref().unwrap_or_default();
        if !partition.iter().map(|(column, _)| column).eq(&def.partition_by) || !names.insert(partition) {
            let table = def.full_name();
            return Err(EngineError::Internal(format!("{table} cannot be replaced at {partition:?}")));
        }
    }
    let snapshot = Snapshot::open_or_create(warehouse, def).await?;
    let mut rewritten = Vec::new();
    for (partition, rows) in &partitions {
        rewritten.extend(Rewritten::write(&snapshot, partition.clone().unwrap_or_default(), rows).await?);
    }
    commit_rewritten(warehouse, def, rewritten).await
}

/// Batches as one, for callers that have several.
pub fn one_batch(def: &TableDef, batches: &[RecordBatch]) -> Result<RecordBatch> {
    concat_batches(&def.file_columns(), batches).map_err(|error| EngineError::Internal(error.to_string()))
}
