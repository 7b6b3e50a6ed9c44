//! The jobs behind the command line.

pub mod build;
pub mod ingest;
