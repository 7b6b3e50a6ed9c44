//! What `plan` says is what `backfill` then does.

use serde_json::Value;

use crate::support::{Ended, Job, demo_data, example};

/// Three windows, two keys, three models.
const FLAGS: [&str; 8] = [
    "--models",
    "naive,random_walk,sarimax_auto_weather",
    "--paths",
    "200",
    "--from",
    "2023-06-20",
    "--to",
    "2024-02-28",
];
const MODELS: [&str; 3] = ["naive", "random_walk", "sarimax_auto_weather"];
/// What a plan counts, in the order of [`Planned::counts`].
const COUNTS: [&str; 4] = ["fits", "forecasts", "rows", "commits"];
const TABLES: [&str; 3] = ["forecast.trained_models", "forecast.distributions", "forecast.point_forecasts"];

/// A plan's lines.
struct Planned(Vec<Value>);

impl Planned {
    fn of(job: &Job, flags: &[&str]) -> Self {
        let text = job.ok(&[flags, &["plan", "-o", "json"]].concat()).stdout;
        let document: Value = serde_json::from_str(&text).unwrap();
        assert!(document.get("skipped").is_none(), "{text}");
        Self(document["plan"].as_array().unwrap().clone())
    }

    fn line(&self, model: &str) -> &Value {
        self.0.iter().find(|line| line["model"] == model).unwrap_or_else(|| panic!("no {model} in {:?}", self.0))
    }

    fn number(&self, model: &str, what: &str) -> u64 {
        self.line(model)[what].as_u64().unwrap()
    }

    /// Fits, forecasts, rows and commits in total.
    fn counts(&self) -> [u64; 4] {
        COUNTS.map(|what| self.number("total", what))
    }
}

/// Rows and bytes of the three tables.
fn held(job: &Job) -> (u64, u64) {
    let tables = job.tables();
    let sum = |fact: &str| TABLES.iter().filter_map(|name| tables.get(*name)?[fact].as_u64()).sum();
    (sum("rows"), sum("bytes"))
}

/// Fits, forecasts and commits that the run told.
fn told(ran: &Ended) -> [u64; 3] {
    let number = |step: &str, fact: &str| ran.step(step)[fact].as_u64().unwrap();
    [number("train", "units"), number("infer", "forecasts"), number("train", "commits") + number("infer", "commits")]
}

#[test]
fn a_plan_is_what_then_happens() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &FLAGS);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    let planned = Planned::of(&job, &[]);
    let [fits, forecasts, rows, commits] = planned.counts();
    assert!(fits == 18 && forecasts > 900, "{:?}", planned.0);

    let ran = job.ok(&["backfill"]);
    assert_eq!(told(&ran), [fits, forecasts, commits]);
    let (held_rows, held_bytes) = held(&job);
    assert_eq!(held_rows, rows);
    let bytes = planned.number("total", "bytes");
    assert!(bytes < 2 * held_bytes && held_bytes < 2 * bytes, "{bytes} bytes planned, {held_bytes} written");
    // what each table became: its creation, then the commits
    let version = |table: &str| job.tables()[table]["version"].as_u64().unwrap();
    assert_eq!(TABLES.iter().map(|table| version(table)).sum::<u64>(), commits);

    let status: Value = serde_json::from_str(&job.ok(&["status", "-o", "json"]).stdout).unwrap();
    for model in MODELS {
        let sum = |step: &str, what: &str| -> u64 {
            let units = status["units"].as_array().unwrap().iter();
            let own = units.filter(|unit| unit["step"] == step && unit["model"] == model);
            own.map(|unit| unit[what].as_u64().unwrap()).sum()
        };
        let number = |what: &str| planned.number(model, what);
        assert_eq!(
            (sum("train", "units"), sum("infer", "forecasts")),
            (number("fits"), number("forecasts")),
            "{model}"
        );
        let count =
            |table: &str| job.count(&format!("SELECT count(*) FROM {table} WHERE model_name = '{model}'")) as u64;
        assert_eq!(TABLES.iter().map(|table| count(table)).sum::<u64>(), number("rows"), "{model}");
    }
    assert_eq!(Planned::of(&job, &[]).counts(), [0; 4]);
    assert_eq!(told(&job.ok(&["backfill"])), [0; 3]);
}

/// With a limit, the first units in the grid's order, of fits and of forecasts each.
#[test]
fn a_limited_plan_is_a_limited_backfill() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &FLAGS);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    for _ in 0..2 {
        let planned = Planned::of(&job, &["--limit", "4"]).counts();
        assert_eq!(planned[0], 4);
        assert!((4..800).contains(&planned[1]), "{planned:?}");
        let before = held(&job).0;
        let ran = told(&job.ok(&["--limit", "4", "backfill"]));
        assert_eq!(ran, [planned[0], planned[1], planned[3]]);
        assert_eq!(held(&job).0, before + planned[2]);
    }
}

/// A part that exists is not planned again, and a commit's size decides about commits alone.
#[test]
fn a_plan_counts_what_is_missing() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &FLAGS);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    let whole = Planned::of(&job, &[]).counts();
    let one_by_one = Planned::of(&job, &["--cells-per-commit", "1"]);
    assert_eq!(one_by_one.counts()[..3], whole[..3]);
    let cells = one_by_one.counts()[3] / 3;
    assert!(cells == 9 || cells == 18, "{cells} cells: three models, three windows, one or two buckets");

    let part = ["--key", "Coffee", "--select", "model=naive|random_walk"];
    let planned = Planned::of(&job, &part).counts();
    assert!(planned[0] == 6 && planned[1] * 3 == whole[1], "{planned:?} of {whole:?}");
    let done = told(&job.ok(&[&part[..], &["backfill"]].concat()));
    assert_eq!(done, [planned[0], planned[1], planned[3]]);
    let rest = Planned::of(&job, &[]).counts();
    for (place, what) in COUNTS.iter().enumerate().take(3) {
        assert_eq!(rest[place] + planned[place], whole[place], "{what}");
    }
    assert_eq!(told(&job.ok(&["backfill"])), [rest[0], rest[1], rest[3]]);
    assert_eq!(held(&job).0, whole[2]);
    // all of it again, and with it the other origins of its windows
    let again = Planned::of(&job, &["--force"]).counts();
    assert!(again[0] == whole[0] && again[1] > whole[1], "{again:?} of {whole:?}");
    assert_eq!(told(&job.ok(&["--force", "backfill"])), [again[0], again[1], again[3]]);
    assert_eq!(held(&job).0, again[2]);
}
