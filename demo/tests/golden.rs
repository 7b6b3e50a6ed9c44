//! The files are the same bytes on every machine, and another seed gives others.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use sha2::{Digest, Sha256};

/// SHA-256 of each file for seed 42. A change here changes everybody's demo: say so in CHANGELOG.md.
const GOLDEN: [(&str, usize, &str); 5] = [
    ("market.csv", 6_792, "82d10bf2300f7d84e7e62cedee50d505e42e794bcb3eb7f7d15fd3012c8489ad"),
    ("weather.csv", 29_658, "efbedefddabed33affc2371cb773b54033c3d31fbe88297ec39c8cafafffd063"),
    ("vix.csv", 3_396, "fed5b1196892581a6f2a94efcb0d0f988b389fb9a382558aaaeccb260e458179"),
    ("macro.csv", 4_943, "5d4d46aa6120ef6b04cbc7d07c3a543e50948b47d03a05733fb15692c0f778b7"),
    ("sentiment.csv", 9_886, "72b03e20f61f04955da1c313b579c5b1bb172680e3e8dc1d8543b54861b887bc"),
];

fn digest(path: &Path) -> String {
    let digest = Sha256::digest(std::fs::read(path).unwrap());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn files_are_golden() {
    let directory = tempfile::tempdir().unwrap();
    let summary = almanac_demo::generate(directory.path(), 42).unwrap();
    let found: Vec<(String, usize, String)> = summary
        .files
        .iter()
        .map(|file| (file.path.file_name().unwrap().to_string_lossy().into_owned(), file.rows, digest(&file.path)))
        .collect();
    let golden = GOLDEN.map(|(name, rows, hash)| (name.to_owned(), rows, hash.to_owned()));
    assert_eq!(found, golden);
    assert_eq!([summary.first_session, summary.last_session].map(|day| day.to_string()), ["2012-01-03", "2025-06-30"]);
    assert_eq!(summary.sessions * 2, summary.files[0].rows);
}

#[test]
fn another_seed_is_another_sample() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = almanac_demo::generate(a.path(), 42).unwrap();
    let second = almanac_demo::generate(b.path(), 43).unwrap();
    for (one, other) in first.files.iter().zip(&second.files) {
        assert_eq!(one.rows, other.rows);
        assert_ne!(digest(&one.path), digest(&other.path), "{}", one.path.display());
    }
}

#[test]
fn a_file_in_the_way_is_an_error_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("taken");
    std::fs::write(&file, "x").unwrap();
    let error = almanac_demo::generate(&file, 42).unwrap_err();
    assert!(error.to_string().contains("taken"), "{error}");
}
