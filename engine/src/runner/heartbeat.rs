//! A driver's heartbeat, by which drivers on other machines tell that it lives: an object beside the reports of its run,
//! written anew for as long as the run has jobs on a cluster. The ledger would not do: builds and evaluations have no
//! entry there.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};

use crate::backfill::{ABANDONED_SECONDS, heartbeat};
use crate::delta::Warehouse;
use crate::plan::report::FOLDER;
use crate::{EngineError, Result};

fn path(run: &str) -> Path {
    Path::from(format!("{FOLDER}/{run}/heartbeat"))
}

/// Waits for a run's `work`, with heartbeats, the first of them before it begins. What is left of one that dies is
/// removed with its reports.
pub(super) async fn kept_while<T>(warehouse: &Warehouse, run: &str, work: impl Future<Output = T>) -> T {
    let path = path(run);
    beat(warehouse, &path).await;
    let more = beats(warehouse, &path);
    tokio::pin!(work, more);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            () = &mut more => {}
        }
    };
    if let Err(error) = warehouse.store().delete(&path).await {
        tracing::debug!(%path, %error, "a heartbeat stays");
    }
    done
}

/// Writes it anew when it is due, without end.
async fn beats(warehouse: &Warehouse, path: &Path) {
    let mut due = heartbeat();
    loop {
        due.tick().await;
        beat(warehouse, path).await;
    }
}

/// One that fails ends no work: nobody but drivers on other machines would miss it.
async fn beat(warehouse: &Warehouse, path: &Path) {
    if let Err(error) = warehouse.store().put(path, PutPayload::default()).await {
        tracing::warn!(%path, %error, "no heartbeat could be written");
    }
}

/// Those among `runs` whose driver has written a heartbeat not long before `now`.
///
/// # Errors
/// Storage errors.
pub(super) async fn alive(
    warehouse: &Warehouse,
    runs: &BTreeSet<&str>,
    now: DateTime<Utc>,
) -> Result<BTreeSet<String>> {
    let since = now - TimeDelta::seconds(ABANDONED_SECONDS);
    let mut found = BTreeSet::new();
    for run in runs {
        let path = path(run);
        match warehouse.store().head(&path).await {
            Ok(beat) if beat.last_modified > since => {
                found.insert((*run).to_owned());
            }
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(EngineError::storage(path.as_ref(), error)),
        }
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_run_lives_while_it_works_and_for_a_minute_after_its_last_heartbeat() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(folder.path().to_str().unwrap()).unwrap();
        let runs = BTreeSet::from(["run", "other"]);
        let living = async |seconds: i64| {
            let now = Utc::now() + TimeDelta::seconds(seconds);
            alive(&warehouse, &runs, now).await.unwrap().into_iter().collect::<Vec<_>>()
        };
        let work = async { (living(ABANDONED_SECONDS / 2).await, living(ABANDONED_SECONDS + 1).await) };
        let (soon, late) = kept_while(&warehouse, "run", work).await;
        assert_eq!((soon, late), (vec!["run".to_owned()], Vec::new()));
        assert!(living(0).await.is_empty());
    }
}
