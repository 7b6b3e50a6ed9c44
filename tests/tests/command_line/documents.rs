//! docs/documents.md has the fields of every document, and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Deserializer, Value};

use crate::commands::{MEASURING, READING};
use crate::support::{Job, copy_csv, edited, example, root};
use crate::world;

/// Fields that are described and that nothing here leads to, by their heading.
const UNSEEN: [(&str, &str); 2] = [
    // jobs of a driver that died
    ("cluster", "cancelled"),
    // fits that fail or take a simpler form
    ("almanac bench accuracy", "remarks"),
];
/// A first origin with half a year before it, where two are asked for.
const TOO_EARLY: (&str, &str) = ("ALMANAC_FORECAST__FROM", "2012-07-01");
/// What commands are asked to print the fields that are absent otherwise.
const MORE: &[(&str, &[&str])] = &[
    ("plan", &["--from", "2012-07-05", "--to", "2012-07-05", "plan"]),
    ("explain unit", &["explain", "unit", "--model", "naive", "--origin", "2012-07-05"]),
    ("explain unit", &["--seed", "7", "explain", "unit"]),
    ("models show", &["models", "show", "sarimax_auto_weather"]),
    ("models show", &["--key", "Coffee", "models", "show", "naive"]),
];

/// Fields of what was printed, by the heading under which the page describes them.
#[derive(Debug, Default)]
pub(crate) struct Printed(BTreeMap<String, BTreeSet<String>>);

impl Printed {
    /// Adds what a command printed. Steps are described by themselves, a schema by its own language.
    pub(crate) fn add(&mut self, command: &str, documents: &[Value]) {
        for document in documents.iter().filter(|document| document.get("$schema").is_none()) {
            let step = document["step"].as_str();
            let heading = step.map_or_else(|| heading(command), str::to_owned);
            let mut found = BTreeSet::new();
            fields("", document, &mut found);
            found.remove("step");
            self.0.entry(heading).or_default().extend(found);
        }
    }

    /// Adds what the same commands print where there is more to say.
    pub(crate) fn add_more(&mut self) {
        let job = world::job();
        for (command, arguments) in MORE {
            if !self.has(&heading(command)) {
                continue;
            }
            let ended = job.run_with(&[TOO_EARLY], &[&["-o", "json"], *arguments].concat());
            assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
            self.add(command, &read(&ended.stdout));
        }
        if self.has("almanac explain unit") {
            self.add("explain unit", &with_regressors());
        }
    }

    /// Fields that were printed and are not on the page.
    pub(crate) fn are_described(&self) {
        let page = page();
        for (heading, printed) in &self.0 {
            let described = page.get(heading).unwrap_or_else(|| panic!("docs/documents.md has no `{heading}`"));
            let known = |field: &str| described.iter().any(|other| is(field, other) || stands_for(field, other));
            let unknown: Vec<&String> = printed.iter().filter(|field| !known(field)).collect();
            assert!(unknown.is_empty(), "docs/documents.md, `{heading}`: not described are {unknown:?}");
        }
    }

    /// Fields that are on the page and were not printed, of the headings that are chosen.
    pub(crate) fn are_all(&self, chosen: impl Fn(&str) -> bool) {
        for (heading, described) in page().iter().filter(|(heading, _)| chosen(heading)) {
            let seen = |field: &str| self.0.get(heading).is_some_and(|all| all.iter().any(|own| is(own, field)));
            let unseen = described.iter().filter(|field| !UNSEEN.contains(&(heading.as_str(), field.as_str())));
            let absent: Vec<&String> = unseen.filter(|field| !seen(field)).collect();
            assert!(absent.is_empty(), "docs/documents.md, `{heading}`: not printed are {absent:?}");
        }
    }

    /// Whether a heading's documents are among these.
    pub(crate) fn has(&self, heading: &str) -> bool {
        self.0.contains_key(heading)
    }
}

fn heading(command: &str) -> String {
    format!("almanac {command}")
}

/// The values that are printed one after the other.
pub(crate) fn read(text: &str) -> Vec<Value> {
    let read = Deserializer::from_str(text).into_iter::<Value>();
    read.map(|document| document.unwrap_or_else(|error| panic!("{error}: {text}"))).collect()
}

/// Fields by their names from the outside in, `[]` after a list of objects.
fn fields(name: &str, value: &Value, found: &mut BTreeSet<String>) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            entries.iter().for_each(|(key, value)| fields(&below(key), value, found));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().for_each(|item| fields(&format!("{name}[]"), item, found));
        }
        _ => {
            found.insert(name.to_owned());
        }
    }
}

