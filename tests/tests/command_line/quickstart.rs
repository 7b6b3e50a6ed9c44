//! docs/quickstart.md is run from its first command to its last, and its answers are held against the program's.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{binary, root};

/// A block of a page.
#[derive(Debug, PartialEq)]
struct Block {
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push(Block { language: language.to_owned(), text: text.join("\n") });
        }
    }
    found
}

/// What a block of commands prints, as the shell of a reader would run it.
fn run(folder: &Path, commands: &str) -> String {
    let programs = binary().canonicalize().unwrap().parent().unwrap().to_path_buf();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(programs).chain(env::split_paths(&path))).unwrap();
    let mut command = Command::new("sh");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ALMANAC_")) {
        command.env_remove(name);
    }
    command.args(["-e", "-c", commands]).current_dir(folder).env("PATH", path).env("COLUMNS", "100");
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_command_runs_and_answers_as_shown() {
    let page = fs::read_to_string(root().join("docs/quickstart.md")).unwrap();
    assert!(page.lines().all(|line| !line.starts_with("    almanac")), "a command outside of a block marked sh");
    let folder = tempfile::tempdir().unwrap();
    let blocks = blocks(&page);
    let (mut commands, mut answers) = (0, 0);
    for (place, block) in blocks.iter().enumerate().filter(|(_, block)| block.language == "sh") {
        let printed = run(folder.path(), &block.text);
        commands += 1;
        if let Some(shown) = blocks.get(place + 1).filter(|next| next.language == "text") {
            assert_eq!(printed.trim_end(), shown.text, "{}", block.text);
            answers += 1;
        }
    }
    assert!(commands >= 8 && answers >= 2, "{commands} blocks of commands, {answers} with an answer");
    let picture = |path: &Path| fs::read_to_string(path).unwrap();
    let same = picture(&folder.path().join("fan.svg")) == picture(&root().join("docs/quickstart.svg"));
    assert!(same, "docs/quickstart.svg is another picture than the page's command draws: draw it anew");
}

#[test]
fn blocks_are_found() {
    let block = |language: &str, text: &str| Block { language: language.into(), text: text.into() };
    assert_eq!(blocks("a\n```sh\nx\ny\n```\n```text\nz\n```\n"), [block("sh", "x\ny"), block("text", "z")]);
}
