//! Files to bronze to silver, on small files with known answers and on real ones where they are at hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bad_input;
mod leaks;
#[path = "../../../tests/src/notice.rs"]
mod notice;
mod parquet;
mod place;
mod real;
mod silver;
