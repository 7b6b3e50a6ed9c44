//! Conditioning advances the state: a forecast sees its origin's close, and nothing after it.

use crate::support::{Job, copy_csv, demo_data, example};

const ORIGIN: &str = "2024-01-10";
const FACTOR: f64 = 1.05;

fn run(source: &std::path::Path) -> Job {
    let job = Job::new(&example("demo.toml"), source, &["--paths", "200"]);
    job.ok(&["--from", "2024-01-02", "--to", "2024-01-18", "backfill"]);
    job
}

#[test]
fn naive_stands_at_the_origins_close_and_every_model_moves() {
    let data = demo_data();
    let job = run(data);
    let points = job.rows(
        "SELECT count(*) AS rows, sum(CASE WHEN p.forecast_point = a.actual_close THEN 1 ELSE 0 END) AS equal \
         FROM forecast.point_forecasts p JOIN forecast.forecast_actuals a ON a.commodity = p.commodity \
         AND a.date = p.data_cutoff_date WHERE p.model_name = 'naive'",
    );
    // 2 keys, 12 sessions, 14 days
    assert_eq!(points[0]["rows"], 2 * 12 * 14);
    assert_eq!(points[0]["equal"], points[0]["rows"]);
    let moved = job.rows(
        "SELECT model_name, commodity, count(*) AS origins, count(DISTINCT forecast_point) AS points, \
         count(DISTINCT training_cutoff_date) AS models FROM forecast.point_forecasts WHERE day_ahead = 14 GROUP BY 1, 2",
    );
    assert_eq!(moved.len(), 8);
    for row in moved {
        assert_eq!((&row["origins"], &row["models"]), (&12.into(), &1.into()), "{row}");
        assert_eq!(row["points"], 12, "{row}: the state did not advance");
    }
}

/// The same origin has the same random numbers, so a change of its close shows as exactly what the state makes of it.
#[test]
fn a_change_of_the_origins_close_moves_paths_as_the_state_does() {
    let data = demo_data();
    let changed = copy_csv(data, |file, fields| {
        let mut fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        if file == "market.csv" && fields[0] == ORIGIN && fields[1] == "Coffee" {
            let close: f64 = fields[5].parse().unwrap();
            fields[5] = (close * FACTOR).to_string();
        }
        Some(fields.join(","))
    });
    let query = "SELECT model_name, commodity, data_cutoff_date, path_id, day_1, day_14 FROM forecast.distributions \
                 ORDER BY 1, 2, 3, 4";
    let (before, after) = (run(data).rows(query), run(changed.path()).rows(query));
    assert_eq!(before.len(), after.len());
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for (before, after) in before.iter().zip(&after) {
        let (model, date) = (before["model_name"].as_str().unwrap(), before["data_cutoff_date"].as_str().unwrap());
        if before["commodity"] != "Coffee" || date < ORIGIN {
            assert_eq!(before, after, "another key, or an earlier origin");
            continue;
        }
        let ratio = |day: &str| after[day].as_f64().unwrap() / before[day].as_f64().unwrap();
        match (model, date == ORIGIN) {
            ("naive" | "random_walk", true) => {
                assert!(
                    ["day_1", "day_14"].iter().all(|day| (ratio(day) / FACTOR - 1.0).abs() < 1e-6),
                    "{before} {after}"
                );
            }
            (_, true) => assert!((ratio("day_1") - 1.0).abs() > 0.01, "{before} {after}"),
            // one session later the walks stand at a close that did not change
            ("naive" | "random_walk", false) => assert_eq!(before, after),
            (_, false) => continue,
        }
        *seen.entry(model.to_owned()).or_default() += 1;
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert!(seen.values().all(|paths| *paths >= 200), "{seen:?}");
}
