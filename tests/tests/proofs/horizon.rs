//! The horizon grows: columns are added, forecasts are made anew with more days, and above 64 days each is a row.

use almanac_tests::notice;
use serde_json::Value;

use crate::readers::NO_READERS;
use crate::support::{Ended, Job, demo_data, example};

/// Two windows, two keys, four models, 16 sessions.
const RANGE: [&str; 6] = ["--paths", "20", "--from", "2023-12-20", "--to", "2024-01-12"];
const FORECASTS: i64 = 4 * 2 * 16;

fn job(source: &std::path::Path) -> Job {
    Job::new(&example("demo.toml"), source, &RANGE)
}

/// A command with a horizon and further flags.
fn over(job: &Job, days: &str, arguments: &[&str]) -> Ended {
    job.ok(&[&["--horizon", days], arguments].concat())
}

/// The first seven days of every path of a version.
fn first_week(job: &Job, version: &str) -> Vec<String> {
    let lines = job.lines(&format!(
        "SELECT model_name, commodity, data_cutoff_date, path_id, day_1, day_2, day_3, day_4, day_5, day_6, day_7 \
         FROM forecast.distributions WHERE model_version = '{version}' AND day_7 IS NOT NULL ORDER BY 1, 2, 3, 4"
    ));
    assert_eq!(lines.len() as i64, FORECASTS * 20);
    lines
}

/// Times that a table's columns were changed after its creation.
fn changes(job: &Job, table: &str) -> usize {
    let folder = job.warehouse.join(table.replace('.', "/")).join("_delta_log");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let entries = entries.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let text: String = entries.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    text.lines().filter(|line| line.starts_with("{\"metaData\"")).count() - 1
}

fn units(ended: &Ended, step: &str) -> u64 {
    ended.step(step)["units"].as_u64().unwrap()
}

fn read_by_others(job: &Job, moment: &str) {
    match std::env::var("ALMANAC_PYTHON") {
        Ok(python) => crate::readers::read(&python, job, moment),
        Err(_) => notice(NO_READERS),
    }
}

#[test]
fn a_longer_horizon_is_refused_until_it_is_asked_for() {
    let data = demo_data();
    let job = job(data);
    over(&job, "7", &["backfill"]);
    over(&job, "7", &["evaluate"]);
    let before = job.content();
    for command in ["train", "infer", "backfill", "plan"] {
        let named = ["forecast.distributions", "7 days", "14", "--widen"];
        job.refused(&["--horizon", "14", command], 6, &named);
    }
    job.refused(&["--horizon", "90", "--widen", "infer"], 6, &["forecast.distributions", "column per day", "90"]);
    // readers take the table as it is, whatever horizon is configured
    for days in ["7", "14", "90"] {
        let counted = over(&job, days, &["sql", "-c", "SELECT max(day_ahead) FROM forecast.distributions_long"]).stdout;
        assert!(counted.contains("| 7 "), "{counted}");
        over(&job, days, &["evaluate"]);
        over(&job, days, &["maintain", "optimize"]);
    }
    assert_eq!(job.content(), before);
    assert_eq!(changes(&job, "forecast.distributions"), 0);
}

#[test]
fn widening_equals_the_longer_horizon_from_the_start() {
    let data = demo_data();
    let (job, long) = (job(data), job(data));
    over(&long, "14", &["backfill"]);
    over(&long, "14", &["evaluate"]);
    over(&job, "7", &["backfill"]);
    over(&job, "7", &["evaluate"]);
    let week = first_week(&job, "v1");
    assert_eq!(job.count("SELECT max(day_ahead) FROM forecast.point_forecasts"), 7);

    // a plan writes nothing
    over(&job, "14", &["--widen", "plan"]);
    assert_eq!(changes(&job, "forecast.distributions"), 0);

    // one key is asked for: its cells are made anew as a whole
    let ended = over(&job, "14", &["--widen", "--key", "Coffee", "--models", "naive", "backfill"]);
    assert_eq!(ended.step("infer")["forecasts"], 2 * 16);
    assert_eq!(changes(&job, "forecast.distributions"), 1);
    assert_eq!(job.count("SELECT count(*) FROM forecast.distributions WHERE day_14 IS NOT NULL"), 2 * 16 * 20);
    assert_eq!(first_week(&job, "v1"), week);
    // the other models still hold seven days: no reader minds, a run does
    over(&job, "14", &["evaluate"]);
    job.refused(&["--horizon", "14", "infer"], 6, &["forecast.point_forecasts", "v1", "fewer days", "--widen"]);

    over(&job, "14", &["--widen", "backfill"]);
    over(&job, "14", &["evaluate"]);
    assert_eq!(first_week(&job, "v1"), week);
    assert_eq!(job.content(), long.content());
    for table in ["forecast.distributions", "forecast.actual_paths"] {
        assert_eq!(changes(&job, table), 1, "{table}");
    }
    read_by_others(&job, "widened");

    // with or without the flag nothing is left to do
    for flag in [&["backfill"][..], &["--widen", "backfill"]] {
        let again = over(&job, "14", flag);
        assert_eq!((units(&again, "train"), units(&again, "infer")), (0, 0));
    }
    job.refused(&["--horizon", "7", "backfill"], 6, &["forecast.horizon", "14", "7"]);
    assert_eq!(job.content(), long.content());
}

