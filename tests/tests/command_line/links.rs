//! Links of the documentation: each names a file that is there and a heading that it has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Every page: those at the root, and all of docs/.
fn pages() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)).to_vec();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    found
}

/// Lines outside of blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        !fenced && !fence && !line.starts_with("    ")
    })
}

/// Targets of the links of a line, without what stands in code.
fn targets(line: &str) -> Vec<String> {
    let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
    let after = outside.split("](").skip(1);
    after.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// Anchors of a page's headings, as mdBook and others make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let headings = prose(text).filter(|line| line.starts_with('#'));
    let made = headings.map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor = kept.collect::<String>().replace(' ', "-");
        let count = seen.entry(anchor.clone()).or_default();
        *count += 1;
        if *count == 1 { anchor } else { format!("{anchor}-{}", *count - 1) }
    });
    made.collect()
}

fn fault(page: &Path, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let place = if file.is_empty() { page.to_path_buf() } else { page.parent()?.join(file) };
    if !place.exists() {
        return Some(format!("{}: no file {target}", page.display()));
    }
    let anchor = anchor?;
    let known = anchors(&fs::read_to_string(&place).unwrap_or_default());
    (!known.contains(anchor)).then(|| format!("{}: no heading {target}; there are {known:?}", page.display()))
}

#[test]
fn every_link_resolves() {
    let mut count = 0;
    let mut faults = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in prose(&text).flat_map(targets) {
            count += 1;
            faults.extend(fault(&page, &target));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 100, "only {count} links were found");
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = root().join("docs/SUMMARY.md");
    let text = fs::read_to_string(&summary).unwrap();
    let listed: BTreeSet<PathBuf> =
        prose(&text).flat_map(targets).map(|target| root().join("docs").join(target).canonicalize().unwrap()).collect();
    for page in pages().into_iter().filter(|page| *page != summary) {
        assert!(listed.contains(&page.canonicalize().unwrap()), "docs/SUMMARY.md lacks {}", page.display());
    }
}

#[test]
fn broken_links_are_found() {
    let page = root().join("docs/cluster.md");
    assert_eq!(targets("[a](b.md#c), `[x](y)` and [d](e)"), ["b.md#c", "e"]);
    assert!(fault(&page, "storage.md").is_none() && fault(&page, "#processes").is_none());
    assert!(fault(&page, "none.md").is_some() && fault(&page, "#none").is_some());
    let text = "# `[[a.b]]`\n## What, and why?\n```\n# no heading\n```\n## What, and why?\n";
    assert_eq!(anchors(text), BTreeSet::from(["ab", "what-and-why", "what-and-why-1"].map(str::to_owned)));
}
