//! Every training frequency from end to end: one stored model per window and key, and every origin served once, by the
//! model of the window that contains it. The windows are worked out here anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use chrono::{Datelike, Days, NaiveDate};

use crate::support::{Job, demo_data, example};

const FREQUENCIES: [&str; 7] = ["daily", "weekly", "biweekly", "monthly", "quarterly", "semiannually", "annually"];
/// Three years, two of them in part; ISO week 53 of 2020 is among the weeks.
const RANGE: [&str; 4] = ["--from", "2020-11-16", "--to", "2022-01-14"];

/// The first day of the window that contains a day.
fn start(every: &str, day: NaiveDate) -> NaiveDate {
    let monday = day - Days::new(u64::from(day.weekday().num_days_from_monday()));
    let month = |of: u32| NaiveDate::from_ymd_opt(day.year(), of, 1).unwrap();
    match every {
        "daily" => day,
        "weekly" => monday,
        "biweekly" => {
            let mut mondays = (0..3).map(|weeks| monday - Days::new(7 * weeks));
            mondays.find(|monday| monday.iso_week().week().is_multiple_of(2)).unwrap()
        }
        "monthly" => month(day.month()),
        "quarterly" => month((day.month() - 1) / 3 * 3 + 1),
        "semiannually" => month(if day.month() < 7 { 1 } else { 7 }),
        "annually" => month(1),
        _ => panic!("{every}?"),
    }
}

/// The sessions of the range by key, as the demo data has them.
fn sessions(market: &str) -> BTreeMap<String, Vec<NaiveDate>> {
    let mut sessions: BTreeMap<String, Vec<NaiveDate>> = BTreeMap::new();
    for row in market.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()) {
        if (RANGE[1]..=RANGE[3]).contains(&row[0]) {
            sessions.entry(row[1].to_owned()).or_default().push(row[0].parse().unwrap());
        }
    }
    assert_eq!(sessions.len(), 2);
    sessions
}

#[test]
fn each_frequency_has_a_model_per_window_and_serves_each_origin_once() {
    let data = demo_data();
    let sessions = sessions(&fs::read_to_string(data.join("market.csv")).unwrap());
    let flags = [&RANGE[..], &["--models", "naive", "--paths", "3", "--horizon", "2"]].concat();
    let job = Job::new(&example("demo.toml"), data, &flags);
    job.ok(&["ingest"]);
    job.ok(&["build"]);
    let mut models = Vec::new();
    for every in FREQUENCIES {
        // a version of its own: windows of all frequencies stand side by side
        let asked = ["--every", every, "--model-version", every];
        let ran = job.ok(&[&asked[..], &["backfill"]].concat());

        let mut origins = Vec::new();
        let mut windows = BTreeSet::new();
        for (key, days) in &sessions {
            for day in days {
                let start = start(every, *day);
                assert!(start <= *day, "{every}");
                windows.insert(format!("{key},{start},{}", start.pred_opt().unwrap()));
                origins.push(format!("{key},{day},{}", start.pred_opt().unwrap()));
            }
        }
        let of = format!("WHERE model_version = '{every}'");
        let stored = job.lines(&format!(
            "SELECT commodity, window_start, training_cutoff_date FROM forecast.trained_models {of} ORDER BY 1, 2"
        ));
        assert_eq!(stored, windows.into_iter().collect::<Vec<_>>(), "{every}: models");
        assert_eq!((&ran.step("train")["units"], &ran.step("train")["failed"]), (&stored.len().into(), &0.into()));
        // the last day ahead, and the last path, as often as the first would be
        for (table, one) in [("point_forecasts", "day_ahead = 2"), ("distributions", "path_id = 2")] {
            let served = job.lines(&format!(
                "SELECT commodity, data_cutoff_date, training_cutoff_date FROM forecast.{table} {of} AND {one} \
                 ORDER BY 1, 2"
            ));
            assert_eq!(served, origins, "{every}: origins in {table}");
        }
        assert_eq!((&ran.step("infer")["forecasts"], &ran.step("infer")["failed"]), (&origins.len().into(), &0.into()));
        models.push(stored.len());
    }
    assert!(models.windows(2).all(|pair| pair[0] > pair[1]), "{models:?} models by frequency");
    assert_eq!(models[6], 2 * 3, "three years of two keys");
    let leaks = "SELECT count(*) FROM forecast.point_forecasts WHERE has_data_leakage \
                 OR training_cutoff_date >= data_cutoff_date";
    assert_eq!(job.count(leaks), 0);
}
