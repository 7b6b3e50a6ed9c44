//! `models`: what there is, what a model is, and whether it behaves on its user's data.

use crate::support::{Job, bare, demo_data, edited, example};

const SHORT: [&str; 8] = ["--paths", "20", "--from", "2024-01-02", "--to", "2024-01-05", "--models", "naive"];

#[test]
fn the_registry_is_listed_and_shown() {
    let list = bare(&["models", "list"]);
    assert_eq!(list.code, 0, "{}", list.stderr);
    for name in ["naive_garch", "sarimax_auto_weather", "xgboost", "auto_ets"] {
        assert!(list.stdout.contains(name), "{}", list.stdout);
    }
    for line in list.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line:?} is wider than a terminal");
    }
    let shown = bare(&["models", "show", "sarimax_auto_weather"]).stdout;
    for text in ["arima", "temp_mean_c", "persists", "max_p = 3", "normal"] {
        assert!(shown.contains(text), "{text:?} is not in {shown}");
    }
    assert_eq!(bare(&["models", "show", "oracle"]).code, 4);
    assert!(bare(&["models", "show", "auto_ets"]).stdout.contains("its family uses none"));
    let list = bare(&["models", "list", "-o", "json"]).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let uses = |name: &str| {
        let entry = list["models"].as_array().unwrap().iter().find(|entry| entry["model"] == name).unwrap();
        entry["uses_regressors"].as_str().unwrap().to_owned()
    };
    assert_eq!([uses("sarimax_auto"), uses("auto_ets")], ["yes", "no"]);
}

/// In one window of the generated data, which has every column that an entry names: simpler forms are taken, nothing is
/// skipped and nothing fails.
#[test]
fn every_entry_goes_through_a_warehouse() {
    let list: serde_json::Value = serde_json::from_str(&bare(&["models", "list", "-o", "json"]).stdout).unwrap();
    let entries = list["models"].as_array().unwrap();
    let names: Vec<&str> = entries.iter().map(|entry| entry["model"].as_str().unwrap()).collect();
    assert!(names.len() >= 38, "{names:?}");
    let (data, models) = (demo_data(), names.join(","));
    let flags = [&SHORT[..6], &["--key", "Sugar", "--models", &models]].concat();
    let job = Job::new(&example("demo.toml"), data, &flags);
    job.ok(&["backfill"]);

    let other = "SELECT concat_ws(' ', step, model_name, status, reason, message) FROM ops.units \
                 WHERE status NOT IN ('ok', 'fallback')";
    assert_eq!(job.lines(other), Vec::<String>::new());
    let units = |step: &str| job.count(&format!("SELECT count(*) FROM ops.units WHERE step = '{step}'"));
    let count = names.len() as i64;
    assert_eq!([units("train"), units("infer")], [count; 2]);
    // four sessions, each with fourteen days and twenty paths
    let whole = "SELECT count(*) FROM (SELECT model_name FROM forecast.point_forecasts \
                 WHERE model_success AND lower_95 < upper_95 GROUP BY model_name HAVING count(*) = 4 * 14) AS whole";
    assert_eq!(job.count(whole), count);
    assert_eq!(job.count("SELECT count(*) FROM forecast.distributions"), 4 * 20 * count);
    explained(&job);
}

/// In SQL: an order, the weather's effects within four standard errors of those in demo/src/truth.rs, and what trees were
/// split by.
fn explained(job: &Job) {
    let rows = |model: &str, part: &str| {
        job.rows(&format!(
            "SELECT name, value, standard_error FROM explain_model('Sugar', '{model}', DATE '2024-01-03') \
             WHERE part = '{part}'"
        ))
    };
    let orders = rows("sarimax_auto_weather", "order");
    for name in ["p", "d", "q"] {
        assert!(orders.iter().any(|row| row["name"] == name && row["value"].is_number()), "{name}: {orders:?}");
    }
    let coefficients = rows("sarimax_auto_weather", "coefficient");
    for (column, truth) in [("temp_mean_c", 0.006), ("humidity_mean_pct", -0.0014), ("precipitation_mm", -0.002)] {
        let row = coefficients.iter().find(|row| row["name"] == column).unwrap();
        let [value, error] = ["value", "standard_error"].map(|what| row[what].as_f64().unwrap());
        assert!((value - truth).abs() < 4.0 * error, "{row}");
    }
    let importance = rows("xgboost", "importance");
    let shares: f64 = importance.iter().map(|row| row["value"].as_f64().unwrap()).sum();
    assert!(importance.len() > 5 && (shares - 1.0).abs() < 1e-9, "{importance:?}");
}

