//! Delta tables: where they are, what they hold at a version, and how they change.
//!
//! Every change is one compare-and-swap of the log: a commit is built on a snapshot, lands only as the version after
//! it, and is otherwise decided anew on a fresh snapshot (`commit`). Nothing relies on a reply: whether a commit
//! landed is read from the table.

mod attempt;
mod columns;
pub mod commit;
pub mod content;
mod error;
pub mod fault;
mod files;
pub mod maintain;
mod provider;
mod pruning;
pub mod replace;
mod snapshot;
mod statistics;
pub mod store;
mod upload;
mod warehouse;
mod writer;

pub use columns::add_columns;
pub use commit::{CellChange, CommitOutcome, commit_cells};
pub use files::DataFile;
pub use provider::{Pin, PinnedTable};
pub use replace::{Replaced, replace_partition, replace_partitions};
pub use snapshot::Snapshot;
pub use store::{session, session_with};
pub use warehouse::Warehouse;
pub use writer::CellWriter;