#[test]
fn fewer_days_leave_nulls_in_a_wider_table() {
    let data = demo_data();
    let job = job(data);
    over(&job, "14", &["backfill"]);
    // in two pieces, so that a cell has two files
    over(&job, "7", &["--model-version", "v2", "--to", "2024-01-08", "backfill"]);
    over(&job, "7", &["--model-version", "v2", "backfill"]);
    over(&job, "14", &["evaluate"]);
    let nulls = "SELECT count(*) FROM forecast.distributions WHERE day_8 IS NULL AND model_version = ";
    assert_eq!(job.count(&format!("{nulls}'v1'")), 0);
    assert_eq!(job.count(&format!("{nulls}'v2'")), FORECASTS * 20);
    let days = "SELECT count(*) FROM forecast.distributions_long WHERE model_version = ";
    assert_eq!(job.count(&format!("{days}'v1'")), FORECASTS * 20 * 14);
    assert_eq!(job.count(&format!("{days}'v2'")), FORECASTS * 20 * 7);
    let scored = "SELECT count(*) FROM forecast.forecast_metadata WHERE crps IS NOT NULL AND model_version = ";
    assert_eq!(job.count(&format!("{scored}'v1'")), FORECASTS * 14 * 2);
    assert_eq!(job.count(&format!("{scored}'v2'")), FORECASTS * 7 * 2);
    read_by_others(&job, "with nulls");

    // merged files hold the nulls as such: nothing read from them differs
    let (content, week) = (job.content(), first_week(&job, "v2"));
    let files = |job: &Job| job.tables()["forecast.distributions"]["files"].as_u64().unwrap();
    let before = files(&job);
    over(&job, "7", &["maintain", "optimize"]);
    assert!(files(&job) < before, "nothing was merged");
    over(&job, "14", &["--force", "evaluate"]);
    assert_eq!(job.content(), content);

    // the stored models are asked for more days: only the forecasts are made anew
    let refused = ["forecast.point_forecasts", "v2", "14", "--widen"];
    job.refused(&["--horizon", "14", "--model-version", "v2", "infer"], 6, &refused);
    let ended = over(&job, "14", &["--model-version", "v2", "--widen", "infer"]);
    assert_eq!(ended.step("infer")["forecasts"], FORECASTS);
    assert_eq!(changes(&job, "forecast.distributions"), 0);
    assert_eq!(first_week(&job, "v2"), week);
    assert_eq!(job.count(&format!("{nulls}'v2'")), 0);
    assert_eq!(units(&over(&job, "14", &["--model-version", "v2", "infer"]), "infer"), 0);
    // a model's row says for which horizon it was fitted, until it is fitted for the longer one
    let models = "SELECT count(*) FROM forecast.trained_models WHERE model_version = 'v2' AND horizon = ";
    assert_eq!(job.count(&format!("{models}7")), 16);
    job.refused(&["--horizon", "14", "--model-version", "v2", "train"], 6, &["forecast.trained_models", "--widen"]);
    let ended = over(&job, "14", &["--model-version", "v2", "--widen", "backfill"]);
    assert_eq!((units(&ended, "train"), units(&ended, "infer")), (16, 0));
    assert_eq!(job.count(&format!("{models}14")), 16);
}

#[test]
fn two_widen_at_once() {
    let data = demo_data();
    let long = job(data);
    over(&long, "14", &["backfill"]);
    over(&long, "14", &["evaluate"]);
    let wanted = long.content();
    for round in 0..3 {
        let job = job(data);
        over(&job, "7", &["backfill"]);
        let ended: Vec<Ended> = std::thread::scope(|scope| {
            let widen = || job.run(&["--horizon", "14", "--widen", "--cells-per-commit", "2", "backfill"]);
            let drivers = [scope.spawn(widen), scope.spawn(widen)];
            drivers.into_iter().map(|driver| driver.join().unwrap()).collect()
        });
        for ended in ended {
            assert_eq!(ended.code, 0, "round {round}: {}", ended.stderr);
        }
        for table in ["forecast.distributions", "forecast.actual_paths"] {
            assert_eq!(changes(&job, table), 1, "round {round}: {table}");
        }
        over(&job, "14", &["evaluate"]);
        assert_eq!(job.content(), wanted, "round {round}");
    }
}

