//! Runs that are repeated, forced, refreshed, cut short, or asked for under other settings.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Command;

use crate::warehouse::{Warehouse, World, succeed, told};

const TABLES: [&str; 3] = ["forecast.trained_models", "forecast.distributions", "forecast.point_forecasts"];

fn versions(warehouse: &Warehouse) -> Vec<u64> {
    TABLES.iter().map(|table| warehouse.version(table)).collect()
}

#[test]
fn a_second_run_writes_nothing() {
    let world = World::new();
    let warehouse = world.undisturbed();
    let before = warehouse.tree("");
    for arguments in
        [&[][..], &["--cells-per-commit", "5", "--threads", "1"], &["--key", "Sugar", "--from", "2024-02-01"]]
    {
        warehouse.backfill(arguments);
        assert_eq!(warehouse.tree(""), before, "backfill {arguments:?} wrote something");
    }
}

#[test]
fn force_replaces_everything_by_the_same() {
    let world = World::new();
    let warehouse = world.undisturbed();
    let rows = warehouse.rows();
    for _ in 0..2 {
        let before = versions(&warehouse);
        warehouse.backfill(&["--force"]);
        assert_eq!(warehouse.rows(), rows);
        let grown = versions(&warehouse).iter().zip(&before).all(|(after, before)| after > before);
        assert!(grown, "versions were {before:?}, now {:?}", versions(&warehouse));
    }
}

/// Live files of a table after its log's entries.
fn live(warehouse: &Warehouse, table: &str) -> BTreeSet<String> {
    let path = |action: &serde_json::Value| action["path"].as_str().unwrap().to_owned();
    let removed: BTreeSet<String> = warehouse.actions(table, "remove").iter().map(|(_, action)| path(action)).collect();
    warehouse.actions(table, "add").iter().map(|(_, add)| path(add)).filter(|path| !removed.contains(path)).collect()
}

#[test]
fn force_replaces_whole_cells_of_the_selection_only() {
    let world = World::new();
    let warehouse = world.undisturbed();
    let rows = warehouse.rows();
    let before = TABLES.map(|table| live(&warehouse, table));
    warehouse.backfill(&["--force", "--select", "model=naive,key!=Sugar,from=2024-01-01"]);
    // rounded up to whole cells: Sugar's rows of the two half-years are replaced too, and must be there again
    assert_eq!(warehouse.rows(), rows);
    for (table, before) in TABLES.into_iter().zip(before) {
        let after = live(&warehouse, table);
        let gone: Vec<_> = before.difference(&after).collect();
        let new: Vec<_> = after.difference(&before).collect();
        assert!(gone.len() >= 2 && new.len() >= 2, "{table}: {gone:?} became {new:?}");
        assert!(
            gone.iter().chain(&new).all(|path| path.starts_with("model_name=naive/")),
            "{table}: {gone:?}, {new:?}"
        );
        // naive has four half-years: two are untouched
        let kept = before.intersection(&after).filter(|path| path.starts_with("model_name=naive/")).count();
        assert_eq!((kept, gone.len()), (2, 2), "{table}");
    }
}

#[test]
fn force_with_a_limit_loses_nothing() {
    let world = World::new();
    let warehouse = world.undisturbed();
    let (rows, before) = (warehouse.rows(), versions(&warehouse));
    warehouse.backfill(&["--force", "--limit", "1"]);
    assert_eq!(warehouse.rows(), rows);
    assert!(versions(&warehouse) > before, "nothing was redone");
}

#[test]
fn pieces_add_up_to_the_whole() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let warehouse = world.warehouse("w");
    warehouse.backfill(&["--limit", "5"]);
    warehouse.backfill(&["--key", "Sugar", "--models", "naive,xgboost", "--to", "2024-03-15"]);
    warehouse.backfill(&["--from", "2024-05-01", "--limit", "7"]);
    warehouse.backfill(&[]);
    assert_eq!(warehouse.rows(), undisturbed.rows());
}

