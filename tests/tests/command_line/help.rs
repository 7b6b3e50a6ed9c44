//! Help, completions and manual pages.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{bare, binary};
use crate::world;

/// Programs beside `almanac`.
const PROGRAMS: [&str; 2] = ["almanac-scheduler", "almanac-executor"];

/// Commands that the first page names.
fn commands() -> Vec<String> {
    let page = bare(&["help"]).stdout;
    let lines = page.lines().take_while(|line| !line.starts_with("Options"));
    lines.filter_map(entry).collect()
}

/// The name at the beginning of a line that is indented once.
fn entry(line: &str) -> Option<String> {
    let line = line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?;
    line.split(' ').next().map(str::to_owned)
}

/// Lines below a heading.
fn section<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
    let below = page.lines().skip_while(|line| *line != heading).skip(1);
    below.take_while(|line| line.is_empty() || line.starts_with(' ')).collect()
}

/// The help of every command, of those below them and of the other programs, by the words that lead to it.
fn pages() -> Vec<(String, String)> {
    let page = |words: &[&str]| {
        let ended = bare(&[words, &["--help"]].concat());
        assert_eq!(ended.code, 0, "{words:?}: {}", ended.stderr);
        ended.stdout
    };
    let mut found = Vec::new();
    for command in commands() {
        let own = page(&[command.as_str()]);
        for below in section(&own, "Commands:").into_iter().filter_map(entry) {
            found.push((format!("{command} {below}"), page(&[command.as_str(), below.as_str()])));
        }
        found.push((command, own));
    }
    for name in PROGRAMS {
        let program = binary().with_file_name(name);
        assert!(program.is_file(), "no binary at {}: run ./dev test", program.display());
        let output = Command::new(program).arg("--help").output().unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        found.push((name.to_owned(), String::from_utf8(output.stdout).unwrap()));
    }
    found
}

/// Options among lines, each with what is said of it.
fn options(lines: &[&str]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    // examples may begin a line with an option
    for line in lines.iter().take_while(|line| **line != "Examples:") {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if text.starts_with('-') && indent <= 6 {
            found.push((text.to_owned(), String::new()));
        } else if indent > 6
            && let Some((_, said)) = found.last_mut()
        {
            said.push_str(text);
            said.push(' ');
        }
    }
    found
}

/// Whether a text goes on about the default after it has named it. Whether it gives the reason, only a reader can tell.
fn tells_why(text: &str) -> bool {
    let said = text.split(" [").next().unwrap_or_default().to_lowercase();
    said.split_once("default").is_some_and(|(_, why)| why.split_whitespace().count() >= 3)
}

