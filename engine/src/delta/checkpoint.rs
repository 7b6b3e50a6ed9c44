//! Writing a checkpoint: the file first, then the pointer to it.

use std::sync::Arc;

use delta_kernel::checkpoint::LastCheckpointHintStats;
use delta_kernel::snapshot::Snapshot as KernelSnapshot;
use deltalake::logstore::LogStoreRef;
use deltalake::{DeltaResult, DeltaTableError};

use super::fault;

/// Writes a checkpoint of a version, unless it has one.
pub(super) async fn write_checkpoint(log_store: &LogStoreRef, version: u64) -> DeltaResult<()> {
    let log_store = Arc::clone(log_store);
    let write = move || write(&log_store, version);
    tokio::task::spawn_blocking(write).await.map_err(|error| DeltaTableError::Generic(error.to_string()))?
}

/// The kernel's own steps one by one, so that a death between them can be tested.
fn write(log_store: &LogStoreRef, version: u64) -> DeltaResult<()> {
    let (engine, root) = (log_store.engine(None), log_store.root_url().clone());
    let snapshot = KernelSnapshot::builder_for(root).at_version(version).build(engine.as_ref())?;
    if snapshot.log_segment().checkpoint_version == Some(version) {
        return Ok(());
    }
    let writer = snapshot.create_checkpoint_writer(engine.as_ref())?;
    let (place, actions) = (writer.checkpoint_path()?, writer.checkpoint_data(engine.as_ref())?);
    let counts = actions.state();
    let batches = actions.map(|batch| batch.and_then(|batch| batch.apply_selection_vector()));
    engine.parquet_handler().write_parquet_file(place.clone(), Box::new(batches))?;
    fault::reach("checkpoint_pointer");
    let size = engine.storage_handler().head(&place)?.size;
    let held = || DeltaTableError::Generic("the actions of a checkpoint are still being read".into());
    let counts = Arc::into_inner(counts).ok_or_else(held)?;
    writer.finalize(engine.as_ref(), &LastCheckpointHintStats::from_reconciliation_state(counts, size, 0)?)?;
    Ok(())
}
