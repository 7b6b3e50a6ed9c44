//! Death at named points and at random moments.

use std::time::{Duration, Instant};

use crate::random::Random;
use crate::warehouse::{Warehouse, World, kill_after, succeed};

/// Runs the backfill with a death at the point, again and again on the same warehouse, until it gets through. Every
/// `nth` must be large enough for each run to commit something. Returns the number of deaths.
fn dies_until_done(warehouse: &Warehouse, point: &str, arguments: &[&str]) -> usize {
    const MOST: usize = 120;
    let deaths = (0..MOST).take_while(|_| warehouse.dies_at(point, arguments)).count();
    assert!(deaths < MOST, "{point}: still dying after {MOST} runs");
    deaths
}

/// Dies at the point on an empty warehouse, then runs once more.
fn dies_once(world: &World, undisturbed: &Warehouse, point: &str) {
    let warehouse = world.warehouse(&format!("died-{}", point.replace(':', "-")));
    assert!(warehouse.dies_at(point, &["backfill"]), "{point} was never reached");
    warehouse.backfill(&[]);
    assert_eq!(warehouse.rows(), undisturbed.rows(), "after a death at {point}");
}

#[test]
fn death_after_every_single_commit() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let warehouse = world.warehouse("w");
    let inputs =
        dies_until_done(&warehouse, "committed", &["ingest"]) + dies_until_done(&warehouse, "committed", &["build"]);
    assert_eq!(inputs, 7, "deaths among the commits of five bronze and two silver tables");
    // the first commit of each run is the ledger's
    let deaths = dies_until_done(&warehouse, "committed:2", &["backfill"]);
    assert!(deaths >= 24, "only {deaths} deaths among 8 commits of models and 16 of forecasts");
    assert_eq!(warehouse.rows(), undisturbed.rows());
}

#[test]
fn death_before_commits() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    for point in ["files_written:1", "files_written:12", "files_written:19", "files_written:44"] {
        dies_once(&world, &undisturbed, point);
    }
    let warehouse = world.warehouse("again");
    // the files of seven commits are written and left behind, five or six of them committed
    let deaths = dies_until_done(&warehouse, "files_written:7", &["backfill"]);
    assert!(deaths >= 5, "only {deaths} deaths");
    assert_eq!(warehouse.rows(), undisturbed.rows());
}

#[test]
fn death_between_the_tables_of_a_commit() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    for point in ["between_tables:1", "between_tables:8"] {
        dies_once(&world, &undisturbed, point);
    }
    let warehouse = world.warehouse("again");
    let deaths = dies_until_done(&warehouse, "between_tables:2", &["backfill"]);
    assert!(deaths >= 4, "only {deaths} deaths");
    assert_eq!(warehouse.rows(), undisturbed.rows());
}

#[test]
fn death_before_the_ledger_leaves_nothing_to_do() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let warehouse = world.warehouse("w");
    assert!(warehouse.dies_at("before_ledger", &["backfill"]));
    assert_eq!(warehouse.rows(), undisturbed.rows());
    let before = warehouse.tree("");
    warehouse.backfill(&[]);
    assert_eq!(warehouse.tree(""), before, "the run after it wrote something");
}

#[test]
fn death_before_a_checkpoint() {
    let world = World::new();
    // 48 cells in as many commits: checkpoints are due in every forecast table
    let arguments = ["backfill", "--every", "monthly", "--models", "naive,random_walk", "--cells-per-commit", "1"];
    let undisturbed = world.warehouse("undisturbed");
    undisturbed.backfill(&arguments[1..]);
    let warehouse = world.warehouse("w");
    let deaths = dies_until_done(&warehouse, "checkpoint", &arguments);
    assert!(deaths >= 6, "only {deaths} checkpoints were due");
    assert_eq!(warehouse.rows(), undisturbed.rows());
}

/// Versions of the table's checkpoints, in order.
fn checkpoints(warehouse: &Warehouse, table: &str) -> Vec<u64> {
    let below = format!("{}/_delta_log", table.replace('.', "/"));
    // the first deaths come before the last table does
    if !warehouse.root.join(&below).is_dir() {
        return Vec::new();
    }
    let files = warehouse.tree(&below).into_keys();
    let names = files.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    names.filter_map(|name| name.strip_suffix(".checkpoint.parquet")?.parse().ok()).collect()
}

/// Version of the checkpoint that the table's readers are pointed to.
fn pointed_to(warehouse: &Warehouse, table: &str) -> Option<u64> {
    let pointer = format!("{}/_delta_log/_last_checkpoint", table.replace('.', "/"));
    let text = std::fs::read_to_string(warehouse.root.join(pointer)).ok()?;
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["version"].as_u64()
}

#[test]
fn death_between_a_checkpoint_and_its_pointer() {
    const TABLES: [&str; 3] = ["forecast.trained_models", "forecast.distributions", "forecast.point_forecasts"];
    let world = World::new();
    let arguments = ["backfill", "--every", "monthly", "--models", "naive,random_walk", "--cells-per-commit", "1"];
    let undisturbed = world.warehouse("undisturbed");
    undisturbed.backfill(&arguments[1..]);
    let warehouse = world.warehouse("w");
    let unfinished = || {
        let newest = TABLES.map(|table| checkpoints(&warehouse, table).last().copied());
        let pointers = TABLES.map(|table| pointed_to(&warehouse, table));
        newest.iter().zip(pointers).filter(|(newest, pointer)| *newest > pointer).count()
    };
    let mut seen = 0;
    let mut deaths = 0;
    while warehouse.dies_at("checkpoint_pointer", &arguments) {
        deaths += 1;
        seen += usize::from(unfinished() > 0);
        assert!(deaths < 120, "still dying after {deaths} runs");
    }
    assert!(deaths >= 6 && seen >= 6, "{deaths} deaths, after {seen} of them a checkpoint without its pointer");
    assert_eq!(warehouse.rows(), undisturbed.rows());
    // by hand: a newer checkpoint, and again none that points to it
    let before = TABLES.map(|table| pointed_to(&warehouse, table));
    assert!(warehouse.dies_at("checkpoint_pointer", &["maintain", "checkpoint"]), "no checkpoint was due");
    assert_eq!(warehouse.rows(), undisturbed.rows());
    succeed(warehouse.command(&["maintain", "checkpoint"]));
    assert_ne!(TABLES.map(|table| pointed_to(&warehouse, table)), before, "later checkpoints are pointed to");
    assert_eq!(warehouse.rows(), undisturbed.rows());
}

