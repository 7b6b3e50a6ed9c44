//! `init`: a first configuration that runs.

use std::fs;

use crate::support::{Job, edited};
use crate::world;

#[test]
fn a_configuration_from_files_runs() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("mine.toml");
    let job = Job::new(&config, world::data(), &[]);
    let step = job.ok(&["init"]).step("init");
    assert_eq!((&step["target"], &step["key"][0]), (&"close".into(), &"commodity".into()), "{step}");
    assert_eq!(step["calendar"], "trading");
    let text = fs::read_to_string(&config).unwrap();
    for line in [
        "key = [\"commodity\"]  # guessed: tells the rows of one date apart, 2 values\n",
        "target = \"close\"  # guessed: a usual name of the column that is forecast; others of numbers: open, high, low, volume\n",
        "bars = true  # its rows are the days that carry the target\ndate = \"date\"  # guessed: every row has a day in it\n",
        "region = \"region\"  # guessed: ",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
    let dates = text.matches("date = \"date\"  # guessed: ").count();
    assert_eq!((dates, text.matches("[[sources]]").count()), (5, 5), "{text}");
    // what is there is kept
    job.refused(&["init"], 2, &["--overwrite", "mine.toml"]);
    let flags = ["--models", "naive", "--paths", "5", "--from", "2025-06-24", "--to", "2025-06-25"];
    job.ok(&[&flags[..], &["backfill"]].concat());
    assert_eq!(job.count("SELECT count(DISTINCT data_cutoff_date) FROM forecast.point_forecasts"), 2);
}

#[test]
fn the_demo_needs_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("almanac.toml");
    let job = Job::new(&config, &folder.path().join("data"), &["--models", "naive", "--paths", "5"]);
    assert_eq!(job.ok(&["init", "--demo"]).step("init")["synthetic"], true);
    job.ok(&["--from", "2025-06-24", "--to", "2025-06-24", "backfill"]);
}

#[test]
fn a_folder_that_says_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("mine.toml");
    Job::new(&config, folder.path(), &[]).refused(&["init"], 4, &[folder.path().to_str().unwrap()]);
    fs::write(folder.path().join("a.csv"), "date,close\n2024-01-01,1\n2024-01-02,1\n").unwrap();
    Job::new(&config, folder.path(), &[]).refused(&["init"], 5, &["a.csv", "--key-column"]);
    assert!(!config.exists());
}

#[test]
fn columns_that_are_not_there_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("mine.toml");
    let job = Job::new(&config, world::data(), &[]);
    job.refused(&["init", "--date-column", "dte"], 4, &["error[E0409]", "did you mean \"date\"? known columns are"]);
    job.refused(&["init", "--date-column", "commodity"], 2, &["error[E0002]", "--date-column = commodity"]);
    job.refused(&["init", "--target", "clse"], 2, &["error[E0002]", "did you mean \"close\"?"]);
    job.refused(&["init", "--key-column", "comodity"], 4, &["did you mean \"commodity\"?"]);
    assert!(!config.exists());
    // what a configuration calls otherwise than its file
    let (_folder, misspelt) = edited("demo.toml", &[("name = \"vix\", unit", "name = \"vix\", from = \"vixx\", unit")]);
    let job = Job::new(&misspelt, world::data(), &[]);
    job.refused(&["ingest"], 5, &["column \"vixx\" is missing; did you mean \"vix\"? the file has"]);
}

#[test]
fn a_key_of_a_name_that_tables_have_is_renamed_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = "date,region,px\n".to_owned();
    let first = chrono::NaiveDate::from_ymd_opt(2022, 1, 3).unwrap();
    for n in 0..300_u64 {
        let (day, value) = (first + chrono::Days::new(n), 100 + n % 7);
        rows.push_str(&format!("{day},A,{value}\n{day},B,{value}\n"));
    }
    fs::write(folder.path().join("p.csv"), rows).unwrap();
    let config = folder.path().join("mine.toml");
    let flags = ["--models", "naive", "--paths", "5", "--from", "2022-10-25", "--to", "2022-10-26"];
    let job = Job::new(&config, folder.path(), &flags);
    job.ok(&["init"]);
    job.ok(&["backfill"]);
    assert_eq!(job.count("SELECT count(DISTINCT region_key) FROM forecast.point_forecasts"), 2);
    job.ok(&["evaluate"]);
    let own = fs::read_to_string(&config).unwrap().replace("\"region_key\"", "\"region\"");
    fs::write(&config, own).unwrap();
    job.refused(&["status"], 2, &["error[E0101]", "dataset.key", "region_key"]);
}
