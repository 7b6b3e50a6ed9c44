//! docs/reference/metrics.md lists what the processes tell, with types and words.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::process::{Process, wait};
use crate::processes::Cluster;

/// Name, type and help.
type Told = (String, String, String);

/// What a process answers at `/metrics`.
fn told(process: &Process) -> BTreeSet<Told> {
    let text = process.get("/metrics").unwrap();
    let about = |mark: &str| -> Vec<(String, String)> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(mark)?.split_once(' '));
        lines.map(|(name, rest)| (name.to_owned(), rest.to_owned())).collect()
    };
    let types = about("# TYPE ");
    let kind = |name: &str| types.iter().find(|(of, _)| of == name).map(|(_, kind)| kind.clone()).unwrap_or_default();
    about("# HELP ").into_iter().map(|(name, help)| (name.clone(), kind(&name), ended(&help))).collect()
}

fn ended(help: &str) -> String {
    format!("{}.", help.trim_end_matches('.'))
}

/// Rows of the page below headings that begin so.
fn documented(headings: [&str; 2]) -> BTreeSet<Told> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/metrics.md");
    let text = fs::read_to_string(page).unwrap();
    let sections = text.split("\n## ").filter(|section| headings.iter().any(|heading| section.starts_with(heading)));
    let rows = sections.flat_map(str::lines).filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        (cells[0].trim_end_matches('`').to_owned(), cells[1].to_owned(), cells[3].to_owned())
    })
    .collect()
}

#[test]
fn the_reference_lists_every_metric() {
    let cluster = Cluster::new(1);
    assert_eq!(told(&cluster.scheduler), documented(["Scheduler", "Both"]));
    let executor = &cluster.executors[0];
    wait("the executor counts tasks", Duration::from_secs(10), || {
        executor.get("/metrics").is_some_and(|text| text.contains("almanac_tasks_total"))
    });
    assert_eq!(told(executor), documented(["Executors", "Both"]));
}
