//! Exactly once: whatever kills, repeats or races a backfill, its tables end with the rows of an undisturbed run.
//!
//! Black box: the built binary over generated data, compared by the content hashes of `almanac tables --content`, which
//! count every row as often as it is there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "once/crash.rs"]
mod crash;
#[path = "once/drivers.rs"]
mod drivers;
#[path = "once/mounted.rs"]
mod mounted;
#[path = "once/random.rs"]
mod random;
#[path = "once/redo.rs"]
mod redo;
#[path = "once/restore.rs"]
mod restore;
#[path = "once/storage.rs"]
mod storage;
#[path = "once/torn.rs"]
mod torn;
#[path = "once/upkeep.rs"]
mod upkeep;
#[path = "once/warehouse.rs"]
mod warehouse;
