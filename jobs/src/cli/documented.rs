//! Command lines of the documentation: the parser understands each.

use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Command, CommandFactory};

use super::Cli;
use crate::commands::reference::programs;

/// Languages of blocks that a shell reads.
const SHELLS: [&str; 2] = ["sh", "bash"];
/// What stands between commands, or between one and where its output goes.
const OPERATORS: [&str; 7] = ["&", "&&", "||", "|", ";", ">", ">>"];

/// The programs of this workspace.
fn known() -> Vec<Command> {
    programs::all().into_iter().chain([Cli::command()]).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Pages that tell how things are done now: those at the root, and all of docs/.
fn pages() -> Vec<PathBuf> {
    let mut found = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|name| root().join(name)).to_vec();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => found.extend(Some(path).filter(|path| path.extension().is_some_and(|ending| ending == "md"))),
            }
        }
    }
    found
}

fn is_program(word: &str) -> bool {
    ["almanac", "almanac-scheduler", "almanac-executor"].contains(&word)
}

/// Commands in blocks for a shell and in indented lines, with the line on which each begins.
fn in_blocks(page: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let (mut language, mut goes_on) = (None, false);
    for (number, line) in (1..).zip(page.lines()) {
        if let Some(of) = line.strip_prefix("```") {
            language = if language.is_none() { Some(of) } else { None };
            goes_on = false;
            continue;
        }
        let text = match language {
            Some(language) => Some(line).filter(|_| SHELLS.contains(&language)),
            None => line.strip_prefix("    "),
        };
        let Some(text) = text else {
            goes_on = false;
            continue;
        };
        match found.last_mut().filter(|_| goes_on) {
            Some((_, begun)) => begun.push_str(&format!("\n{text}")),
            None if text.split_whitespace().any(is_program) => found.push((number, text.to_owned())),
            None => continue,
        }
        goes_on = found.last().is_some_and(|(_, text)| text.ends_with('\\') || shlex::split(text).is_none());
    }
    found
}

/// Commands that sentences name, with the line on which each paragraph begins. `…` stands for what is left out.
fn in_sentences(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    let (mut begins, mut paragraph) = (0, String::new());
    for (number, line) in (1..).zip(page.lines().chain([""])) {
        let fence = line.starts_with("```");
        fenced ^= fence;
        let is_apart = fenced || fence || line.is_empty() || line.starts_with("    ") || line.starts_with('#');
        if !is_apart {
            begins = if paragraph.is_empty() { number } else { begins };
            paragraph.push_str(&format!("{line} "));
            continue;
        }
        let coded = paragraph.split('`').skip(1).step_by(2);
        let is_command = |text: &str| text.split_once(' ').is_some_and(|(first, _)| is_program(first));
        let commands = coded.filter(|text| is_command(text) && !text.contains('…'));
        found.extend(commands.map(|text| (begins, text.to_owned())));
        paragraph.clear();
    }
    found
}

/// Whether a word in front of a command sets a variable.
fn sets(word: &str) -> bool {
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && is_name(name))
}

/// Why a text is not understood; none where it is.
fn fault(text: &str) -> Option<String> {
    let Some(words) = shlex::split(&text.replace("\\\n", "")) else {
        return Some("a quote is not closed".to_owned());
    };
    let commands = words.split(|word| OPERATORS.contains(&word.as_str()));
    let own = commands.filter_map(|command| {
        let first = command.iter().position(|word| !sets(word))?;
        let program = known().into_iter().find(|program| program.get_name() == command[first])?;
        Some((program, &command[first..]))
    });
    let refused = own.filter_map(|(program, command)| program.try_get_matches_from(command).err());
    let shows = |error: &clap::Error| matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    refused.filter(|error| !shows(error)).map(|error| error.to_string()).next()
}

#[test]
fn every_command_of_the_documentation_is_understood() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.strip_prefix(root()).unwrap_or(&page).display();
        for (line, command) in [in_blocks(&text), in_sentences(&text)].concat() {
            count += 1;
            faults.extend(fault(&command).map(|fault| format!("{name}:{line}: {command}\n{fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 120, "only {count} commands were found");
}

#[test]
fn commands_are_found_where_they_begin() {
    let page = "# `almanac none`\n\nFirst `almanac help\nplan`, then `almanac … plan`:\n\n```sh\nls\nA=1 almanac sql -c \
                'SELECT\n1' | cat\n```\n\n    almanac \\\n      plan && almanac-executor\n\n```text\nalmanac none\n```\n";
    let found: Vec<(usize, String)> = [in_blocks(page), in_sentences(page)].concat();
    let told: Vec<(usize, &str)> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
    let expected = [
        (8, "A=1 almanac sql -c 'SELECT\n1' | cat"),
        (12, "almanac \\\n  plan && almanac-executor"),
        (3, "almanac help plan"),
    ];
    assert_eq!(told, expected);
    assert!(told.iter().all(|(_, text)| fault(text).is_none()), "{told:?}");
}

#[test]
fn commands_that_are_not_understood_are_told() {
    for text in [
        "almanac backfil",
        "almanac tables --contents",
        "almanac -o xml runs",
        "almanac plan && almanac maintain optimise",
        "ALMANAC_SOURCE=data almanac plot",
        "almanac sql -c 'SELECT 1",
        "almanac-scheduler --port many",
    ] {
        assert!(fault(text).is_some(), "{text}");
    }
    assert_eq!(fault("ls --none && echo almanac"), None);
}
