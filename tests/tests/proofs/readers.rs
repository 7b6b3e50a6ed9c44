//! Three foreign readers agree on every table, when fresh and after each kind of maintenance.

use std::process::Command;

use almanac_tests::notice;

use crate::support::{Job, demo_data, example, root};

/// Why other readers were not asked.
pub(crate) const NO_READERS: &str =
    "not read by others, ALMANAC_PYTHON does not name a Python with tests/readers/requirements.txt";

/// Reads every table with all three; they must agree.
pub(crate) fn read(python: &str, job: &Job, moment: &str) {
    let script = root().join("tests/readers/read_tables.py");
    let output = Command::new(python).arg(&script).arg(&job.warehouse).output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{moment}: {errors}\n{printed}");
    for table in ["forecast.distributions", "forecast.trained_models", "silver.unified_data", "ops.units"] {
        assert!(printed.contains(table), "{moment}: {table} was not read\n{printed}");
    }
}

#[test]
fn foreign_readers_agree_before_and_after_maintenance() {
    let Ok(python) = std::env::var("ALMANAC_PYTHON") else {
        notice(NO_READERS);
        return;
    };
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &["--paths", "50", "--cells-per-commit", "1"]);
    for to in ["2023-11-30", "2024-01-31"] {
        job.ok(&["--from", "2023-10-02", "--to", to, "backfill"]);
        job.ok(&["evaluate"]);
    }
    read(&python, &job, "fresh");
    let content = job.content();
    let mut deleted = 0;
    for step in [&["optimize"][..], &["checkpoint"], &["vacuum", "--retention-hours", "0"]] {
        let ended = job.ok(&[&["maintain"], step].concat());
        let files = |line: &serde_json::Value| line["files"].as_array().map_or(0, Vec::len);
        deleted += ended.steps().iter().map(files).sum::<usize>();
        assert_eq!(job.content(), content, "after {step:?}");
        read(&python, &job, &format!("after {step:?}"));
    }
    assert!(deleted > 0, "vacuum found nothing to delete after optimize");
    let log = std::fs::read_dir(job.warehouse.join("forecast/distributions/_delta_log")).unwrap();
    let names: Vec<String> = log.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().any(|name| name.contains(".checkpoint")), "no checkpoint in {names:?}");
}
