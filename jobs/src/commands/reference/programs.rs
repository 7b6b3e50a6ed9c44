//! The other programs of a cluster, from the files in which they define their options.

use clap::{Command, CommandFactory};

#[path = "../../../../executor/src/options.rs"]
#[allow(dead_code)] // values are read there
mod executor;
#[path = "../../../../scheduler/src/options.rs"]
#[allow(dead_code)] // values are read there
mod scheduler;

/// Each as it is parsed, in the order in which they are started.
pub(crate) fn all() -> [Command; 2] {
    [scheduler::Options::command(), executor::Options::command()]
}
