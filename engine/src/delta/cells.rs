//! The cells of a table and their transactions, followed along its log.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use deltalake::DeltaTableError;
use deltalake::kernel::transaction::CommitData;
use deltalake::kernel::{Action, Add};
use deltalake::logstore::{CommitOrBytes, LogStore, LogStoreRef};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::attempt::{Ground, Place, Proposal};
use super::error::delta_error;
use super::files::DataFile;
use super::log::Tail;
use super::snapshot::{Snapshot, missing};
use super::warehouse::Warehouse;
use crate::cell::Cell;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// A table of cells that is committed to again and again: opened once, then kept up to date by the new entries of its log,
/// so that what a commit costs does not grow with the table.
pub struct CellLog {
    warehouse: Warehouse,
    log_store: LogStoreRef,
    cells: Cells,
    /// None where the log cannot be followed from the version: each look opens the table.
    tail: Option<Tail>,
}

/// The table at one version: the live files of each cell, and the applications' transactions.
pub(super) struct Cells {
    def: TableDef,
    schema: SchemaRef,
    version: u64,
    checkpoint_interval: u64,
    is_append_only: bool,
    /// By path, without their statistics.
    live: HashMap<Cell, BTreeMap<String, Add>>,
    cell_of: HashMap<String, Cell>,
    /// Files of several cells, or without statistics.
    strays: BTreeSet<String>,
    transactions: HashMap<String, i64>,
}

impl CellLog {
    /// Opens the table at its latest version.
    ///
    /// # Errors
    /// As [`Snapshot::open`], and `NotFound` without the table.
    pub async fn open(warehouse: &Warehouse, def: &TableDef) -> Result<Self> {
        Self::of(&Snapshot::open(warehouse, def).await?.ok_or_else(|| missing(def))?).await
    }

    /// As [`Self::open`], of a table that was just opened.
    pub async fn of(snapshot: &Snapshot) -> Result<Self> {
        let log_store = snapshot.log_store();
        let tail = Tail::at(snapshot.log_store(), snapshot.version()).await.map_err(|error| snapshot.error(error))?;
        let cells = Cells::of(snapshot).await?;
        Ok(Self { warehouse: snapshot.warehouse().clone(), log_store, cells, tail })
    }

    /// The table's definition.
    pub fn def(&self) -> &TableDef {
        &self.cells.def
    }

    /// Follows the log up to version `last`, or to its end.
    async fn follow(&mut self, last: Option<u64>) -> Result<()> {
        if let Some(tail) = &mut self.tail {
            let place = self.log_store.root_url().as_str();
            let news = tail.advance(last).await;
            let news = news.map_err(|error| delta_error(&self.cells.def.full_name(), place, error))?;
            let version = tail.version();
            if news.is_some_and(|actions| self.cells.apply(version, actions)) {
                return Ok(());
            }
        }
        *self = Self::open(&self.warehouse, &self.cells.def).await?;
        Ok(())
    }
}

#[async_trait]
impl Ground for CellLog {
    type View = Cells;

    async fn look(&mut self) -> Result<&Cells> {
        self.follow(None).await?;
        Ok(&self.cells)
    }

    async fn commit(&mut self, proposal: Proposal, info: &Map<String, Value>) -> Result<(), DeltaTableError> {
        let removes = |action: &Action| matches!(action, Action::Remove(remove) if remove.data_change);
        if self.cells.is_append_only && proposal.actions.iter().any(removes) {
            return Err(DeltaTableError::Generic("delta.appendOnly is set: rows are never replaced in it".into()));
        }
        let Proposal { actions, transactions, operation } = proposal;
        let info = info.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let entry = CommitData::new(actions, *operation, info, transactions).get_bytes()?;
        let version = self.cells.version + 1;
        self.log_store.write_commit_entry(version, CommitOrBytes::LogBytes(entry), Uuid::new_v4()).await?;
        Ok(())
    }

    async fn confirm(&mut self) -> Result<&Cells> {
        self.follow(Some(self.cells.version + 1)).await?;
        Ok(&self.cells)
    }

    fn place(&self) -> Place {
        Place {
            log_store: self.log_store.clone(),
            table: self.cells.def.full_name(),
            version: self.cells.version,
            checkpoint_interval: self.cells.checkpoint_interval,
        }
    }
}

impl Cells {
    async fn of(snapshot: &Snapshot) -> Result<Self> {
        let transactions = snapshot.transactions().await?;
        let mut cells = Self {
            def: snapshot.def().clone(),
            schema: snapshot.schema(),
            version: snapshot.version(),
            checkpoint_interval: snapshot.checkpoint_interval(),
            is_append_only: snapshot.property("delta.appendOnly").is_some_and(|value| value == "true"),
            live: HashMap::new(),
            cell_of: HashMap::new(),
            strays: BTreeSet::new(),
            transactions,
        };
        for file in snapshot.shared_files().iter() {
            cells.insert(file.clone());
        }
        Ok(cells)
    }

    /// Takes over what entries up to `version` say; false for what only opening the table can tell.
    fn apply(&mut self, version: u64, actions: Vec<Action>) -> bool {
        for action in actions {
            match action {
                Action::Add(add) if add.deletion_vector.is_none() => {
                    let file = DataFile::new(add, &self.schema);
                    self.remove(&file.path);
                    self.insert(file);
                }
                Action::Remove(remove) => self.remove(&remove.path),
                Action::Txn(transaction) => {
                    self.transactions.insert(transaction.app_id, transaction.version);
                }
                Action::CommitInfo(_) => {}
                _ => return false,
            }
        }
        self.version = version;
        true
    }

    fn insert(&mut self, file: DataFile) {
        let Some(cell) = file.cell() else {
            self.strays.insert(file.path);
            return;
        };
        self.cell_of.insert(file.path.clone(), cell.clone());
        self.live.entry(cell).or_default().insert(file.path, Add { stats: None, ..file.add });
    }

    fn remove(&mut self, path: &str) {
        self.strays.remove(path);
        let Some(cell) = self.cell_of.remove(path) else { return };
        let Some(files) = self.live.get_mut(&cell) else { return };
        files.remove(path);
        if files.is_empty() {
            self.live.remove(&cell);
        }
    }

    pub(super) fn def(&self) -> &TableDef {
        &self.def
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Whether the file is in the table.
    pub(super) fn holds(&self, path: &str) -> bool {
        self.cell_of.contains_key(path)
    }

    /// Whether every new file is in the table.
    pub(super) fn holds_all(&self, added: &[Add]) -> bool {
        added.iter().all(|add| self.holds(&add.path))
    }

    /// Live files of a cell, in the order of their paths.
    pub(super) fn files(&self, cell: &Cell) -> impl Iterator<Item = &Add> {
        self.live.get(cell).into_iter().flat_map(BTreeMap::values)
    }

    /// Version of the application's last transaction.
    pub(super) fn transaction(&self, app_id: &str) -> Option<i64> {
        self.transactions.get(app_id).copied()
    }

    /// A file of several cells would hide rows of theirs: a table with one is refused.
    pub(super) fn check(&self) -> Result<()> {
        let Some(path) = self.strays.first() else { return Ok(()) };
        Err(EngineError::Input {
            place: format!("table {}, file {path}", self.def.full_name()),
            value: Some(path.clone()),
            message: "holds rows of several cells, or lacks statistics; it was rewritten by another program: \
                      restore the version before that"
                .into(),
        })
    }
}
