//! Real kills: this test binary runs itself with a crash point set, and looks at what is left.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use almanac_engine::delta::content::of_table;
use almanac_engine::delta::maintain::optimize;
use almanac_engine::delta::{Snapshot, Warehouse, commit_cells, fault};
use serde_json::Map;

use super::support::{cell, change, count, live, paths_table, warehouse};

const FOLDER: &str = "ALMANAC_TEST_FOLDER";
const ACTION: &str = "ALMANAC_TEST_ACTION";

/// Not a test of its own: the process that is killed.
#[tokio::test]
async fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let w = Warehouse::open(&folder).unwrap();
    let def = paths_table();
    if std::env::var(ACTION).unwrap() == "optimize" {
        optimize(&w, &def).await.unwrap();
        return;
    }
    for window in 0..40 {
        let cell = cell("naive", window);
        if live(&w, &def).await.contains_key(&cell) {
            continue;
        }
        let change = change(&w, &def, &cell, 0..2).await;
        commit_cells(&w, &def, vec![change], Map::new()).await.unwrap();
    }
}

fn run(folder: &Path, action: &str, crash_at: Option<&str>) -> std::process::ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "faults::victim"]).env(FOLDER, folder).env(ACTION, action);
    if let Some(point) = crash_at {
        command.env(fault::CRASH_AT, point);
    }
    command.output().unwrap().status
}

#[tokio::test]
async fn a_killed_backfill_finishes_when_run_again() {
    let points = ["files_written:3", "committed:5", "checkpoint", "checkpoint_pointer", "committed:19", "committed:20"];
    for point in points {
        let (folder, w) = warehouse();
        let def = paths_table();
        Snapshot::open_or_create(&w, &def).await.unwrap();
        assert_eq!(run(folder.path(), "backfill", Some(point)).signal(), Some(9), "{point}");
        let cells = live(&w, &def).await.len();
        assert!((1..40).contains(&cells), "{point}: {cells}");
        assert!(run(folder.path(), "backfill", None).success(), "{point}");
        let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
        assert_eq!(count(&snapshot, "true").await, 40 * 20, "{point}");
        assert!(live(&w, &def).await.values().all(|files| files.len() == 1), "{point}");
        let app = cell("naive", 7).app_id("config");
        assert_eq!(snapshot.transaction(&app).await.unwrap(), Some(1), "{point}");
    }
}

#[tokio::test]
async fn a_killed_merge_changes_nothing() {
    let (folder, w) = warehouse();
    let def = paths_table();
    Snapshot::open_or_create(&w, &def).await.unwrap();
    let a = cell("naive", 100);
    for day in 0..3 {
        let mut daily = change(&w, &def, &a, day..day + 1).await;
        daily.base = live(&w, &def).await.remove(&a).unwrap_or_default();
        commit_cells(&w, &def, vec![daily], Map::new()).await.unwrap();
    }
    let before = of_table(&Snapshot::open(&w, &def).await.unwrap().unwrap()).await.unwrap();
    for (point, files) in [("optimize", 3), ("committed", 1)] {
        assert_eq!(run(folder.path(), "optimize", Some(point)).signal(), Some(9));
        let snapshot = Snapshot::open(&w, &def).await.unwrap().unwrap();
        assert_eq!((of_table(&snapshot).await.unwrap(), snapshot.files().unwrap().len()), (before, files), "{point}");
    }
}
