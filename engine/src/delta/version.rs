//! A version of a table, and those that a process keeps.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::snapshot::Snapshot;
use super::warehouse::Warehouse;
use crate::tables::TableDef;

/// Snapshots kept per process: the inputs and outputs of two jobs.
const KEPT: usize = 8;

/// Names one state of a table for ever: a table that is removed and created anew at the same place has another id, though
/// its versions are counted from 0 again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The table's id, given to it when it was created.
    pub table: String,
    /// The version of its log.
    pub number: u64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)
    }
}

fn kept() -> MutexGuard<'static, VecDeque<Snapshot>> {
    static SNAPSHOTS: OnceLock<Mutex<VecDeque<Snapshot>>> = OnceLock::new();
    SNAPSHOTS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// A snapshot that this process has opened before: a version never changes, so its log is read once.
pub(super) fn recall(warehouse: &Warehouse, def: &TableDef, version: &Version) -> Option<Snapshot> {
    let is_same = |held: &&Snapshot| {
        held.def() == def && held.identity() == *version && held.warehouse().root() == warehouse.root()
    };
    kept().iter().find(is_same).cloned()
}

/// Keeps a snapshot, and lets go of the oldest.
pub(super) fn keep(snapshot: &Snapshot) {
    let mut kept = kept();
    kept.push_back(snapshot.clone());
    if kept.len() > KEPT {
        kept.pop_front();
    }
}
