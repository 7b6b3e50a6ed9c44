//! A regressor past the origin, from the configuration to stored forecasts: each way of continuing it has its known values.

use std::fs;

use chrono::{Datelike, NaiveDate};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::Job;

const CONFIG: &str = r#"
[dataset]
name = "projections"
key = ["item"]
target = "price"
calendar = "daily"

[[sources]]
name = "prices"
path = "prices.csv"
bars = true
key = { item = "item" }
columns = [{ name = "price" }]

[[sources]]
name = "plan"
path = "plan.csv"
key = { item = "item" }
publication_lag_days = -30
columns = [{ name = "shelf" }]

[training]
every = "semiannually"
years = 4

[forecast]
models = ["persist", "seasonal", "linear", "known"]
horizon = 10
paths = 50
from = "2023-02-01"
to = "2023-02-01"
"#;
const ORIGIN: &str = "2023-02-01";
/// What is planned after the origin is higher by this than what the days before it let expect.
const STEP: f64 = 7.0;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A line within each year, from a start that is higher by ten each year.
fn shelf(date: NaiveDate) -> f64 {
    let step = if date > day(ORIGIN) { STEP } else { 0.0 };
    10.0 * f64::from(date.year() - 2018) + 0.1 * f64::from(date.ordinal0()) + step
}

fn data() -> TempDir {
    let folder = TempDir::with_prefix("almanac-projections-").unwrap();
    let (mut prices, mut plan) = ("date,item,price\n".to_owned(), "date,item,shelf\n".to_owned());
    for date in day("2018-12-01").iter_days().take_while(|date| *date <= day("2023-02-20")) {
        let (shelf, t) = (shelf(date), f64::from(date.num_days_from_ce()));
        let price = 50.0 + 2.0 * shelf + (t * 1.7).sin() + (t * t * 0.37).cos();
        prices.push_str(&format!("{date},a,{price}\n"));
        plan.push_str(&format!("{date},a,{shelf}\n"));
    }
    let models = ["persist", "seasonal", "linear", "known"].map(|policy| {
        format!(
            "\n[[models]]\nname = \"{policy}\"\nfamily = \"arima\"\nsettings = {{ order = [0, 0, 0] }}\n\
             regressors = [{{ column = \"shelf\", future = \"{policy}\" }}]\n"
        )
    });
    let config = format!("{CONFIG}{}", models.concat());
    for (name, text) in [("prices.csv", prices), ("plan.csv", plan), ("projections.toml", config)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn a_forecast_is_the_constant_and_the_coefficient_times_the_projection() {
    let folder = data();
    let job = Job::new(&folder.path().join("projections.toml"), folder.path(), &[]);
    job.ok(&["backfill"]);
    let fits = job.rows("SELECT DISTINCT parameters FROM forecast.trained_models");
    assert_eq!(fits.len(), 1, "fits that differ by what they assume ahead: {fits:?}");
    let parameters: Value = serde_json::from_str(fits[0]["parameters"].as_str().unwrap()).unwrap();
    let coefficient = |name: &str| {
        let all = parameters["coefficients"].as_array().unwrap();
        let found = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name} in {parameters}"));
        found["value"].as_f64().unwrap()
    };
    let (constant, beta) = (coefficient("constant"), coefficient("shelf"));
    assert!((beta - 2.0).abs() < 0.05, "{beta}");

    let last = shelf(day(ORIGIN));
    let points = job.rows("SELECT model_name, day_ahead, forecast_point FROM forecast.point_forecasts");
    assert_eq!(points.len(), 4 * 10);
    for row in points {
        let (model, h) = (row["model_name"].as_str().unwrap(), row["day_ahead"].as_f64().unwrap());
        let projected = match model {
            "persist" => last,
            // the same dates of the last three years, which began lower by ten, twenty and thirty
            "seasonal" => last + 0.1 * h - 20.0,
            // the last thirty days are all of this year
            "linear" => last + 0.1 * h,
            _ => last + 0.1 * h + STEP,
        };
        let (point, wanted) = (row["forecast_point"].as_f64().unwrap(), constant + beta * projected);
        assert!((point - wanted).abs() < 1e-6, "{row}: {wanted} is right");
    }
}
