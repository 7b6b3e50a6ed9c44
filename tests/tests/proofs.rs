//! Proofs over the built binary: what must hold of its tables, on generated and on real data.
//!
//! The binary is `ALMANAC_BIN`, or `target/release/almanac` beside this test; real data is `ALMANAC_SHARED/data`, or
//! `../shared/data` beside the workspace. Without real data those tests print a notice and prove nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "proofs/accuracy.rs"]
mod accuracy;
#[path = "proofs/benchmark.rs"]
mod benchmark;
#[path = "proofs/determinism.rs"]
mod determinism;
#[path = "proofs/features.rs"]
mod features;
#[path = "proofs/foresight.rs"]
mod foresight;
#[path = "proofs/frequencies.rs"]
mod frequencies;
#[path = "proofs/horizon.rs"]
mod horizon;
#[path = "proofs/memory.rs"]
mod memory;
#[path = "proofs/mixing.rs"]
mod mixing;
#[path = "proofs/models.rs"]
mod models;
#[path = "proofs/no_paths.rs"]
mod no_paths;
#[path = "proofs/outcomes.rs"]
mod outcomes;
#[path = "proofs/prefix.rs"]
mod prefix;
#[path = "proofs/projections.rs"]
mod projections;
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
#[path = "proofs/sentiment.rs"]
mod sentiment;
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
