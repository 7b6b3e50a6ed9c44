//! Another dataset is another configuration: daily sales of 50 stores, with zeros and plans known ahead.

use std::collections::BTreeMap;

use crate::support::{Job, example, real_data};

fn versions(job: &Job) -> BTreeMap<String, (u64, String)> {
    let of =
        |line: &serde_json::Value| (line["version"].as_u64().unwrap(), line["content"].as_str().unwrap().to_owned());
    job.tables().iter().map(|(name, line)| (name.clone(), of(line))).collect()
}

#[test]
fn fifty_stores_with_closed_days() {
    let Some(source) = real_data("retail") else { return };
    let job = Job::new(&example("rossmann.toml"), &source, &[]);
    let ran = job.ok(&["backfill"]);
    assert_eq!((&ran.step("infer")["forecasts"], &ran.step("infer")["failed"]), (&27_150.into(), &0.into()));
    assert_eq!((&ran.step("train")["units"], &ran.step("train")["failed"]), (&300.into(), &0.into()));
    // 50 stores, 181 days, 3 models, 28 days ahead
    assert_eq!(job.count("SELECT count(DISTINCT store) FROM forecast.point_forecasts"), 50);
    assert_eq!(job.count("SELECT count(*) FROM forecast.point_forecasts"), 27_150 * 28);
    // logs of zero do not exist: every fit says that it did without, and every number is one
    assert_eq!(job.count("SELECT count(*) FROM forecast.trained_models WHERE status = 'fallback'"), 300);
    let finite = "SELECT count(*) FROM forecast.point_forecasts WHERE forecast_point IS NULL OR isnan(forecast_point) \
                  OR isnan(lower_95) OR isnan(upper_95) OR NOT abs(forecast_mean) < 1e7";
    assert_eq!(job.count(finite), 0);
    let closed = "SELECT count(*) FROM forecast.forecast_actuals WHERE actual_sales = 0 AND date >= DATE '2015-01-01'";
    assert!(job.count(closed) > 1_000);

    let before = versions(&job);
    let again = job.ok(&["backfill"]);
    for step in ["train", "infer"] {
        assert_eq!((&again.step(step)["units"], &again.step(step)["commits"]), (&0.into(), &0.into()), "{step}");
    }
    assert_eq!(versions(&job), before, "a second run wrote");

    let evaluated = job.ok(&["evaluate"]).step("evaluate");
    let scores = evaluated["scores"].as_array().unwrap();
    assert_eq!(scores.len(), 150);
    // who knows promotions and closed days must beat yesterday's sales in every store
    let trees = scores.iter().filter(|score| score["model"] == "sales_xgboost");
    let worst = trees.map(|score| score["ratio_to_naive"].as_f64().unwrap()).fold(0.0, f64::max);
    assert!(worst < 0.5, "sales_xgboost errs {worst} times as much as naive");
}
