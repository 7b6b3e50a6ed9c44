#![allow(clippy::unwrap_used)]

use datafusion::prelude::{SessionContext, col};

use super::*;
use crate::delta::Snapshot;

fn ledger(folder: &tempfile::TempDir) -> Ledger {
    let warehouse = Warehouse::open(folder.path().to_str().unwrap()).unwrap();
    let job = Job::without_sources(warehouse.root().as_str());
    Ledger::new(&warehouse, &job, "backfill").unwrap()
}

fn cell(window: Day) -> Cell {
    Cell {
        model_name: "sarimax_auto_weather".into(),
        model_version: "v1".into(),
        key_bucket: 7,
        training_cutoff_date: window,
    }
}

fn outcome(key: String, status: Status) -> Outcome {
    let (reason, message) = match status {
        Status::Skipped => (Some("stale_covariate".to_owned()), Some("wind is 9 days old".to_owned())),
        _ => (None, None),
    };
    Outcome { key, status, reason, message, forecasts: 125, failed: 0, seconds: 0.5 }
}

async fn texts_of(ledger: &Ledger, columns: &[&str]) -> Vec<Vec<String>> {
    let table = Snapshot::open(&ledger.warehouse, &tables::units()).await.unwrap().unwrap();
    let rows = SessionContext::new().read_table(table.provider()).unwrap();
    let order = ["step", "key", "status"].map(|name| col(name).sort(true, true)).to_vec();
    let rows = rows.sort(order).unwrap().select(columns.iter().copied().map(col).collect::<Vec<_>>()).unwrap();
    let mut found = Vec::new();
    for batch in rows.collect().await.unwrap() {
        let text = |column: &ArrayRef, row| arrow::util::display::array_value_to_string(column, row).unwrap();
        found.extend((0..batch.num_rows()).map(|row| batch.columns().iter().map(|c| text(c, row)).collect::<Vec<_>>()));
    }
    found
}

#[tokio::test]
async fn units_that_were_done_tell_the_age_of_their_covariates() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = ledger(&folder);
    let wind = |days: i32| format!("wind up to {days} days old");
    ledger.ages("train", &cell(10), &[("a".to_owned(), wind(3))].into());
    ledger.ages("infer", &cell(10), &[("a".to_owned(), wind(8)), ("b".to_owned(), wind(9))].into());
    ledger.note("train", &cell(10), &[outcome("a".into(), Status::Ok), outcome("b".into(), Status::Ok)]);
    ledger.note("infer", &cell(10), &[outcome("a".into(), Status::Ok), outcome("b".into(), Status::Skipped)]);
    ledger.note("infer", &cell(11), &[outcome("c".into(), Status::Fallback)]);
    ledger.close("finished").await.unwrap();
    let found = texts_of(&ledger, &["step", "key", "status", "message"]).await;
    let wanted = [
        ["infer", "a", "ok", "wind up to 8 days old"],
        ["infer", "b", "skipped", "wind is 9 days old"],
        ["infer", "c", "fallback", ""],
        ["train", "a", "ok", "wind up to 3 days old"],
        ["train", "b", "ok", ""],
    ];
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn skipped_units_are_new_until_they_are_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = ledger(&folder);
    assert!(!first.skips_anew().await.unwrap());
    first.note("train", &cell(10), &[outcome("a".into(), Status::Ok)]);
    assert!(!first.skips_anew().await.unwrap());
    first.note("infer", &cell(10), &[outcome("a".into(), Status::Skipped)]);
    assert!(first.skips_anew().await.unwrap());
    first.close("finished").await.unwrap();
    let mut second = ledger(&folder);
    let mut again = outcome("a".into(), Status::Skipped);
    again.message = Some("2 origins: wind is 9 days old".into());
    second.note("infer", &cell(10), &[again.clone()]);
    assert!(!second.skips_anew().await.unwrap());
    for (step, window, reason) in
        [("train", 10, "stale_covariate"), ("infer", 11, "stale_covariate"), ("infer", 10, "gap")]
    {
        let mut other = ledger(&folder);
        other.note(step, &cell(window), &[Outcome { reason: Some(reason.into()), ..again.clone() }]);
        assert!(other.skips_anew().await.unwrap(), "{step}, {window}, {reason}");
    }
}

/// Peak resident memory of this process in MiB.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// A measurement: run it alone, `cargo test --release -p almanac-engine --lib a_hundred_thousand -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "measures the memory of the whole process"]
async fn a_hundred_thousand_units() {
    const WINDOWS: Day = 200;
    const KEYS: usize = 500;
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = ledger(&folder);
    let mut small = self::ledger(&folder);
    small.run_id = "small".into();
    small.note("infer", &cell(0), &[outcome("key".into(), Status::Ok)]);
    small.close("finished").await.unwrap();
    let before = peak_mib();
    for window in 0..WINDOWS {
        let outcomes: Vec<_> = (0..KEYS).map(|key| outcome(format!("store-{key:05}"), Status::Ok)).collect();
        ledger.note("infer", &cell(window), &outcomes);
    }
    let noted = peak_mib();
    ledger.close("finished").await.unwrap();
    println!("{before:.0} MiB before, {noted:.0} with the units noted, {:.0} after writing them", peak_mib());
    assert_eq!(texts_of(&ledger, &["run_id"]).await.len(), 1 + WINDOWS as usize * KEYS);
    assert!(peak_mib() - before < 200.0);
}