/// What a kill amid the first write of a checkpoint leaves: a part of it under its temporary name, and a pointer to an
/// older one or none.
#[test]
fn checkpoints_that_were_never_finished() {
    let world = World::new();
    let arguments = ["--every", "monthly", "--cells-per-commit", "1", "--models", "naive,random_walk"];
    let undisturbed = world.warehouse("undisturbed");
    undisturbed.backfill(&arguments);
    let warehouse = world.warehouse("w");
    let half = [&["backfill"], &arguments[..5], &["naive"]].concat();
    assert!(warehouse.dies_at("checkpoint", &half));
    // a folder in the pointer's place: checkpoints are written, their pointer cannot be
    let pointer = warehouse.root.join("forecast/distributions/_delta_log/_last_checkpoint");
    std::fs::create_dir_all(pointer.join("in-the-way")).unwrap();
    warehouse.backfill(&half[1..]);
    std::fs::remove_dir_all(&pointer).unwrap();
    let checkpoints: Vec<_> = (warehouse.tree("forecast/distributions/_delta_log").into_keys())
        .filter(|path| path.to_string_lossy().ends_with(".checkpoint.parquet"))
        .collect();
    assert!(!checkpoints.is_empty(), "no checkpoint was written");
    for checkpoint in checkpoints {
        let whole = std::fs::read(&checkpoint).unwrap();
        let temporary = format!("{}#1", checkpoint.display());
        std::fs::write(temporary, &whole[..whole.len() / 2]).unwrap();
    }
    warehouse.backfill(&arguments);
    assert_eq!(warehouse.rows(), undisturbed.rows());
    assert!(pointer.is_file(), "later checkpoints are pointed to");
}

#[test]
fn death_while_cells_are_replaced() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    for (nth, again) in [(3, "--force"), (9, ""), (14, ""), (24, "--force")] {
        let warehouse = undisturbed.copy(&format!("force-{nth}"));
        let point = format!("force:{nth}");
        assert!(warehouse.dies_at(&point, &["backfill", "--force"]), "{point} was never reached");
        warehouse.backfill(if again.is_empty() { &[] } else { &["--force"] });
        assert_eq!(warehouse.rows(), undisturbed.rows(), "after a death at {point}");
    }
}

/// Ten deaths at random moments, each in its own warehouse, each followed by one run to the end.
fn ten_random_deaths(stream: u64) {
    const MOST_RUNS: usize = 30;
    let world = World::new();
    let started = Instant::now();
    let undisturbed = world.undisturbed();
    let (mut whole, rows) = (started.elapsed(), undisturbed.rows());
    let mut random = Random::new(stream);
    let mut deaths = 0;
    for run in 0..MOST_RUNS {
        let moment = whole.mul_f64(random.next());
        let warehouse = world.warehouse(&format!("run-{run}"));
        let died = kill_after(warehouse.command(&["backfill"]).spawn().unwrap(), moment);
        println!("run {run}: {} at {moment:?} of {whole:?}", if died { "killed" } else { "done" });
        warehouse.backfill(&[]);
        assert_eq!(warehouse.rows(), rows, "after a death at {moment:?} of {whole:?}");
        std::fs::remove_dir_all(&warehouse.root).unwrap();
        deaths += usize::from(died);
        if deaths == 10 {
            return;
        }
        if !died {
            // the first run was slower than those now
            whole = whole.min(moment);
        }
    }
    panic!("only {deaths} of {MOST_RUNS} runs were killed before they ended");
}

#[test]
fn ten_deaths_at_random_moments() {
    ten_random_deaths(1);
}

#[test]
fn ten_more_deaths_at_random_moments() {
    ten_random_deaths(2);
}

#[test]
fn deaths_at_random_moments_one_after_another() {
    let world = World::new();
    let started = Instant::now();
    let undisturbed = world.undisturbed();
    let whole = started.elapsed();
    let mut random = Random::new(3);
    let warehouse = world.warehouse("w");
    for _ in 0..8 {
        let moment = whole.mul_f64(random.next() * 0.5) + Duration::from_millis(20);
        kill_after(warehouse.command(&["backfill"]).spawn().unwrap(), moment);
    }
    warehouse.backfill(&[]);
    assert_eq!(warehouse.rows(), undisturbed.rows());
    let grain = "commodity, model_name, model_version, data_cutoff_date, ";
    for (table, rest) in [("distributions", "path_id"), ("point_forecasts", "day_ahead")] {
        let (all, different) = ("SELECT count(*) FROM forecast.", "SELECT DISTINCT ");
        let unique = format!("SELECT count(*) FROM ({different}{grain}{rest} FROM forecast.{table})");
        assert_eq!(warehouse.number(&unique), warehouse.number(&format!("{all}{table}")), "rows of {table}");
    }
}
