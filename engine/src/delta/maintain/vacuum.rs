//! Removes files that no readable version needs.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use datafusion::prelude::{SessionContext, col};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as StorePath;
use object_store::{ObjectMeta, ObjectStore};

use super::super::error::storage_error;
use super::super::snapshot::{Snapshot, missing};
use super::super::warehouse::Warehouse;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Folder of stored models that are too large for their table.
const MODELS: &str = "models";
/// Memory of the scan for model paths.
const SCAN_MEMORY: usize = 256 << 20;

/// How to vacuum.
#[derive(Debug, Clone, Copy)]
pub struct Vacuum {
    /// Files younger than this stay, and removed ones until as long after their removal. It must exceed the longest
    /// run, whose files are unreferenced until they are committed, and the longest query.
    pub retention: TimeDelta,
    /// Only report.
    pub dry_run: bool,
}

/// What was removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vacuumed {
    /// Paths below the warehouse's root.
    pub paths: Vec<String>,
    /// Their size together.
    pub bytes: u64,
}

/// Removes a table's data files that are not live and past the retention.
///
/// Versions before the retention can no longer be read afterwards.
pub async fn vacuum(warehouse: &Warehouse, def: &TableDef, options: Vacuum) -> Result<Vacuumed> {
    let store = warehouse.store();
    let folder = warehouse.table_path(def);
    let limit = Utc::now() - options.retention;
    // listed before the snapshot is read: what is committed in between is live in it
    let old = list(store.as_ref(), &folder, limit).await?;
    let snapshot = Snapshot::open(warehouse, def).await?.ok_or_else(|| missing(def))?;
    let mut needed: BTreeSet<String> = snapshot.files()?.into_iter().map(|file| file.path).collect();
    let log_store = snapshot.log_store();
    let mut removed = snapshot.state().all_tombstones(log_store.as_ref());
    while let Some(file) = removed.next().await {
        let file = file.map_err(|error| snapshot.error(error))?;
        // without a time of removal it is taken as removed just now
        if file.deletion_timestamp().is_none_or(|removed| removed > limit.timestamp_millis()) {
            needed.insert(file.path().into_owned());
        }
    }
    let prefix = format!("{folder}/");
    let unneeded = old.into_iter().filter(|object| {
        let path = object.location.as_ref().strip_prefix(&prefix).unwrap_or_default();
        path.ends_with(".parquet") && !path.starts_with('_') && !needed.contains(path)
    });
    remove(store.as_ref(), unneeded.collect(), options.dry_run).await
}

/// Removes stored models below `models/` that no live row of `trained_models` names and that are past the retention.
///
/// Whoever reuses a stored object writes it again, which makes it young.
pub async fn vacuum_models(warehouse: &Warehouse, trained_models: &TableDef, options: Vacuum) -> Result<Vacuumed> {
    let store = warehouse.store();
    let old = list(store.as_ref(), &StorePath::from(MODELS), Utc::now() - options.retention).await?;
    let snapshot = Snapshot::open(warehouse, trained_models).await?.ok_or_else(|| missing(trained_models))?;
    let session = warehouse.session(1, SCAN_MEMORY)?;
    let named = model_paths(&session, &snapshot).await?;
    let root = warehouse.root().as_str();
    let named: BTreeSet<&str> = named.iter().map(|path| path.strip_prefix(root).unwrap_or(path)).collect();
    let unneeded = old.into_iter().filter(|object| !named.contains(object.location.as_ref()));
    remove(store.as_ref(), unneeded.collect(), options.dry_run).await
}

/// Removes everything below a folder that is no table and past the retention, such as reports of runs that died.
pub async fn vacuum_folder(warehouse: &Warehouse, folder: &str, options: Vacuum) -> Result<Vacuumed> {
    let store = warehouse.store();
    let old = list(store.as_ref(), &StorePath::from(folder), Utc::now() - options.retention).await?;
    remove(store.as_ref(), old, options.dry_run).await
}

async fn model_paths(session: &SessionContext, snapshot: &Snapshot) -> Result<BTreeSet<String>> {
    let rows = session.read_table(snapshot.provider())?.select(vec![col("fitted_model_path")])?;
    let mut batches = rows.execute_stream().await?;
    let mut paths = BTreeSet::new();
    while let Some(batch) = batches.try_next().await? {
        let column = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8)
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        let texts = arrow::array::AsArray::as_string::<i32>(&column);
        paths.extend(texts.iter().flatten().map(str::to_owned));
    }
    Ok(paths)
}

async fn list(store: &dyn ObjectStore, folder: &StorePath, limit: DateTime<Utc>) -> Result<Vec<ObjectMeta>> {
    let old = store.list(Some(folder)).try_filter(|object| std::future::ready(object.last_modified <= limit));
    old.try_collect().await.map_err(|error| storage_error(folder.as_ref(), error))
}

async fn remove(store: &dyn ObjectStore, objects: Vec<ObjectMeta>, dry_run: bool) -> Result<Vacuumed> {
    let bytes = objects.iter().map(|object| object.size).sum();
    let paths: Vec<StorePath> = objects.into_iter().map(|object| object.location).collect();
    if !dry_run {
        let locations = futures::stream::iter(paths.clone().into_iter().map(Ok)).boxed();
        let mut deleted = store.delete_stream(locations);
        while let Some(one) = deleted.next().await {
            match one {
                // someone else vacuums too
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(storage_error("vacuum", error)),
            }
        }
    }
    Ok(Vacuumed { paths: paths.into_iter().map(String::from).collect(), bytes })
}
