//! The exactly-once commit of whole cells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use deltalake::kernel::{Action, Add, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use serde_json::{Map, Value};

use super::attempt::{Change, Proposal, Step, carry_out};
use super::cells::{CellLog, Cells};
use super::claim::Claim;
use super::fault;
use super::files::{DataFile, removal};
use super::warehouse::Warehouse;
use crate::cell::Cell;
use crate::tables::TableDef;
use crate::{EngineError, Result};

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
    /// What is claimed with the cell's rows, where a table must not hold those of two owners.
    pub claims: Arc<[Claim]>,
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

/// As [`CellLog::commit`], of a table that is opened for it.
///
/// # Errors
/// `NotFound` without the table; as [`CellLog::commit`] otherwise.
pub async fn commit_cells(
    warehouse: &Warehouse,
    def: &TableDef,
    changes: Vec<CellChange>,
    info: Map<String, Value>,
) -> Result<CommitOutcome> {
    CellLog::open(warehouse, def).await?.commit(changes, info).await
}

impl CellLog {
    /// Commits whole cells in one transaction, each exactly once.
    ///
    /// For each change, on the version that the commit builds on: its files are there (an earlier attempt whose reply was
    /// lost): committed; the cell's files are not `base`, its transaction has moved since the first look, or what it
    /// claims is another's since: stale; else its files are added, with the cell's transaction raised by one and the marks
    /// of its claims.
    /// The commit lands on that version or is decided again.
    ///
    /// # Errors
    /// `Input` where a live file holds rows of several cells, `Storage` and `Delta` after the last attempt.
    pub async fn commit(&mut self, changes: Vec<CellChange>, info: Map<String, Value>) -> Result<CommitOutcome> {
        if changes.is_empty() {
            return Ok(CommitOutcome { version: None, committed: vec![], stale: vec![] });
        }
        check(self.def(), &changes)?;
        fault::reach("files_written");
        if changes.iter().any(|change| change.replace) {
            fault::reach("force");
        }
        carry_out(self, &info, CellCommit { changes, first_seen: BTreeMap::new() }).await
    }
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Committed,
    Stale,
    Open,
}

#[async_trait]
impl Change<Cells> for CellCommit {
    type Outcome = CommitOutcome;

    async fn decide(&mut self, cells: &Cells) -> Result<Step<CommitOutcome>> {
        cells.check()?;
        let states = self.changes.iter().map(|change| state_of(change, cells, &mut self.first_seen)).collect();
        Ok(self.step(cells, states))
    }
}

impl CellCommit {
    fn step(&self, cells: &Cells, states: Vec<State>) -> Step<CommitOutcome> {
        let of = |wanted: State| self.changes.iter().zip(&states).filter(move |(_, state)| **state == wanted);
        let open: Vec<&CellChange> = of(State::Open).map(|(change, _)| change).collect();
        if open.is_empty() {
            let named = |wanted: State| of(wanted).map(|(change, _)| change.cell.clone()).collect::<Vec<_>>();
            let anything = of(State::Committed).any(|(change, _)| !change.add.is_empty() || change.removes());
            let version = anything.then(|| cells.version());
            return Step::Done(CommitOutcome {
                version,
                committed: named(State::Committed),
                stale: named(State::Stale),
            });
        }
        let (mut actions, mut transactions, mut marked, mut replaces) = (vec![], vec![], BTreeSet::new(), false);
        for change in open {
            let previous = cells.transaction(&change.app_id).unwrap_or(0);
            transactions.push(Transaction::new(&change.app_id, previous + 1));
            let claims = change.claims.iter().filter(|claim| marked.insert(&claim.app_id));
            transactions.extend(claims.filter_map(|claim| claim.mark(cells)));
            if change.removes() {
                replaces = true;
                // the base, as of here all of the cell's files
                actions.extend(cells.files(&change.cell).map(|add| Action::Remove(removal(add, true))));
            }
            actions.extend(change.add.iter().cloned().map(Action::Add));
        }
        let mode = if replaces { SaveMode::Overwrite } else { SaveMode::Append };
        let partition_by = Some(cells.def().partition_by.clone());
        let operation = Box::new(DeltaOperation::Write { mode, partition_by, predicate: None });
        Step::Commit(Proposal { actions, transactions, operation })
    }
}

impl CellChange {
    fn removes(&self) -> bool {
        self.replace && !self.base.is_empty()
    }
}

fn state_of(change: &CellChange, cells: &Cells, first_seen: &mut BTreeMap<String, Option<i64>>) -> State {
    let version = cells.transaction(&change.app_id);
    let first = *first_seen.entry(change.app_id.clone()).or_insert(version);
    let moved = first != version;
    if change.add.is_empty() {
        // a removal without new files leaves no path to recognise it by, only its transaction
        let emptied = change.base.iter().all(|path| !cells.holds(path));
        if !change.removes() || (moved && emptied && version == Some(first.unwrap_or(0) + 1)) {
            return State::Committed;
        }
    } else if cells.holds_all(&change.add) {
        return State::Committed;
    }
    let is_base = cells.files(&change.cell).map(|add| &add.path).eq(&change.base);
    let is_lost = change.claims.iter().any(|claim| claim.is_lost(cells));
    if is_base && !moved && !is_lost { State::Open } else { State::Stale }
}
