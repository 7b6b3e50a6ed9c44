//! `sql` beside single queries: parameters, files, versions of tables, forms of answers.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::world;

#[test]
fn placeholders_take_values() {
    let job = world::job();
    let forecast = ["sql", "--named", "forecast", "--format", "json", "--param", "model=naive"];
    let key = ["--param", "commodity=Coffee", "--param", "origin=2024-01-03"];
    let rows: Value = serde_json::from_str(&job.ok(&[&forecast[..], &key].concat()).stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 3, "{rows}");
    assert!(rows[0]["lower_95"].as_f64() < rows[0]["upper_95"].as_f64(), "{rows}");
    job.refused(&forecast, 2, &["error[E0002]", "--param commodity=VALUE"]);
    job.refused(&["sql", "-c", "SELECT 1", "--param", "a=1"], 2, &["$a"]);
    let drawn = "SELECT count(*) FROM paths($1, $2, $3, 20)";
    let values = ["--param", "1=Coffee", "--param", "2=naive", "--param", "3=2024-01-03", "--format", "csv"];
    assert_eq!(job.ok(&[&["sql", "-c", drawn][..], &values].concat()).stdout, "count(*)\n60\n");
}

#[test]
fn tables_are_read_as_they_were() {
    let job = world::job();
    let rows =
        |clause: &str| job.count(&format!("SELECT count(*) FROM point_forecasts {clause} p WHERE p.day_ahead = 1"));
    assert_eq!(rows("VERSION AS OF 0"), 0);
    assert_eq!(rows("TIMESTAMP AS OF '2999-01-01'"), rows(""));
    assert!(rows("") > 0);
    let refused = |query: &str, code, text: &str| job.refused(&["sql", "-c", query], code, &[text]);
    refused("SELECT 1 FROM ops.runs VERSION AS OF 99", 4, "error[E0408]");
    refused("SELECT 1 FROM ops.runs TIMESTAMP AS OF '2000-01-01'", 4, "error[E0408]");
    refused("SELECT 1 FROM distributions_long VERSION AS OF 0", 2, "is a view");
    refused("SELECT 1 FROM ops.runz VERSION AS OF 0", 4, "ops.runs");
}

#[test]
fn files_are_written_and_read_by_path() {
    let job = world::job();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let query = "SELECT commodity, day_ahead, forecast_point FROM point_forecasts \
                 ORDER BY commodity, model_name, data_cutoff_date, day_ahead LIMIT 5";
    for name in ["answer.parquet", "answer.csv"] {
        job.ok(&["sql", "-c", query, "--into", &path(name)]);
        assert_eq!(job.count(&format!("SELECT count(*) FROM '{}'", path(name))), 5);
        let mean = |from: &str| job.lines(&format!("SELECT avg(forecast_point) FROM {from}"));
        assert_eq!(mean(&format!("'{}'", path(name))), mean(&format!("({query})")));
    }
    let table = job.warehouse.join("forecast/point_forecasts");
    let stored = job.count("SELECT count(*) FROM point_forecasts");
    assert_eq!(job.count(&format!("SELECT count(*) FROM '{}'", table.display())), stored);
    assert_eq!(job.count(&format!("SELECT count(*) FROM '{}' VERSION AS OF 0", table.display())), 0);
    job.refused(&["sql", "-c", "SELECT * FROM 'nowhere/none.csv'"], 4, &["error[E0409]", "nowhere/none.csv"]);
    // a folder that is no table, by its path and by its name alone
    fs::create_dir(folder.path().join("plain")).unwrap();
    let plain = format!("SELECT * FROM '{}'", path("plain"));
    job.refused(&["sql", "-c", &plain], 5, &["error[E0501]", "the folder has no Delta log"]);
    let mut command = job.command(&["sql", "-c", "SELECT * FROM plain"]);
    let output = command.current_dir(folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(4) && told.contains("the folder of this name has no Delta log"), "{told}");
    job.refused(&["sql", "-c", "SELECT 1", "--format", "parquet"], 2, &["--into FILE"]);
    job.refused(&["sql", "-c", "SELECT 1", "--into", "a.xlsx"], 2, &["a.xlsx"]);
}

#[test]
fn several_statements_come_from_a_file_or_standard_input() {
    let job = world::job();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queries.sql");
    let text = "SELECT 1 AS a; -- one; two\nSELECT ';' AS b\n;";
    fs::write(&file, text).unwrap();
    let expected = "a\n1\nb\n;\n";
    assert_eq!(job.ok(&["sql", "-f", file.to_str().unwrap(), "--format", "csv"]).stdout, expected);
    let mut command = job.command(&["sql", "--format", "csv"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn a_query_that_fails_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    fs::write(&file, "before").unwrap();
    let failing = "SELECT 1 / (value - 99999) FROM range(100000)";
    let ended = world::job().run(&["sql", "-c", failing, "--into", file.to_str().unwrap()]);
    assert_ne!(ended.code, 0, "{ended:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "before");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "what was begun is gone");
}

#[test]
fn what_a_path_leads_to_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let job = world::job();
    // the stream of this process, which goes to a file
    fs::write(path("log"), "before\n").unwrap();
    let log = fs::OpenOptions::new().append(true).open(path("log")).unwrap();
    let mut command = job.command(&["sql", "-c", "SELECT 1 AS a", "--format", "csv", "--into", "/dev/stdout"]);
    assert!(command.stdout(log).status().unwrap().success());
    assert_eq!(fs::read_to_string(path("log")).unwrap(), "before\na\n1\n");
    // a link to a file that is not there yet
    std::os::unix::fs::symlink("target.csv", path("link.csv")).unwrap();
    job.ok(&["sql", "-c", "SELECT 1 AS a", "--into", path("link.csv").to_str().unwrap()]);
    assert!(fs::symlink_metadata(path("link.csv")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(path("target.csv")).unwrap(), "a\n1\n");
}

#[test]
fn values_that_csv_has_not_are_named() {
    let named = ["error[E0002]", "--format = csv", "column \"many\""];
    world::job().refused(&["sql", "-c", "SELECT 1 AS one, [1, 2] AS many", "--format", "csv"], 2, &named);
}

#[test]
fn a_query_whose_rows_nobody_reads_ends_when_it_is_told() {
    use std::io::{BufRead, BufReader};
    use std::time::{Duration, Instant};

    let endless = ["sql", "--format", "csv", "-c", "SELECT value FROM range(100000000)"];
    let mut child = world::job().command(&endless).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    rows.read_line(&mut String::new()).unwrap();
    let killed = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let until = Instant::now() + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > until {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(143));
}
