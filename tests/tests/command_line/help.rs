//! Help, completions and manual pages.

use crate::world;

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
    let page = job.ok(&["help"]).stdout;
    let commands: Vec<&str> = page
        .lines()
        .take_while(|line| !line.starts_with("Options"))
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let own = job.run_with(&[("COLUMNS", "80")], &["help", command]);
        assert_eq!(own.code, 0, "{command}");
        assert!(own.stdout.contains("Examples:\n  almanac "), "{command}: {}", own.stdout);
        assert_eq!(own.stdout, job.run_with(&[("COLUMNS", "80")], &[command, "--help"]).stdout, "{command}");
    }
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
