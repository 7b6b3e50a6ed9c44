//! Delta tables: where they are, what they hold at a version, and how they change.
//!
//! Every change is one compare-and-swap of the log: a commit is built on a version, lands only as the one after it, and is
//! otherwise decided anew on a later one (`attempt`). Nothing relies on a reply: whether a commit landed is read from the
//! table. Rare changes open the table for each attempt; cells are committed by the hundred, along the log (`cells`).

mod attempt;
mod blocks;
mod cells;
mod checkpoint;
mod claim;
mod columns;
pub mod commit;
pub mod content;
mod error;
pub mod fault;
mod features;
mod files;
mod history;
mod log;
pub mod maintain;
mod place;
mod property;
mod provider;
mod pruning;
pub mod replace;
mod rewrite;
mod snapshot;
mod statistics;
pub mod store;
mod unfinished;
mod upload;
mod version;
mod warehouse;
mod writer;

pub use cells::CellLog;
pub use claim::Claim;
pub(crate) use columns::of_any_columns;
pub use columns::{add_columns, at_as_stored, lacks_columns, open_as_stored};
pub use commit::{CellChange, CommitOutcome, commit_cells};
pub use files::DataFile;
pub use history::Commit;
pub use place::{Holds, Place};
pub use property::set_property;
pub use provider::{Pin, PinnedTable};
pub use replace::{replace_partition, replace_partitions};
pub use rewrite::{Replaced, Rewritten, commit_rewritten};
pub use snapshot::Snapshot;
pub(crate) use snapshot::interval_levels;
pub use store::{session, session_with};
pub use unfinished::none_unfinished;
pub use version::Version;
pub use warehouse::Warehouse;
pub use writer::CellWriter;
