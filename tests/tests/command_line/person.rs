//! A person at the prompt of `almanac sql`, on a pseudo-terminal by `script` of util-linux.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use almanac_tests::notice;
use tempfile::TempDir;

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A prompt with a person at it.
pub(crate) struct Person {
    script: Child,
    keys: ChildStdin,
    screen: Receiver<Vec<u8>>,
    /// What came to the screen and was not yet waited for.
    pub(crate) seen: String,
    /// Where programs keep their state.
    state: TempDir,
}

impl Person {
    /// Starts the command; none where there is no `script`.
    pub(crate) fn at_prompt(state: TempDir, command: &Command) -> Option<Self> {
        Self::with_pager("cat", state, command)
    }

    /// With a pager of their own.
    pub(crate) fn with_pager(pager: &str, state: TempDir, command: &Command) -> Option<Self> {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let quoted: Vec<String> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
        // a shell that waited beside it would end by the interrupt that the query is stopped with
        let line = format!("stty cols 100 rows 40; exec {}", quoted.join(" "));
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script.env("XDG_STATE_HOME", state.path()).env("TERM", "xterm").env("PAGER", pager).env_remove("COLUMNS");
        let mut script = match script.spawn() {
            Ok(script) => script,
            Err(error) => {
                notice(&format!("nothing proved, there is no script of util-linux: {error}"));
                return None;
            }
        };
        let (keys, mut output) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let (send, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                if send.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut person = Self { script, keys, screen, seen: String::new(), state };
        person.sees("almanac> ");
        Some(person)
    }

    pub(crate) fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until a text is on the screen; gives what came before it.
    pub(crate) fn sees(&mut self, text: &str) -> String {
        self.sees_within(text, PATIENCE).unwrap_or_else(|| panic!("no {text:?} in {:?}", self.seen))
    }

    /// The same; none if it has not come by then, whatever else does.
    pub(crate) fn sees_within(&mut self, text: &str, patience: Duration) -> Option<String> {
        let until = Instant::now() + patience;
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return Some(std::mem::replace(&mut self.seen, rest));
            }
            match self.screen.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => panic!("it ended: {:?}", self.seen),
            }
        }
    }

    /// Sends the prompt a signal.
    #[allow(dead_code)] // for the prompt without a cluster
    pub(crate) fn sends(&self, signal: &str) {
        let script = self.script.id();
        let children = std::fs::read_to_string(format!("/proc/{script}/task/{script}/children")).unwrap();
        let prompt = children.split_whitespace().next().unwrap();
        assert!(Command::new("kill").args([signal, prompt]).status().unwrap().success());
    }

    /// Waits for the end; gives the exit code.
    #[allow(dead_code)] // for the prompt without a cluster
    pub(crate) fn ends(mut self) -> Option<i32> {
        self.script.wait().unwrap().code()
    }

    /// Ends the prompt, which must succeed; gives the folder of the state back.
    pub(crate) fn leaves(mut self) -> TempDir {
        self.types("\\q\r");
        let status = self.script.wait().unwrap();
        assert!(status.success(), "{status} after {:?}", self.seen);
        self.state
    }
}

/// An empty folder for the state.
pub(crate) fn state() -> TempDir {
    TempDir::with_prefix("almanac-state-").unwrap()
}
