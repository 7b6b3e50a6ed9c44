//! Content does not depend on threads, commits, batches, pieces or the command that made it.

use std::collections::BTreeMap;

use crate::support::{Job, demo_data, example};

/// Three windows, two keys, four models.
const RANGE: [&str; 6] = ["--paths", "100", "--from", "2023-06-20", "--to", "2024-02-28"];

type Content = BTreeMap<&'static str, (u64, String)>;

fn whole(source: &std::path::Path, flags: &[&str]) -> Content {
    let job = Job::new(&example("demo.toml"), source, &["--paths", "100"]);
    let flags = [&RANGE[2..], flags, &["backfill"]].concat();
    job.ok(&flags);
    job.ok(&["evaluate"]);
    job.content()
}

#[test]
fn threads_commits_and_batches_change_nothing() {
    let data = demo_data();
    let plain = whole(data, &[]);
    let variants: [&[&str]; 8] = [
        &["--threads", "1"],
        &["--threads", "8"],
        &["--cells-per-commit", "1"],
        &["--cells-per-commit", "1000"],
        &["--batch-forecasts", "1"],
        &["--batch-forecasts", "64"],
        &["--threads", "1", "--cells-per-commit", "1", "--batch-forecasts", "1"],
        &["--threads", "8", "--cells-per-commit", "1000", "--batch-forecasts", "64"],
    ];
    for variant in variants {
        assert_eq!(whole(data, variant), plain, "{variant:?}");
    }
    // the hash must be able to differ
    assert_ne!(whole(data, &["--seed", "43"]), plain);
}

#[test]
fn separate_steps_equal_a_backfill() {
    let data = demo_data();
    let plain = whole(data, &[]);
    let job = Job::new(&example("demo.toml"), data, &RANGE);
    for step in ["ingest", "build", "train", "infer", "evaluate"] {
        job.ok(&[step]);
    }
    assert_eq!(job.content(), plain);
}

#[test]
fn pieces_by_limit_equal_a_backfill() {
    let data = demo_data();
    let plain = whole(data, &[]);
    let job = Job::new(&example("demo.toml"), data, &RANGE);
    let mut runs = 0;
    loop {
        let ended = job.ok(&["--limit", "3", "backfill"]);
        let done: u64 = ["train", "infer"].iter().map(|step| ended.step(step)["units"].as_u64().unwrap()).sum();
        if done == 0 {
            break;
        }
        runs += 1;
        assert!(runs < 60, "still not done after {runs} runs of three units");
        if runs % 4 == 0 {
            job.ok(&["evaluate"]);
        }
    }
    assert!(runs >= 8, "24 units in runs of three took {runs} runs: the limit does not limit");
    job.ok(&["evaluate"]);
    assert_eq!(job.content(), plain);
}

#[test]
fn pieces_by_key_model_and_date_equal_a_backfill() {
    let data = demo_data();
    let plain = whole(data, &[]);
    let job = Job::new(&example("demo.toml"), data, &["--paths", "100"]);
    // out of order, across the windows' edges, overlapping, with scores in between
    let pieces: [&[&str]; 5] = [
        &["--key", "Sugar", "--from", "2024-01-17", "--to", "2024-02-28"],
        &["--key", "Coffee", "--from", "2023-11-08", "--to", "2024-01-18", "--threads", "8"],
        &["--select", "model=naive|xgboost", "--from", "2023-06-20", "--to", "2023-11-10"],
        &["--key", "Sugar", "--from", "2023-10-02", "--to", "2024-01-16", "--cells-per-commit", "1"],
        &["--from", "2023-06-20", "--to", "2024-02-28"],
    ];
    for piece in pieces {
        job.ok(&[piece, &["backfill"]].concat());
        job.ok(&["evaluate"]);
    }
    assert_eq!(job.content(), plain);
}
