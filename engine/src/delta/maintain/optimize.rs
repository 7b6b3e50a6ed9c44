//! Merges the small files of a cell or partition into sorted ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::sorts::sort::SortExec;
use deltalake::kernel::{Action, Add};
use deltalake::protocol::DeltaOperation;
use futures::StreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path as StorePath;

use super::super::attempt::{Change, Proposal, Step, carry_out_afresh};
use super::super::fault;
use super::super::files::DataFile;
use super::super::snapshot::{Snapshot, missing};
use super::super::warehouse::Warehouse;
use super::super::writer::CellWriter;
use crate::Result;
use crate::cell::Cell;
use crate::tables::TableDef;

/// Bytes of a merged file, and of the files merged at once.
const TARGET_BYTES: u64 = 256 << 20;
/// Files at or above this size stay as they are.
const LARGE_BYTES: u64 = TARGET_BYTES / 2;
/// Memory of the sort; beyond it, it spills to disk.
const SORT_MEMORY: usize = 1 << 30;
/// Merges per commit.
const MERGES_PER_COMMIT: usize = 16;

/// What an optimisation did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Optimized {
    /// Files that were merged.
    pub files_before: usize,
    /// Files they became.
    pub files_after: usize,
    /// Merges given up because the files had changed meanwhile.
    pub skipped: usize,
}

/// Merges small files: those of one cell where the table has cells, of one partition elsewhere. No file ever holds rows
/// of two cells. The rows stay the same; readers of earlier versions are served until a vacuum.
pub async fn optimize(warehouse: &Warehouse, def: &TableDef) -> Result<Optimized> {
    let snapshot = Snapshot::open(warehouse, def).await?.ok_or_else(|| missing(def))?;
    let mut total = Optimized::default();
    for inputs in planned(snapshot.files()?, has_cells(def)).chunks(MERGES_PER_COMMIT) {
        let mut merges = Vec::with_capacity(inputs.len());
        for inputs in inputs {
            let add = merge(&snapshot, inputs).await?;
            merges.push(Merge { inputs: inputs.clone(), add });
        }
        fault::reach("optimize");
        let merged = carry_out_afresh(warehouse, def, MergeCommit { merges }).await?;
        for (merge, landed) in merged {
            if landed {
                total.files_before += merge.inputs.len();
                total.files_after += merge.add.len();
            } else {
                total.skipped += 1;
                discard(warehouse, def, &merge.add).await;
            }
        }
    }
    Ok(total)
}

fn has_cells(def: &TableDef) -> bool {
    let has = |name: &str| def.statistics.iter().any(|column| column == name);
    has("model_version") && has("training_cutoff_date") && def.partition_by.iter().any(|column| column == "key_bucket")
}

/// Sets of at least two small files, each set of one cell or partition and of at most the target size.
fn planned(files: Vec<DataFile>, cells: bool) -> Vec<Vec<DataFile>> {
    type Group = (BTreeMap<String, Option<String>>, Option<Cell>);
    let mut groups: BTreeMap<Group, Vec<DataFile>> = BTreeMap::new();
    for file in files.into_iter().filter(|file| file.bytes < LARGE_BYTES) {
        let cell = file.cell();
        // a file of several cells is not ours to touch: merging it would spread the mixture
        if cells && cell.is_none() {
            continue;
        }
        groups.entry((file.partition.clone(), cell.filter(|_| cells))).or_default().push(file);
    }
    let mut sets = vec![];
    for files in groups.into_values() {
        let (mut set, mut bytes) = (vec![], 0);
        for file in files {
            if bytes + file.bytes > TARGET_BYTES {
                sets.push(std::mem::take(&mut set));
                bytes = 0;
            }
            bytes += file.bytes;
            set.push(file);
        }
        sets.push(set);
    }
    sets.retain(|set| set.len() > 1);
    sets
}

/// Writes the rows of `inputs`, sorted by the table's grain.
async fn merge(snapshot: &Snapshot, inputs: &[DataFile]) -> Result<Vec<Add>> {
    let def = snapshot.def();
    let schema = snapshot.schema();
    let stored = TableDef { columns: Arc::clone(&schema), ..def.clone() };
    let wanted: Vec<usize> =
        (0..schema.fields().len()).filter(|&i| !def.partition_by.contains(schema.field(i).name())).collect();
    let scan = snapshot.pinned().scan_of(inputs.to_vec(), Some(&wanted), None, None, 1)?;
    let rows = sorted(scan, def)?;
    let session = snapshot.warehouse().session(1, SORT_MEMORY)?;
    let mut batches = rows.execute(0, session.task_ctx())?;
    let partition = def
        .partition_by
        .iter()
        .map(|column| (column.clone(), inputs.first().and_then(|file| file.partition.get(column)).cloned().flatten()));
    let mut writer = CellWriter::with_nullable_partition(snapshot.warehouse(), &stored, partition.collect());
    while let Some(batch) = batches.next().await {
        let written = match batch {
            Ok(batch) => writer.write(&batch).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = written {
            writer.abort().await;
            return Err(error);
        }
    }
    let mut added = writer.close().await?;
    for add in &mut added {
        add.data_change = false;
    }
    Ok(added)
}

fn sorted(scan: Arc<dyn ExecutionPlan>, def: &TableDef) -> Result<Arc<dyn ExecutionPlan>> {
    let columns = def.grain.iter().filter(|column| !def.partition_by.contains(column));
    let order = columns.map(|column| Ok(PhysicalSortExpr::new_default(col(column, &scan.schema())?)));
    let order = order.collect::<Result<Vec<_>>>()?;
    Ok(match LexOrdering::new(order) {
        Some(order) => Arc::new(SortExec::new(order, scan)),
        None => scan,
    })
}

#[derive(Clone)]
struct Merge {
    inputs: Vec<DataFile>,
    add: Vec<Add>,
}

struct MergeCommit {
    merges: Vec<Merge>,
}

#[async_trait]
impl Change<Snapshot> for MergeCommit {
    /// Each merge, and whether it is in the table.
    type Outcome = Vec<(Merge, bool)>;

    async fn decide(&mut self, snapshot: &Snapshot) -> Result<Step<Self::Outcome>> {
        let files = snapshot.shared_files();
        let live: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let landed = |merge: &Merge| merge.add.iter().all(|add| live.contains(add.path.as_str()));
        let possible = |merge: &Merge| merge.inputs.iter().all(|file| live.contains(file.path.as_str()));
        let open: Vec<_> = self.merges.iter().filter(|merge| !landed(merge) && possible(merge)).collect();
        if open.is_empty() {
            return Ok(Step::Done(self.merges.iter().map(|merge| (merge.clone(), landed(merge))).collect()));
        }
        let removed = open.iter().flat_map(|merge| &merge.inputs).map(|file| Action::Remove(file.remove(false)));
        let added = open.iter().flat_map(|merge| &merge.add).cloned().map(Action::Add);
        let operation = Box::new(DeltaOperation::Optimize { predicate: None, target_size: TARGET_BYTES as i64 });
        Ok(Step::Commit(Proposal { actions: removed.chain(added).collect(), transactions: vec![], operation }))
    }
}

/// Files that never became part of the table. What cannot be removed now is left to the vacuum.
async fn discard(warehouse: &Warehouse, def: &TableDef, added: &[Add]) {
    let store = warehouse.store();
    for add in added {
        if let Ok(path) = StorePath::parse(format!("{}/{}", warehouse.table_path(def), add.path)) {
            let _ = store.delete(&path).await;
        }
    }
}
