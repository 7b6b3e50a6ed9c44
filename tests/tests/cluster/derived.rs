//! Tables that are derived from others, computed by a cluster: prices laid onto days, and scores.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::plans::BUILD;
use crate::processes::Cluster;
use crate::scene::{LIMIT, end};
use crate::warehouse::{World, binary, succeed, told};

/// What a command printed of one step.
fn step(printed: &str, name: &str) -> Value {
    let mut lines = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.rfind(|line| line["step"] == name).unwrap()
}

#[test]
fn scores_are_those_of_an_evaluation_here() {
    let world = World::new();
    let embedded = world.undisturbed();
    let (clustered, disturbed) = (embedded.copy("clustered"), embedded.copy("disturbed"));
    succeed(embedded.command(&["evaluate"]));
    let rows = embedded.rows();
    assert!(rows["forecast.forecast_metadata"].0 > 10_000);

    // each cell waits for a moment, so that an executor can die while others wait
    let pause = vec![("ALMANAC_PAUSE_AT".to_owned(), "score:500".to_owned())];
    let mut cluster = Cluster::with(2, pause);
    let address = cluster.address();
    let evaluate = ["evaluate", "--scheduler", &address];
    let printed = succeed(clustered.command(&evaluate));
    assert_eq!(clustered.rows(), rows);
    assert_eq!(step(&printed, "evaluate")["scored_cells"], 16);
    for (number, executor) in cluster.executors.iter().enumerate() {
        let finished = executor.metric("almanac_tasks_total{outcome=\"finished\"}");
        assert!(finished >= 2.0, "executor {number} finished {finished} tasks");
    }
    let before = clustered.tree("forecast");
    let again = succeed(clustered.command(&evaluate));
    assert_eq!((&step(&again, "evaluate")["unchanged_cells"], clustered.tree("forecast")), (&Value::from(16), before));

    let finished = cluster.finished();
    let driver = disturbed.command(&evaluate).spawn().unwrap();
    crate::process::wait("cells are scored", LIMIT, || cluster.finished() > finished && cluster.running() > 1.0);
    cluster.executors[0].kill();
    let output = end(driver);
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(disturbed.rows(), rows);
}

/// Two years of daily sales of many items, and promotions of some known in advance.
pub(crate) fn panel(folder: &Path, items: usize) {
    let (mut sales, mut plan) = (String::from("date,item,sales\n"), String::from("date,item,promo\n"));
    let first = chrono::NaiveDate::from_ymd_opt(2022, 1, 1).unwrap();
    for item in 0..items {
        for (day, date) in first.iter_days().take(60 + item % 7).enumerate() {
            writeln!(sales, "{date},item-{item:04},{}", 100 + (item * 7 + day * 13) % 50).unwrap();
            if (item + day) % 5 == 0 {
                writeln!(plan, "{date},item-{item:04},{}", day % 2).unwrap();
            }
        }
    }
    fs::write(folder.join("sales.csv"), sales).unwrap();
    fs::write(folder.join("plan.csv"), plan).unwrap();
    let config = "[dataset]\nname = \"panel\"\nkey = [\"item\"]\ntarget = \"sales\"\ncalendar = \"daily\"\n\
        timezone = \"UTC\"\n[[sources]]\nname = \"sales\"\npath = \"sales.csv\"\nbars = true\n\
        key = { item = \"item\" }\ncolumns = [{ name = \"sales\" }]\n[[sources]]\nname = \"plan\"\n\
        path = \"plan.csv\"\npublication_lag_days = -10\nkey = { item = \"item\" }\ncolumns = [{ name = \"promo\" }]\n";
    fs::write(folder.join("almanac.toml"), config).unwrap();
}

pub(crate) fn command(folder: &Path, warehouse: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.arg("--config").arg(folder.join("almanac.toml")).arg("--source").arg(folder);
    command.arg("--warehouse").arg(folder.join(warehouse)).args(arguments);
    command
}

#[test]
fn prices_are_laid_onto_days_as_they_are_here() {
    let folder = TempDir::new().unwrap();
    panel(folder.path(), 300);
    let cluster = Cluster::new(2);
    let address = cluster.address();
    let mut contents = Vec::new();
    for (warehouse, runner) in [("here", &[][..]), ("there", &["--scheduler", &address])] {
        let run = |arguments: &[&str]| succeed(command(folder.path(), warehouse, arguments));
        run(&["ingest"]);
        let built = step(&run(&[&["build"], runner].concat()), "build");
        assert_eq!((&built["report"]["keys"], &built["report"]["model_input_written"]), (&300.into(), &true.into()));
        let again = step(&run(&[&["build"], runner].concat()), "build");
        assert_eq!(again["report"]["model_input_written"], false);
        let mut report = built["report"].clone();
        report["build_seconds"] = Value::Null;
        let listed = run(&["tables", "--content"]);
        let tables = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let content = tables.map(|table| (table["table"].clone(), table["rows"].clone(), table["content"].clone()));
        contents.push((report, content.collect::<Vec<_>>()));
    }
    assert_eq!(contents[0], contents[1]);
    BUILD.is_that_of_every_job(&cluster);
    for (number, executor) in cluster.executors.iter().enumerate() {
        let finished = executor.metric("almanac_tasks_total{outcome=\"finished\"}");
        assert!(finished >= 2.0, "executor {number} finished {finished} tasks");
    }
}

/// Executors outlive warehouses: one that is removed and made anew at the same place is another one.
#[test]
fn a_warehouse_made_anew_is_not_taken_for_the_old_one() {
    let folder = TempDir::new().unwrap();
    let cluster = Cluster::new(1);
    let address = cluster.address();
    for items in [130, 140] {
        panel(folder.path(), items);
        let run = |warehouse: &str, arguments: &[&str]| succeed(command(folder.path(), warehouse, arguments));
        let there = folder.path().join("there");
        if there.exists() {
            fs::remove_dir_all(&there).unwrap();
        }
        let content = |warehouse: &str| {
            let listed = run(warehouse, &["tables", "--content"]);
            let tables = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            tables.map(|table| table["content"].clone()).collect::<Vec<_>>()
        };
        let here = format!("here-{items}");
        for (warehouse, runner) in [(here.as_str(), &[][..]), ("there", &["--scheduler", &address])] {
            run(warehouse, &["ingest"]);
            run(warehouse, &[&["build"], runner].concat());
        }
        assert_eq!(content(&here), content("there"), "{items} items");
    }
}
