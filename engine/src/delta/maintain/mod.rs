//! Upkeep of tables: merging small files, removing unreferenced ones, checkpoints. All of it is safe beside a running
//! backfill: what it finds changed it leaves alone.

mod optimize;
mod vacuum;

use deltalake::DeltaTable;
use deltalake::checkpoints::cleanup_metadata;

use super::checkpoint::write_checkpoint;
use super::snapshot::{Snapshot, missing};
use super::warehouse::Warehouse;
use crate::Result;
use crate::tables::TableDef;

pub use optimize::{Optimized, optimize};
pub use vacuum::{Vacuum, Vacuumed, vacuum, vacuum_folder, vacuum_models};

/// Writes a checkpoint at the latest version and removes log entries past the table's retention (30 days by default)
/// that it makes superfluous. Returns the version.
pub async fn checkpoint(warehouse: &Warehouse, def: &TableDef) -> Result<u64> {
    let snapshot = Snapshot::open(warehouse, def).await?.ok_or_else(|| missing(def))?;
    let mut table = DeltaTable::new(snapshot.log_store());
    table.state = Some(snapshot.state().clone());
    write_checkpoint(&snapshot.log_store(), snapshot.version()).await.map_err(|error| snapshot.error(error))?;
    cleanup_metadata(&table, None).await.map_err(|error| snapshot.error(error))?;
    Ok(snapshot.version())
}
