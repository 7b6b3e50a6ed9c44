//! Parts of work, and how they fill the cores of a cluster.

use crate::cluster::MAX_PLAN_BYTES;
use crate::plan::worklist::Unit;

/// Work of one job per core: what is lost at most when a driver is killed, and large against a job's fixed cost.
const JOB_MILLISECONDS_PER_CORE: f64 = 60_000.0;
/// Units of one job: what bounds the plan that is sent.
const UNITS_PER_JOB: usize = 20_000;
/// Bytes of its units, which may name many days: half of what can be sent, since a cell stays in one job.
const BYTES_PER_JOB: usize = MAX_PLAN_BYTES / 2;
/// What a core gets of a job, in this order: equal shares, few against a task's fixed cost, then smaller ones, which
/// even out what was estimated wrongly (guided self-scheduling: Polychronopoulos and Kuck, IEEE Transactions on
/// Computers C-36, 1987).
const SHARES: [f64; 10] = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25];

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

/// Partitions in the order in which they are to begin, ten per core: each part, the longest first, to the one that it
/// fills least of its share. Fewer parts than that are a partition each.
pub(super) fn balanced(mut parts: Vec<Part>, cores: usize) -> Vec<Vec<Unit>> {
    parts.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    let shares: Vec<f64> = SHARES.iter().flat_map(|share| std::iter::repeat_n(*share, cores.max(1))).collect();
    if parts.len() <= shares.len() {
        return parts.into_iter().map(|part| part.units).collect();
    }
    let mut bins: Vec<Part> = vec![Part::default(); shares.len()];
    for part in parts {
        let filled = |(bin, share): (&Part, &f64)| (bin.cost + part.cost) / share;
        let fills = bins.iter().zip(&shares).map(filled).enumerate();
        let Some((least, _)) = fills.min_by(|(_, a), (_, b)| a.total_cmp(b)) else { break };
        bins[least].cost += part.cost;
        bins[least].units.extend(part.units);
    }
    bins.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    bins.into_iter().map(|bin| bin.units).filter(|units| !units.is_empty()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::idle::at_the_end;
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

    fn cost(units: &[Unit]) -> f64 {
        units.iter().map(|unit| f64::from(unit.cell.training_cutoff_date)).sum()
    }

    #[test]
    fn partitions_carry_their_shares_and_every_unit_once() {
        let parts: Vec<Part> = (1..=400).map(|window| part(window, f64::from(window), 1)).collect();
        let jobs: Vec<Vec<Vec<Unit>>> = jobs(parts, 2).into_iter().map(|parts| balanced(parts, 2)).collect();
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].len(), 2 * SHARES.len());
        let mut shares: Vec<f64> = [SHARES, SHARES].concat();
        shares.sort_by(|a, b| b.total_cmp(a));
        let fills: Vec<f64> = jobs[0].iter().zip(shares).map(|(units, share)| cost(units) / share).collect();
        let (least, most) = fills.iter().fold((f64::MAX, 0.0_f64), |(l, m), &c| (l.min(c), m.max(c)));
        assert!(most / least < 1.1, "{fills:?}");
        let mut keys: Vec<&str> = jobs.iter().flatten().flatten().map(|unit| unit.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 400);
    }

    #[test]
    fn few_parts_are_a_partition_each_the_longest_first() {
        let parts = [3, 9, 5].map(|window| part(window, f64::from(window), 2)).to_vec();
        let first: Vec<i32> = balanced(parts, 1).iter().map(|units| units[0].cell.training_cutoff_date).collect();
        assert_eq!(first, [9, 5, 3]);
        assert!(balanced(Vec::new(), 1).is_empty());
    }

    /// Four kinds of work, each estimated wrongly by up to a half, and every part by a quarter more: cores take the next
    /// partition as soon as they are free. Equal shares would leave them idle for 20 % of the last fifth.
    #[test]
    fn cores_are_busy_to_the_end_though_costs_are_estimated_wrongly() {
        const CORES: usize = 8;
        let mut state = 1_u64;
        let mut uniform = |low: f64, high: f64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            low + (high - low) * (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let idle = (0..50).map(|_| {
            let kinds = [5, 60, 250, 300].map(|cost| (cost, uniform(0.6, 1.5)));
            let parts: Vec<Part> = (0..400).map(|n| part(n, f64::from(kinds[n as usize % 4].0), 1)).collect();
            let mut free = [0_i64; CORES];
            let mut spans = Vec::new();
            for partition in balanced(parts, CORES) {
                let core = free.iter_mut().min().unwrap();
                for unit in partition {
                    let (cost, wrong) = kinds[unit.cell.training_cutoff_date as usize % 4];
                    let begun = *core;
                    *core += (f64::from(cost) * wrong * uniform(0.75, 1.25) * 1_000.0) as i64;
                    spans.push((begun, *core));
                }
            }
            at_the_end(&spans, CORES).unwrap()
        });
        let mean = idle.sum::<f64>() / 50.0;
        println!("{mean:.3} idle at the end");
        assert!(mean < 0.1, "{mean}");
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
