//! Warehouses to query; that of the scripts: generated data, two models, two windows, horizon 3, ten paths.
//!
//! Coffee has two origins that Sugar lacks, among them the last session of the data; the days ahead of the last three
//! sessions are not all known.

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use almanac_tests::binary;
use almanac_tests::{demo_data, shared};
use tempfile::TempDir;

/// Where cargo lets tests keep files.
const KEPT: &str = env!("CARGO_TARGET_TMPDIR");
/// Arguments of every command.
const FIXED: [&str; 6] = ["--horizon", "3", "--paths", "10", "--models", "naive,random_walk"];
/// Levels of the intervals in the world of the scripts.
const LEVELS: &str = "80,95";
/// Commands that make the warehouse of the scripts.
const STEPS: [&[&str]; 5] = [
    &["--from", "2023-12-27", "--to", "2024-01-05", "backfill"],
    &["--from", "2024-01-08", "--to", "2024-01-08", "--key", "Coffee", "backfill"],
    &["--from", "2025-06-26", "--to", "2025-06-27", "backfill"],
    &["--from", "2025-06-30", "--to", "2025-06-30", "--key", "Coffee", "backfill"],
    &["evaluate"],
];

/// A warehouse beside the demo data.
pub(crate) struct World {
    data: PathBuf,
    warehouse: PathBuf,
    levels: &'static str,
    /// Holds a warehouse that no other test knows; removed when dropped.
    _folder: Option<TempDir>,
}

impl World {
    /// Arguments before the command.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let (config, source, warehouse) = (text(&config()), text(&self.data), text(&self.warehouse));
        let places = ["--config".to_owned(), config, "--source".into(), source, "--warehouse".into(), warehouse];
        let fixed = FIXED.into_iter().chain(["--levels", self.levels]).map(str::to_owned);
        places.into_iter().chain(fixed).collect()
    }

    /// Runs a command that must succeed; returns what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(binary()).args(self.arguments()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo.toml")
}

/// A world without tables.
pub(crate) fn empty(levels: &'static str) -> World {
    let folder = TempDir::with_prefix("almanac-sql-").unwrap();
    let (data, warehouse) = (demo_data(Path::new(KEPT)), folder.path().join("warehouse"));
    World { data, warehouse, levels, _folder: Some(folder) }
}

/// A world whose forecasts are those of one day.
pub(crate) fn one_day(levels: &'static str) -> World {
    let world = empty(levels);
    world.run(&["--from", "2024-01-02", "--to", "2024-01-02", "backfill"]);
    world.run(&["evaluate"]);
    world
}

/// The world of the scripts, which only query it: one for all of them, whatever process they run in.
pub(crate) fn make() -> World {
    let kept = Path::new(KEPT);
    let data = demo_data(kept);
    let at = |warehouse: &Path| World {
        data: data.clone(),
        warehouse: warehouse.to_path_buf(),
        levels: LEVELS,
        _folder: None,
    };
    let config = std::fs::read_to_string(config()).unwrap();
    let made_from = format!("{config}\n{FIXED:?} {LEVELS} {STEPS:?}");
    let warehouse = shared(kept, "scripts", &made_from, |folder| {
        let world = at(folder);
        for step in STEPS {
            world.run(step);
        }
    });
    at(&warehouse)
}
