//! Delta tables: creation, exactly-once commits, pinned reads, upkeep.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cells;
mod columns;
mod commit;
mod content;
mod faults;
mod maintain;
mod measure;
mod read;
mod replace;
mod support;
mod writer;