#[test]
fn the_first_page_tells_the_path() {
    let page = world::fresh().run_with(&[("COLUMNS", "80")], &["--help"]).stdout;
    let place = |name: &str| page.find(&format!("\n  {name} ")).unwrap_or_else(|| panic!("{name}:\n{page}"));
    let path = ["init", "ingest", "backfill", "evaluate", "sql"].map(place);
    assert!(path.is_sorted(), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert!(page.lines().count() < 66, "more than a screen: {}", page.lines().count());
}

#[test]
fn every_command_explains_itself_with_examples() {
    let job = world::fresh();
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands.iter().map(String::as_str) {
        let own = job.run_with(&[("COLUMNS", "80")], &["help", command]);
        assert_eq!(own.code, 0, "{command}");
        assert!(own.stdout.contains("Examples:\n  almanac "), "{command}: {}", own.stdout);
        assert_eq!(own.stdout, job.run_with(&[("COLUMNS", "80")], &[command, "--help"]).stdout, "{command}");
    }
}

#[test]
fn commands_below_others_and_other_programs_have_examples_too() {
    let pages = pages();
    for nested in ["models show", "plot fan", "explain unit", "bench accuracy"] {
        assert!(pages.iter().any(|(words, _)| words == nested), "{nested} is not found");
    }
    for (words, page) in pages {
        let (_, examples) = page.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{words}: {page}"));
        let examples = examples.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(examples.contains(&words), "{words}: {examples}");
    }
}

#[test]
fn options_say_why_their_default_is_what_it_is() {
    let mut seen = BTreeSet::new();
    for (words, page) in pages() {
        let lines: Vec<&str> = page.lines().collect();
        // nothing has to be told the programs beside: what is left out has a default, whether the parser knows it or not
        let all = PROGRAMS.contains(&words.as_str());
        let printing = |option: &str| option.ends_with("--help") || option.ends_with("--version");
        let chosen = |option: &str, said: &str| said.contains("[default: ") || all && !printing(option);
        for (option, said) in options(&lines).into_iter().filter(|(option, said)| chosen(option, said)) {
            assert!(tells_why(&said), "{words} {option}: {said}");
            seen.insert(format!("{words} {option}"));
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
    assert!(seen.iter().any(|option| option.contains("--external-host") && option.contains("executor")), "{seen:?}");
    // the file has the defaults of these
    let page = bare(&["backfill", "--help"]).stdout;
    let settings = options(&section(&page, "Settings, instead of the file's:"));
    assert!(settings.len() > 10, "{settings:?}");
    for (option, said) in settings {
        assert!(tells_why(&said), "{option}: {said}");
    }
}

#[test]
fn settings_say_why_their_default_is_what_it_is() {
    let schema: Value = serde_json::from_str(&bare(&["config", "--schema"]).stdout).unwrap();
    let mut seen = 0;
    for (part, described) in schema["definitions"].as_object().unwrap() {
        for (setting, described) in described["properties"].as_object().into_iter().flatten() {
            let default = &described["default"];
            let nothing = default.is_null() || *default == json!({}) || *default == json!([]);
            let said = described["description"].as_str().unwrap();
            assert!(nothing || tells_why(said), "{part}.{setting}: {said}");
            seen += usize::from(!nothing);
        }
    }
    assert!(seen > 20, "{seen} settings with a default");
}

/// Long options that bash offers after each of some words, as `completions bash` tells it.
fn offered(asked: &[String]) -> Vec<BTreeSet<String>> {
    let mut script = bare(&["completions", "bash"]).stdout;
    for words in asked {
        let place = words.split(' ').count() + 1;
        script.push_str(&format!("COMP_WORDS=(almanac {words} --) COMP_CWORD={place} COMPREPLY=()\n"));
        script.push_str("_almanac almanac -- none\necho \"${COMPREPLY[*]}\"\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("asked.bash");
    std::fs::write(&file, script).unwrap();
    let output = Command::new("bash").arg(&file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn shells_offer_what_help_shows() {
    let is_program = |(words, _): &(String, String)| PROGRAMS.contains(&words.as_str());
    let (asked, pages): (Vec<_>, Vec<_>) = pages().into_iter().filter(|page| !is_program(page)).unzip();
    let offered = offered(&asked);
    assert_eq!(offered.len(), asked.len());
    let long = |option: &str| option.split([' ', ',', '.']).find(|word| word.starts_with("--")).map(str::to_owned);
    for ((words, page), offered) in asked.iter().zip(&pages).zip(&offered) {
        let lines: Vec<&str> = page.lines().collect();
        let shown: BTreeSet<String> = options(&lines).iter().filter_map(|(option, _)| long(option)).collect();
        assert_eq!(offered, &shown, "{words}");
    }
    let of = |name: &str| &offered[asked.iter().position(|words| words == name).unwrap()];
    assert!(of("backfill").contains("--force") && !of("sql").contains("--force"), "{:?}", of("sql"));
    assert!(!bare(&["completions", "bash"]).stdout.contains("reference)"));
}

#[test]
fn shells_and_manuals_know_every_command() {
    let job = world::fresh();
    for (shell, sign) in [("bash", "complete -F"), ("zsh", "#compdef almanac"), ("fish", "complete -c almanac")] {
        let text = job.ok(&["completions", shell]).stdout;
        assert!(text.contains(sign) && text.contains("demo-data"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let step = job.ok(&["man", pages.to_str().unwrap()]).step("man");
    assert!(step["pages"].as_u64().unwrap() > 15, "{step}");
    let page = std::fs::read_to_string(pages.join("almanac-backfill.1")).unwrap();
    assert!(page.starts_with(".") && page.contains("quarantined"), "{page}");
}
