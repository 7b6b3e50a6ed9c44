//! Who may add rows under a name: the last to have done so, or who knew of them.

use deltalake::kernel::Transaction;

use super::cells::Cells;

/// A name of which a table holds the rows of one owner only, such as a model version and the settings that made it.
///
/// Each commit under a claim leaves the owner's mark as a transaction of the table. A change that was planned before
/// another owner left its mark is stale: what it was planned on says nothing of that owner's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Application id under which marks are left.
    pub app_id: String,
    /// The mark in the table on which the change was planned.
    pub seen: Option<i64>,
    /// The mark of the change's own owner.
    pub own: i64,
}

impl Claim {
    /// Whether another owner came since the change was planned.
    pub(super) fn is_lost(&self, cells: &Cells) -> bool {
        let found = cells.transaction(&self.app_id);
        found != self.seen && found != Some(self.own)
    }

    /// The transaction that leaves the mark, unless it is there.
    pub(super) fn mark(&self, cells: &Cells) -> Option<Transaction> {
        (cells.transaction(&self.app_id) != Some(self.own)).then(|| Transaction::new(&self.app_id, self.own))
    }
}
