//! docs/reference is what the program writes of itself, and leaves nothing out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{bare, binary, root};

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_pages_are_what_the_code_says() {
    let folder = tempfile::tempdir().unwrap();
    let written = bare(&["reference", folder.path().to_str().unwrap()]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    let kept = root().join("docs/reference");
    assert_eq!(names(folder.path()), names(&kept), "write them anew: almanac reference docs/reference");
    for name in names(&kept) {
        let (new, old) =
            [folder.path(), kept.as_path()].map(|folder| fs::read_to_string(folder.join(&name)).unwrap()).into();
        let line = new.lines().zip(old.lines()).find(|(new, old)| new != old);
        assert!(
            new == old,
            "docs/reference/{name} differs, first in {line:?}; write it anew: almanac reference docs/reference"
        );
    }
}

#[test]
fn the_pages_name_every_command_option_and_setting() {
    let page = |name: &str| fs::read_to_string(root().join("docs/reference").join(name)).unwrap();
    let (commands, configuration) = (page("commands.md"), page("configuration.md"));
    let overview = bare(&["help"]).stdout;
    for line in overview.lines().take_while(|line| !line.starts_with("Options")) {
        let Some(name) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) else { continue };
        let name = name.split(' ').next().unwrap();
        assert!(commands.contains(&format!("### `almanac {name}`\n")), "{name}");
        let help = bare(&["help", name]).stdout;
        let options = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2);
        for option in options.map(|word| word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric())) {
            assert!(option == "--help" || commands.contains(option), "{name} {option}");
        }
    }
    let schema: serde_json::Value = serde_json::from_str(&bare(&["config", "--schema"]).stdout).unwrap();
    for (name, part) in schema["definitions"].as_object().unwrap() {
        for setting in part["properties"].as_object().into_iter().flatten().map(|(setting, _)| setting) {
            assert!(configuration.contains(&format!("| `{setting}` |")), "{name}.{setting}");
        }
    }
}

#[test]
fn the_page_of_commands_names_every_option_of_the_other_programs() {
    let commands = fs::read_to_string(root().join("docs/reference/commands.md")).unwrap();
    for (name, least) in [("almanac-scheduler", 8), ("almanac-executor", 13)] {
        let (_, below) = commands.split_once(&format!("\n### `{name}`\n")).unwrap_or_else(|| panic!("no {name}"));
        let own = below.split("\n### ").next().unwrap();
        let output = Command::new(binary().with_file_name(name)).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let options: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("      --")).collect();
        assert!(options.len() >= least, "{name}: {options:?}");
        for option in options {
            let long = option.split(' ').next().unwrap();
            assert!(own.contains(&format!("| `--{long} ")), "{name} --{long}");
        }
        let variables = help.split("[env: ").skip(1).map(|after| after.split(['=', ']']).next().unwrap());
        for variable in variables {
            assert!(own.contains(&format!("Variable: `{variable}`.")), "{name} {variable}");
        }
    }
}
