//! The exactly-once commit of whole cells.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use deltalake::kernel::{Action, Add, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use futures::{StreamExt, TryStreamExt};
use serde_json::{Map, Value};

use super::attempt::{Change, Step, carry_out};
use super::fault;
use super::files::DataFile;
use super::snapshot::Snapshot;
use super::warehouse::Warehouse;
use crate::cell::Cell;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Transactions looked up at once: each reads the log's tail.
const LOOKUPS: usize = 4;

/// What one cell's work wants of a table.
#[derive(Debug, Clone)]
pub struct CellChange {
    /// The cell.
    pub cell: Cell,
    /// Application id under which the cell's commits are counted; see [`Cell::app_id`].
    pub app_id: String,
    /// Paths of the cell's live files on which the work was planned.
    pub base: BTreeSet<String>,
    /// Whether the new files take the place of `base`; otherwise they are added to it.
    pub replace: bool,
    /// The new files, all of this cell.
    pub add: Vec<Add>,
}

/// What became of the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitOutcome {
    /// A version that holds every committed cell; none where nothing had to be committed.
    pub version: Option<u64>,
    /// Cells whose change is in the table, exactly once.
    pub committed: Vec<Cell>,
    /// Cells that others changed since the work was planned: left out, to be planned anew.
    pub stale: Vec<Cell>,
}

/// Commits whole cells in one transaction, each exactly once.
///
/// For each change, on the snapshot that the commit builds on: its files are there (an earlier attempt whose reply was
/// lost): committed; the cell's files are not `base`, or its transaction has moved since the first look: stale; else its
/// files are added, with the cell's transaction raised by one. The commit lands on that snapshot or is decided again.
///
/// # Errors
/// `NotFound` without the table, `Input` where a live file holds rows of several cells, `Storage` and `Delta` after
/// the last attempt.
pub async fn commit_cells(
    warehouse: &Warehouse,
    def: &TableDef,
    changes: Vec<CellChange>,
    info: Map<String, Value>,
) -> Result<CommitOutcome> {
    if changes.is_empty() {
        return Ok(CommitOutcome { version: None, committed: vec![], stale: vec![] });
    }
    check(def, &changes)?;
    fault::reach("files_written");
    if changes.iter().any(|change| change.replace) {
        fault::reach("force");
    }
    carry_out(warehouse, def, &info, CellCommit { changes, first_seen: BTreeMap::new() }).await
}

/// One change per cell and application, and only files of that cell: what the transaction is to mean.
fn check(def: &TableDef, changes: &[CellChange]) -> Result<()> {
    let (mut cells, mut apps) = (BTreeSet::new(), BTreeSet::new());
    let schema: &SchemaRef = &def.columns;
    for change in changes {
        if !cells.insert(&change.cell) || !apps.insert(&change.app_id) {
            return Err(EngineError::Internal(format!("two changes of {:?} in one commit", change.cell)));
        }
        let stray =
            change.add.iter().find(|add| DataFile::new((*add).clone(), schema).cell().as_ref() != Some(&change.cell));
        if let Some(add) = stray {
            return Err(EngineError::Internal(format!("file {} is not of {:?} alone", add.path, change.cell)));
        }
    }
    Ok(())
}

struct CellCommit {
    changes: Vec<CellChange>,
    /// The cells' transactions at the first look; one that moves later was committed by someone.
    first_seen: BTreeMap<String, Option<i64>>,
}

enum State {
    Committed,
    Stale,
    Open,
}

#[async_trait]
impl Change for CellCommit {
    type Outcome = CommitOutcome;

    async fn decide(&mut self, snapshot: &Snapshot) -> Result<Step<CommitOutcome>> {
        let files = snapshot.shared_files();
        let live = by_cell(snapshot, &files, &self.changes)?;
        let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let mut states: Vec<State> = self.changes.iter().map(|change| state_of(change, &live, &paths)).collect();
        let open = self.changes.iter().zip(&states).filter(|(_, state)| !matches!(state, State::Committed));
        let transactions = transactions(snapshot, open.map(|(change, _)| change.app_id.clone()).collect()).await?;
        for (change, state) in self.changes.iter().zip(&mut states) {
            let Some(version) = transactions.get(&change.app_id) else { continue };
            let first = *self.first_seen.entry(change.app_id.clone()).or_insert(*version);
            let moved = first != *version;
            let emptied = change.add.is_empty() && change.base.iter().all(|path| !paths.contains(path.as_str()));
            match state {
                // a removal without new files leaves no path to recognise it by, only its transaction
                _ if moved && emptied && *version == Some(first.unwrap_or(0) + 1) => *state = State::Committed,
                State::Open if moved => *state = State::Stale,
                _ => {}
            }
        }
        self.step(snapshot, &files, &states, &transactions)
    }
}

