//! Without paths: points and intervals only, the same ones, and paths that are added later are those of the same draws.

use crate::support::{Job, copy_csv, demo_data, example};

const FLAGS: [&str; 8] =
    ["--paths", "200", "--models", "naive,sarimax_auto_weather", "--from", "2024-01-02", "--to", "2024-02-15"];

const POINTS: &str = "forecast.point_forecasts";
const PATHS: &str = "forecast.distributions";

fn bytes(job: &Job) -> u64 {
    let tables = job.tables();
    let forecasts = tables.iter().filter(|(name, _)| name.starts_with("forecast."));
    forecasts.filter_map(|(_, table)| table["bytes"].as_u64()).sum()
}

#[test]
fn points_alone_are_those_beside_paths() {
    let data = demo_data();
    let plain = Job::new(&example("demo.toml"), data, &FLAGS);
    plain.ok(&["backfill"]);
    plain.ok(&["evaluate"]);

    let job = Job::new(&example("demo.toml"), data, &FLAGS);
    job.ok(&["--no-paths", "backfill"]);
    let tables = job.tables();
    assert_eq!(tables[POINTS]["content"], plain.tables()[POINTS]["content"]);
    assert!(!tables.contains_key(PATHS) || tables[PATHS]["rows"] == 0, "{tables:?}");
    assert!(bytes(&job) * 2 < bytes(&plain), "{} bytes and {}", bytes(&job), bytes(&plain));

    let again = job.ok(&["--no-paths", "backfill"]);
    assert_eq!((again.step("infer")["units"].as_u64(), again.step("infer")["commits"].as_u64()), (Some(0), Some(0)));

    // all that points can say is said, and nothing else
    let scored = job.ok(&["evaluate"]).step("evaluate");
    assert_eq!(scored["without_paths"], scored["forecasts"]);
    let errors = "SELECT round(avg(mae), 9) AS mae FROM forecast.forecast_metadata WHERE scope = 'at'";
    assert_eq!(job.lines(errors), plain.lines(errors));
    assert_eq!(job.count("SELECT count(crps) FROM forecast.forecast_metadata"), 0);

    job.ok(&["backfill"]);
    job.ok(&["evaluate"]);
    assert_eq!(job.content(), plain.content());
}

#[test]
fn points_alone_of_older_inputs_stay_until_they_are_refreshed() {
    let data = demo_data();
    let mut job = Job::new(&example("demo.toml"), data, &FLAGS);
    job.ok(&["--no-paths", "backfill"]);
    let versions = format!("SELECT count(DISTINCT data_version) FROM {POINTS}");
    let changed = copy_csv(data, |file, fields| {
        let mut fields: Vec<&str> = fields.to_vec();
        let (date, volume) = (fields[0], fields.len() - 1);
        if file == "market.csv" && date == "2024-01-10" {
            fields[volume] = "1234";
        }
        Some(fields.join(","))
    });
    job.source = changed.path().into();
    let kept = job.ok(&["--no-paths", "backfill"]);
    assert_eq!(kept.step("infer")["commits"].as_u64(), Some(0));
    let newest = format!("SELECT max(data_version) FROM {POINTS}");
    let old = job.lines(&newest);
    job.ok(&["--no-paths", "--refresh", "stale", "backfill"]);
    assert_eq!(job.count(&versions), 1);
    assert_ne!(job.lines(&newest), old);
    // whole cells with paths, whichever inputs their points were made from
    job.ok(&["backfill"]);
    let torn = format!(
        "SELECT count(*) FROM {PATHS} d JOIN {POINTS} p ON d.commodity = p.commodity AND d.model_name = p.model_name \
         AND d.data_cutoff_date = p.data_cutoff_date WHERE d.data_version <> p.data_version"
    );
    assert_eq!(job.count(&torn), 0);
}
