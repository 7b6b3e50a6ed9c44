//! One compare-and-swap of a table's log, repeated until it is decided.

use std::time::Duration;

use async_trait::async_trait;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference, TransactionError};
use deltalake::kernel::{Action, Transaction};
use deltalake::protocol::DeltaOperation;
use deltalake::{DeltaTable, DeltaTableError, checkpoints};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::fault;
use super::snapshot::{Snapshot, missing};
use super::warehouse::Warehouse;
use crate::tables::TableDef;
use crate::{EngineError, Result};

/// Attempts before a lost race is given up on: enough for dozens of writers at once.
const ATTEMPTS: u32 = 40;
/// Errors other than a lost race before they are given up on: a store that refuses will refuse again.
const FAILURES: u32 = 5;
/// First and longest pause between attempts.
const PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(1_000);

/// What a change wants of the snapshot it was shown.
pub(super) enum Step<T> {
    /// Nothing more: the snapshot already is as wanted, or never will be.
    Done(T),
    /// These actions, as the version after this snapshot.
    Commit {
        /// Files added and removed.
        actions: Vec<Action>,
        /// Application transactions.
        transactions: Vec<Transaction>,
        /// Kind of change, for the table's history.
        operation: Box<DeltaOperation>,
    },
}

/// A change that can be decided on any snapshot, and recognises its own result.
#[async_trait]
pub(super) trait Change: Send {
    /// What the change ends in.
    type Outcome: Send;

    /// Called with ever later snapshots until it answers [`Step::Done`].
    async fn decide(&mut self, snapshot: &Snapshot) -> Result<Step<Self::Outcome>>;
}

/// Decides the change on the latest snapshot and commits on that very snapshot, until it is done.
///
/// No reply is trusted: after a commit, and after any error, the change looks at the table again. A commit that lost
/// its reply is found there; one that lost the race is decided anew.
pub(super) async fn carry_out<C: Change>(
    warehouse: &Warehouse,
    def: &TableDef,
    info: &Map<String, Value>,
    mut change: C,
) -> Result<C::Outcome> {
    let (mut failure, mut failures) = (None, 0);
    for attempt in 0..ATTEMPTS {
        let snapshot = Snapshot::open(warehouse, def).await?.ok_or_else(|| missing(def))?;
        let (actions, transactions, operation) = match change.decide(&snapshot).await? {
            Step::Done(outcome) => return Ok(outcome),
            Step::Commit { actions, transactions, operation } => (actions, transactions, operation),
        };
        match commit_on(&snapshot, actions, transactions, *operation, info).await {
            Ok(after) => {
                let decided = change.decide(&after).await?;
                checkpoint_if_due(&after).await;
                match decided {
                    Step::Done(outcome) => return Ok(outcome),
                    Step::Commit { .. } => {
                        let (version, table) = (after.version(), def.full_name());
                        return Err(EngineError::Internal(format!("{table}@{version} lacks what it committed")));
                    }
                }
            }
            Err(error) => {
                tracing::debug!(table = def.full_name(), attempt, %error, "commit not confirmed, looking again");
                failures += u32::from(!is_lost_race(&error));
                failure = Some(snapshot.error(error));
                if failures >= FAILURES {
                    break;
                }
            }
        }
        tokio::time::sleep(pause(attempt)).await;
    }
    Err(failure.unwrap_or_else(|| EngineError::Internal(format!("no attempt at {}", def.full_name()))))
}

/// Whether another commit took the version.
fn is_lost_race(error: &DeltaTableError) -> bool {
    use TransactionError::{CommitConflict, MaxCommitAttempts, VersionAlreadyExists};
    match error {
        DeltaTableError::VersionAlreadyExists(_) => true,
        DeltaTableError::Transaction { source } => {
            matches!(source, CommitConflict(_) | MaxCommitAttempts(_) | VersionAlreadyExists(_))
        }
        _ => false,
    }
}

/// Lands as the version after `snapshot` or fails: with no retries delta-rs never rebases.
async fn commit_on(
    snapshot: &Snapshot,
    actions: Vec<Action>,
    transactions: Vec<Transaction>,
    operation: DeltaOperation,
    info: &Map<String, Value>,
) -> Result<Snapshot, DeltaTableError> {
    // the checkpoint is ours to write, below: its failure must not look like a failed commit
    let properties = CommitProperties::default()
        .with_metadata(info.clone())
        .with_application_transactions(transactions)
        .with_max_retries(0)
        .with_create_checkpoint(false)
        .with_cleanup_expired_logs(Some(false));
    let finalized = CommitBuilder::from(properties)
        .with_actions(actions)
        .build(Some(snapshot.state() as &dyn TableReference), snapshot.log_store(), operation)
        .await?;
    fault::reach("committed");
    let (warehouse, def) = (snapshot.warehouse(), snapshot.def());
    Snapshot::of_state(warehouse, def, snapshot.log_store(), finalized.snapshot())
        .map_err(|error| DeltaTableError::Generic(error.to_string()))
}

/// A checkpoint that fails leaves a correct table that opens more slowly: it is told, not returned.
async fn checkpoint_if_due(snapshot: &Snapshot) {
    if !(snapshot.version() + 1).is_multiple_of(snapshot.checkpoint_interval()) {
        return;
    }
    fault::reach("checkpoint");
    if let Err(error) = write_checkpoint(snapshot).await {
        tracing::warn!(table = snapshot.def().full_name(), version = snapshot.version(), %error, "no checkpoint");
    }
}

/// Writes a checkpoint at the snapshot's version.
pub(super) async fn write_checkpoint(snapshot: &Snapshot) -> Result<(), DeltaTableError> {
    checkpoints::create_checkpoint(&delta_table(snapshot), None).await
}

pub(super) fn delta_table(snapshot: &Snapshot) -> DeltaTable {
    let mut table = DeltaTable::new(snapshot.log_store());
    table.state = Some(snapshot.state().clone());
    table
}

/// Doubles up to the longest pause, of which a random part is taken so that contenders spread out.
fn pause(attempt: u32) -> Duration {
    let longest = PAUSE.saturating_mul(1 << attempt.min(10)).min(LONGEST_PAUSE);
    let random = Uuid::new_v4().as_u128() as u32;
    longest.mul_f64(0.25 + 0.75 * f64::from(random) / f64::from(u32::MAX))
}