#[test]
fn refresh_of_one_key_keeps_the_rows_of_the_other() {
    let world = World::new();
    let warehouse = world.undisturbed();
    let before = warehouse.rows();
    // inputs with the same history, so that rows name the same version of them
    let fresh = world.warehouse("fresh");
    succeed(fresh.command(&["ingest"]));
    succeed(fresh.command(&["build"]));
    // the last close is another: every row counts as made from older inputs, and no forecast of 2024 changes by it
    let market = world.data().join("market.csv");
    let text = fs::read_to_string(&market).unwrap();
    let (head, last) = text.trim_end().rsplit_once('\n').unwrap();
    let mut fields: Vec<&str> = last.split(',').collect();
    let (high, low): (f64, f64) = (fields[3].parse().unwrap(), fields[4].parse().unwrap());
    let close = format!("{:.4}", (high + low) / 2.0);
    fields[5] = &close;
    fs::write(&market, format!("{head}\n{}\n", fields.join(","))).unwrap();

    warehouse.backfill(&["--refresh", "stale", "--key", "Coffee", "--from", "2024-02-01"]);
    let after = warehouse.rows();
    for table in TABLES {
        assert_eq!(after[table].0, before[table].0, "rows of {table}");
    }
    assert_ne!(after["forecast.trained_models"], before["forecast.trained_models"], "nothing was refreshed");
    warehouse.backfill(&["--refresh", "stale"]);
    fresh.backfill(&[]);
    let same = |table: &str| (warehouse.rows()[table].clone(), fresh.rows()[table].clone());
    let (refreshed, anew) = same("forecast.distributions");
    assert_eq!(refreshed, anew);
    let stored = warehouse.tree("");
    warehouse.backfill(&["--refresh", "stale"]);
    assert_eq!(warehouse.tree(""), stored, "nothing was stale, yet something was written");
}

/// Exit code and message of a command that must fail.
fn refused(mut command: Command) -> (i32, String) {
    let output = command.output().unwrap();
    (output.status.code().unwrap_or(-1), told(&output))
}

#[test]
fn another_seed_is_refused_under_the_same_version() {
    let world = World::new();
    let warehouse = world.undisturbed();
    let before = warehouse.tree("");
    for command in ["backfill", "train", "infer"] {
        let (code, told) = refused(warehouse.command(&[command, "--seed", "43"]));
        assert_eq!(code, 6, "{command}: {told}");
        assert!(told.contains("forecast.seed"), "{command}: {told}");
        assert_eq!(warehouse.tree(""), before, "{command} wrote something");
    }
    // under a version of its own it runs, and leaves the rows of the other alone
    warehouse.backfill(&["--seed", "43", "--model-version", "v2", "--models", "naive", "--to", "2023-06-30"]);
    let count = "SELECT count(*) FROM forecast.point_forecasts WHERE model_version = 'v1'";
    assert_eq!(warehouse.number(count), world.warehouse("undisturbed").number(count));
    assert_eq!(warehouse.number(count), 56_224);
}

#[test]
fn inference_refuses_models_of_another_seed() {
    let world = World::new();
    let warehouse = world.undisturbed();
    for table in ["distributions", "point_forecasts"] {
        fs::remove_dir_all(warehouse.root.join("forecast").join(table)).unwrap();
    }
    let (code, told) = refused(warehouse.command(&["infer", "--seed", "43"]));
    assert_eq!(code, 6, "{told}");
    assert!(told.contains("forecast.seed"), "{told}");
    assert!(!warehouse.root.join("forecast/distributions").exists(), "forecasts were written");
}

#[test]
fn a_signal_ends_with_its_code_and_the_next_run_completes() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    for (step, signal, code) in
        [("ingest", "-INT", 130), ("build", "-TERM", 143), ("train", "-INT", 130), ("train", "-TERM", 143)]
    {
        let warehouse = world.warehouse(&format!("{step}{signal}"));
        // slowly, as what follows is to be under way still when the signal arrives
        let slowly = ["backfill", "--threads", "1", "--cells-per-commit", "1"];
        let mut child = warehouse.command(&slowly).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        lines.find(|line| line.contains(&format!("\"step\":\"{step}\""))).unwrap();
        // the next step is under way
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        lines.for_each(drop);
        let output = child.wait_with_output().unwrap();
        let told = told(&output);
        assert_eq!(output.status.code(), Some(code), "{signal} after {step}: {told}");
        assert!(told.contains("interrupted; run the same command again to resume"), "{signal} after {step}: {told}");
        if step == "train" {
            let closed = "SELECT count(*) FROM ops.runs WHERE state = 'interrupted'";
            assert_eq!(warehouse.number(closed), 1, "the run was left open by {signal}");
        }
        warehouse.backfill(&[]);
        assert_eq!(warehouse.rows(), undisturbed.rows(), "after {signal} past {step}");
    }
}