/// Times of every task on the series that is written, one row of it per day.
#[test]
fn families_are_timed_on_a_written_series() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("series.csv");
    let timed = bare(&["-o", "json", "bench", "models", "--write", file.to_str().unwrap()]);
    assert_eq!(timed.code, 0, "{}", timed.stderr);
    let document: serde_json::Value = serde_json::from_str(&timed.stdout).unwrap();
    let times = document["times"].as_array().unwrap();
    assert!(times.iter().all(|row| row["ms"].as_f64().unwrap() > 0.0), "{document}");
    let what = |task: &str| times.iter().find(|row| row["task"] == task).map(|row| row["what"].as_str().unwrap());
    let trees = what("tree_paths").unwrap();
    assert!(trees.contains("100 trees of depth 5, 12 features, "), "{trees}");
    // where AVX-512 is there, AVX2 is timed too
    let both = trees.ends_with("AVX-512");
    assert_eq!(what("tree_paths_avx2").is_some_and(|what| what.ends_with("12 features, AVX2")), both, "{document}");
    assert_eq!(times.len(), 10 + usize::from(both), "{document}");
    let written = std::fs::read_to_string(file).unwrap();
    assert_eq!((written.lines().count(), written.lines().next()), (2_001, Some("day,y,x0,x1,x2")));
}

#[test]
fn models_of_the_configuration_are_marked() {
    let own = "[[models]]\nname = \"steady\"\nfamily = \"window_average\"\nsettings = { window = 5 }\n\n[dataset]";
    let (_folder, config) = edited("demo.toml", &[("[dataset]", own)]);
    let list = bare(&["--config", config.to_str().unwrap(), "models", "list"]).stdout;
    let line = |name: &str| list.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("steady ").contains("configuration"), "{list}");
    assert!(line("naive ").trim_end().ends_with("yes") && line("naive_garch ").trim_end().ends_with("no"), "{list}");
}

#[test]
fn models_are_tested_on_generated_and_on_own_data() {
    let alone = bare(&["models", "test", "naive"]);
    assert_eq!(alone.code, 0, "{}{}", alone.stdout, alone.stderr);
    assert!(alone.stdout.contains("generated data only") && !alone.stdout.contains("FAIL"), "{}", alone.stdout);

    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &SHORT);
    job.ok(&["backfill"]);
    let tested = job.ok(&["models", "test", "naive"]).stdout;
    assert!(tested.contains("naive, on generated data") && tested.matches("naive, on ").count() == 2, "{tested}");
    assert!(!tested.contains("FAIL") && tested.matches("pass").count() > 20, "{tested}");
    job.refused(&["--key", "Nowhere", "models", "test", "naive"], 4, &["Nowhere"]);

    let document = job.ok(&["models", "test", "naive", "-o", "json"]).stdout;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let checks = document["checks"].as_array().unwrap();
    assert!(checks.len() > 20 && checks.iter().all(|check| check["result"] == "pass"), "{document}");
    assert_eq!(document["failed"], 0);

    let key = job.lines("SELECT min(concat_ws('|', \"commodity\")) FROM forecast.trained_models");
    let shown = job.ok(&["--key", &key[0], "models", "show", "naive"]).stdout;
    for text in ["model version", "cutoff", "training samples", "scale"] {
        assert!(shown.contains(text), "{text:?} is not in {shown}");
    }
    let shown = job.ok(&["--key", &key[0], "models", "show", "naive", "-o", "json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["model"]["family"], &shown["fits"][0]["key"]), (&"naive".into(), &key[0].as_str().into()));
    assert!(shown["fits"][0]["parameters"]["scale"].is_number(), "{shown}");
}

/// A model with a regressor, and a combination that names it, both of the configuration.
#[test]
fn models_of_the_configuration_are_tested() {
    let own = "[[models]]\nname = \"warm\"\nfamily = \"arima\"\nregressors = [{ column = \"temp_mean_c\" }]\n\
               settings = { order = [1, 1, 0] }\n\n[[models]]\nname = \"pair\"\nfamily = \"combination\"\n\
               settings = { members = [\"warm\", \"naive\"] }\n\n[dataset]";
    let (_folder, config) = edited("demo.toml", &[("[dataset]", own)]);
    let data = demo_data();
    let job = Job::new(&config, data, &[]);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    let document = job.ok(&["models", "test", "warm", "pair", "-o", "json"]).stdout;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let checks = document["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["result"] == "pass"), "{document}");
    for (model, on) in [("warm", "generated data"), ("warm", "Coffee"), ("pair", "generated data"), ("pair", "Coffee")]
    {
        let own = checks.iter().filter(|check| check["model"] == model && check["on"] == on).count();
        assert!(own >= 8, "{own} checks of {model} on {on}: {document}");
    }
}
