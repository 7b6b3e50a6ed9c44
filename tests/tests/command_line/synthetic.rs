//! Generated data is called so wherever it shows.

use serde_json::Value;

use crate::support::{Job, edited};
use crate::world;

/// Commands that show data or what was made of it.
const SHOWING: [&[&str]; 8] = [
    &["tables"],
    &["describe", "point_forecasts"],
    &["status"],
    &["evaluate"],
    &["explain", "unit"],
    &["plot", "fan"],
    &["plot", "coverage"],
    &["plot", "errors"],
];

/// What a command tells people of the demo's warehouse.
fn told(job: &Job, command: &[&str]) -> String {
    let ended = job.run_with(&[("COLUMNS", "100")], &[&["--key", "Coffee", "-o", "table"], command].concat());
    assert_eq!(ended.code, 0, "{command:?}: {}", ended.stderr);
    ended.stdout
}

#[test]
fn generated_data_is_called_so() {
    let job = world::copy();
    for command in SHOWING {
        let text = told(&job, command);
        assert!(text.contains("synthetic data"), "{command:?}: {text}");
    }
    let status: Value = serde_json::from_str(&job.ok(&["status", "-o", "json"]).stdout).unwrap();
    assert_eq!(status["synthetic"], true);
    assert_eq!(job.ok(&["evaluate"]).step("evaluate")["synthetic"], true);
}

#[test]
fn other_data_is_not() {
    let mut job = world::copy();
    let (_folder, config) = edited("demo.toml", &[("synthetic = true", "synthetic = false")]);
    job.config = config;
    for command in SHOWING {
        let text = told(&job, command);
        assert!(!text.contains("synthetic data"), "{command:?}: {text}");
    }
    assert_eq!(job.ok(&["evaluate"]).step("evaluate")["synthetic"], false);
}
