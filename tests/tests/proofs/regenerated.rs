//! The table functions give what is stored: `forecast` and `paths` draw again what the backfill has written.

use std::fs;

use serde_json::{Map, Value};

use crate::support::{Job, copy_csv, demo_data, edited, example};

const MODELS: [&str; 4] = ["naive", "random_walk", "sarimax_auto_weather", "xgboost"];
const DAYS: usize = 14;

/// Numbers that decide which origins are compared; `ALMANAC_TEST_SEED` repeats them.
struct Draws(u64);

impl Draws {
    fn new() -> Self {
        let clock = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
        let seed = std::env::var("ALMANAC_TEST_SEED").map_or(clock, |text| text.parse().unwrap());
        println!("ALMANAC_TEST_SEED={seed}");
        Self(seed)
    }

    /// One of `count` (splitmix64).
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % count as u64) as usize
    }
}

/// Rows without the columns that tell one run from another.
fn content(rows: Vec<Value>) -> Vec<Map<String, Value>> {
    let volatile = |name: &str| ["generation_timestamp", "run_id", "inference_seconds", "key_bucket"].contains(&name);
    let content = |row: Value| match row {
        Value::Object(row) => row.into_iter().filter(|(name, _)| !volatile(name)).collect(),
        other => panic!("no row: {other}"),
    };
    rows.into_iter().map(content).collect()
}

/// Both answers to one forecast, stored and regenerated, must be the same.
fn same(job: &Job, key: &str, columns: &str, model: &str, origin: &str) {
    let stored = format!("WHERE ({columns}) = ({key}) AND model_name = '{model}' AND data_cutoff_date = '{origin}'");
    let points = content(job.rows(&format!("SELECT * FROM forecast.point_forecasts {stored} ORDER BY day_ahead")));
    assert_eq!(points.len(), DAYS);
    let again = job.rows(&format!("SELECT * FROM forecast({key}, '{model}', DATE '{origin}') ORDER BY day_ahead"));
    assert_eq!(content(again), points, "{key} {model} {origin}");

    let paths = content(job.rows(&format!("SELECT * FROM forecast.distributions {stored} ORDER BY path_id")));
    assert_eq!(paths.len(), 50);
    for count in [50, 7, 60] {
        let call = format!("paths({key}, '{model}', DATE '{origin}', {count})");
        let again = content(job.rows(&format!("SELECT * FROM {call} ORDER BY path_id, day_ahead")));
        assert_eq!(again.len(), count * DAYS);
        for (path, days) in paths.iter().zip(again.chunks(DAYS)) {
            for (h, day) in (1..).zip(days) {
                let mut expected = path.clone();
                let value = expected.remove(&format!("day_{h}")).unwrap();
                expected.retain(|name, _| !name.starts_with("day_"));
                expected.extend([("day_ahead".to_owned(), h.into()), ("value".to_owned(), value)]);
                assert_eq!(*day, expected, "{key} {model} {origin}, {count} paths");
            }
        }
    }
}

#[test]
fn random_origins_are_drawn_again_bit_by_bit() {
    let data = demo_data();
    let flags = ["--paths", "50", "--from", "2024-06-10", "--to", "2024-07-19"];
    let job = Job::new(&example("demo.toml"), data, &flags);
    job.ok(&["backfill"]);
    let origins = job.lines("SELECT DISTINCT data_cutoff_date FROM forecast.point_forecasts ORDER BY 1");
    assert!(origins.len() > 20, "{origins:?}");
    let mut draws = Draws::new();
    for model in MODELS {
        for key in ["'Coffee'", "'Sugar'"] {
            same(&job, key, "commodity", model, &origins[draws.below(origins.len())]);
        }
    }
    // an origin that is not stored, and a day later than any of the run
    let more = job.count("SELECT count(*) FROM paths('Coffee', 'xgboost', DATE '2024-08-01', 50)");
    assert_eq!(more, 50 * DAYS as i64);
    assert_eq!(job.count("SELECT count(*) FROM forecast.distributions WHERE data_cutoff_date > '2024-07-19'"), 0);
    // a window without a model is not fitted
    let query = ["sql", "-c", "SELECT * FROM forecast('Coffee', 'naive', DATE '2025-03-03')"];
    job.refused(&query, 4, &["model \"naive\" not found", "2025-01-01", "2024-01-01 to 2024-07-01"]);
    // neither are other settings: the rows would be others than those stored
    job.refused(
        &[&["--seed", "43"], &query[..2], &["SELECT * FROM forecast('Coffee', 'naive', DATE '2024-07-01')"]].concat(),
        6,
        &["forecast.seed"],
    );
}

#[test]
fn a_key_of_several_columns() {
    let data = copy_csv(demo_data(), |_, fields| Some(fields.join(",")));
    let market = data.path().join("market.csv");
    let text = fs::read_to_string(&market).unwrap();
    let exchange = |(i, line): (usize, &str)| format!("{line},{}\n", if i == 0 { "exchange" } else { "7" });
    fs::write(&market, text.lines().enumerate().map(exchange).collect::<String>()).unwrap();
    let replace = [
        ("key = [\"commodity\"]", "key = [\"commodity\", \"exchange\"]"),
        (
            "bars = true                   # its rows are the sessions\nkey = { commodity = \"commodity\" }",
            "bars = true\nkey = { commodity = \"commodity\", exchange = \"exchange\" }",
        ),
    ];
    let (_folder, config) = edited("demo.toml", &replace);
    let flags = ["--paths", "50", "--models", "naive", "--from", "2024-07-01", "--to", "2024-07-03"];
    let job = Job::new(&config, data.path(), &flags);
    job.ok(&["backfill"]);
    same(&job, "'Coffee', '7'", "commodity, exchange", "naive", "2024-07-02");
    let count = |call: &str| job.count(&format!("SELECT count(*) FROM {call}"));
    assert_eq!(count("forecast(['Coffee', '7'], 'naive', DATE '2024-07-02')"), DAYS as i64);
    // a number is taken as the text that the key column holds
    assert_eq!(count("paths('Sugar', 7, 'naive', '2024-07-02', 3)"), 3 * DAYS as i64);
    let refused = |call: &str, code: i32, named: &[&str]| {
        job.refused(&["sql", "-c", &format!("SELECT * FROM {call}")], code, named);
    };
    refused(
        "forecast('Coffee', '8', 'naive', DATE '2024-07-02')",
        4,
        &["key \"Coffee|8\" not found", "Coffee|7, Sugar|7"],
    );
    refused(
        "forecast('Coffee', 'naive', DATE '2024-07-02')",
        2,
        &["forecast(commodity, exchange, model, origin)", "one list"],
    );
    refused(
        "forecast(['Coffee'], 'naive', DATE '2024-07-02')",
        2,
        &["forecast: key = [Coffee]", "commodity, exchange"],
    );
}
