//! The layers of the configuration, and what a run keeps of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Job, edited};
use crate::world;

#[test]
fn each_value_says_where_it_comes_from() {
    let job = world::fresh();
    let variables = [("ALMANAC_TRAINING__YEARS", "5"), ("ALMANAC_FORECAST__SEED", "3")];
    let text = job.run_with(&variables, &["config", "-o", "json"]).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    let setting = |name: &str| {
        let found = document["settings"].as_array().unwrap().iter().find(|setting| setting["setting"] == name);
        found.map(|setting| (setting["value"].clone(), setting["origin"].as_str().unwrap().to_owned())).expect(name)
    };
    assert_eq!(setting("forecast.paths"), (10.into(), "flag --paths".to_owned()));
    assert_eq!(setting("training.years"), (5.into(), "variable ALMANAC_TRAINING__YEARS".to_owned()));
    assert_eq!(setting("forecast.seed"), (3.into(), "variable ALMANAC_FORECAST__SEED".to_owned()));
    let (target, file) = setting("dataset.target");
    assert!(target == "close" && file.starts_with("file ") && file.ends_with("demo.toml"), "{file}");
    assert_eq!(setting("run.threads"), (0.into(), "default".to_owned()));
    assert_eq!(setting("training.max_gap").1, "default");
    assert_eq!(setting("warehouse").1, "flag --warehouse");
    assert_eq!(setting("wait_scheduler"), (0.into(), "default".to_owned()));
    assert_eq!(setting("sources.0.name").0, "market");
    // a flag wins over a variable
    let text = job.run_with(&variables, &["--seed", "9", "config", "-o", "json"]).stdout;
    assert!(text.contains("flag --seed"), "{text}");
}

#[test]
fn values_within_lists_say_where_they_come_from() {
    let model = "[[models]]\nname = \"slow\"\nfamily = \"ets\"\nsettings = { model = \"AAA\" }\n\n[training]";
    let (_folder, config) = edited("demo.toml", &[("[training]", model)]);
    let text = Job::new(&config, world::data(), &[]).ok(&["config", "-o", "json"]).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    let origin = |name: &str| {
        let found = document["settings"].as_array().unwrap().iter().find(|setting| setting["setting"] == name);
        found.map(|setting| setting["origin"].as_str().unwrap().to_owned()).expect(name)
    };
    let file = format!("file {}", config.display());
    for given in [
        "sources.0.name",
        "sources.0.bars",
        "sources.0.key.commodity",
        "sources.0.columns.4.fill",
        "sources.1.publication_lag_days",
        "models.0.family",
        "models.0.settings.model",
    ] {
        assert_eq!(origin(given), file, "{given}");
    }
    for left_out in
        ["sources.0.publication_lag_days", "sources.0.columns.0.fill", "sources.1.bars", "models.0.regressors"]
    {
        assert_eq!(origin(left_out), "default", "{left_out}");
    }
}

/// Values of nested settings by their dotted names, as `config` lists them.
fn flat(name: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            entries.iter().for_each(|(key, value)| flat(&below(key), value, found));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().enumerate().for_each(|(i, value)| flat(&below(&i.to_string()), value, found));
        }
        _ => {
            found.insert(name.to_owned(), value.clone());
        }
    }
}

#[test]
fn a_run_keeps_the_settings_that_it_had() {
    let job = world::fresh();
    let asked = |command: &[&str]| {
        let flags = ["--cells-per-commit", "7", "--to", "2024-01-02"];
        let ended = job.run_with(&[("ALMANAC_RUN__MAX_FAILED", "3")], &[&flags[..], command].concat());
        assert_eq!(ended.code, 0, "{command:?}: {}", ended.stderr);
        ended.stdout
    };
    asked(&["backfill"]);
    let told: Value = serde_json::from_str(&asked(&["config", "-o", "json"])).unwrap();
    let rows = told["settings"].as_array().unwrap().iter();
    let mut now: BTreeMap<String, Value> =
        rows.map(|row| (row["setting"].as_str().unwrap().to_owned(), row["value"].clone())).collect();
    // where things are is no setting of a run
    for place in ["config", "source", "warehouse", "scheduler", "wait_scheduler"] {
        assert!(now.remove(place).is_some(), "{place}");
    }
    let runs = job.rows("SELECT settings FROM ops.runs WHERE command = 'backfill'");
    assert_eq!(runs.len(), 1, "{runs:?}");
    let mut kept = BTreeMap::new();
    flat("", &serde_json::from_str(runs[0]["settings"].as_str().unwrap()).unwrap(), &mut kept);
    assert_eq!(kept, now);
    assert_eq!((kept["run.max_failed"].as_u64(), kept["run.cells_per_commit"].as_u64()), (Some(3), Some(7)));
}

#[test]
fn secrets_in_addresses_are_not_repeated() {
    const SECRET: &str = "hunter2";
    let job = world::job();
    let (scheduler, warehouse) = (format!("df://user:{SECRET}@host:1"), format!("s3://KEY:{SECRET}@bucket/prefix"));
    for (arguments, code, masked) in [
        (&["--scheduler", &scheduler, "plan"][..], 2, "df://***@host:1"),
        (&["--warehouse", &warehouse, "plan"][..], 2, "s3://***@bucket/prefix"),
        (&["--scheduler", &scheduler, "config"][..], 0, "df://***@host:1"),
        (&["--warehouse", &warehouse, "config"][..], 0, "s3://***@bucket/prefix"),
        (&["--scheduler", &scheduler, "doctor"][..], 1, "df://***@host:1"),
    ] {
        for form in ["table", "json"] {
            let ended = job.run(&[&["-o", form], arguments].concat());
            let told = format!("{}{}", ended.stdout, ended.stderr);
            assert!(ended.code == code && told.contains(masked) && !told.contains(SECRET), "{arguments:?}: {told}");
        }
    }
}

#[test]
fn a_log_filter_that_is_not_understood_is_told_once() {
    let ended = world::job().run_with(&[("ALMANAC_LOG", "almanac_engine=loud")], &["tables"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("ALMANAC_LOG = almanac_engine=loud").count(), 1, "{}", ended.stderr);
}

#[test]
fn keys_and_columns_that_no_source_gives_are_refused() {
    let own = "[[models]]\nname = \"m\"\nfamily = \"xgboost\"\nregressors = [{ column = \"temp_men_c\" }]\n\n[dataset]";
    for (old, new, place, fix) in [
        ("[dataset]", own, "models.m.regressors = temp_men_c", "did you mean \"temp_mean_c\"?"),
        ("target = \"close\"", "target = \"clse\"", "dataset.target = clse", "did you mean \"close\"?"),
        ("key = [\"commodity\"]", "key = [\"comodity\"]", "dataset.key = comodity", "did you mean \"commodity\"?"),
    ] {
        let (_folder, config) = edited("demo.toml", &[(old, new)]);
        Job::new(&config, world::data(), &[]).refused(&["plan"], 2, &["error[E0101]", place, fix]);
    }
}
