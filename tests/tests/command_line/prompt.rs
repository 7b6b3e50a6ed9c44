//! The prompt of `almanac sql` on a pseudo-terminal, by `script` of util-linux.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use almanac_tests::notice;
use tempfile::TempDir;

use crate::world;

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A prompt with a person at it.
struct Person {
    script: Child,
    keys: ChildStdin,
    screen: Receiver<Vec<u8>>,
    seen: String,
    /// Where programs keep their state.
    state: TempDir,
}

impl Person {
    /// None where there is no `script`.
    fn at_prompt(state: TempDir, arguments: &[&str]) -> Option<Self> {
        Self::with_pager("cat", state, arguments)
    }

    /// With a pager of their own.
    fn with_pager(pager: &str, state: TempDir, arguments: &[&str]) -> Option<Self> {
        let command = world::job().command(arguments);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let quoted: Vec<String> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
        // a shell that waited beside it would end by the interrupt that the query is stopped with
        let line = format!("stty cols 100 rows 40; exec {}", quoted.join(" "));
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
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

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until a text is on the screen; gives what came before it.
    fn sees(&mut self, text: &str) -> String {
        self.sees_within(text, PATIENCE).unwrap_or_else(|| panic!("no {text:?} in {:?}", self.seen))
    }

    fn sees_within(&mut self, text: &str, patience: Duration) -> Option<String> {
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return Some(std::mem::replace(&mut self.seen, rest));
            }
            match self.screen.recv_timeout(patience) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => panic!("it ended: {:?}", self.seen),
            }
        }
    }

    fn leaves(mut self) -> TempDir {
        self.types("\\q\r");
        let status = self.script.wait().unwrap();
        assert!(status.success(), "{status} after {:?}", self.seen);
        self.state
    }
}

fn state() -> TempDir {
    TempDir::with_prefix("almanac-state-").unwrap()
}

#[test]
fn statements_take_lines_and_words_are_completed() {
    let Some(mut person) = Person::at_prompt(state(), &["sql"]) else { return };
    person.types("SELECT count(*) AS runs\r");
    person.sees("-> ");
    person.types("FROM ops.ru\t;\r");
    person.sees("(1 row)");
    person.types("\\d ops.runs\r");
    person.sees("heartbeat_at");
    person.types("\\d\r");
    person.sees("silver.unified_data");
    person.types("\\df quantiles\r");
    person.sees("quantiles_agg");
    person.leaves();
}

#[test]
fn answers_have_forms_and_times() {
    let Some(mut person) = Person::at_prompt(state(), &["sql"]) else { return };
    person.types("\\o markdown\r");
    person.sees("shown as markdown");
    person.types("\\timing\r");
    person.sees("timing is on");
    person.types("SELECT 7 AS a;\r");
    person.sees("| 7 |");
    let told = person.sees(" s)");
    assert!(told.contains("(1 row, 0."), "{told:?}");
    person.leaves();
}

#[test]
fn long_answers_are_paged_and_short_ones_are_not() {
    let Some(mut person) = Person::with_pager("sed s/^/paged:/", state(), &["sql"]) else { return };
    person.types("SELECT 6 * 7 AS a;\r");
    let short = person.sees("(1 row)");
    assert!(short.contains("| 42 |") && !short.contains("paged:"), "{short:?}");
    person.types("SELECT value FROM range(60);\r");
    person.sees("paged:| value |");
    person.sees("paged:| 59");
    person.sees("(60 rows)");
    // a wide one too, with all its columns
    person.types("SELECT * FROM ops.runs LIMIT 1;\r");
    person.sees("paged:");
    person.sees("hardware");
    let rest = person.sees("(1 row)");
    assert!(!rest.contains("-o wide"), "{rest:?}");
    person.leaves();
    // without a pager it is narrowed
    let Some(mut person) = Person::at_prompt(state(), &["sql"]) else { return };
    person.types("SELECT * FROM ops.runs LIMIT 1;\r");
    person.sees("-o wide shows all)");
    person.sees("(1 row)");
    person.leaves();
}

#[test]
fn errors_and_interrupts_leave_the_prompt() {
    let Some(mut person) = Person::at_prompt(state(), &["sql"]) else { return };
    person.types("SELECT nothing FROM ops.runs;\r");
    person.sees("error[E0003]");
    person.sees("almanac> ");
    person.types("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.value * b.value) % 7 = 3;\r");
    person.sees("rows read");
    // a key pressed before the query runs is one of the next line
    let stopped = (0..60).find_map(|_| {
        person.types("\x03");
        person.sees_within("stopped", Duration::from_secs(2))
    });
    assert!(stopped.is_some(), "the query went on: {:?}", person.seen);
    person.types("SELECT 41 + 1 AS b;\r");
    person.sees("| 42 |");
    person.leaves();
}

#[test]
fn the_history_outlives_the_prompt() {
    let Some(mut person) = Person::at_prompt(state(), &["sql"]) else { return };
    person.types("SELECT 'remembered' AS a;\r");
    person.sees("| remembered |");
    let state = person.leaves();
    let Some(mut person) = Person::at_prompt(state, &["sql"]) else { return };
    // the last entry is the command to leave
    person.types("\x1b[A\x1b[A\r");
    person.sees("| remembered |");
    person.leaves();
}
