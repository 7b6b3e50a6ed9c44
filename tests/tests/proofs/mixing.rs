//! One model version, one configuration, and one calendar and target for all versions of a warehouse.

use std::fs;

use tempfile::TempDir;

use crate::support::Job;

const CONFIG: &str = r#"
[dataset]
name = "mixing"
key = ["item"]
target = "price"
calendar = "trading"

[[sources]]
name = "prices"
path = "prices.csv"
bars = true
key = { item = "item" }
columns = [{ name = "price" }]

[[sources]]
name = "weather"
path = "weather.csv"
publication_lag_days = 1
columns = [{ name = "rain" }]

[training]
every = "monthly"

[forecast]
horizon = 3
paths = 10
from = "2022-12-01"
to = "2022-12-05"

[[models]]
name = "wet"
family = "arima"
regressors = [{ column = "rain" }]
settings = { order = [1, 1, 0] }
"#;

/// Prices and weather on weekdays.
fn data() -> TempDir {
    let folder = TempDir::with_prefix("almanac-mixing-").unwrap();
    let first: chrono::NaiveDate = "2018-06-01".parse().unwrap();
    let days = first.iter_days().take_while(|day| day.to_string().as_str() <= "2022-12-30");
    let weekdays = days.filter(|day| chrono::Datelike::weekday(day).num_days_from_monday() < 5);
    let (mut prices, mut weather) = ("date,item,price,volume\n".to_owned(), "date,rain,wind\n".to_owned());
    for (number, day) in weekdays.enumerate() {
        let turn = number as f64;
        prices.push_str(&format!("{day},A,{},{}\n", 50.0 + (turn / 9.0).sin() + turn.sqrt(), 100 + number % 7));
        weather.push_str(&format!("{day},{},{}\n", (turn * 1.7).cos(), (turn * 0.3).sin()));
    }
    fs::write(folder.path().join("prices.csv"), prices).unwrap();
    fs::write(folder.path().join("weather.csv"), weather).unwrap();
    folder
}

/// A warehouse whose configuration can be written anew.
struct World {
    job: Job,
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = data();
        let world = Self { job: Job::new(&folder.path().join("mixing.toml"), folder.path(), &[]), folder };
        world.configure(&[]);
        world
    }

    /// Writes the configuration with some texts replaced, each of which must occur.
    fn configure(&self, replace: &[(&str, &str)]) {
        let mut text = CONFIG.to_owned();
        for (old, new) in replace {
            assert!(text.contains(old), "{old:?} does not occur");
            text = text.replace(old, new);
        }
        fs::write(self.folder.path().join("mixing.toml"), text).unwrap();
    }
}

const BOTH: [&str; 3] = ["--models", "naive,wet", "backfill"];
const NAIVE: [&str; 3] = ["--models", "naive", "backfill"];

#[test]
fn settings_of_a_column_are_those_of_the_models_that_use_it() {
    let world = World::new();
    let job = &world.job;
    job.ok(&BOTH);
    job.ok(&["evaluate"]);
    let before = job.content();
    let lag = "sources.columns.rain.publication_lag_days = 1, now 3";
    world.configure(&[("publication_lag_days = 1", "publication_lag_days = 3")]);
    job.refused(&BOTH, 6, &["E0601", lag, "v1"]);
    job.refused(&["--models", "naive,wet", "--to", "2022-12-15", "infer"], 6, &["E0601", lag]);
    // a model that does not use the column goes on, and so does another version
    job.ok(&NAIVE);
    assert_eq!(job.content(), before);
    job.ok(&[&["--model-version", "v2"][..], &BOTH].concat());

    world.configure(&[]);
    job.ok(&BOTH);
    world.configure(&[("path = \"weather.csv\"", "path = \"./weather.csv\"")]);
    job.ok(&BOTH);
}

/// Another calendar or scale, and the setting that the refusal names.
const OTHERS: [((&str, &str), &str); 3] = [
    (("\"trading\"", "\"daily\""), "dataset.calendar"),
    (("{ name = \"price\" }", "{ name = \"price\", scale = 100.0 }"), "sources.columns.price.scale"),
    (("target = \"price\"", "target = \"volume\""), "dataset.target"),
];

#[test]
fn calendar_and_target_are_those_of_the_warehouse() {
    let world = World::new();
    let job = &world.job;
    let more = ("columns = [{ name = \"price\" }]", "columns = [{ name = \"price\" }, { name = \"volume\" }]");
    world.configure(&[more]);
    job.ok(&NAIVE);
    job.ok(&["evaluate"]);
    let before = job.content();
    for (other, key) in OTHERS {
        world.configure(&[more, other]);
        for command in ["backfill", "build", "train", "infer", "evaluate", "plan"] {
            for version in ["v1", "v9"] {
                let command = ["--models", "naive", "--model-version", version, command];
                job.refused(&command, 6, &["E0603", key, "warehouse of its own"]);
            }
        }
        job.refused(&[&["--force"][..], &NAIVE].concat(), 6, &["E0603", key]);
        world.configure(&[more]);
        assert_eq!(job.content(), before, "{key}");
    }
    job.ok(&NAIVE);
    assert_eq!(job.content(), before);
}

