//! A secret that every process of a cluster works with appears nowhere.

use std::process::Command;

use crate::gateway::{Gateway, SECRET};
use crate::processes::Cluster;
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
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
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
    let reports: Vec<&String> = objects.keys().filter(|key| key.contains("/ops/_reports/")).collect();
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
}
