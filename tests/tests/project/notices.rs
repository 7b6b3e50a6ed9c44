//! A notice is printed and kept; where everything is required, it is a failure unless it is about data of others.

use std::path::Path;
use std::process::{Command, Output};

use almanac_tests::{notice, notice_of_data};

/// Which notice the test that is run by another gives.
const ABOUT: &str = "ALMANAC_TEST_ACTION";

/// Not a test of its own: the one that has something to say.
#[test]
fn speaker() {
    match std::env::var(ABOUT).as_deref() {
        Ok("tool") => notice("nothing proved,\n  there is no sextant"),
        Ok("data") => notice_of_data("nothing proved, there are no tide tables"),
        _ => {}
    }
}

/// Runs this test binary's `speaker` alone.
fn speaks(about: &str, file: &Path, required: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "notices::speaker", "--nocapture"]).env(ABOUT, about);
    command.env("ALMANAC_NOTICES", file).env("ALMANAC_REQUIRE_ALL", required).output().unwrap()
}

#[test]
fn notices_are_printed_and_kept_one_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notices");
    for about in ["tool", "data", "tool"] {
        let output = speaks(about, &file, "");
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("NOTICE: nothing proved, there "), "{output:?}");
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    let (tool, data) = ("nothing proved, there is no sextant\n", "nothing proved, there are no tide tables\n");
    assert_eq!(kept, [tool, data, tool].concat());
}

#[test]
fn what_is_required_fails_and_data_of_others_never_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notices");
    let output = speaks("tool", &file, "1");
    assert!(!output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no sextant"), "{output:?}");
    assert!(speaks("data", &file, "1").status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2, "told although it failed");
}

#[test]
fn a_file_that_cannot_be_written_is_no_excuse() {
    assert!(!speaks("data", Path::new("/nowhere/notices"), "").status.success());
}
