//! `models test` of a model that breaks a rule: what it breaks is named, and with what was seen.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Job, edited};
use crate::world;

/// A configuration with a model, `long_memory`, that cannot forecast from fewer than 700 sessions. The suite leaves it
/// fewer, to see that what is older does not matter.
pub(crate) fn with_long_memory() -> (TempDir, PathBuf) {
    let own =
        "[[models]]\nname = \"long_memory\"\nfamily = \"window_average\"\nsettings = { window = 700 }\n\n[dataset]";
    edited("demo.toml", &[("[dataset]", own)])
}

#[test]
fn the_rule_that_a_model_breaks_is_named() {
    let (_folder, config) = with_long_memory();
    let job = Job::new(&config, world::data(), &[]);
    let ended = job.run(&["-o", "json", "models", "test", "long_memory"]);
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let checks = document["checks"].as_array().unwrap();
    let result = |name: &str| {
        let found =
            checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("no {name}: {document}"));
        (found["result"].as_str().unwrap(), found["message"].as_str().unwrap_or_default())
    };
    let (broken, seen) = result("older history does not matter");
    assert!(broken == "fail" && seen.starts_with("not conditioned: "), "{document}");
    assert_eq!(result("fit sees nothing after the cutoff"), ("pass", ""));
    let failed = checks.iter().filter(|check| check["result"] == "fail").count();
    assert_eq!(document["failed"], failed, "{document}");

    let people = job.refused(&["models", "test", "long_memory"], 1, &["error[E0805]", &format!("{failed} check")]);
    let told: Vec<&str> = people.stdout.lines().filter(|line| line.starts_with("  FAIL  ")).collect();
    assert_eq!(told.len(), failed, "{}", people.stdout);
    assert!(people.stdout.contains(seen), "{}", people.stdout);
}
