//! Output that cannot be written: to standard output, and to files.

use std::fs::{self, File};

use crate::support::Job;
use crate::world;

/// Exit code and error of a command whose standard output is a full disk.
fn on_a_full_disk(job: &Job, arguments: &[&str]) -> (Option<i32>, String) {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = job.command(arguments).stdout(full).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_full_standard_output_is_told() {
    let job = world::job();
    for arguments in [
        &["status"][..],
        &["-o", "json", "tables"],
        &["tables"],
        &["config"],
        &["completions", "bash"],
        &["--help"],
        &["sql", "-c", "SELECT 1"],
        &["sql", "--format", "markdown", "-c", "SELECT 1"],
        &["sql", "--format", "csv", "-c", "SELECT 1"],
        &["sql", "--format", "ndjson", "-c", "SELECT 1"],
    ] {
        let (code, told) = on_a_full_disk(&job, arguments);
        assert!(code == Some(7) && told.contains("storage standard output: "), "{arguments:?}: {code:?} {told}");
        assert!(told.contains("E0701"), "{arguments:?}: {told}");
    }
    // a command that fails for another reason tells that one
    let (code, told) = on_a_full_disk(&job, &["describe", "point_forecast"]);
    assert!(code == Some(4) && told.contains("E0403"), "{code:?} {told}");
}

#[test]
fn a_file_is_replaced_by_a_whole_one_only() {
    let job = world::job();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.csv");
    let into = file.to_str().unwrap();
    job.ok(&["sql", "-c", "SELECT 1 AS a", "--into", into]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "a\n1\n");
    // a list has no form in CSV
    job.refused(&["sql", "-c", "SELECT [1] AS a", "--into", into], 2, &["E0002"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "a\n1\n");
    let link = folder.path().join("link.csv");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    job.ok(&["sql", "-c", "SELECT 2 AS a", "--into", link.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "a\n2\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "something was left beside the file");
    for format in ["csv", "parquet", "table"] {
        job.refused(&["sql", "-c", "SELECT 1", "--into", "/dev/full", "--format", format], 7, &["E0701", "/dev/full"]);
    }
}
