//! Warehouses to query; that of the scripts: generated data, two models, two windows, horizon 3, ten paths.
//!
//! Coffee has two origins that Sugar lacks, among them the last session of the data; the days ahead of the last three
//! sessions are not all known.

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use almanac_tests::binary;
use tempfile::TempDir;

/// A folder with data and warehouse; removed when dropped.
pub(crate) struct World {
    folder: TempDir,
    levels: &'static str,
}

impl World {
    /// Arguments before the command.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let config = text(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo.toml"));
        let (source, warehouse) = (text(self.folder.path().join("data")), text(self.folder.path().join("warehouse")));
        let fixed = ["--horizon", "3", "--paths", "10", "--models", "naive,random_walk", "--levels", self.levels];
        let fixed = fixed.map(str::to_owned);
        let places = ["--config".to_owned(), config, "--source".into(), source, "--warehouse".into(), warehouse];
        places.into_iter().chain(fixed).collect()
    }

    /// Runs a command that must succeed; returns what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(binary()).args(self.arguments()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A world without tables.
pub(crate) fn empty(levels: &'static str) -> World {
    World { folder: TempDir::with_prefix("almanac-sql-").unwrap(), levels }
}

/// A world whose forecasts are those of one day.
pub(crate) fn one_day(levels: &'static str) -> World {
    let world = empty(levels);
    world.run(&["demo-data", world.folder.path().join("data").to_str().unwrap()]);
    world.run(&["--from", "2024-01-02", "--to", "2024-01-02", "backfill"]);
    world.run(&["evaluate"]);
    world
}

/// The world of the scripts.
pub(crate) fn make() -> World {
    let world = empty("80,95");
    world.run(&["demo-data", world.folder.path().join("data").to_str().unwrap()]);
    world.run(&["--from", "2023-12-27", "--to", "2024-01-05", "backfill"]);
    world.run(&["--from", "2024-01-08", "--to", "2024-01-08", "--key", "Coffee", "backfill"]);
    world.run(&["--from", "2025-06-26", "--to", "2025-06-27", "backfill"]);
    world.run(&["--from", "2025-06-30", "--to", "2025-06-30", "--key", "Coffee", "backfill"]);
    world.run(&["evaluate"]);
    world
}
