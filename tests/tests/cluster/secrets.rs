//! A secret that every process of a cluster works with appears nowhere.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::gateway::{Gateway, KEY, SECRET};
use crate::http;
use crate::processes::Cluster;
use crate::scene::end;
use crate::warehouse::{Warehouse, World, told};

const BUCKET: &str = "guarded";
/// 4 cells, committed two by two.
const BACKFILL: [&str; 3] = ["backfill", "--models", "naive"];

/// The secret is not in a text, which is what it should be: it holds a known word.
fn is_clean(what: &str, text: &str, known: &str) {
    assert!(text.contains(known), "{what} does not hold {known:?}: {text}");
    assert!(!text.contains(SECRET), "the secret is in {what}");
}

/// All that a command prints, which succeeds; its logs tell everything.
fn printed(warehouse: &Warehouse, arguments: &[&str]) -> String {
    let mut command: Command = warehouse.command(arguments);
    let output = command.env("ALMANAC_LOG", "debug").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    all(&output)
}

fn all(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Every file below a folder, with its bytes as far as they are text.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            found.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    found
}

#[test]
fn a_secret_is_in_no_answer_log_report_or_table() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let mut environment = gateway.environment(gateway.port);
    // fits take so long that reports of the first cells are there while the last are computed
    environment.extend([("ALMANAC_LOG", "debug"), ("ALMANAC_PAUSE_AT", "fit:500")].map(|(n, v)| (n.into(), v.into())));
    let cluster = Cluster::with(1, environment);
    let address = cluster.address();
    let warehouse = world.at(&format!("s3://{BUCKET}/w"));
    for step in ["ingest", "build"] {
        is_clean(step, &printed(&warehouse, &[step]), "DEBUG");
    }

    // the first commit is the ledger's; after the next, of two cells, their reports are still there
    let on_cluster = [&BACKFILL[..], &["--scheduler", &address]].concat();
    assert!(warehouse.dies_at("committed:2", &on_cluster));
    let objects = gateway.objects(BUCKET);
    let is_report = |key: &&String| key.contains("/ops/_reports/") && key.ends_with(".json");
    let reports: Vec<&String> = objects.keys().filter(is_report).collect();
    assert!(reports.len() >= 2, "{:?}", objects.keys());
    for key in reports {
        is_clean(key, &gateway.read(BUCKET, key), "\"outcomes\"");
    }

    is_clean("the driver's output", &printed(&warehouse, &on_cluster), "submitting");
    for table in ["ops.runs", "ops.units"] {
        let query = format!("SELECT * FROM {table}");
        is_clean(table, &printed(&warehouse, &["sql", "--format", "csv", "-c", &query]), "naive");
    }
    is_clean("config", &printed(&warehouse, &["config", "-o", "json"]), "\"forecast.paths\"");
    is_clean("doctor", &printed(&warehouse, &["doctor", "--scheduler", &address]), BUCKET);

    for process in cluster.executors.iter().chain([&cluster.scheduler]) {
        is_clean("/metrics", &process.get("/metrics").unwrap(), "process_cpu_seconds_total");
    }
    for (path, known) in [
        ("/api/executors", "vcores"),
        ("/api/jobs", "almanac/"),
        ("/api/state", "datafusion_version"),
        ("/api/metrics", "job"),
    ] {
        is_clean(path, &cluster.ask(cluster.port, path), known);
    }
    for (step, node) in [("train", "WriteModels"), ("infer", "WriteForecasts")] {
        let jobs = cluster.jobs(step);
        assert!(!jobs.is_empty(), "no job of {step}");
        for job in jobs {
            for (path, known) in [("", node), ("/stages", node), ("/config", "datafusion."), ("/dot", "digraph")] {
                let path = format!("/api/job/{}{path}", job.id);
                is_clean(&path, &cluster.ask(cluster.port, &path), known);
            }
        }
    }
    // after all of it, so that what the answers cost is in the logs too
    let logs = cluster.logs();
    assert!(logs.matches("\"level\":\"DEBUG\"").count() > 100, "nothing was logged in detail");
    is_clean("the logs", &logs, "WriteForecasts");

    let files = files(&cluster.work());
    // one is the lock of the executor's folder
    assert!(files.len() > 1, "the executor's tasks left no file: {files:?}");
    for (name, text) in files {
        assert!(!name.contains(SECRET) && !text.contains(SECRET), "the secret is in {name}");
    }
    let names: Vec<String> = gateway.objects(BUCKET).into_keys().collect();
    let entries: Vec<&String> =
        names.iter().filter(|name| name.contains("/_delta_log/") && name.ends_with(".json")).collect();
    let data = names.iter().filter(|name| name.contains("/forecast/") && name.ends_with(".parquet"));
    assert!(entries.len() > 10 && data.count() >= 12, "{names:?}");
    for name in &names {
        assert!(!name.contains(SECRET), "the secret is in the name {name}");
    }
    for name in entries {
        is_clean(name, &gateway.read(BUCKET, name), "{\"");
    }
}

/// A gateway may repeat a request in its refusal, and an executor's error passes through all processes.
#[test]
fn a_secret_is_in_no_error_of_a_refused_executor() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    world.environment = gateway.environment(gateway.port);
    let port = http::forbidding(gateway.port, "PUT", "/forecast/trained_models/model_name=naive/");
    for (place, port, key, known) in
        [("object", port, KEY, "AccessDenied"), ("key", gateway.port, "stranger", "InvalidAccessKeyId")]
    {
        let mut environment = gateway.environment(port);
        environment.extend([("AWS_ACCESS_KEY_ID", key), ("ALMANAC_LOG", "debug")].map(|(n, v)| (n.into(), v.into())));
        let cluster = Cluster::with(1, environment);
        let address = cluster.address();
        let arguments = ["backfill", "--models", "naive", "--from", "2024-07-01", "--scheduler", &address];
        let mut driver = world.at(&format!("s3://{BUCKET}/{place}")).command(&arguments);
        let output = end(driver.env("ALMANAC_LOG", "debug").spawn().unwrap());
        assert_eq!(output.status.code(), Some(7), "{}", told(&output));
        is_clean("the driver's output", &all(&output), known);
        is_clean("/api/jobs", &cluster.ask(cluster.port, "/api/jobs"), "almanac/");
        is_clean("the logs", &cluster.logs(), "WriteModels");
    }
}
