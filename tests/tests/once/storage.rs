//! Storage that is full or may not be written: the run ends with 7 and names the place, and nothing is half there.

use std::fs;

use crate::mounted::Mounted;
use crate::warehouse::{Rows, Warehouse, World, succeed, told};

/// The command must end with 7 and name a path of the warehouse. Returns the path's part below the warehouse.
fn refused(warehouse: &Warehouse, arguments: &[&str]) -> String {
    let output = warehouse.command(arguments).output().unwrap();
    let told = told(&output);
    assert_eq!(output.status.code(), Some(7), "{arguments:?}: {told}");
    assert!(!told.contains("panicked"), "{told}");
    let place = told.split_once("storage ").map(|(_, rest)| rest.split_once(": ").map_or(rest, |(place, _)| place));
    let place = place.unwrap_or_else(|| panic!("no place in {told}"));
    let root = warehouse.root.to_str().unwrap();
    let below = place.strip_prefix("file://").unwrap_or(place).strip_prefix(root);
    below.unwrap_or_else(|| panic!("{place} is not below {root}: {told}")).trim_matches('/').to_owned()
}

/// No table holds more than the undisturbed run's, and what is there can be read.
fn is_part(rows: &Rows, of: &Rows) {
    for (table, (count, _)) in rows {
        let whole = of.get(table).unwrap_or_else(|| panic!("{table} is not in the undisturbed warehouse"));
        assert!(*count <= whole.0, "{table} holds {count} rows, the undisturbed run's {}", whole.0);
    }
}

/// Fills up at ever later moments; with space again, one run completes each.
#[test]
fn a_full_disk() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let rows = undisturbed.rows();
    let kilobytes = undisturbed.tree("").values().map(|(length, _)| length.div_ceil(4096) * 4).sum::<u64>();
    let mut places = Vec::new();
    for percent in [0, 2, 20, 40, 60, 75, 85, 95] {
        let folder = world.warehouse(&format!("full-{percent}")).root;
        // an empty tmpfs of size 0 would be one without a limit
        let Some(mounted) = Mounted::new(&folder, (kilobytes * percent / 100).max(8)) else { return };
        let warehouse = world.warehouse(&format!("full-{percent}/warehouse"));
        places.push(refused(&warehouse, &["backfill"]));
        if percent == 0 {
            assert!(warehouse.rows().values().all(|(count, _)| *count == 0), "rows on a full disk");
        }
        is_part(&warehouse.rows(), &rows);
        // a second attempt fares no better and breaks nothing
        refused(&warehouse, &["backfill"]);
        is_part(&warehouse.rows(), &rows);
        mounted.remount(&format!("size={}k", kilobytes * 4));
        warehouse.backfill(&[]);
        assert_eq!(warehouse.rows(), rows, "after a disk full at {percent} % of {kilobytes} KiB");
    }
    println!("full at {places:?}");
    for schema in ["bronze", "forecast"] {
        assert!(places.iter().any(|place| place.starts_with(schema)), "never full in {schema}: {places:?}");
    }
}

/// A replacing run that fills the disk leaves every row as it was.
#[test]
fn a_disk_that_fills_while_cells_are_replaced() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let (rows, tree) = (undisturbed.rows(), undisturbed.tree(""));
    let kilobytes = tree.values().map(|(length, _)| length.div_ceil(4096) * 4).sum::<u64>();
    let folder = world.warehouse("mounted").root;
    let Some(mounted) = Mounted::new(&folder, kilobytes * 4) else { return };
    let warehouse = undisturbed.copy("mounted/warehouse");
    assert_eq!(warehouse.rows(), rows);
    mounted.remount(&format!("size={}k", kilobytes * 3 / 2));
    refused(&warehouse, &["backfill", "--force"]);
    assert_eq!(warehouse.rows(), rows);
    mounted.remount(&format!("size={}k", kilobytes * 8));
    warehouse.backfill(&["--force"]);
    assert_eq!(warehouse.rows(), rows);
}

/// What may only be read is read: queries answer, runs are refused and leave no file.
#[test]
fn a_mount_that_may_only_be_read() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let folder = world.warehouse("mounted").root;
    let Some(mounted) = Mounted::new(&folder, 1 << 20) else { return };
    let empty = world.warehouse("mounted/empty");
    let partial = world.warehouse("mounted/partial");
    partial.backfill(&["--to", "2023-06-30"]);
    let (before, count) = (partial.tree(""), "SELECT count(*) FROM forecast.point_forecasts");
    let forecasts = partial.number(count);
    mounted.remount("ro");
    refused(&empty, &["backfill"]);
    assert!(!empty.root.exists());
    refused(&partial, &["backfill"]);
    refused(&partial, &["backfill", "--force"]);
    refused(&partial, &["evaluate"]);
    assert_eq!(partial.number(count), forecasts);
    assert_eq!(partial.tree(""), before);
    // nothing is missing, so nothing has to be written
    partial.backfill(&["--to", "2023-06-30"]);
    mounted.remount("rw");
    partial.backfill(&[]);
    assert_eq!(partial.rows(), undisturbed.rows());
}

#[test]
fn a_file_where_the_warehouse_should_be() {
    let world = World::new();
    let warehouse = world.warehouse("file");
    fs::write(&warehouse.root, "not a folder").unwrap();
    for command in ["backfill", "evaluate", "status", "tables"] {
        refused(&warehouse, &[command]);
    }
    refused(&warehouse, &["maintain", "optimize"]);
    refused(&warehouse, &["sql", "-c", "SELECT 1"]);
    assert_eq!(fs::read_to_string(&warehouse.root).unwrap(), "not a folder");
}

#[test]
fn sources_that_cannot_be_opened() {
    let world = World::new();
    let warehouse = world.warehouse("w");
    let refused = |words: [&str; 2]| {
        let output = warehouse.command(&["backfill"]).output().unwrap();
        let told = told(&output);
        assert_eq!(output.status.code(), Some(4), "{told}");
        assert!(words.iter().all(|word| told.contains(word)), "{words:?} in {told}");
        assert!(!warehouse.root.exists(), "something was written");
    };
    // a folder of that name is no file
    fs::rename(world.data().join("vix.csv"), world.data().join("kept.csv")).unwrap();
    fs::create_dir(world.data().join("vix.csv")).unwrap();
    refused(["vix.csv", "--source"]);
    fs::remove_dir(world.data().join("vix.csv")).unwrap();
    // nor is a link to nowhere
    std::os::unix::fs::symlink("nowhere.csv", world.data().join("vix.csv")).unwrap();
    refused(["vix.csv", "--source"]);
    // a link to the file is
    fs::remove_file(world.data().join("vix.csv")).unwrap();
    std::os::unix::fs::symlink("kept.csv", world.data().join("vix.csv")).unwrap();
    succeed(warehouse.command(&["ingest"]));
}
