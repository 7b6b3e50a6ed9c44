//! Several drivers at once on one warehouse.

use std::process::Command;

use crate::warehouse::{Warehouse, World, succeed, sum, told};

/// Starts the commands together; all must succeed. Returns what they printed.
fn together(commands: Vec<Command>) -> Vec<String> {
    let children: Vec<_> = commands.into_iter().map(|mut command| command.spawn().unwrap()).collect();
    let outputs = children.into_iter().map(|child| child.wait_with_output().unwrap());
    let checked = outputs.map(|output| {
        assert!(output.status.success(), "{}", told(&output));
        // a commit that is repeated is no error
        assert!(!told(&output).contains("ERROR"), "{}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    });
    // all are awaited before any is judged
    checked.collect()
}

/// Runs the selections at once; returns how many cells one driver found changed by another.
fn race(warehouse: &Warehouse, undisturbed: &Warehouse, selections: &[&[&str]]) -> u64 {
    let commands = selections.iter().map(|selection| warehouse.command(&[&["backfill"], *selection].concat()));
    let printed = together(commands.collect());
    assert_eq!(warehouse.rows(), undisturbed.rows(), "after {selections:?} at once");
    let before = warehouse.tree("");
    warehouse.backfill(&[]);
    assert_eq!(warehouse.tree(""), before, "a run after {selections:?} wrote something");
    printed.iter().map(|printed| sum(printed, "conflicts")).sum()
}

/// Races twice; returns the conflicts.
fn races(selections: &[&[&str]]) -> u64 {
    let world = World::new();
    let undisturbed = world.undisturbed();
    (0..2).map(|nth| race(&world.warehouse(&format!("race-{nth}")), &undisturbed, selections)).sum()
}

#[test]
fn two_drivers_on_the_same_selection() {
    assert!(races(&[&[], &[]]) > 0, "the drivers never met");
}

#[test]
fn of_two_drivers_with_different_settings_one_is_refused() {
    let world = World::new();
    let inputs = world.warehouse("inputs");
    succeed(inputs.command(&["ingest"]));
    succeed(inputs.command(&["build"]));
    for round in 0..3 {
        let warehouse = inputs.copy(&format!("race-{round}"));
        // from both ends: their first cells are others
        let models =
            ["naive,random_walk,xgboost,sarimax_auto_weather", "sarimax_auto_weather,xgboost,random_walk,naive"];
        let children = [("42", models[0]), ("43", models[1])].map(|(seed, models)| {
            let flags = ["backfill", "--seed", seed, "--models", models, "--cells-per-commit", "1", "--threads", "1"];
            warehouse.command(&flags).spawn().unwrap()
        });
        let outputs = children.map(|child| child.wait_with_output().unwrap());
        for model in models[0].split(',') {
            let seeds =
                format!("SELECT count(DISTINCT config_hash) FROM forecast.trained_models WHERE model_name = '{model}'");
            assert_eq!(warehouse.number(&seeds), 1, "{model} was fitted under two settings in round {round}");
        }
        let mut codes: Vec<_> = outputs.iter().map(|output| output.status.code()).collect();
        codes.sort();
        assert_eq!(codes, [Some(0), Some(6)], "round {round}: {}", outputs.each_ref().map(told).join("\n"));
        let refused = outputs.iter().find(|output| !output.status.success()).map(told).unwrap();
        assert!(refused.contains("forecast.seed"), "{refused}");
    }
}

#[test]
fn two_drivers_on_the_same_prepared_inputs() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let inputs = world.warehouse("inputs");
    succeed(inputs.command(&["ingest"]));
    succeed(inputs.command(&["build"]));
    let conflicts: u64 = (0..2).map(|nth| race(&inputs.copy(&format!("race-{nth}")), &undisturbed, &[&[], &[]])).sum();
    assert!(conflicts > 0, "the drivers never met");
}

#[test]
fn two_drivers_on_overlapping_dates() {
    let (first, second) = (["--to", "2024-03-15"], ["--from", "2023-08-10"]);
    assert!(races(&[&first, &second]) > 0, "the drivers never met");
}

#[test]
fn two_drivers_on_overlapping_keys() {
    // each cell holds both keys: either driver changes the cells of the other
    assert!(races(&[&["--key", "Coffee"], &[]]) > 0, "the drivers never met");
}

#[test]
fn two_drivers_on_different_keys_of_the_same_cells() {
    assert!(races(&[&["--key", "Coffee"], &["--key", "Sugar"]]) > 0, "the drivers never met");
}

#[test]
fn two_drivers_that_group_and_order_differently() {
    let first =
        ["--cells-per-commit", "1", "--models", "naive,random_walk,sarimax_auto_weather,xgboost", "--threads", "1"];
    let second =
        ["--cells-per-commit", "5", "--models", "xgboost,sarimax_auto_weather,random_walk,naive", "--threads", "4"];
    assert!(races(&[&first, &second]) > 0, "the drivers never met");
}

#[test]
fn ten_drivers_on_one_cell_lose_nothing() {
    let world = World::new();
    let models = ["--models", "naive"];
    let undisturbed = world.warehouse("undisturbed");
    undisturbed.backfill(&[&models[..], &["--to", "2023-06-30"]].concat());
    let inputs = world.warehouse("inputs");
    succeed(inputs.command(&["ingest"]));
    succeed(inputs.command(&["build"]));
    let days = [
        ("2023-01-01", "2023-01-20"),
        ("2023-01-21", "2023-02-05"),
        ("2023-02-06", "2023-02-20"),
        ("2023-02-21", "2023-03-10"),
        ("2023-03-11", "2023-03-31"),
        ("2023-04-01", "2023-04-20"),
        ("2023-04-21", "2023-05-05"),
        ("2023-05-06", "2023-05-20"),
        ("2023-05-21", "2023-06-10"),
        ("2023-06-11", "2023-06-30"),
    ];
    let of = |(from, to)| inputs.command(&[&["backfill"], &models[..], &["--from", from, "--to", to]].concat());
    together(days.into_iter().map(of).collect());
    assert_eq!(inputs.rows(), undisturbed.rows());
}

#[test]
fn two_drivers_that_both_replace() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let warehouse = undisturbed.copy("w");
    together((0..2).map(|_| warehouse.command(&["backfill", "--force"])).collect());
    assert_eq!(warehouse.rows(), undisturbed.rows());
}
