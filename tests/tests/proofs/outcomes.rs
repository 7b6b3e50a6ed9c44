//! What the ledger says of a whole backfill over keys that are fit for it and keys that are not.

use std::collections::BTreeMap;
use std::fs;

use chrono::{Datelike, NaiveDate, Weekday};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::Job;

const CONFIG: &str = r#"
[dataset]
name = "outcomes"
key = ["item"]
target = "price"

[[sources]]
name = "prices"
path = "prices.csv"
bars = true
key = { item = "item" }
columns = [{ name = "price" }]

[training]
every = "semiannually"
years = 3

[forecast]
models = ["naive", "random_walk", "arima_111", "few_trees"]
horizon = 3
paths = 20
from = "2022-01-03"
to = "2023-02-28"

[[models]]
name = "few_trees"
family = "xgboost"
settings = { lags = [1, 7], windows = [7], rounds = 5 }
"#;
const MODELS: [&str; 4] = ["naive", "random_walk", "arima_111", "few_trees"];
/// The days before the three windows.
const CUTOFFS: [&str; 3] = ["2021-12-31", "2022-06-30", "2022-12-31"];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Monday to Friday.
fn sessions(first: &str, last: &str) -> Vec<NaiveDate> {
    let days = day(first).iter_days().take_while(|date| *date <= day(last));
    days.filter(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)).collect()
}

/// A price that moves, and never twice alike.
fn price(date: NaiveDate) -> f64 {
    let t = f64::from(date.num_days_from_ce());
    100.0 + 8.0 * (t / 90.0).sin() + (t * 1.7).sin() + (t * t * 0.37).cos()
}

/// Five keys: `steady` has all days; `gapped` lacks half a year that only the first window reaches back to; `young` begins
/// less than 730 days before the first two cutoffs; `lone` is one day; `flat` never moves.
fn data() -> TempDir {
    let all = sessions("2018-12-03", "2023-03-31");
    let (gap, birth) = ((day("2019-03-01"), day("2019-08-30")), day("2020-12-15"));
    let mut text = "date,item,price\n".to_owned();
    for date in all {
        let moving = price(date);
        let mut row = |item: &str, price: f64| text.push_str(&format!("{date},{item},{price}\n"));
        row("steady", moving);
        row("flat", 100.0);
        if date < gap.0 || date > gap.1 {
            row("gapped", moving);
        }
        if date >= birth {
            row("young", moving);
        }
        if date == day("2022-03-01") {
            row("lone", moving);
        }
    }
    let folder = TempDir::with_prefix("almanac-outcomes-").unwrap();
    fs::write(folder.path().join("prices.csv"), text).unwrap();
    fs::write(folder.path().join("outcomes.toml"), CONFIG).unwrap();
    folder
}

/// Status and reason of a step's units, by key, model and cutoff.
fn units(job: &Job, step: &str) -> BTreeMap<(String, String, String), (String, Option<String>)> {
    let rows = job.rows(&format!(
        "SELECT key, model_name, training_cutoff_date AS cutoff, status, reason FROM ops.units WHERE step = '{step}'"
    ));
    let unit = |row: &Value| {
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        let place = ["key", "model_name", "cutoff"].map(|name| text(name).unwrap());
        (place.into(), (text("status").unwrap(), text("reason")))
    };
    let units: BTreeMap<_, _> = rows.iter().map(unit).collect();
    assert_eq!(units.len(), rows.len(), "a unit was told twice");
    units
}

/// What must become of a key's fit of a model.
fn expected(key: &str, model: &str, window: usize) -> Option<(&'static str, Option<&'static str>)> {
    match (key, window) {
        ("gapped", 0) => Some(("skipped", Some("gap"))),
        ("young", 0 | 1) | ("lone", 0) => Some(("skipped", Some("too_short"))),
        // without a session in the window there is nothing to forecast
        ("lone", _) => None,
        ("flat", _) if model != "naive" => Some(("fallback", Some("constant"))),
        _ => Some(("ok", None)),
    }
}

