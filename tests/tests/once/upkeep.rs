//! Upkeep beside a running backfill, and upkeep that dies.

use crate::warehouse::{Warehouse, World, succeed, told};

/// Runs the upkeep over and over while a backfill runs; returns how often.
fn beside(warehouse: &Warehouse, arguments: &[&str], what: &[&str]) -> usize {
    let mut backfill = warehouse.command(arguments).spawn().unwrap();
    let mut turns = 0;
    while backfill.try_wait().unwrap().is_none() {
        for what in what {
            let output = warehouse.command(&["maintain", what]).output().unwrap();
            assert!(output.status.success(), "maintain {what}: {}", told(&output));
            turns += 1;
        }
    }
    let output = backfill.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    turns
}

#[test]
fn upkeep_beside_a_backfill_changes_no_row() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    for what in [&["optimize"][..], &["checkpoint"], &["vacuum"], &["optimize", "checkpoint", "vacuum"]] {
        let warehouse = world.warehouse(&what.concat());
        // cells that grow in two steps have files to merge
        warehouse.backfill(&["--to", "2023-03-15"]);
        warehouse.backfill(&["--to", "2023-04-15"]);
        let turns = beside(&warehouse, &["backfill", "--cells-per-commit", "1"], what);
        assert!(turns >= 2, "{what:?} ran {turns} times");
        assert_eq!(warehouse.rows(), undisturbed.rows(), "after {what:?}");
        let before = warehouse.data_tree();
        warehouse.backfill(&[]);
        assert_eq!(warehouse.data_tree(), before, "a run after {what:?} wrote something");
    }
}

#[test]
fn upkeep_beside_a_replacing_backfill_changes_no_row() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let warehouse = world.warehouse("w");
    warehouse.backfill(&["--to", "2024-03-15"]);
    warehouse.backfill(&[]);
    beside(&warehouse, &["backfill", "--force"], &["optimize", "checkpoint"]);
    assert_eq!(warehouse.rows(), undisturbed.rows());
}

#[test]
fn a_merge_that_dies_changes_no_row() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let grown = world.warehouse("grown");
    // so that each of the three tables has cells of several files
    grown.backfill(&["--key", "Coffee", "--to", "2024-03-15"]);
    grown.backfill(&[]);
    for nth in 1..=3 {
        let warehouse = grown.copy(&format!("optimize-{nth}"));
        assert!(
            warehouse.dies_at(&format!("optimize:{nth}"), &["maintain", "optimize"]),
            "merge {nth} was never reached"
        );
        assert_eq!(warehouse.rows(), undisturbed.rows());
        succeed(warehouse.command(&["maintain", "optimize"]));
        assert_eq!(warehouse.rows(), undisturbed.rows());
        let before = warehouse.data_tree();
        warehouse.backfill(&[]);
        assert_eq!(warehouse.data_tree(), before, "a run after the merges wrote something");
        succeed(warehouse.command(&["maintain", "optimize"]));
        assert_eq!(warehouse.data_tree(), before, "merged again what was merged");
    }
}
