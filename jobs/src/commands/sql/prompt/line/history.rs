//! What was entered before, kept in a file that only its owner reads.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// Entries that are kept.
const KEPT: usize = 2_000;

/// Entries, oldest first.
#[derive(Debug, Default)]
pub(in super::super) struct History {
    entries: Vec<String>,
    file: Option<PathBuf>,
}

impl History {
    /// That of a file, empty where there is none yet; of this process alone without a file.
    pub(in super::super) fn of(file: Option<PathBuf>) -> Self {
        let text = file.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        let entries: Vec<String> = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let entries = entries[entries.len().saturating_sub(KEPT)..].to_vec();
        Self { entries, file }
    }

    /// Adds an entry, on one line, unless it is that before or begins with a blank.
    pub(in super::super) fn add(&mut self, entry: &str) {
        if entry.starts_with(' ') || entry.trim().is_empty() {
            return;
        }
        // joined, the rest of a statement would belong to a comment
        let lines: Vec<String> = match entry.contains("--") {
            true => entry.lines().map(str::to_owned).collect(),
            false => vec![entry.lines().map(str::trim).collect::<Vec<_>>().join(" ")],
        };
        for line in lines {
            if self.entries.last() != Some(&line) {
                self.keep(&line);
                self.entries.push(line);
            }
        }
    }

    /// Writes an entry; a folder that refuses it costs the history only.
    fn keep(&self, line: &str) {
        let Some(file) = &self.file else { return };
        let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
            let mut options = OpenOptions::new();
            let mut file = options.append(true).create(true).mode(0o600).open(file)?;
            writeln!(file, "{line}")
        });
        if let Err(error) = written {
            tracing::debug!(%error, file = %file.display(), "the history could not be kept");
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, position: usize) -> Option<&str> {
        self.entries.get(position).map(String::as_str)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn entries_outlive_the_process_that_made_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("almanac/sql_history");
        let mut history = History::of(Some(file.clone()));
        for entry in ["SELECT 1\n  FROM t;", "SELECT 1 FROM t;", " SELECT 'secret';", "SELECT 2 -- two\n;"] {
            history.add(entry);
        }
        let again = History::of(Some(file));
        assert_eq!(again.entries, ["SELECT 1 FROM t;", "SELECT 2 -- two", ";"]);
        assert_eq!(again.entries, history.entries);
    }
}
