//! Packing units by cost.

use crate::backfill::missing::CellWork;
use crate::plan::job::Job;
use crate::plan::worklist::Unit;

/// Cost above which a cell is split, so that it does not keep one core for long.
const LONGEST_PART_MILLISECONDS: f64 = 5_000.0;
/// Work of one job per core: what is lost at most when a driver is killed, and large against a job's fixed cost.
const JOB_MILLISECONDS_PER_CORE: f64 = 60_000.0;
/// Units of one job: what bounds the plan that is sent.
const UNITS_PER_JOB: usize = 20_000;
/// Partitions of a job per core: enough to even out wrong estimates, few against a task's fixed cost.
const PARTITIONS_PER_CORE: usize = 8;

/// Units of one cell that are computed together, with their estimated cost.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// Milliseconds on one core.
    pub(super) cost: f64,
    /// Units of one cell.
    pub(super) units: Vec<Unit>,
}

/// Relative cost of a unit, for packing: measured milliseconds on one core, by family.
pub(crate) fn cost(job: &Job, unit: &Unit, forecasts: usize) -> f64 {
    let family = job.model(&unit.cell.model_name).map(|spec| spec.family).unwrap_or_default();
    let (fit, forecast) = match family.as_str() {
        "xgboost" => (250.0, 2.5),
        "arima" => (200.0, 0.7),
        "prophet" => (60.0, 1.0),
        "ets" => (50.0, 0.7),
        "theta" => (40.0, 0.7),
        "ces" => (10.0, 0.7),
        _ => (0.2, 0.7),
    };
    if unit.paths || unit.points { forecast * forecasts as f64 } else { fit }
}

/// Cores that an embedded run uses.
pub(super) fn threads(job: &Job) -> usize {
    match job.settings.run.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

/// One part per cell, split between keys where a cell alone would keep a core for long; longest first. A key that lacks
/// other paths than points has two units, which report as one.
pub(super) fn parts(job: &Job, work: &[CellWork]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for cell in work {
        let per_unit = cell.forecasts.div_ceil(cell.units.len().max(1));
        let mut part = Part::default();
        for unit in &cell.units {
            let cost = cost(job, unit, per_unit);
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

/// Jobs for a cluster: each a bounded amount of work. A cell's parts stay in one job.
pub(super) fn jobs(mut parts: Vec<Part>, cores: usize) -> Vec<Vec<Part>> {
    let cores = cores.max(1);
    let cell = |part: &Part| part.units.first().map(|unit| unit.cell.clone());
    parts.sort_by_key(cell);
    let mut jobs: Vec<Vec<Part>> = Vec::new();
    let (mut cost, mut units) = (0.0, 0);
    let mut last = None;
    for part in parts {
        let full = cost >= JOB_MILLISECONDS_PER_CORE * cores as f64 || units >= UNITS_PER_JOB;
        if jobs.is_empty() || full && cell(&part) != last {
            jobs.push(Vec::new());
            (cost, units) = (0.0, 0);
        }
        last = cell(&part);
        cost += part.cost;
        units += part.units.len();
        if let Some(job) = jobs.last_mut() {
            job.push(part);
        }
    }
    jobs
}

/// Partitions of about equal cost, eight per core: each part to the lightest, the longest first (longest processing
/// time).
pub(super) fn balanced(mut parts: Vec<Part>, cores: usize) -> Vec<Vec<Unit>> {
    let count = PARTITIONS_PER_CORE * cores.max(1);
    parts.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    let mut bins: Vec<Part> = vec![Part::default(); count.clamp(1, parts.len().max(1))];
    for part in parts {
        let Some(lightest) = bins.iter_mut().min_by(|a, b| a.cost.total_cmp(&b.cost)) else { break };
        lightest.cost += part.cost;
        lightest.units.extend(part.units);
    }
    bins.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    bins.into_iter().map(|bin| bin.units).filter(|units| !units.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cell::Cell;

    fn part(window: i32, cost: f64, keys: usize) -> Part {
        let unit = |key: usize| Unit {
            cell: Cell {
                model_name: "naive".into(),
                model_version: "v1".into(),
                key_bucket: 0,
                training_cutoff_date: window,
            },
            key: format!("{window}/{key}"),
            origins: (0, 1),
            only: None,
            paths: true,
            points: true,
        };
        Part { cost, units: (0..keys).map(unit).collect() }
    }

    #[test]
    fn partitions_carry_equal_cost_and_every_unit_once() {
        let parts: Vec<Part> = (1..=100).map(|window| part(window, f64::from(window), 2)).collect();
        let jobs: Vec<Vec<Vec<Unit>>> = jobs(parts, 2).into_iter().map(|parts| balanced(parts, 2)).collect();
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].len(), 2 * PARTITIONS_PER_CORE);
        let cost = |units: &Vec<Unit>| units.iter().map(|u| f64::from(u.cell.training_cutoff_date) / 2.0).sum::<f64>();
        let costs: Vec<f64> = jobs[0].iter().map(cost).collect();
        let (least, most) = costs.iter().fold((f64::MAX, 0.0_f64), |(l, m), &c| (l.min(c), m.max(c)));
        assert!(most / least < 1.05, "{costs:?}");
        let mut keys: Vec<&str> = jobs.iter().flatten().flatten().map(|unit| unit.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 200);
    }

    #[test]
    fn units_of_one_key_stay_in_one_part() {
        let job = Job::without_sources("file:///nowhere/");
        let Part { mut units, .. } = part(0, 0.0, 3);
        let cell = units[0].cell.clone();
        // paths and points of the second key are missing for different origins
        let mut points = units[1].clone();
        units[1].points = false;
        points.paths = false;
        units.insert(2, points);
        // 0.7 ms a forecast: one unit is already more than a part may cost
        let work = CellWork {
            cell,
            units,
            skipped: Vec::new(),
            existing: 0,
            forecasts: 40_000,
            base: BTreeMap::new(),
            replace: false,
            stale: 0,
            ages: BTreeMap::new(),
        };
        let parts = parts(&job, &[work]);
        let keys: Vec<Vec<&str>> =
            parts.iter().map(|part| part.units.iter().map(|unit| unit.key.as_str()).collect()).collect();
        // the longest first
        assert_eq!(keys, [vec!["0/1", "0/1"], vec!["0/0"], vec!["0/2"]]);
    }

    #[test]
    fn work_beyond_a_job_starts_another_and_never_splits_a_cell() {
        let parts: Vec<Part> = (0..40).map(|n| part(n / 4, 30_000.0, 3)).collect();
        let jobs = jobs(parts, 1);
        assert!(jobs.len() > 5, "{}", jobs.len());
        for window in 0..10 {
            let of_window = |unit: &Unit| unit.cell.training_cutoff_date == window;
            let holds = |job: &&Vec<Part>| job.iter().flat_map(|part| &part.units).any(of_window);
            assert_eq!(jobs.iter().filter(holds).count(), 1);
        }
    }
}
