//! The engine: Delta tables, worklists, the backfill's plan and its exactly-once commit.

pub mod backfill;
pub mod basis;
pub mod build;
pub mod cell;
pub mod cluster;
pub mod delta;
mod error;
pub mod evaluate;
pub mod identity;
pub mod memory;
pub mod nearest;
pub mod plan;
pub mod regenerate;
pub mod registry;
pub mod reserved;
pub mod runner;
pub mod settings;
pub mod sources;
pub mod tables;
pub mod tables_docs;
pub mod tables_input;
pub mod width;

pub use error::{EngineError, Result};
