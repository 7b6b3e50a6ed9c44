//! The store: reached, written, exclusive where something is created, and on time.

use std::path::PathBuf;
use std::time::Instant;

use almanac_engine::EngineError;
use almanac_engine::delta::Warehouse;
use almanac_engine::delta::store::{conditional_create_is_exclusive, stores};
use chrono::{TimeDelta, Utc};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};

use super::Checks;

/// Folder of objects that are there for a moment.
const FOLDER: &str = "_almanac";
/// Clocks that differ by more are worth a look: times of commits and heartbeats come from both.
const SKEW_SEEN: TimeDelta = TimeDelta::seconds(5);
/// Clocks that differ by more make requests fail, and heartbeats look dead.
const SKEW_HARMFUL: TimeDelta = TimeDelta::seconds(60);

/// Examines the store of a warehouse; gives whether it can be read.
pub(super) async fn check(warehouse: &Warehouse, checks: &mut Checks) -> bool {
    if let Err(error) = warehouse.reach().await {
        checks.failed("store reached", error);
        return false;
    }
    checks.ok("store reached", warehouse.root().as_str());
    let traces = Traces::of(warehouse);
    match write(warehouse, checks).await {
        Ok(()) => {}
        Err(error) => {
            checks.failed("store written", EngineError::storage(warehouse.root().as_str(), error));
            return traces.existed;
        }
    }
    match exclusive(warehouse).await {
        Ok(true) => checks.ok("creation exclusive", "of several that create one object at once, one succeeds"),
        Ok(false) => checks.fail(
            "creation exclusive",
            "the store lets a second writer overwrite, so commits would be lost",
            "use a store with conditional writes (If-None-Match)",
        ),
        Err(error) => checks.failed("creation exclusive", EngineError::storage(warehouse.root().as_str(), error)),
    }
    true
}

fn store(
    warehouse: &Warehouse,
) -> Result<PrefixStore<std::sync::Arc<dyn ObjectStore>>, Box<dyn std::error::Error + Send + Sync>> {
    let prefix = Path::from_url_path(warehouse.root().path())?;
    Ok(PrefixStore::new(stores().of(warehouse.root())?, prefix))
}

async fn exclusive(warehouse: &Warehouse) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    Ok(conditional_create_is_exclusive(&store(warehouse)?).await?)
}

/// Writes, reads and removes an object, and compares clocks by it.
async fn write(warehouse: &Warehouse, checks: &mut Checks) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let store = store(warehouse)?;
    let path = Path::from_iter([FOLDER, &format!("doctor-{}", uuid::Uuid::new_v4())]);
    let begun = (Instant::now(), Utc::now());
    store.put(&path, PutPayload::from_static(b"almanac doctor")).await?;
    let written = Utc::now();
    let found = store.head(&path).await;
    let read = store.get(&path).await?.bytes().await?;
    store.delete(&path).await?;
    let found: ObjectMeta = found?;
    if read.as_ref() != b"almanac doctor" {
        return Err("what was read is not what was written".into());
    }
    let milliseconds = begun.0.elapsed().as_millis();
    checks.ok("store written", format!("an object was written, read and removed in {milliseconds} ms"));
    // stores tell whole seconds
    let early = begun.1 - TimeDelta::seconds(1) - found.last_modified;
    let late = found.last_modified - written;
    let skew = early.max(late).max(TimeDelta::zero());
    let seen = format!("the store's clock differs by {:.1} s", skew.as_seconds_f64());
    let fix = "let NTP set the clock of this machine, or that of the store";
    match skew {
        skew if skew > SKEW_HARMFUL => checks.fail("clocks", seen, fix),
        skew if skew > SKEW_SEEN => checks.warn("clocks", seen, fix),
        _ => checks.ok("clocks", "that of the store and that of this machine agree"),
    }
    Ok(())
}

/// Folders that did not exist before, removed again: looking changes nothing.
struct Traces {
    folders: Vec<PathBuf>,
    existed: bool,
}

impl Traces {
    fn of(warehouse: &Warehouse) -> Self {
        let Ok(root) = warehouse.root().to_file_path() else { return Self { folders: Vec::new(), existed: true } };
        let ours = [root.join(FOLDER)].into_iter().chain(root.ancestors().map(PathBuf::from).collect::<Vec<_>>());
        Self { existed: root.is_dir(), folders: ours.take_while(|folder| !folder.exists()).collect() }
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        for folder in &self.folders {
            // one that is not empty any more is another's
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}