impl CellCommit {
    fn step(
        &self,
        snapshot: &Snapshot,
        files: &[DataFile],
        states: &[State],
        transactions: &BTreeMap<String, Option<i64>>,
    ) -> Result<Step<CommitOutcome>> {
        let open: Vec<_> = self.changes.iter().zip(states).filter(|(_, state)| matches!(state, State::Open)).collect();
        if open.is_empty() {
            let of = |wanted: fn(&State) -> bool| {
                let chosen = self.changes.iter().zip(states).filter(|(_, state)| wanted(state));
                chosen.map(|(change, _)| change.cell.clone()).collect::<Vec<_>>()
            };
            let committed = of(|state| matches!(state, State::Committed));
            let anything = self.changes.iter().zip(states).any(|(change, state)| {
                matches!(state, State::Committed) && (!change.add.is_empty() || change.removes())
            });
            let version = anything.then(|| snapshot.version());
            return Ok(Step::Done(CommitOutcome {
                version,
                committed,
                stale: of(|state| matches!(state, State::Stale)),
            }));
        }
        let (mut actions, mut raised, mut replaces) = (vec![], vec![], false);
        for (change, _) in open {
            let previous = transactions.get(&change.app_id).copied().flatten().unwrap_or(0);
            raised.push(Transaction::new(&change.app_id, previous + 1));
            if change.removes() {
                replaces = true;
                let gone = files.iter().filter(|file| change.base.contains(&file.path));
                actions.extend(gone.map(|file| Action::Remove(file.remove(true))));
            }
            actions.extend(change.add.iter().cloned().map(Action::Add));
        }
        let mode = if replaces { SaveMode::Overwrite } else { SaveMode::Append };
        let partition_by = Some(snapshot.def().partition_by.clone());
        let operation = Box::new(DeltaOperation::Write { mode, partition_by, predicate: None });
        Ok(Step::Commit { actions, transactions: raised, operation })
    }
}

impl CellChange {
    fn removes(&self) -> bool {
        self.replace && !self.base.is_empty()
    }
}

fn state_of(change: &CellChange, live: &BTreeMap<&Cell, BTreeSet<&str>>, paths: &BTreeSet<&str>) -> State {
    if change.add.is_empty() && !change.removes() {
        return State::Committed;
    }
    if !change.add.is_empty() && change.add.iter().all(|add| paths.contains(add.path.as_str())) {
        return State::Committed;
    }
    let base: BTreeSet<&str> = change.base.iter().map(String::as_str).collect();
    let now = live.get(&change.cell).cloned().unwrap_or_default();
    if now == base { State::Open } else { State::Stale }
}

/// Live files of the changed cells. A file of several cells would hide rows of theirs: it is refused.
fn by_cell<'a>(
    snapshot: &Snapshot,
    files: &'a [DataFile],
    changes: &'a [CellChange],
) -> Result<BTreeMap<&'a Cell, BTreeSet<&'a str>>> {
    let wanted: BTreeMap<&Cell, &Cell> = changes.iter().map(|change| (&change.cell, &change.cell)).collect();
    let mut live: BTreeMap<&Cell, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        let Some(cell) = file.cell() else {
            return Err(EngineError::Input {
                place: format!("table {}, file {}", snapshot.def().full_name(), file.path),
                message: "holds rows of several cells, or lacks statistics; it was rewritten by another program: \
                          restore the version before that"
                    .into(),
            });
        };
        if let Some(cell) = wanted.get(&cell) {
            live.entry(cell).or_default().insert(&file.path);
        }
    }
    Ok(live)
}

async fn transactions(snapshot: &Snapshot, apps: Vec<String>) -> Result<BTreeMap<String, Option<i64>>> {
    let lookup = |app: String| async move { Ok((app.clone(), snapshot.transaction(&app).await?)) };
    futures::stream::iter(apps.into_iter().map(lookup)).buffer_unordered(LOOKUPS).try_collect().await
}
