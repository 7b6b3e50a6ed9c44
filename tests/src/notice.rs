//! A test that cannot prove anything where it runs says so where somebody reads it.
//!
//! Tests of other crates take this file in by its path.
#![allow(dead_code, unreachable_pub)] // there, one of the two functions may be enough

use std::io::Write;

/// Says that something is missing here and what it leaves unproved: printed, and appended as one line to the file that
/// `ALMANAC_NOTICES` names, since nobody sees what a test that passes prints.
///
/// # Panics
///
/// With `ALMANAC_REQUIRE_ALL=1` what is missing is a failure.
pub fn notice(text: &str) {
    tell(text);
    let required = std::env::var("ALMANAC_REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(!required, "ALMANAC_REQUIRE_ALL=1, but: {text}");
}

/// The same of data that belongs to others and cannot come with the repository: missing, it is never a failure.
pub fn notice_of_data(text: &str) {
    tell(text);
}

fn tell(text: &str) {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    println!("NOTICE: {line}");
    let Some(path) = std::env::var_os("ALMANAC_NOTICES").filter(|path| !path.is_empty()) else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    // one write, so that lines of tests that run at once stay whole
    let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    assert!(written.is_ok(), "ALMANAC_NOTICES={}: {written:?}", path.display());
}