#[test]
fn death_while_widening() {
    let data = demo_data();
    let long = job(data);
    over(&long, "14", &["backfill"]);
    over(&long, "14", &["evaluate"]);
    let wanted = long.content();
    // before the columns are there, when they just are, and between the tables of the first cells made anew
    for (point, widened) in [("widen:1", 0), ("committed:1", 1), ("between_tables:1", 1), ("widen:2", 1)] {
        let job = job(data);
        over(&job, "7", &["backfill"]);
        let ended = job.run_with(
            &[("ALMANAC_CRASH_AT", point)],
            &["--horizon", "14", "--widen", "--cells-per-commit", "2", "backfill"],
        );
        assert_eq!(ended.code, -1, "{point} was never reached: {}", ended.stderr);
        assert_eq!(changes(&job, "forecast.distributions"), widened, "{point}");
        over(&job, "14", &["--widen", "backfill"]);
        over(&job, "14", &["evaluate"]);
        assert_eq!(job.content(), wanted, "after a death at {point}");
        for table in ["forecast.distributions", "forecast.actual_paths"] {
            assert_eq!(changes(&job, table), 1, "{point}: {table}");
        }
    }
}

#[test]
fn paths_without_points_tell_their_days_themselves() {
    let data = demo_data();
    let (job, long) = (job(data), job(data));
    let models = ["--models", "naive,random_walk"];
    over(&long, "14", &[&models[..], &["backfill"]].concat());
    over(&long, "14", &["evaluate"]);
    over(&job, "7", &[&models[..], &["backfill"]].concat());
    // the points are lost: nothing but the paths says that they have seven days
    std::fs::remove_dir_all(job.warehouse.join("forecast/point_forecasts")).unwrap();
    let widen = [&models[..], &["--widen", "backfill"]].concat();
    over(&job, "14", &widen);
    over(&job, "14", &["evaluate"]);
    assert_eq!(job.content(), long.content());
    assert_eq!(job.count("SELECT count(*) FROM forecast.distributions WHERE day_14 IS NULL"), 0);
}

/// Forecasts of four sessions.
const FEW: [&str; 4] = ["--from", "2024-01-02", "--to", "2024-01-05"];

/// The tables that a long job has; there are no `actual_paths`.
fn long_content(job: &Job) -> Vec<(String, Value)> {
    let tables = job.tables();
    assert!(!tables.contains_key("forecast.actual_paths"));
    let forecast = tables.into_iter().filter(|(name, _)| name.starts_with("forecast."));
    forecast.map(|(name, facts)| (name, serde_json::json!([facts["rows"], facts["content"]]))).collect()
}

