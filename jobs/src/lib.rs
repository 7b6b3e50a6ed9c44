//! The jobs of Almanac and the command line that starts them.

pub mod build;
pub mod cli;
mod commands;
mod config;
mod exit;
pub mod ingest;
mod memory;
mod progress;
mod show;
