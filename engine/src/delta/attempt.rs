//! One compare-and-swap of a table's log, repeated until it is decided.

use std::time::Duration;

use async_trait::async_trait;
use deltalake::DeltaTableError;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference, TransactionError};
use deltalake::kernel::{Action, Transaction};
use deltalake::logstore::LogStoreRef;
use deltalake::protocol::DeltaOperation;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::checkpoint::write_checkpoint;
use super::error::delta_error;
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

/// What a change wants of the table it was shown.
pub(super) enum Step<T> {
    /// Nothing more: the snapshot already is as wanted, or never will be.
    Done(T),
    /// This, as the version after what was shown.
    Commit(Proposal),
}

/// What is to become the next version.
pub(super) struct Proposal {
    /// Files added and removed.
    pub(super) actions: Vec<Action>,
    /// Application transactions.
    pub(super) transactions: Vec<Transaction>,
    /// Kind of change, for the table's history.
    pub(super) operation: Box<DeltaOperation>,
}

/// A change that can be decided on any version of a table, and recognises its own result.
#[async_trait]
pub(super) trait Change<View: Sync>: Send {
    /// What the change ends in.
    type Outcome: Send;

    /// Called with ever later versions until it answers [`Step::Done`].
    async fn decide(&mut self, view: &View) -> Result<Step<Self::Outcome>>;
}

/// A table as changes are decided on and committed to it.
#[async_trait]
pub(super) trait Ground: Send {
    /// What a change is shown.
    type View: Sync;

    /// The table as it now is.
    async fn look(&mut self) -> Result<&Self::View>;

    /// Commits as the version after the last look, or fails.
    async fn commit(&mut self, proposal: Proposal, info: &Map<String, Value>) -> Result<(), DeltaTableError>;

    /// The table at the version that was just committed.
    async fn confirm(&mut self) -> Result<&Self::View>;

    /// The table's log, its definition, and the version last looked at.
    fn place(&self) -> Place;
}

/// Where a change takes place.
pub(super) struct Place {
    pub(super) log_store: LogStoreRef,
    pub(super) table: String,
    pub(super) version: u64,
    pub(super) checkpoint_interval: u64,
}

impl Place {
    fn error(&self, error: DeltaTableError) -> EngineError {
        delta_error(&self.table, self.log_store.root_url().as_str(), error)
    }
}

/// Decides the change on the table's latest version and commits on that very version, until it is done.
///
/// No reply is trusted: after a commit, and after any error, the change looks at the table again. A commit that lost
/// its reply is found there; one that lost the race is decided anew.
pub(super) async fn carry_out<G: Ground, C: Change<G::View>>(
    ground: &mut G,
    info: &Map<String, Value>,
    mut change: C,
) -> Result<C::Outcome> {
    let (mut failure, mut failures) = (None, 0);
    for attempt in 0..ATTEMPTS {
        let proposal = match change.decide(ground.look().await?).await? {
            Step::Done(outcome) => return Ok(outcome),
            Step::Commit(proposal) => proposal,
        };
        match ground.commit(proposal, info).await {
            Ok(()) => {
                fault::reach("committed");
                let decided = change.decide(ground.confirm().await?).await?;
                let place = ground.place();
                checkpoint_if_due(&place).await;
                match decided {
                    Step::Done(outcome) => return Ok(outcome),
                    Step::Commit(_) => {
                        let (version, table) = (place.version, place.table);
                        return Err(EngineError::Internal(format!("{table}@{version} lacks what it committed")));
                    }
                }
            }
            Err(error) => {
                let place = ground.place();
                tracing::debug!(table = place.table, attempt, %error, "commit not confirmed, looking again");
                failures += u32::from(!is_lost_race(&error));
                failure = Some(place.error(error));
                if failures >= FAILURES {
                    break;
                }
            }
        }
        tokio::time::sleep(pause(attempt)).await;
    }
    Err(failure.unwrap_or_else(|| EngineError::Internal(format!("no attempt at {}", ground.place().table))))
}

/// As [`carry_out`], on a table that is read anew at each look.
pub(super) async fn carry_out_afresh<C: Change<Snapshot>>(
    warehouse: &Warehouse,
    def: &TableDef,
    change: C,
) -> Result<C::Outcome> {
    let snapshot = Snapshot::open(warehouse, def).await?.ok_or_else(|| missing(def))?;
    carry_out(&mut Afresh { snapshot, is_new: true }, &Map::new(), change).await
}

/// A table that is read anew at each look.
struct Afresh {
    snapshot: Snapshot,
    /// Whether nobody has looked at the snapshot yet.
    is_new: bool,
}

#[async_trait]
impl Ground for Afresh {
    type View = Snapshot;

    async fn look(&mut self) -> Result<&Snapshot> {
        if !std::mem::take(&mut self.is_new) {
            let def = self.snapshot.def().clone();
            let found = Snapshot::open(self.snapshot.warehouse(), &def).await?;
            self.snapshot = found.ok_or_else(|| missing(&def))?;
        }
        Ok(&self.snapshot)
    }

    async fn commit(&mut self, proposal: Proposal, info: &Map<String, Value>) -> Result<(), DeltaTableError> {
        self.snapshot = commit_on(&self.snapshot, proposal, info).await?;
        Ok(())
    }

    async fn confirm(&mut self) -> Result<&Snapshot> {
        Ok(&self.snapshot)
    }

    fn place(&self) -> Place {
        Place {
            log_store: self.snapshot.log_store(),
            table: self.snapshot.def().full_name(),
            version: self.snapshot.version(),
            checkpoint_interval: self.snapshot.checkpoint_interval(),
        }
    }
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
    proposal: Proposal,
    info: &Map<String, Value>,
) -> Result<Snapshot, DeltaTableError> {
    // the checkpoint is ours to write: its failure must not look like a failed commit
    let properties = CommitProperties::default()
        .with_metadata(info.clone())
        .with_application_transactions(proposal.transactions)
        .with_max_retries(0)
        .with_create_checkpoint(false)
        .with_cleanup_expired_logs(Some(false));
    let finalized = CommitBuilder::from(properties)
        .with_actions(proposal.actions)
        .build(Some(snapshot.state() as &dyn TableReference), snapshot.log_store(), *proposal.operation)
        .await?;
    let (warehouse, def) = (snapshot.warehouse(), snapshot.def());
    Snapshot::of_state(warehouse, def, snapshot.log_store(), finalized.snapshot())
        .map_err(|error| DeltaTableError::Generic(error.to_string()))
}

/// A checkpoint that fails leaves a correct table that opens more slowly: it is told, not returned.
async fn checkpoint_if_due(place: &Place) {
    if !(place.version + 1).is_multiple_of(place.checkpoint_interval) {
        return;
    }
    fault::reach("checkpoint");
    if let Err(error) = write_checkpoint(&place.log_store, place.version).await {
        tracing::warn!(table = place.table, version = place.version, %error, "no checkpoint");
    }
}

/// Doubles up to the longest pause, of which a random part is taken so that contenders spread out.
fn pause(attempt: u32) -> Duration {
    let longest = PAUSE.saturating_mul(1 << attempt.min(10)).min(LONGEST_PAUSE);
    let random = Uuid::new_v4().as_u128() as u32;
    longest.mul_f64(0.25 + 0.75 * f64::from(random) / f64::from(u32::MAX))
}
