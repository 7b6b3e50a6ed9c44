//! Cutting cells into parts by cost.

use almanac_models::{ModelSpec, combination};

use crate::backfill::missing::CellWork;
use crate::plan::job::Job;
use crate::plan::worklist::Unit;
use crate::runner::Part;

/// Cost above which a cell is split, so that it does not keep one core for long.
const LONGEST_PART_MILLISECONDS: f64 = 5_000.0;
/// Relative cost of a unit, for packing: measured milliseconds on one core, by family.
pub(crate) fn cost(job: &Job, unit: &Unit, forecasts: usize) -> f64 {
    let (fit, forecast) = job.model(&unit.cell.model_name).map_or((0.0, 0.0), |spec| costs(&spec));
    if unit.paths || unit.points { forecast * forecasts as f64 } else { fit }
}

/// A fit's and a forecast's.
fn costs(spec: &ModelSpec) -> (f64, f64) {
    match spec.family.as_str() {
        "xgboost" => (250.0, 2.5),
        "arima" => (200.0, 0.7),
        "prophet" => (60.0, 1.0),
        "ets" => (50.0, 0.7),
        "theta" => (40.0, 0.7),
        "ces" => (10.0, 0.7),
        combination::NAME => {
            let members: Vec<(f64, f64)> = combination::members(spec).iter().map(costs).collect();
            let count = members.len().max(1) as f64;
            // inner fits for weights, at most; a reference sample of twice the default's paths beside the paths
            let fit: f64 = members.iter().map(|(fit, _)| 2.0 * fit).sum();
            (fit, members.iter().map(|(_, forecast)| 3.0 * forecast).sum::<f64>() / count)
        }
        _ => (0.2, 0.7),
    }
}

/// One part per cell, split between keys where a cell alone would keep a core for long; longest first. A key that lacks
/// other paths than points has two units, which report as one.
pub(super) fn parts(job: &Job, work: &[CellWork]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for cell in work {
        let mut part = Part::default();
        for (unit, forecasts) in cell.units_with_forecasts() {
            let cost = cost(job, unit, forecasts);
            let same_key = part.units.last().is_some_and(|last: &Unit| last.key == unit.key);
            if part.cost > 0.0 && part.cost + cost > LONGEST_PART_MILLISECONDS && !same_key {
                parts.push(std::mem::take(&mut part));
            }
            part.cost += cost;
            part.units.push(unit.clone());
        }
        if !part.units.is_empty() {
            parts.push(part);
        }
    }
    parts.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    parts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::cell::Cell;

    #[test]
    fn a_combination_costs_what_its_members_cost() {
        let members = serde_json::json!([{ "name": "a", "family": "arima" }, { "name": "x", "family": "xgboost" }]);
        let spec = serde_json::json!({ "name": "c", "family": "combination", "settings": { "members": members } });
        let spec: Option<ModelSpec> = serde_json::from_value(spec).ok();
        assert_eq!(spec.map(|spec| costs(&spec)), Some((900.0, 4.8)));
    }

    #[test]
    fn units_of_one_key_stay_in_one_part() {
        let job = Job::without_sources("file:///nowhere/");
        let cell =
            Cell { model_name: "naive".into(), model_version: "v1".into(), key_bucket: 0, training_cutoff_date: 0 };
        let unit = |key: usize| Unit {
            cell: cell.clone(),
            key: format!("0/{key}"),
            origins: (0, 1),
            only: None,
            paths: true,
            points: true,
        };
        let mut units: Vec<Unit> = (0..3).map(unit).collect();
        // paths and points of the second key are missing for different origins
        let mut points = units[1].clone();
        units[1].points = false;
        points.paths = false;
        units.insert(2, points);
        // 0.7 ms a forecast: any but the last is already more than a part may cost
        let work = CellWork {
            cell: cell.clone(),
            units,
            skipped: Vec::new(),
            existing: 0,
            unit_forecasts: vec![10_000, 8_000, 9_000, 1_000],
            base: BTreeMap::new(),
            replace: false,
            claims: Arc::default(),
            stale: 0,
            ages: BTreeMap::new(),
        };
        let parts = parts(&job, &[work]);
        let keys: Vec<Vec<&str>> =
            parts.iter().map(|part| part.units.iter().map(|unit| unit.key.as_str()).collect()).collect();
        // the longest first: 17,000 forecasts, 10,000, 1,000
        assert_eq!(keys, [vec!["0/1", "0/1"], vec!["0/0"], vec!["0/2"]]);
    }
}
