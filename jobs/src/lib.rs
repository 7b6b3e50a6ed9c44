//! The jobs of Almanac and the command line that starts them.

pub mod cli;
mod commands;
mod config;
mod exit;
mod progress;
