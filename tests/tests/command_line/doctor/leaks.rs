//! `doctor` on stored forecasts that are not what their models give.

use std::fs;

use crate::doctor::examined;
use crate::support::{Job, copy_csv};
use crate::world;

const CHECK: &str = "leaks, a sample";
const POINTS: &str = "forecast/point_forecasts";

/// Monthly sales on a calendar of days: most origins have no bar.
const MONTHLY: &str = r#"
[dataset]
name = "sales"
key = ["item"]
target = "value"
calendar = "daily"

[[sources]]
name = "sales"
path = "sales.csv"
bars = true
key = { item = "item" }
columns = [{ name = "value" }]

[training]
max_gap = 1.0

[forecast]
models = ["naive"]
paths = 5
horizon = 2
from = "2024-03-10"
to = "2024-03-20"
"#;

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

#[test]
fn origins_without_a_bar_are_drawn_again_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut sales = "date,item,value\n".to_owned();
    for month in 0..48 {
        sales.push_str(&format!("{}-{:02}-01,a,{}\n", 2021 + month / 12, month % 12 + 1, 100 + month * 7 % 13));
    }
    let configuration = folder.path().join("sales.toml");
    fs::write(&configuration, MONTHLY).unwrap();
    fs::write(folder.path().join("sales.csv"), sales).unwrap();
    let job = Job::new(&configuration, folder.path(), &[]);
    job.ok(&["backfill"]);
    let found = examined(&job, 0, &[], &[]);
    found.expect(CHECK, "ok", "naive of a on 2024-03-1", "");
}
