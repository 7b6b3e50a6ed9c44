//! Rows do not depend on where they are computed.

use std::time::Duration;

use tempfile::TempDir;

use crate::gateway::{Gateway, free_port};
use crate::independent;
use crate::process::{Process, wait};
use crate::processes::Cluster;
use crate::site::Site;
use crate::warehouse::{World, succeed};

const BUCKET: &str = "same";
/// Longest for a process to answer at all.
const ANSWERS: Duration = Duration::from_secs(60);

#[test]
fn embedded_one_executor_and_three_give_the_same_rows() {
    let world = World::new();
    let undisturbed = world.undisturbed();
    let embedded = undisturbed.rows();
    for executors in [1, 3] {
        let cluster = Cluster::new(executors);
        let warehouse = world.warehouse(&format!("cluster-{executors}"));
        warehouse.backfill(&["--scheduler", &cluster.address()]);
        assert_eq!(warehouse.rows(), embedded, "{executors} executors");
        for (number, executor) in cluster.executors.iter().enumerate() {
            let finished = executor.metric("almanac_tasks_total{outcome=\"finished\"}");
            // one of each step's job at least
            assert!(finished >= 2.0, "executor {number} of {executors} finished {finished} tasks");
        }
        let before = warehouse.tree("");
        warehouse.backfill(&["--scheduler", &cluster.address()]);
        assert_eq!(warehouse.tree(""), before, "a second run wrote something");
        independent::same_tables(&undisturbed, &warehouse);
    }
}

/// The same where the tables are on S3, with scores that executors compute, and in the eyes of three other readers.
#[test]
fn executors_that_write_to_s3_give_the_same_rows() {
    let Some(gateway) = Gateway::start() else { return };
    gateway.create(BUCKET);
    let mut world = World::new();
    let undisturbed = world.undisturbed();
    succeed(undisturbed.command(&["evaluate"]));
    let rows = undisturbed.rows();
    let environment = gateway.environment(gateway.port);
    world.environment.clone_from(&environment);
    for executors in [1, 3] {
        let cluster = Cluster::with(executors, environment.clone());
        let address = cluster.address();
        let name = format!("s3://{BUCKET}/cluster-{executors}");
        let warehouse = world.at(&name);
        warehouse.backfill(&["--scheduler", &address]);
        let finished = cluster.finished();
        succeed(warehouse.command(&["--scheduler", &address, "evaluate"]));
        assert!(cluster.finished() > finished, "the driver computed the scores");
        assert_eq!(warehouse.rows(), rows, "{executors} executors");
        gateway.is_read_by_others(&name, "from a cluster");
        independent::same_tables(&world.warehouse("undisturbed"), &warehouse);
        let finished = cluster.finished();
        let query = "SELECT model_name, avg(forecast_point) FROM forecast.point_forecasts GROUP BY model_name";
        let select = ["--scheduler", &address, "sql", "-c", query];
        succeed(warehouse.command(&select));
        assert!(cluster.finished() > finished, "the driver computed the query");
    }
}

#[test]
fn executors_log_runs_and_units() {
    let world = World::new();
    let cluster = Cluster::with(1, vec![("ALMANAC_LOG".to_owned(), "info,almanac_engine=debug".to_owned())]);
    let warehouse = world.warehouse("logged");
    warehouse.backfill(&["--models", "naive", "--from", "2024-07-01", "--scheduler", &cluster.address()]);
    let select = ["sql", "--format", "ndjson", "-c", "SELECT run_id FROM ops.runs"];
    let answer: serde_json::Value = serde_json::from_str(&succeed(warehouse.command(&select))).unwrap();
    let run = answer[0]["run_id"].as_str().or_else(|| answer["run_id"].as_str()).unwrap().to_owned();
    let logs = cluster.logs();
    let lines: Vec<serde_json::Value> = logs.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for key in ["Coffee", "Sugar"] {
        let unit = format!("naive/v1/2024-06-30/{key}");
        let of_unit: Vec<_> = lines.iter().filter(|line| line["unit"] == unit.as_str()).collect();
        // its fit and its forecasts
        assert_eq!(of_unit.len(), 2, "{unit}: {logs}");
        assert!(of_unit.iter().all(|line| line["run"] == run.as_str() && line["status"] == "ok"));
    }
}

#[test]
fn every_process_tells_how_it_is() {
    let cluster = Cluster::new(1);
    for process in cluster.executors.iter().chain([&cluster.scheduler]) {
        assert_eq!(process.get("/healthz").as_deref(), Some("ok\n"));
        assert_eq!(process.get("/readyz").as_deref(), Some("ready\n"));
        let metrics = process.get("/metrics").unwrap();
        assert!(metrics.contains("process_cpu_seconds_total"), "{metrics}");
    }
    assert!(cluster.executors[0].get("/metrics").unwrap().contains("almanac_tasks_running 0"));
}

/// Healthy, which is not ready: an executor without its scheduler, and a scheduler with one of two executors.
#[test]
fn processes_are_ready_once_those_they_need_are_there() {
    let (folder, site, port) = (TempDir::new().unwrap(), Site::local(), free_port());
    let start = |name: &str, log: &str, arguments: &[(&str, String)]| {
        let process = Process::start(name, &site, folder.path().join(log), arguments, &[]);
        wait(&format!("{log} answers"), ANSWERS, || process.get("/healthz").as_deref() == Some("ok\n"));
        process
    };
    let executor = |log: &str| {
        let arguments = [
            ("--scheduler-host", site.address.clone()),
            ("--scheduler-port", port.to_string()),
            ("--vcores", "1".to_owned()),
            ("--work-dir", folder.path().join("work").display().to_string()),
        ];
        start("almanac-executor", log, &arguments)
    };
    let first = executor("first");
    assert_eq!(first.get("/readyz"), None, "an executor is ready without a scheduler");
    let two = [("--port", port.to_string()), ("--min-executors", "2".to_owned())];
    let scheduler = start("almanac-scheduler", "scheduler", &two);
    assert_eq!(scheduler.get("/readyz"), None, "the scheduler is ready with at most one of two executors");
    first.ready();
    assert_eq!(scheduler.get("/readyz"), None, "the scheduler is ready with one of two executors");
    let second = executor("second");
    second.ready();
    scheduler.ready();
}