#[test]
fn ninety_days_are_one_row_each() {
    let data = demo_data();
    let job = Job::new(&example("demo.toml"), data, &["--paths", "30", "--horizon", "90"]);
    let forecasts = 4 * 2 * 4;
    let ended = job.ok(&[&FEW[..], &["backfill"]].concat());
    assert_eq!(ended.step("infer")["forecasts"], forecasts);
    let evaluated = job.ok(&["evaluate"]).step("evaluate");
    assert_eq!(evaluated["forecasts"], forecasts);
    assert_eq!((&evaluated["without_paths"], &evaluated["stray_path_rows"]), (&0.into(), &0.into()));
    let content = long_content(&job);

    let counts = [
        ("SELECT count(*) FROM forecast.distributions", forecasts * 30 * 90),
        ("SELECT count(*) FROM forecast.point_forecasts", forecasts * 90),
        ("SELECT count(*) FROM forecast.forecast_metadata WHERE crps IS NOT NULL", forecasts * 90 * 2),
        ("SELECT count(*) FROM forecast.distributions_long WHERE day_ahead BETWEEN 1 AND 90", forecasts * 30 * 90),
        ("SELECT count(*) FROM forecast.distributions_with_actuals WHERE is_actuals", forecasts * 90),
        ("SELECT count(*) FROM forecast.distributions_with_actuals", forecasts * 31 * 90),
        ("SELECT count(*) FROM forecast.point_forecasts_wide WHERE day_90 IS NOT NULL", forecasts),
    ];
    for (query, wanted) in counts {
        assert_eq!(job.count(query), wanted, "{query}");
    }
    // the stored statistics are those of the paths
    let apart = "SELECT count(*) FROM (SELECT commodity, model_name, data_cutoff_date, day_ahead, avg(value) AS mean \
                 FROM forecast.distributions_long GROUP BY 1, 2, 3, 4) l \
                 JOIN forecast.point_forecasts p USING (commodity, model_name, data_cutoff_date, day_ahead) \
                 WHERE abs(l.mean / p.forecast_mean - 1) < 1e-6";
    assert_eq!(job.count(apart), forecasts * 90);
    // path 0 is the close that came
    let came = "SELECT count(*) FROM forecast.distributions_with_actuals a JOIN forecast.point_forecasts_with_actuals p \
                USING (commodity, model_name, data_cutoff_date, day_ahead) \
                WHERE a.is_actuals AND a.value = CAST(p.actual_close AS FLOAT)";
    assert_eq!(job.count(came), forecasts * 90);
    read_by_others(&job, "long");

    // nothing is left to do, however it is looked at
    for arguments in [&["backfill"][..], &["--widen", "backfill"]] {
        let again = job.ok(&[&FEW[..], arguments].concat());
        assert_eq!((units(&again, "train"), units(&again, "infer")), (0, 0));
    }
    job.ok(&["maintain", "optimize"]);
    assert_eq!(job.ok(&["--force", "evaluate"]).step("evaluate")["forecasts"], forecasts);
    assert_eq!(long_content(&job), content);
    job.refused(&["--horizon", "14", "--model-version", "v2", "infer"], 6, &["forecast.distributions", "row per day"]);

    // rows that are lost are written again, the same
    std::fs::remove_dir_all(job.warehouse.join("forecast/distributions")).unwrap();
    job.ok(&[&FEW[..], &["backfill"]].concat());
    assert_eq!(long_content(&job), content);

    // by pieces and other batches the same
    let pieces = Job::new(&example("demo.toml"), data, &["--paths", "30", "--horizon", "90"]);
    let range = ["--from", "2024-01-04", "--to", "2024-01-05", "--threads", "1", "--batch-forecasts", "1", "backfill"];
    pieces.ok(&range);
    pieces.ok(&[&FEW[..], &["--cells-per-commit", "1", "backfill"]].concat());
    pieces.ok(&["evaluate"]);
    assert_eq!(long_content(&pieces), content);
}

#[test]
fn the_long_form_grows_too() {
    let data = demo_data();
    let flags = [&FEW[..], &["--paths", "30", "--models", "naive,sarimax_auto_weather"]].concat();
    let (job, whole) = (Job::new(&example("demo.toml"), data, &flags), Job::new(&example("demo.toml"), data, &flags));
    over(&whole, "90", &["backfill"]);
    over(&whole, "90", &["evaluate"]);
    over(&job, "70", &["backfill"]);
    over(&job, "70", &["evaluate"]);
    job.refused(&["--horizon", "90", "infer"], 6, &["forecast.point_forecasts", "v1", "90", "--widen"]);
    over(&job, "90", &["--widen", "backfill"]);
    over(&job, "90", &["evaluate"]);
    assert_eq!(long_content(&job), long_content(&whole));
    assert_eq!(changes(&job, "forecast.distributions"), 0);
}

#[test]
fn both_forms_say_the_same() {
    let data = demo_data();
    let flags = [&FEW[..], &["--paths", "25"]].concat();
    let run = |days: &str| {
        let job = Job::new(&example("demo.toml"), data, &flags);
        over(&job, days, &["backfill"]);
        over(&job, days, &["evaluate"]);
        job
    };
    let (wide, long) = (run("64"), run("65"));
    let paths = "SELECT model_name, commodity, data_cutoff_date, path_id, day_ahead, value \
                 FROM forecast.distributions_long WHERE day_ahead <= 64 ORDER BY 1, 2, 3, 4, 5";
    let (columns, rows) = (wide.lines(paths), long.lines(paths));
    assert_eq!(columns.len(), 4 * 2 * 4 * 25 * 64);
    assert_eq!(columns.iter().zip(&rows).find(|(column, row)| column != row), None);
    assert_eq!(columns.len(), rows.len());
    let types = "SELECT arrow_typeof(day_ahead), arrow_typeof(value), arrow_typeof(path_id) \
                 FROM forecast.distributions_long LIMIT 1";
    assert_eq!(wide.lines(types), long.lines(types));
    let scores = "SELECT model_name, commodity, data_cutoff_date, horizon, scope, mae, crps, pit, mase, coverage_95 \
                  FROM forecast.forecast_metadata WHERE horizon <= 64 ORDER BY 1, 2, 3, 4, 5";
    assert_eq!(wide.lines(scores), long.lines(scores));
}
