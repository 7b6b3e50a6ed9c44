//! Parts of work, and how they fill the cores of a cluster.

use crate::cluster::MAX_PLAN_BYTES;
use crate::plan::worklist::Unit;

/// Work of one job per core: what is lost at most when a driver is killed, and large against a job's fixed cost.
const JOB_MILLISECONDS_PER_CORE: f64 = 60_000.0;
/// Units of one job: what bounds the plan that is sent.
const UNITS_PER_JOB: usize = 20_000;
/// Bytes of its units, which may name many days: half of what can be sent, since a cell stays in one job.
const BYTES_PER_JOB: usize = MAX_PLAN_BYTES / 2;
/// Partitions of a job per core: enough to even out wrong estimates, few against a task's fixed cost.
const PARTITIONS_PER_CORE: usize = 8;

/// Units of one cell that are computed together, with their estimated cost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// Milliseconds on one core.
    pub(crate) cost: f64,
    /// Units of one cell.
    pub(crate) units: Vec<Unit>,
}

/// Jobs for a cluster: each a bounded amount of work. A cell's parts stay in one job.
pub(super) fn jobs(mut parts: Vec<Part>, cores: usize) -> Vec<Vec<Part>> {
    let cores = cores.max(1);
    let cell = |part: &Part| part.units.first().map(|unit| unit.cell.clone());
    parts.sort_by_key(cell);
    let mut jobs: Vec<Vec<Part>> = Vec::new();
    let (mut cost, mut units, mut bytes) = (0.0, 0, 0);
    let mut last = None;
    for part in parts {
        let full = cost >= JOB_MILLISECONDS_PER_CORE * cores as f64 || units >= UNITS_PER_JOB || bytes >= BYTES_PER_JOB;
        if jobs.is_empty() || full && cell(&part) != last {
            jobs.push(Vec::new());
            (cost, units, bytes) = (0.0, 0, 0);
        }
        last = cell(&part);
        cost += part.cost;
        units += part.units.len();
        bytes += part.units.iter().map(Unit::bytes).sum::<usize>();
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
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cell::Cell;
    use crate::cluster::{PhysicalCodec, plan_bytes};
    use crate::plan::job::Job;
    use crate::plan::pipeline;

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

    /// Ten thousand units that name 400 days each: 16 MB of days alone.
    #[test]
    fn units_that_name_their_days_are_cut_into_plans_that_can_be_sent() {
        let mut parts: Vec<Part> = (0..100).map(|window| part(window, 1.0, 100)).collect();
        for unit in parts.iter_mut().flat_map(|part| &mut part.units) {
            unit.only = Some((0..400).map(|session| 2 * session).collect());
        }
        let jobs = jobs(parts, 16);
        assert!(jobs.len() > 1);
        let job = Arc::new(Job::without_sources("file:///nowhere/"));
        for parts in jobs {
            let units: usize = parts.iter().flat_map(|part| &part.units).map(Unit::bytes).sum();
            let plan = pipeline::infer(&job, &balanced(parts, 16)).unwrap();
            let bytes = plan_bytes(&plan, &PhysicalCodec::default()).unwrap();
            assert!(bytes <= MAX_PLAN_BYTES, "{bytes}");
            let estimate = units as f64 / bytes as f64;
            assert!((0.8..1.2).contains(&estimate), "{units} bytes were expected of {bytes}");
        }
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
