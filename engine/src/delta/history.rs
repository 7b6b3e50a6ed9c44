//! What was done to a table, as its log tells it.

use deltalake::DeltaTable;
use futures::TryStreamExt;

use super::snapshot::Snapshot;
use crate::Result;

/// One commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Version of the table that it made.
    pub version: u64,
    /// When, in milliseconds since the epoch.
    pub timestamp: Option<i64>,
    /// What was done, as Delta names it: `WRITE`, `OPTIMIZE`, ….
    pub operation: Option<String>,
}

impl Snapshot {
    /// The newest commits, newest first; at most `limit`, and fewer where the log has been cleaned up.
    ///
    /// # Errors
    /// Those of the storage.
    pub async fn history(&self, limit: usize) -> Result<Vec<Commit>> {
        let mut table = DeltaTable::new(self.log_store());
        table.state = Some(self.state().clone());
        let infos: Vec<_> = table.history(Some(limit)).try_collect().await.map_err(|error| self.error(error))?;
        let commits = infos.into_iter().zip((0..=self.version()).rev());
        let commit = |(info, version): (deltalake::kernel::CommitInfo, u64)| Commit {
            version,
            timestamp: info.timestamp,
            operation: info.operation,
        };
        Ok(commits.map(commit).collect())
    }
}
