//! A replacing run that dies between the two forecast tables, after the inputs changed.

use std::fs;

use crate::warehouse::{Warehouse, World, succeed};

/// Multiplies every close of the market by a factor, with high and low, so that no row counts as an outlier.
fn scale_prices(world: &World, factor: f64) {
    let market = world.data().join("market.csv");
    let text = fs::read_to_string(&market).unwrap();
    let mut lines = text.lines();
    let mut scaled = format!("{}\n", lines.next().unwrap());
    for line in lines {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        for price in &mut fields[2..6] {
            *price = format!("{:.4}", price.parse::<f64>().unwrap() * factor);
        }
        scaled.push_str(&fields.join(","));
        scaled.push('\n');
    }
    fs::write(&market, scaled).unwrap();
}

/// Forecasts whose stored mean is not that of their stored paths.
fn inconsistent(warehouse: &Warehouse) -> u64 {
    warehouse.number(
        "SELECT count(*) FROM forecast.point_forecasts p \
         JOIN (SELECT commodity, model_name, data_cutoff_date, day_ahead, avg(CAST(value AS DOUBLE)) AS mean \
           FROM forecast.distributions_long GROUP BY commodity, model_name, data_cutoff_date, day_ahead) d \
         ON p.commodity = d.commodity AND p.model_name = d.model_name \
         AND p.data_cutoff_date = d.data_cutoff_date AND p.day_ahead = d.day_ahead \
         WHERE abs(p.forecast_mean / d.mean - 1) > 1e-6",
    )
}

const MODELS: [&str; 3] = ["backfill", "--models", "naive,random_walk"];

/// Content of the paths and number of the points, which also hold the version of their inputs.
fn forecasts(warehouse: &Warehouse) -> ((u64, String), u64) {
    let rows = warehouse.rows();
    (rows["forecast.distributions"].clone(), rows["forecast.point_forecasts"].0)
}

/// Dies between the tables while it replaces cells on changed inputs.
fn torn(world: &World) -> Warehouse<'_> {
    let warehouse = world.warehouse("w");
    warehouse.backfill(&MODELS[1..]);
    assert_eq!(inconsistent(&warehouse), 0);
    scale_prices(world, 1.5);
    let died = warehouse.dies_at("between_tables:1", &[&MODELS[..], &["--force"]].concat());
    assert!(died, "never between the tables");
    assert!(inconsistent(&warehouse) > 0, "both tables hold the same run's rows");
    warehouse
}

/// What a run with these arguments makes of a torn warehouse must be what a fresh one gets from the new inputs.
fn is_mended_by(argument: &[&str]) {
    let world = World::new();
    // inputs with the same history, so that rows name the same version of them
    let fresh = world.warehouse("fresh");
    succeed(fresh.command(&["ingest"]));
    succeed(fresh.command(&["build"]));
    let warehouse = torn(&world);
    warehouse.backfill(&[&MODELS[1..], argument].concat());
    assert_eq!(inconsistent(&warehouse), 0);
    fresh.backfill(&MODELS[1..]);
    assert_eq!(forecasts(&warehouse), forecasts(&fresh), "after {argument:?}");
}

#[test]
fn the_same_run_again_mends_it() {
    is_mended_by(&["--force"]);
}

#[test]
fn a_refresh_mends_it() {
    is_mended_by(&["--refresh", "stale"]);
}

#[test]
fn a_plain_run_mends_what_is_torn_and_leaves_the_rest() {
    let world = World::new();
    let warehouse = torn(&world);
    warehouse.backfill(&MODELS[1..]);
    assert_eq!(inconsistent(&warehouse), 0);
    let before = warehouse.tree("");
    warehouse.backfill(&MODELS[1..]);
    assert_eq!(warehouse.tree(""), before, "the run after it wrote something");
}

#[test]
fn points_owed_by_a_dead_run_are_of_the_inputs_of_their_paths() {
    let world = World::new();
    let warehouse = world.warehouse("w");
    assert!(warehouse.dies_at("between_tables:1", &MODELS), "never between the tables");
    scale_prices(&world, 1.5);
    warehouse.backfill(&MODELS[1..]);
    assert_eq!(inconsistent(&warehouse), 0);
    let before = warehouse.tree("");
    warehouse.backfill(&MODELS[1..]);
    assert_eq!(warehouse.tree(""), before, "the run after it wrote something");
}
