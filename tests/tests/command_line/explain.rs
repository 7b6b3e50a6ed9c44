//! `explain unit` and `models explain`: why a forecast is what it is, and what its fit says.

use std::fs;

use serde_json::Value;

use crate::support::{Job, example};
use crate::world;

fn json(arguments: &[&str]) -> Value {
    let ended = world::job().ok(&[arguments, &["-o", "json"]].concat());
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn a_forecast_is_explained() {
    let found = json(&["explain", "unit", "--model", "random_walk", "--origin", "2024-01-03"]);
    let unit = &found["unit"];
    for (name, value) in [
        ("key", "Coffee"),
        ("model", "random_walk"),
        ("origin", "2024-01-03"),
        ("cutoff", "2023-12-31"),
        ("window_start", "2024-01-01"),
        ("window_end", "2024-06-30"),
        ("history_end", "2024-01-03"),
    ] {
        assert_eq!(unit[name], value, "{unit}");
    }
    assert_eq!((unit["same_when_drawn_again"].as_bool(), unit["leaks"].as_bool()), (Some(true), Some(false)));
    assert_eq!((unit["seed"].as_u64(), unit["stream"].as_str().unwrap().len()), (Some(42), 64));
    let made_from = unit["forecast_from"].as_str().unwrap();
    assert!(made_from.starts_with("silver.model_input@"), "{unit}");
    assert_eq!(unit["input_now"], made_from);
    let stored = "SELECT DISTINCT data_version FROM forecast.point_forecasts";
    assert_eq!(world::job().lines(stored), [made_from]);
    // from the cutoff to the origin: the second and third of January
    let close = "SELECT close FROM silver.model_input WHERE commodity = 'Coffee' AND date = DATE '2024-01-03'";
    assert_eq!(
        (unit["state"]["moved_over"].as_u64(), unit["state"]["last_session"].as_str()),
        (Some(2), Some("2024-01-03"))
    );
    assert_eq!(unit["state"]["last_value"].to_string(), world::job().lines(close)[0]);
    let text = world::job().ok(&["explain", "unit", "--origin", "2024-01-03", "-o", "table"]).stdout;
    let line = format!("\n{:16}moved over 2 sessions after the cutoff\n{:16}the last of 2024-01-03 at ", "state", "");
    assert!(text.contains(&line), "{text}");
    let days = found["forecast"].as_array().unwrap();
    assert_eq!(days.len(), 3);
    let stored = "SELECT forecast_point FROM forecast.point_forecasts WHERE commodity = 'Coffee' AND day_ahead = 2 \
                  AND model_name = 'random_walk' AND data_cutoff_date = DATE '2024-01-03'";
    assert_eq!(days[1]["forecast_point"].to_string(), world::job().lines(stored)[0]);
    assert!(days[0]["actual"].as_f64().is_some());
}

#[test]
fn without_a_choice_it_is_the_newest_of_the_first() {
    let found = json(&["explain", "unit"]);
    assert_eq!((&found["unit"]["key"], &found["unit"]["model"]), (&"Coffee".into(), &"naive".into()));
    assert_eq!(found["unit"]["origin"], "2024-01-05");
    assert_eq!(found["regressors"], Value::Null);
}

#[test]
fn changed_inputs_are_told() {
    let job = world::copy();
    let market = crate::support::copy_csv(world::data(), |file, fields| {
        let mut fields: Vec<&str> = fields.to_vec();
        if file == "vix.csv" && fields[0] == "2024-01-02" {
            *fields.last_mut().unwrap() = "33.33";
        }
        Some(fields.join(","))
    });
    let mut changed = world::fresh();
    changed.warehouse.clone_from(&job.warehouse);
    changed.source = market.path().into();
    changed.ok(&["ingest"]);
    changed.ok(&["build"]);
    let text = changed.ok(&["explain", "unit", "-o", "table"]).stdout;
    assert!(text.contains("--refresh stale") && text.contains("bit by bit"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_forecast_of_other_settings_is_explained_by_what_is_stored() {
    let found = json(&["--seed", "7", "explain", "unit", "--model", "random_walk", "--origin", "2024-01-03"]);
    let unit = &found["unit"];
    let why = unit["not_drawn_again"].as_str().unwrap();
    assert!(why.contains("42, now 7"), "{unit}");
    assert_eq!(
        (&unit["model"], &unit["seed"], &unit["cutoff"]),
        (&"random_walk".into(), &42.into(), &"2023-12-31".into())
    );
    assert!(unit["fitted_model_sha256"].is_string() && unit["same_when_drawn_again"].is_null(), "{unit}");
    assert_eq!(found["forecast"].as_array().unwrap().len(), 3);
    let text = world::job().ok(&["--seed", "7", "explain", "unit", "-o", "table"]).stdout;
    assert!(text.contains("drawn again     not possible: it was made with "), "{text}");
    assert!(text.contains("What is stored"), "{text}");
}

#[test]
fn a_forecast_that_was_not_made_has_the_ledgers_reason() {
    let job = world::copy();
    // forecasts of a window with half a year before it, beside those that can be made
    let environment = [("ALMANAC_FORECAST__FROM", "2012-07-01")];
    let explain = |origin: &str| {
        let ended =
            job.run_with(&environment, &["explain", "unit", "--model", "naive", "--origin", origin, "-o", "json"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        serde_json::from_str::<Value>(&ended.stdout).unwrap()["unmade"].clone()
    };
    let planned = explain("2012-07-05");
    assert_eq!((&planned["step"], &planned["status"]), (&"plan".into(), &"skipped".into()));
    assert!(planned["message"].as_str().unwrap().contains("730"), "{planned}");
    let ended = job.run_with(&environment, &["--from", "2012-07-03", "--to", "2024-01-08", "--limit", "1", "backfill"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let noted = explain("2012-07-05");
    assert_eq!((&noted["status"], &noted["reason"]), (&"skipped".into(), &"too_short".into()), "{noted}");
    // nothing was ever asked for here
    job.refused(&["explain", "unit", "--model", "naive", "--origin", "2011-01-04"], 4, &["2011-01-04"]);
    job.refused(&["explain", "unit", "--model", "naiv"], 4, &["naive"]);
    job.refused(&["--key", "Cofee", "explain", "unit"], 4, &["Coffee"]);
}

#[test]
fn a_key_without_any_forecast_has_a_reason_too() {
    let job = world::fresh();
    // half a year before the window: too short
    let environment = [("ALMANAC_FORECAST__FROM", "2012-07-01")];
    let explain = |key: &str| {
        let unit = ["--key", key, "-o", "json", "explain", "unit", "--model", "naive", "--origin", "2012-07-05"];
        let ended = job.run_with(&environment, &unit);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let told = serde_json::from_str::<Value>(&ended.stdout).unwrap()["unmade"].clone();
        assert_eq!((&told["key"], &told["status"]), (&key.into(), &"skipped".into()), "{told}");
        assert!(told["message"].as_str().unwrap().contains("730"), "{told}");
    };
    job.refused(&["--key", "Sugar", "explain", "unit"], 4, &["E0403", "almanac build"]);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    explain("Sugar");
    job.refused(&["explain", "unit"], 4, &["E0403", "almanac backfill"]);
    job.ok(&["--key", "Coffee", "backfill"]);
    explain("Sugar");
    explain("Coffee");
}

#[test]
fn a_fit_is_explained() {
    let found = json(&["--key", "Sugar", "models", "explain", "random_walk"]);
    assert_eq!(found["model"]["key"], "Sugar");
    let told = found["model"]["told"].as_array().unwrap();
    assert!(told.iter().any(|row| row["part"] == "paths" && !row["meaning"].is_null()), "{told:?}");
    let numbers = found["numbers"].as_array().unwrap();
    assert!(numbers.iter().any(|row| row["part"] == "quality" && row["name"] == "observations"), "{numbers:?}");
    let text = world::job().ok(&["models", "explain", "naive", "-o", "table"]).stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn fits_say_what_they_found_in_the_demo_data() {
    let flags = ["--models", "sarimax_auto_weather,xgboost", "--key", "Sugar", "--paths", "5", "--horizon", "3"];
    let dates = ["--from", "2024-01-02", "--to", "2024-01-02"];
    let job = Job::new(&example("demo.toml"), world::data(), &[&flags[..], &dates].concat());
    job.ok(&["backfill"]);
    let numbers = |model: &str, part: &str| -> Vec<Value> {
        let told: Value = serde_json::from_str(&job.ok(&["models", "explain", model, "-o", "json"]).stdout).unwrap();
        let rows = told["numbers"].as_array().unwrap().iter();
        rows.filter(|row| row["part"] == part).cloned().collect()
    };
    let named = |rows: &[Value], name: &str| -> Value {
        rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {rows:?}")).clone()
    };
    let orders = numbers("sarimax_auto_weather", "order");
    for order in ["p", "d", "q"] {
        assert!(named(&orders, order)["value"].is_number(), "{orders:?}");
    }
    // sugar depends on its weather
    let coefficients = numbers("sarimax_auto_weather", "coefficient");
    for column in ["temp_mean_c", "humidity_mean_pct", "precipitation_mm"] {
        let row = named(&coefficients, column);
        assert!(row["value"].is_number() && row["standard_error"].as_f64() > Some(0.0), "{row}");
    }
    // and is told it as the input has it on the origin
    let explained = job.ok(&["explain", "unit", "--model", "sarimax_auto_weather", "-o", "json"]).stdout;
    let explained: Value = serde_json::from_str(&explained).unwrap();
    let regressors = explained["regressors"].as_array().unwrap();
    let columns: Vec<&str> = regressors.iter().map(|seen| seen["column"].as_str().unwrap()).collect();
    assert_eq!(columns, ["temp_mean_c", "humidity_mean_pct", "precipitation_mm"]);
    for (seen, column) in regressors.iter().zip(columns) {
        let of_sugar = "FROM silver.model_input WHERE commodity = 'Sugar' AND date = DATE '2024-01-02'";
        let stored = job.lines(&format!("SELECT {column}, {column}_known_at {of_sugar}"));
        let (value, known_at) = stored[0].split_once(',').unwrap();
        assert_eq!(seen["at_origin"].as_f64(), Some(value.parse().unwrap()), "{seen}");
        assert_eq!(seen["known_at"], known_at, "{seen}");
        // it persists
        assert_eq!(seen["first_ahead"], seen["at_origin"], "{seen}");
    }
    let importance = numbers("xgboost", "importance");
    let shares: Vec<f64> = importance.iter().map(|row| row["value"].as_f64().unwrap()).collect();
    assert!(shares.len() > 3 && shares.iter().all(|&share| share >= 0.0), "{importance:?}");
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{shares:?}");
    named(&importance, "lag_1");
}

#[test]
fn keys_that_only_differ_in_where_a_bar_stands_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = "date,x,y,px\n".to_owned();
    let first = chrono::NaiveDate::from_ymd_opt(2022, 1, 3).unwrap();
    for n in 0..300_u64 {
        let day = first + chrono::Days::new(n);
        rows.push_str(&format!("{day},a|b,c,{}\n{day},a,b|c,{}\n", 100 + n % 7, 500 + n % 5));
    }
    fs::write(folder.path().join("p.csv"), rows).unwrap();
    let flags = ["--models", "naive", "--paths", "5", "--horizon", "3", "--from", "2022-10-25", "--to", "2022-10-25"];
    let job = Job::new(&folder.path().join("mine.toml"), folder.path(), &flags);
    assert_eq!(job.ok(&["init", "--key-column", "x,y"]).step("init")["keys"], 2);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    // the bar after `a` and the backslash before the other
    job.ok(&["--select", r"key=a\|b\\|c", "backfill"]);
    assert_eq!(job.lines("SELECT DISTINCT y FROM forecast.point_forecasts"), ["b|c"]);
    job.ok(&["--key", r"a\|b|c", "backfill"]);
    assert_eq!(job.count("SELECT count(DISTINCT y) FROM forecast.point_forecasts"), 2);
    for (key, least) in [(r"a\|b|c", 50.0), (r"a|b\|c", 450.0)] {
        let told = job.ok(&["--key", key, "-o", "json", "explain", "unit"]).stdout;
        let told: Value = serde_json::from_str(&told).unwrap();
        let days = told["forecast"].as_array().unwrap();
        assert_eq!((told["unit"]["key"].as_str(), days.len()), (Some(key), 3), "{told}");
        let point = days[0]["forecast_point"].as_f64().unwrap();
        assert!((least..least + 100.0).contains(&point), "{told}");
        assert_eq!(told["unit"]["same_when_drawn_again"], true, "{told}");
    }
}
