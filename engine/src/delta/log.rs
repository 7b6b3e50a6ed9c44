//! A table's log, entry by entry.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use delta_kernel::engine::arrow_data::EngineDataArrowExt;
use delta_kernel::snapshot::Snapshot as KernelSnapshot;
use deltalake::kernel::{Action, DataType, StructField, StructType};
use deltalake::logstore::{LogStore, LogStoreRef, commit_uri_from_version};
use deltalake::{DeltaResult, DeltaTableError};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as StorePath;
use object_store::{ObjectMeta, ObjectStoreExt};

/// Entries read at once.
const READS: usize = 8;
/// Longest time between two looks at a log that are taken for one sequence: well below the time after which entries are
/// removed.
const LONGEST_BREAK: Duration = Duration::from_secs(3_600);

/// The end of a log as it was last seen, from which later entries are followed.
#[derive(Debug)]
pub(super) struct Tail {
    log_store: LogStoreRef,
    version: u64,
    /// The entry of that version, to notice that another table was created in its place.
    entry: ObjectMeta,
    looked: Instant,
}

impl Tail {
    /// The log at a version; none if that version has no entry.
    pub(super) async fn at(log_store: LogStoreRef, version: u64) -> DeltaResult<Option<Self>> {
        let looked = Instant::now();
        let found = entries_from(log_store.as_ref(), version).await?.into_iter().next();
        let entry = found.filter(|(number, _)| *number == version);
        Ok(entry.map(|(_, entry)| Self { log_store, version, entry, looked }))
    }

    /// What later entries say, oldest first, up to version `last` if one is given. None if they do not follow from what
    /// was last seen, or say what only the library understands: then the table is to be opened anew.
    pub(super) async fn advance(&mut self, last: Option<u64>) -> DeltaResult<Option<Vec<Action>>> {
        if self.looked.elapsed() > LONGEST_BREAK {
            return Ok(None);
        }
        let looked = Instant::now();
        let mut entries = entries_from(self.log_store.as_ref(), self.version).await?;
        entries.retain(|(version, _)| last.is_none_or(|last| *version <= last));
        let follows = entries.iter().zip(self.version..).all(|((version, _), expected)| *version == expected);
        if !follows || entries.first().is_none_or(|(_, entry)| *entry != self.entry) {
            return Ok(None);
        }
        let store = self.log_store.object_store(None);
        let paths: Vec<StorePath> = entries[1..].iter().map(|(_, entry)| entry.location.clone()).collect();
        let read = paths.into_iter().map(|path| {
            let store = store.clone();
            async move { store.get(&path).await?.bytes().await }
        });
        let texts: Vec<_> = futures::stream::iter(read).buffered(READS).try_collect().await?;
        let mut actions = Vec::new();
        for text in texts {
            let read: Result<Vec<Action>, _> = serde_json::Deserializer::from_slice(&text).into_iter().collect();
            let Ok(read) = read else { return Ok(None) };
            actions.extend(read);
        }
        if let Some((version, entry)) = entries.pop() {
            (self.version, self.entry, self.looked) = (version, entry, looked);
        }
        Ok(Some(actions))
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }
}

/// Entries of a version and those after it, oldest first.
async fn entries_from(log_store: &dyn LogStore, version: u64) -> DeltaResult<Vec<(u64, ObjectMeta)>> {
    // sorts before the version's own entry
    let before = StorePath::from(format!("{}/{version:020}", log_store.log_path()));
    let listed = log_store.object_store(None).list_with_offset(Some(log_store.log_path()), &before);
    let listed: Vec<ObjectMeta> = listed.try_collect().await?;
    let mut entries: Vec<_> =
        listed.into_iter().filter_map(|entry| Some((version_of(&entry.location)?, entry))).collect();
    entries.sort_by_key(|(version, _)| *version);
    Ok(entries)
}

/// The version that an entry is named by; none for checkpoints and other files.
fn version_of(path: &StorePath) -> Option<u64> {
    let version = path.filename()?.strip_suffix(".json")?.parse().ok()?;
    (commit_uri_from_version(Some(version)).filename() == path.filename()).then_some(version)
}

/// The last version of every application's transaction as of a version of the table, by one pass over the log.
pub(super) async fn transactions(log_store: &LogStoreRef, version: u64) -> DeltaResult<HashMap<String, i64>> {
    let (engine, root) = (log_store.engine(None), log_store.root_url().clone());
    let read = move || -> DeltaResult<HashMap<String, i64>> {
        let snapshot = KernelSnapshot::builder_for(root).at_version(version).build(engine.as_ref())?;
        let transaction = StructType::try_new([
            StructField::nullable("appId", DataType::STRING),
            StructField::nullable("version", DataType::LONG),
        ])?;
        let schema = StructType::try_new([StructField::nullable("txn", transaction)])?;
        let mut last = HashMap::new();
        // newest first
        for batch in snapshot.log_segment().read_actions(engine.as_ref(), schema.into())? {
            note(&batch?.actions.try_into_record_batch()?, &mut last);
        }
        Ok(last)
    };
    tokio::task::spawn_blocking(read).await.map_err(|error| DeltaTableError::Generic(error.to_string()))?
}

fn note(batch: &RecordBatch, last: &mut HashMap<String, i64>) {
    let Some(transactions) = batch.column_by_name("txn").and_then(|column| column.as_struct_opt()) else { return };
    let apps = transactions.column_by_name("appId").and_then(|column| column.as_string_opt::<i32>());
    let versions = transactions.column_by_name("version").and_then(|column| column.as_primitive_opt::<Int64Type>());
    let (Some(apps), Some(versions)) = (apps, versions) else { return };
    // within one entry the later action counts
    for row in (0..transactions.len()).rev().filter(|row| transactions.is_valid(*row) && apps.is_valid(*row)) {
        last.entry(apps.value(row).to_owned()).or_insert(versions.value(row));
    }
}
