//! Rows decide what exists: tables taken back to an earlier version are completed, whatever ledger and transactions say.

use std::fs;

use serde_json::{Value, json};

use crate::warehouse::{Warehouse, World};

const TABLES: [&str; 3] = ["forecast.trained_models", "forecast.distributions", "forecast.point_forecasts"];

/// Forgets the newest entries of the table's log.
fn truncate(warehouse: &Warehouse, table: &str, version: u64) {
    for entry in warehouse.log(table).into_iter().skip(version as usize + 1) {
        fs::remove_file(entry).unwrap();
    }
    assert_eq!(warehouse.version(table), version);
}

/// Commits the return to an earlier version as Delta writers do: what was added since is removed, transactions stay.
fn restore(warehouse: &Warehouse, table: &str, version: u64) {
    let since = |actions: Vec<(u64, Value)>| actions.into_iter().filter(move |(at, _)| *at > version);
    assert_eq!(since(warehouse.actions(table, "remove")).count(), 0, "files would have to be added again");
    let mut lines =
        vec![json!({ "commitInfo": { "timestamp": 0, "operation": "RESTORE", "operationParameters": {} } })];
    lines.extend(since(warehouse.actions(table, "add")).map(|(_, add)| {
        json!({ "remove": {
            "path": add["path"], "partitionValues": add["partitionValues"], "size": add["size"],
            "deletionTimestamp": 0, "dataChange": true, "extendedFileMetadata": true,
        } })
    }));
    assert!(lines.len() > 1, "{table} has nothing after version {version}");
    let log = warehouse.log(table);
    let next = log[0].with_file_name(format!("{:020}.json", log.len()));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(next, text).unwrap();
    assert_eq!(warehouse.version(table), log.len() as u64);
}

/// Takes every one of the tables back, alone, by the given means, and lets a run complete it.
fn completes_after(back: fn(&Warehouse, &str, u64)) {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let rows = undisturbed.rows();
    for (table, version) in TABLES.into_iter().flat_map(|table| [0, 5].map(|version| (table, version))) {
        let warehouse = undisturbed.copy(&format!("{table}-{version}"));
        let others = TABLES.into_iter().filter(|other| *other != table);
        let others: Vec<(&str, u64)> = others.map(|other| (other, warehouse.version(other))).collect();
        back(&warehouse, table, version);
        assert!(warehouse.rows()[table].0 < rows[table].0, "{table}@{version} lacks nothing");
        warehouse.backfill(&[]);
        assert_eq!(warehouse.rows(), rows, "after {table} was taken back to version {version}");
        for (other, before) in others {
            assert_eq!(warehouse.version(other), before, "{other} was written although only {table} lacked rows");
        }
        fs::remove_dir_all(&warehouse.root).unwrap();
    }
}

#[test]
fn tables_with_a_shortened_log_are_completed() {
    completes_after(truncate);
}

#[test]
fn restored_tables_are_completed() {
    completes_after(restore);
}

#[test]
fn a_cell_restored_to_a_part_of_its_rows_is_completed() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let grown = world.warehouse("grown");
    grown.backfill(&["--to", "2024-03-15"]);
    let parts = TABLES.map(|table| grown.version(table));
    grown.backfill(&[]);
    assert_eq!(grown.rows(), undisturbed.rows());
    for (table, version) in TABLES.into_iter().zip(parts) {
        let warehouse = grown.copy(table);
        restore(&warehouse, table, version);
        warehouse.backfill(&[]);
        assert_eq!(warehouse.rows(), undisturbed.rows(), "after {table} was restored to version {version}");
    }
}

#[test]
fn without_the_ledger_nothing_is_written_again() {
    let world = World::new();
    let warehouse = world.undisturbed();
    let before = warehouse.data_tree();
    fs::remove_dir_all(warehouse.root.join("ops")).unwrap();
    warehouse.backfill(&[]);
    assert_eq!(warehouse.data_tree(), before);
}
