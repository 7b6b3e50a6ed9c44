//! Where a process runs: on this machine, or in a network namespace that can be cut off from others.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// A place with an address of its own.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) address: String,
    pub(crate) namespace: Option<String>,
}

impl Site {
    /// This machine's own network.
    pub(crate) fn local() -> Self {
        Self { address: "127.0.0.1".to_owned(), namespace: None }
    }

    /// A command that runs a program here, under the same process id.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let Some(namespace) = &self.namespace else { return Command::new(program) };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(program);
        command
    }

    /// The same command, run here.
    pub(crate) fn moved(&self, command: &Command) -> Command {
        let mut moved = self.command(Path::new(command.get_program()));
        moved.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => moved.env(name, value),
                None => moved.env_remove::<&OsStr>(name),
            };
        }
        moved.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        moved
    }
}
