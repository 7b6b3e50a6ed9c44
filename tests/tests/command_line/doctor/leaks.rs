//! `doctor` on stored forecasts that are not what their models give.

use std::fs;

use crate::doctor::examined;
use crate::support::copy_csv;
use crate::world;

const CHECK: &str = "leaks, a sample";
const POINTS: &str = "forecast/point_forecasts";

#[test]
fn forecasts_that_their_models_do_not_give_fail() {
    let mut other = world::fresh();
    other.flags.extend(["--seed".to_owned(), "7".to_owned()]);
    other.ok(&["backfill"]);
    let mixed = world::copy();
    fs::remove_dir_all(mixed.warehouse.join(POINTS)).unwrap();
    fs::rename(other.warehouse.join(POINTS), mixed.warehouse.join(POINTS)).unwrap();
    let found = examined(&mixed, 1, &[], &[]);
    found.expect(CHECK, "fail", "forecast.point_forecasts holds others than the models give", "--force infer");
    found.expect(CHECK, "fail", " of day 1 is ", "report it");
    assert!(found.seen(CHECK).contains(" on 2024-01-0"), "{}", found.seen(CHECK));
}

#[test]
fn forecasts_of_an_input_that_changed_since_are_told() {
    let market = copy_csv(world::data(), |file, fields| {
        let mut fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        if file == "market.csv" && fields[0].starts_with("2024-01-0") {
            let close = &mut fields[5];
            *close = format!("{:.4}", close.parse::<f64>().unwrap() * 1.01);
        }
        Some(fields.join(","))
    });
    let mut changed = world::copy();
    changed.source = market.path().into();
    changed.ok(&["ingest"]);
    changed.ok(&["build"]);
    let found = examined(&changed, 0, &[], &[]);
    found.expect(CHECK, "warn", "the input has changed since", "--refresh stale backfill");
    found.expect(CHECK, "warn", "made from silver.model_input@", "");
}