#[test]
fn each_unit_ends_as_its_data_deserves() {
    let folder = data();
    let job = Job::new(&folder.path().join("outcomes.toml"), folder.path(), &[]);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    let planned: Value = serde_json::from_str(&job.ok(&["plan", "-o", "json"]).stdout).unwrap();
    let ran = job.ok(&["backfill"]);
    assert_eq!((&ran.step("train")["failed"], &ran.step("infer")["failed"]), (&0.into(), &0.into()));

    let (trained, inferred) = (units(&job, "train"), units(&job, "infer"));
    let mut wanted = 0;
    for key in ["steady", "gapped", "young", "lone", "flat"] {
        for (model, (window, cutoff)) in
            MODELS.iter().flat_map(|model| CUTOFFS.iter().enumerate().map(move |w| (model, w)))
        {
            let place = (key.to_owned(), (*model).to_owned(), (*cutoff).to_owned());
            let what = expected(key, model, window);
            let told = |units: &BTreeMap<_, (String, Option<String>)>| units.get(&place).cloned();
            let owned = |(status, reason): (&str, Option<&str>)| (status.to_owned(), reason.map(str::to_owned));
            assert_eq!(told(&trained), what.map(owned), "fit of {place:?}");
            // a model of a simpler form forecasts as any other
            let what = what.map(|what| if what.0 == "fallback" { ("ok", None) } else { what });
            assert_eq!(told(&inferred), what.map(owned), "forecasts of {place:?}");
            wanted += usize::from(what.is_some());
        }
    }
    assert_eq!((trained.len(), inferred.len()), (wanted, wanted), "units nobody asked for");

    // the plan said so
    let sum = |section: &str, what: &str, of: &dyn Fn(&Value) -> bool| -> u64 {
        let lines = planned[section].as_array().unwrap().iter().filter(|line| of(line));
        lines.map(|line| line[what].as_u64().unwrap()).sum()
    };
    let skipped = trained.values().filter(|unit| unit.0 == "skipped").count();
    assert_eq!(sum("skipped", "units", &|_| true), skipped as u64, "{planned}");
    assert_eq!(sum("plan", "fits", &|line| line["model"] == "total"), (trained.len() - skipped) as u64, "{planned}");

    // what was not skipped is there, for every session of its window, and nothing else
    let skipped = "SELECT count(*) FROM forecast.point_forecasts WHERE item = 'lone' OR (item = 'gapped' \
                   AND data_cutoff_date < DATE '2022-07-01') OR (item = 'young' AND data_cutoff_date < DATE '2023-01-01')";
    assert_eq!(job.count(skipped), 0);
    let [first, second, third] =
        [("2022-01-03", "2022-06-30"), ("2022-07-01", "2022-12-30"), ("2023-01-02", "2023-02-28")]
            .map(|(first, last)| sessions(first, last).len());
    // steady and flat, gapped, young
    let forecasts = MODELS.len() * (2 * (first + second + third) + (second + third) + third);
    assert_eq!(job.count("SELECT count(*) FROM forecast.point_forecasts WHERE day_ahead = 1"), forecasts as i64);
    assert_eq!(ran.step("infer")["forecasts"], forecasts);
}

#[test]
fn a_series_that_never_moves_is_forecast_without_spread() {
    let folder = data();
    let job = Job::new(&folder.path().join("outcomes.toml"), folder.path(), &["--key", "flat"]);
    job.ok(&["backfill"]);
    let moved = "SELECT count(*) FROM forecast.point_forecasts WHERE forecast_point <> 100 OR forecast_mean <> 100 \
                 OR forecast_std <> 0 OR lower_95 <> 100 OR upper_95 <> 100 OR NOT model_success";
    assert_eq!(job.count(moved), 0);
    let paths = "SELECT count(*) FROM forecast.distributions WHERE day_1 <> 100 OR day_3 <> 100";
    assert_eq!(job.count(paths), 0);
    assert_eq!(job.count("SELECT count(DISTINCT model_name) FROM forecast.distributions"), 4);
    let told = "SELECT DISTINCT model_name || ' ' || status || ' ' || coalesce(fallback_reason, '-') \
                FROM forecast.trained_models ORDER BY 1";
    let constant = ["arima_111", "few_trees", "random_walk"].map(|model| format!("{model} fallback constant"));
    assert_eq!(job.lines(told), [constant[0].as_str(), &constant[1], "naive ok -", &constant[2]]);
}

/// A key that is below zero for one day after the fit: whose forecasts take a simpler form on that day, or from then on, is
/// told by their unit, and only there.
#[test]
fn a_price_below_zero_after_the_fit_is_told() {
    let folder = TempDir::with_prefix("almanac-outcomes-").unwrap();
    let (first, sunk) = ("2018-12-03", day("2022-03-01"));
    let rows = sessions(first, "2022-03-31").into_iter().map(|date| {
        let price = if date == sunk { -37.63 } else { price(date) };
        format!("{date},oil,{price}\n")
    });
    let rows: String = rows.collect();
    fs::write(folder.path().join("prices.csv"), format!("date,item,price\n{rows}")).unwrap();
    let config = CONFIG.replace("2023-02-28", "2022-03-31").replace("\"few_trees\"]", "\"few_trees\", \"products\"]");
    let products =
        "[[models]]\nname = \"products\"\nfamily = \"ets\"\nsettings = { model = \"MNN\", season = \"none\" }\n";
    fs::write(folder.path().join("oil.toml"), format!("{config}\n{products}")).unwrap();
    let job = Job::new(&folder.path().join("oil.toml"), folder.path(), &[]);
    let ran = job.ok(&["backfill"]);
    assert_eq!(ran.step("infer")["failed"], 0);
    let of = |step: &str| -> BTreeMap<String, (String, Option<String>)> {
        units(&job, step).into_iter().map(|((_, model, _), told)| (model, told)).collect()
    };
    let (trained, inferred) = (of("train"), of("infer"));
    let differences = "differences: a price after the fit is zero or negative";
    for (model, reason) in [
        ("naive", Some(differences)),
        ("random_walk", Some(differences)),
        ("few_trees", Some(differences)),
        ("products", Some("absent: a price after the fit is zero or negative")),
        ("arima_111", None),
    ] {
        assert_eq!(trained[model], ("ok".to_owned(), None), "{model}");
        let status = if reason.is_some() { "fallback" } else { "ok" };
        assert_eq!(inferred[model], (status.to_owned(), reason.map(str::to_owned)), "{model}");
    }
    assert_eq!((trained.len(), inferred.len()), (5, 5));
    assert_eq!(job.count("SELECT sum(fallback_units) FROM ops.runs"), 4);
    let forecasts = sessions("2022-01-03", "2022-03-31").len() * inferred.len();
    assert_eq!(job.count("SELECT count(*) FROM forecast.point_forecasts WHERE day_ahead = 1"), forecasts as i64);
}
