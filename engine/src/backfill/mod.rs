//! Driving a backfill: what is asked for, what exists, what is missing, and committing what was computed.
//!
//! Rows decide what exists; the ledger and the transaction numbers never do.

pub mod actuals;
mod claim;
mod driver;
mod estimate;
pub(crate) mod existing;
pub(crate) mod grid;
mod held;
mod inputs;
pub(crate) mod keys;
mod ledger;
mod missing;
mod selection;
pub(crate) mod settled;

pub use driver::{Event, Options, StepReport, infer, train};
pub use estimate::{Estimate, ModelEstimate, estimate};
pub use grid::{GridCell, GridUnit, buckets, grid};
pub(crate) use ledger::heartbeat;
pub use ledger::{ABANDONED_SECONDS, Ledger};
pub use missing::{CellWork, Stored, fits, forecasts};
pub use selection::{Condition, Selection, day_of, display_key, listed_keys, parse_day, shown_key};