#[test]
fn where_nothing_is_trained_a_build_may_change_them() {
    let world = World::new();
    let job = &world.job;
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    world.configure(&[OTHERS[0].0]);
    job.refused(&["--models", "naive", "train"], 6, &["E0603", "dataset.calendar", "almanac build"]);
    job.ok(&["build"]);
    job.ok(&["--models", "naive", "train"]);
    world.configure(&[]);
    job.refused(&["build"], 6, &["E0603", "dataset.calendar"]);
}

#[test]
fn new_columns_and_sources_join_an_existing_warehouse() {
    let world = World::new();
    let job = &world.job;
    world.configure(&[("publication_lag_days = 1\n", "")]);
    job.ok(&BOTH);
    job.ok(&["evaluate"]);
    let before = job.content();
    // columns of both sources, one that says when its values were public, and a source
    world.configure(&[
        ("publication_lag_days = 1\n", ""),
        ("{ name = \"price\" }", "{ name = \"price\" }, { name = \"volume\" }"),
        ("{ name = \"rain\" }", "{ name = \"rain\" }, { name = \"wind\", max_staleness_days = 30 }"),
        (
            "[training]",
            "[[sources]]\nname = \"later\"\npath = \"weather.csv\"\npublication_lag_days = 2\n\
             columns = [{ name = \"late\", from = \"rain\" }]\n\n[training]",
        ),
        (
            "[[models]]",
            "[[models]]\nname = \"new\"\nfamily = \"arima\"\nregressors = [{ column = \"wind\" }, { column = \"late\" }]\n\
             settings = { order = [1, 1, 0] }\n\n[[models]]",
        ),
    ]);
    job.refused(&["--models", "naive", "train"], 5, &["silver.model_input", "almanac build"]);
    // who reads can do without them
    let rows = job.count("SELECT count(*) FROM silver.model_input");
    job.ok(&["tables"]);
    job.ok(&["describe", "bronze.weather"]);
    job.ok(&BOTH);
    assert_eq!(job.count("SELECT count(*) FROM silver.model_input VERSION AS OF 1"), rows);
    job.ok(&["describe", "bronze.weather", "--at", "0"]);
    assert_eq!(job.content(), before);
    job.ok(&["--models", "new", "--model-version", "v2", "backfill"]);
    job.ok(&["--models", "new", "--model-version", "v2", "evaluate"]);
    let forecasts = "SELECT count(*) FROM forecast.point_forecasts WHERE model_name = 'new' AND model_version = 'v2'";
    assert_eq!(job.count(forecasts), 9);
    let filled = "SELECT count(*) FROM silver.model_input WHERE date = DATE '2022-12-01' AND volume IS NOT NULL \
                  AND wind IS NOT NULL AND late IS NOT NULL";
    assert_eq!(job.count(filled), 1);

    // an earlier configuration finds its rows where they were
    world.configure(&[("publication_lag_days = 1\n", "")]);
    job.ok(&BOTH);
    assert_eq!(job.count("SELECT count(*) FROM forecast.point_forecasts WHERE model_version = 'v1'"), 18);
}

#[test]
fn levels_without_columns_need_a_warehouse_of_their_own() {
    let world = World::new();
    let job = &world.job;
    job.ok(&NAIVE);
    job.ok(&["evaluate"]);
    let before = job.content();
    let levels = ["--levels", "50,90", "--model-version", "v2"];
    let named = ["E0603", "forecast.levels = [80, 95], now [50, 90]", "warehouse of its own"];
    for command in [&NAIVE[..], &["--widen", "--models", "naive", "backfill"], &["evaluate"]] {
        job.refused(&[&levels[..], command].concat(), 6, &named);
    }
    assert_eq!(job.content(), before);
    // some of those that it has
    job.ok(&[&["--levels", "95", "--model-version", "v2"][..], &NAIVE].concat());
}

#[test]
fn forecasts_with_fewer_levels_are_scored_by_those_they_have() {
    let world = World::new();
    let job = &world.job;
    job.ok(&NAIVE);
    job.ok(&["evaluate"]);
    let scores = |version: &str, what: &str| {
        let from = "FROM forecast.forecast_metadata WHERE actuals_available > 0";
        job.count(&format!("SELECT count(*) {from} AND model_version = '{version}' AND {what}"))
    };
    let all = scores("v1", "true");
    let fewer = ["--levels", "95", "--model-version", "v2"];
    job.ok(&[&fewer[..], &NAIVE].concat());
    for today in [&fewer[..], &["--model-version", "v2"]] {
        job.ok(&[today, &["evaluate"]].concat());
        let complete = "coverage_80 IS NOT NULL AND sharpness_80 > 0 AND coverage_95 IS NOT NULL";
        assert_eq!((scores("v1", "true"), scores("v1", complete)), (all, all), "{today:?}");
        let without = "coverage_80 IS NULL AND sharpness_80 IS NULL AND coverage_95 IS NOT NULL AND sharpness_95 > 0 \
                       AND interval_score > 0 AND pinball > 0";
        assert_eq!((scores("v2", "true"), scores("v2", without)), (all, all), "{today:?}");
    }
}
