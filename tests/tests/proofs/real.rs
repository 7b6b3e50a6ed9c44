//! On real prices: the work that there is, naive's errors as measured elsewhere, and what models must reach.

use serde_json::Value;

use crate::support::{Job, example, real_data, score};

/// Half-year, then MAE at 1, 7, 14 sessions and over all of them: coffee, sugar. From the README of the real data,
/// computed there without this program.
const NAIVE: [(&str, [f64; 4], [f64; 4]); 7] = [
    ("2018-01-01", [1.142, 3.006, 3.350, 2.756], [0.173, 0.475, 0.629, 0.445]),
    ("2019-01-01", [1.480, 3.331, 4.532, 3.298], [0.158, 0.334, 0.406, 0.319]),
    ("2020-01-01", [2.168, 5.740, 7.410, 5.494], [0.206, 0.649, 0.992, 0.645]),
    ("2021-07-01", [3.769, 9.932, 13.519, 9.799], [0.236, 0.590, 0.735, 0.565]),
    ("2023-01-01", [3.173, 8.862, 11.452, 8.409], [0.327, 0.933, 1.387, 0.932]),
    ("2024-07-01", [4.861, 11.504, 16.194, 11.488], [0.289, 0.759, 1.169, 0.782]),
    ("2025-01-01", [6.450, 22.534, 32.209, 21.824], [0.247, 0.771, 0.917, 0.699]),
];

fn naive_by_window(job: &Job) {
    let answer = job.ok(&["sql", "--named", "accuracy-by-window", "--format", "csv"]).stdout;
    let header: Vec<&str> = answer.lines().next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let columns = ["mae_1", "mae_7", "mae_14", "mae_mean"].map(place);
    for (window, coffee, sugar) in NAIVE {
        for (key, wanted) in [("Coffee", coffee), ("Sugar", sugar)] {
            let is_it = |line: &&str| {
                let fields: Vec<&str> = line.split(',').collect();
                let names = [place("commodity"), place("model_name"), place("window_start")].map(|i| fields[i]);
                names == [key, "naive", window]
            };
            let lines: Vec<&str> = answer.lines().filter(is_it).collect();
            assert_eq!(lines.len(), 1, "{key} {window}");
            let fields: Vec<&str> = lines[0].split(',').collect();
            for (column, wanted) in columns.iter().zip(wanted) {
                let found: f64 = fields[*column].parse().unwrap();
                assert!((found - wanted).abs() < 0.000_55, "{key} {window} {}: {found}, {wanted}", header[*column]);
            }
        }
    }
}

/// As the README has it: coffee has the columns of all 22 models, sugar those of 9, in 16 windows.
#[test]
fn the_registry_is_planned_as_told() {
    let Some(source) = real_data("bronze") else { return };
    let job = Job::new(&example("registry.toml"), &source, &[]);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    let planned: Value = serde_json::from_str(&job.ok(&["plan", "-o", "json"]).stdout).unwrap();
    let lines = planned["plan"].as_array().unwrap();
    let total = lines.iter().find(|line| line["model"] == "total").unwrap();
    assert_eq!((lines.len(), &total["fits"], &total["forecasts"]), (22 + 1, &496.into(), &61_432.into()), "{planned}");
    let skipped = planned["skipped"].as_array().unwrap().iter().map(|line| line["units"].as_u64().unwrap());
    assert_eq!(skipped.sum::<u64>(), (22 - 9) * 16, "{planned}");
}

#[test]
fn the_seed_backfill() {
    let Some(source) = real_data("bronze") else { return };
    let job = Job::new(&example("coffee-sugar.toml"), &source, &[]);
    let ran = job.ok(&["backfill"]);
    assert_eq!((&ran.step("train")["units"], &ran.step("train")["failed"]), (&80.into(), &0.into()));
    assert_eq!((&ran.step("infer")["forecasts"], &ran.step("infer")["failed"]), (&9_904.into(), &0.into()));
    let evaluated = job.ok(&["evaluate"]).step("evaluate");

    let tables = job.tables();
    let rows = |name: &str| tables[name]["rows"].as_u64().unwrap();
    assert_eq!(rows("forecast.trained_models"), 80);
    assert_eq!(rows("forecast.point_forecasts"), 9_904 * 14);
    assert_eq!(rows("forecast.distributions"), 19_808_000);
    let leaks = "SELECT (SELECT count(*) FROM forecast.distributions WHERE has_data_leakage) \
                 + (SELECT count(*) FROM forecast.point_forecasts WHERE has_data_leakage)";
    assert_eq!(job.count(leaks), 0);
    let status: Value = serde_json::from_str(&job.ok(&["status", "-o", "json"]).stdout).unwrap();
    let units = status["units"].as_array().unwrap();
    let skipped = units.iter().find(|unit| unit["step"] == "train" && unit["status"] == "skipped").unwrap();
    assert_eq!((&skipped["model"], &skipped["reason"]), (&"sarimax_auto_weather".into(), &"missing_column".into()));
    assert_eq!(skipped["units"], 16);

    naive_by_window(&job);
    for (key, mae, mape, forecasts) in [("Coffee", 8.395, 4.38, 1984), ("Sugar", 0.602, 3.55, 1976)] {
        let naive = score(&evaluated, key, "naive");
        assert!((naive["mae"].as_f64().unwrap() - mae).abs() < 0.000_55, "{naive}");
        assert!((naive["mape"].as_f64().unwrap() - mape).abs() < 0.005_5, "{naive}");
        assert!(naive["coverage"]["95"].as_f64().unwrap() >= 0.90, "{naive}");
        assert_eq!(naive["forecasts"], forecasts);
        let trees = score(&evaluated, key, "xgboost");
        assert!((0.5..=1.25).contains(&trees["ratio_to_naive"].as_f64().unwrap()), "{trees}");
        assert!((0.85..=0.98).contains(&trees["coverage"]["95"].as_f64().unwrap()), "{trees}");
    }
    let sarimax = score(&evaluated, "Coffee", "sarimax_auto_weather");
    assert!((0.5..=1.10).contains(&sarimax["ratio_to_naive"].as_f64().unwrap()), "{sarimax}");
    let scores = evaluated["scores"].as_array().unwrap();
    assert_eq!(scores.len(), 5);
    assert!(scores.iter().all(|score| score["leaking"] == 0));
}