/// Whether a field that was printed is one that is described.
fn is(printed: &str, described: &str) -> bool {
    match described.strip_suffix('*') {
        Some(start) => printed.len() > start.len() && printed.starts_with(start),
        None => printed == described,
    }
}

/// Whether a field is null or empty in place of one that has others within it.
fn stands_for(printed: &str, described: &str) -> bool {
    described.strip_prefix(printed).is_some_and(|within| within.starts_with(['.', '[']))
}

/// What the page describes: fields by the names in each heading above them.
fn page() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("docs/documents.md")).unwrap();
    let coded = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut names = Vec::new();
    for line in text.lines() {
        if line.starts_with('#') {
            names = line.strip_prefix("### ").map(coded).unwrap_or_default();
        }
        for name in &names {
            let own = found.entry(name.clone()).or_default();
            if let Some(row) = line.strip_prefix("| ") {
                own.extend(coded(row.split('|').next().unwrap()));
            }
        }
    }
    found
}

/// The account of a forecast with regressors.
fn with_regressors() -> Vec<Value> {
    let flags = ["--models", "sarimax_auto_weather", "--key", "Sugar", "--paths", "5", "--horizon", "3"];
    let day = ["--from", "2024-01-02", "--to", "2024-01-02"];
    let job = Job::new(&example("demo.toml"), world::data(), &[&flags[..], &day].concat());
    job.ok(&["backfill"]);
    read(&job.ok(&["-o", "json", "explain", "unit"]).stdout)
}

#[test]
fn every_command_with_a_document_is_described() {
    let commands = [READING, MEASURING].concat();
    let known: BTreeSet<String> = commands.iter().map(|asked| heading(asked.command)).collect();
    let described: BTreeSet<String> = page().into_keys().filter(|name| name.starts_with("almanac ")).collect();
    assert_eq!(described, known);
}

#[test]
fn every_step_is_described() {
    // an infinite value, duplicates that differ, a key without prices, and a second source of one column
    let source = copy_csv(world::data(), |file, row| {
        let line = row.join(",");
        Some(match (file, row[0], row[1]) {
            ("vix.csv", "2024-01-02", _) => format!("{line}\n2024-01-02,21.5"),
            ("vix.csv", "2024-01-03", _) => "2024-01-03,inf".to_owned(),
            ("sentiment.csv", "2024-01-02", "Coffee") => format!("{line}\n{}", line.replace("Coffee", "Cocoa")),
            _ => line,
        })
    });
    let place = |name: &str| source.path().join(name).to_str().unwrap().to_owned();
    fs::write(place("fear.csv"), "date,vix\n2024-01-02,99\n").unwrap();
    fs::write(place("notes.csv"), "subject,text\ncoffee,good\n").unwrap();
    let second =
        "[[sources]]\nname = \"fear\"\npath = \"fear.csv\"\ncolumns = [{ name = \"vix\", unit = \"percent\" }]\n\n";
    let macros = "[[sources]]\nname = \"macro\"\n";
    let both = format!("{second}{macros}");
    let (_folder, config) = edited("demo.toml", &[(macros, both.as_str())]);
    let job = Job::new(&config, source.path(), &[&world::FLAGS[..], &["--to", "2024-01-02"]].concat());
    let mut printed = Printed::default();
    let mut asked = |job: &Job, arguments: &[&str]| {
        printed.add("none", &read(&job.ok(&[&["-o", "json"], arguments].concat()).stdout));
    };
    asked(&job, &["backfill"]);
    asked(&job, &["evaluate"]);
    for kind in ["optimize", "vacuum", "checkpoint"] {
        asked(&job, &["maintain", kind]);
    }
    for command in ["demo-data", "man", "reference"] {
        asked(&job, &[command, place(command).as_str()]);
    }
    let files = Job::new(place("new.toml").as_ref(), source.path(), &[]);
    asked(&files, &["init"]);
    let demo = Job::new(place("demo.toml").as_ref(), place("data").as_ref(), &[]);
    asked(&demo, &["init", "--demo"]);
    assert!(!printed.has("almanac none"), "more than steps: {printed:?}");
    printed.are_described();
    printed.are_all(|heading| !heading.starts_with("almanac "));
}

#[test]
fn fields_are_told_apart() {
    let document = serde_json::json!({ "a": [{ "b": 1 }, { "c": [2] }], "d": { "80": 0.5 }, "e": [], "f": null });
    let mut found = BTreeSet::new();
    fields("", &document, &mut found);
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["a[].b", "a[].c", "d.80", "e", "f"]);
    assert!(is("d.80", "d.*") && !is("d", "d.*") && is("lower_95", "lower_*") && !is("d.8", "d.80"));
    assert!(stands_for("e", "e[].x") && stands_for("f", "f.*") && !stands_for("f", "first"));
}
