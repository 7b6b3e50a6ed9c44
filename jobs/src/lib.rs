//! The jobs of Almanac and the command line that starts them.

mod accuracy;
pub mod cli;
mod commands;
mod config;
mod entry;
mod exit;
mod fault;
pub mod ingest;
mod init;
mod look;
mod memory;
mod output;
mod plot;
mod progress;
mod show;
mod signals;

pub use entry::main;
