//! Forecasts drawn again from what is stored.

use std::collections::BTreeSet;

use crate::random::Random;
use crate::warehouse::{Warehouse, succeed};

const FORECASTS: usize = 50;
/// Paths that are stored of each forecast.
const PATHS: usize = 40;
const DAYS: usize = 14;

/// The answer's lines, the first of which names the columns. Numbers are written with all digits that tell them apart.
fn csv(warehouse: &Warehouse, query: &str) -> Vec<String> {
    let printed = succeed(warehouse.command(&["sql", "--format", "csv", "-c", query]));
    printed.lines().map(str::to_owned).collect()
}

fn same(what: &str, stored: &[String], again: &[String], rows: usize) {
    assert_eq!((stored.len(), again.len()), (rows + 1, rows + 1), "{what}");
    let differing = stored.iter().zip(again).find(|(stored, again)| stored != again);
    assert_eq!(differing, None, "{what}");
}

/// Fifty forecasts, drawn by chance among all keys, models and origins, come again as they are stored, bit by bit.
pub(crate) fn fifty_come_again(warehouse: &Warehouse) {
    let mut random = Random::new(6);
    let all = "SELECT DISTINCT commodity, model_name, data_cutoff_date FROM forecast.point_forecasts ORDER BY 1, 2, 3";
    let stored = csv(warehouse, all).split_off(1);
    assert!(stored.len() > 3_000, "{} forecasts are stored", stored.len());
    let mut drawn = BTreeSet::new();
    while drawn.len() < FORECASTS {
        drawn.insert(stored[(random.next() * stored.len() as f64) as usize].as_str());
    }
    let drawn: Vec<[&str; 3]> =
        drawn.into_iter().map(|line| line.split(',').collect::<Vec<_>>().try_into().unwrap()).collect();
    let which = |[key, model, origin]: &[&str; 3]| {
        format!("(commodity = '{key}' AND model_name = '{model}' AND data_cutoff_date = DATE '{origin}')")
    };
    let which = drawn.iter().map(which).collect::<Vec<_>>().join(" OR ");
    let calls = |function: &str, more: &str| {
        let call = |[key, model, origin]: &[&str; 3]| {
            format!("SELECT * FROM {function}('{key}', '{model}', DATE '{origin}'{more})")
        };
        drawn.iter().map(call).collect::<Vec<_>>().join(" UNION ALL ")
    };

    // all columns but those that tell one run from another, which a forecast that is drawn again does not have
    let (points, order) = (calls("forecast", ""), "ORDER BY commodity, model_name, data_cutoff_date");
    let columns = csv(warehouse, &format!("SELECT * FROM ({points}) LIMIT 1")).swap_remove(0);
    assert!(columns.contains("forecast_point") && columns.contains("config_hash"), "{columns}");
    let stored = format!("SELECT {columns} FROM forecast.point_forecasts WHERE {which} {order}, day_ahead");
    let again = format!("SELECT {columns} FROM ({points}) {order}, day_ahead");
    same("points", &csv(warehouse, &stored), &csv(warehouse, &again), FORECASTS * DAYS);

    let columns = "commodity, model_name, model_version, data_cutoff_date, path_id, day_ahead, value";
    let stored = format!("SELECT {columns} FROM forecast.distributions_long WHERE {which} {order}, path_id, day_ahead");
    let paths = calls("paths", &format!(", {PATHS}"));
    let again = format!("SELECT {columns} FROM ({paths}) {order}, path_id, day_ahead");
    same("paths", &csv(warehouse, &stored), &csv(warehouse, &again), FORECASTS * PATHS * DAYS);
}
