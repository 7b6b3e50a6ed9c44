//! Proofs over the built binary: what must hold of its tables, on generated and on real data.
//!
//! The binary is `ALMANAC_BIN`, or `target/release/almanac` beside this test; real data is `ALMANAC_SHARED`, or
//! `../shared/data` beside the workspace. Without real data those tests print a notice and prove nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "proofs/determinism.rs"]
mod determinism;
#[path = "proofs/horizon.rs"]
mod horizon;
#[path = "proofs/memory.rs"]
mod memory;
#[path = "proofs/prefix.rs"]
mod prefix;
#[path = "proofs/readers.rs"]
mod readers;
#[path = "proofs/real.rs"]
mod real;
#[path = "proofs/refusals.rs"]
mod refusals;
#[path = "proofs/regenerated.rs"]
mod regenerated;
#[path = "proofs/retail.rs"]
mod retail;
#[path = "proofs/staleness.rs"]
mod staleness;
#[path = "proofs/state.rs"]
mod state;
#[path = "proofs/stored.rs"]
mod stored;
#[path = "proofs/support.rs"]
mod support;
#[path = "proofs/truncation.rs"]
mod truncation;
#[path = "proofs/truth.rs"]
mod truth;
