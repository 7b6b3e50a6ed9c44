//! What SQL answers: every file of `tests/sql` is a test, each of its statements put to the built binary.
//!
//! The files are sqllogictest scripts (`script.rs` has the directives in use, `answer.rs` how values are written); a
//! new file needs no code. A statement `\named NAME` is a named query. The examples of docs/functions.md are run too. All
//! read one warehouse, made by `warehouse.rs`. `ALMANAC_SLT` names a part of the file names to run, `ALMANAC_SQL_ARGS`
//! further arguments of every query, separated by blanks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "sql/answer.rs"]
mod answer;
#[path = "sql/checks.rs"]
mod checks;
#[path = "sql/documentation.rs"]
mod documentation;
#[path = "sql/engine.rs"]
mod engine;
#[path = "sql/formats.rs"]
mod formats;
#[path = "s3/gateway.rs"]
#[allow(dead_code)] // of what cluster tests share, a part is used here
mod gateway;
#[path = "cluster/process.rs"]
#[allow(dead_code)]
mod process;
#[path = "cluster/processes.rs"]
#[allow(dead_code)]
mod processes;
#[path = "sql/script.rs"]
mod script;
#[path = "cluster/site.rs"]
#[allow(dead_code)]
mod site;
#[path = "sql/warehouse.rs"]
mod warehouse;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use engine::Engine;
use sqllogictest::harness::{Arguments, Failed, Trial, run};
use warehouse::World;

/// The scripts, by name.
fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let wanted = std::env::var("ALMANAC_SLT").unwrap_or_default();
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "slt")).collect();
    scripts.retain(|path| path.file_name().unwrap().to_string_lossy().contains(&wanted));
    scripts.sort();
    assert!(!scripts.is_empty(), "no script's name contains {wanted:?}");
    scripts
}

/// The test of a script.
fn trial(path: PathBuf, world: Arc<LazyLock<World>>) -> Trial {
    let name = format!("sql/{}", path.file_name().unwrap().to_string_lossy());
    Trial::test(name.clone(), move || {
        let engine = Engine::of(&world);
        let told = script::failures(&engine, &format!("tests/{name}"), &std::fs::read_to_string(&path).unwrap());
        let count = told.len();
        if count == 0 { Ok(()) } else { Err(Failed::from(format!("{count} failed\n\n{}", told.join("\n")))) }
    })
}

/// Scripts, and how many of their queries read stored rows, at least. Each of these is a job of the cluster: a function
/// that could not be sent would be computed here, and nothing else would tell.
const READING: [(&str, f64); 13] = [
    ("coverage", 1.0),
    ("crps", 1.0),
    ("fit_rows", 1.0),
    ("forecast", 1.0),
    ("functions_on_tables", 2.0),
    ("paths", 2.0),
    ("pinball", 1.0),
    ("quantiles", 1.0),
    ("risk", 1.0),
    ("tables_of_forecasts", 1.0),
    ("tables_of_input", 1.0),
    ("view_distributions_long", 1.0),
    ("view_trained_model_counts", 1.0),
];

/// One test: every script with its queries computed by two executors.
fn over_a_cluster(world: Arc<LazyLock<World>>) -> Trial {
    Trial::test("cluster/every script", move || {
        let engine = Engine::of(&world);
        let cluster = processes::Cluster::new(2);
        let over = engine.with(&["--scheduler", &cluster.address()]);
        let mut told: Vec<String> = Vec::new();
        for (name, _) in READING {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("sql/{name}.slt"));
            assert!(path.is_file(), "no {}", path.display());
        }
        for path in scripts() {
            let name = path.file_stem().unwrap().to_string_lossy();
            let (jobs, tasks) = (cluster.scheduler.metric("job_submitted_total"), cluster.finished());
            let text = std::fs::read_to_string(&path).unwrap();
            told.extend(script::failures(&over, &format!("over a cluster: {name}.slt"), &text));
            let (jobs, tasks) = (cluster.scheduler.metric("job_submitted_total") - jobs, cluster.finished() - tasks);
            let least = READING.iter().find(|(of, _)| *of == name).map_or(0.0, |(_, least)| *least);
            if jobs < least || tasks < least {
                told.push(format!("{name}.slt: {jobs} jobs of {tasks} tasks, though {least} queries read stored rows"));
            }
        }
        let tasks = cluster.finished();
        if !told.is_empty() {
            return Err(Failed::from(format!("{} failed\n\n{}", told.len(), told.join("\n"))));
        }
        // a query that reads a table is at least one task
        if tasks < 100.0 { Err(Failed::from(format!("the executors finished only {tasks} tasks"))) } else { Ok(()) }
    })
}

fn main() {
    let arguments = Arguments::from_args();
    let world = Arc::new(LazyLock::new(warehouse::make as fn() -> World));
    let named = |module: &str, (name, test): (&str, fn())| {
        Trial::test(format!("{module}::{name}"), move || {
            test();
            Ok(())
        })
    };
    let mut trials: Vec<Trial> = scripts().into_iter().map(|path| trial(path, Arc::clone(&world))).collect();
    trials.push(over_a_cluster(Arc::clone(&world)));
    trials.extend(formats::TESTS.map(|test| named("formats", test)));
    trials.extend(checks::TESTS.map(|test| named("checks", test)));
    trials.push(named("documentation", documentation::TEST));
    let docs = Arc::clone(&world);
    trials.push(Trial::test("documentation::functions", move || documentation::check(&docs).map_err(Failed::from)));
    let conclusion = run(&arguments, trials);
    drop(world);
    conclusion.exit();
}
