//! The picture of the README is what the command beside it draws. That of the quickstart is compared where that is run.

use std::fs;

use chrono::NaiveDate;

use crate::support::{Job, example, real_data, root};

/// The command of the README that draws its picture, word by word.
fn command(page: &str) -> Vec<&str> {
    let coded = page.split('`').skip(1).step_by(2);
    let found: Vec<&str> = coded.filter(|text| text.starts_with("almanac ") && text.contains("--into")).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].split(' ').skip(1).collect()
}

/// What follows an option.
fn value<'a>(words: &[&'a str], option: &str) -> &'a str {
    let place = words.iter().position(|word| *word == option).unwrap_or_else(|| panic!("no {option} in {words:?}"));
    words[place + 1]
}

#[test]
fn the_picture_of_the_readme_is_drawn_by_the_command_beside_it() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let words = command(&page);
    let [key, model, origin, file] = ["--key", "--model", "--origin", "--into"].map(|option| value(&words, option));
    assert!(page.contains(&format!("](docs/{file})")), "{file} is not the picture shown");
    let shown = fs::read_to_string(root().join("docs").join(file)).unwrap();
    // each text of the picture stands on a line of its own
    let day = origin.parse::<NaiveDate>().unwrap().format("%-d %b %Y");
    let (title, about) = (format!("{key} close, 14 days ahead"), format!("{model} from {day}, 2000 paths"));
    for text in
        [title.as_str(), about.as_str(), "US cents per pound", "origin", "what came", "median", "50 %", "80 %", "95 %"]
    {
        assert!(shown.lines().any(|line| line == text), "no {text:?} in docs/{file}");
    }

    let Some(source) = real_data("bronze") else { return };
    // a forecast is the same, whatever is forecast beside it
    let alone = ["--models", model, "--from", origin, "--to", origin];
    let job = Job::new(&example("coffee-sugar.toml"), &source, &alone);
    job.ok(&["--key", key, "backfill"]);
    let folder = tempfile::tempdir().unwrap();
    let drawn = folder.path().join(file);
    let path = drawn.to_str().unwrap();
    let words: Vec<&str> = words.iter().map(|word| if *word == file { path } else { *word }).collect();
    job.ok(&words);
    let same = fs::read_to_string(&drawn).unwrap() == shown;
    assert!(same, "docs/{file} is another picture than `almanac {}` draws: draw it anew", words.join(" "));
}
