//! One suite of checks that every family passes, on any model, by its specification.
//!
//! [`check`] generates its own data from a fixed seed: panels of several keys with covariates that become known late,
//! and series that no model should be given. What cuts history is part of the suite's [`Pipeline`], so that leaky
//! versions can be put in its place to show that the suite catches them.

mod behaviour;
mod evidence;
mod features;
mod ground;
mod panel;
mod pipeline;
mod poison;
mod report;
mod storage;

pub use features::check_features;
pub use ground::Ground;
pub use panel::{Observation, Panel, Series};
pub use pipeline::{Honest, Pipeline};
pub use report::{Check, Report};

use evidence::Bench;
use report::Running;

use crate::{ModelSpec, Registry};

/// Sessions ahead that the suite asks for.
const HORIZON: usize = 14;
/// Paths that the suite draws.
const PATHS: usize = 2_000;
/// Seed of everything the suite generates.
const SEED: u64 = 42;

/// Runs every check on a model.
pub fn check(registry: &Registry, spec: &ModelSpec) -> Report {
    check_with(registry, spec, &Honest)
}

/// Runs every check on a model with another way of cutting history.
pub fn check_with(registry: &Registry, spec: &ModelSpec, pipeline: &dyn Pipeline) -> Report {
    check_each(registry, spec, pipeline, &mut |_| {})
}

/// The same; tells `each` of every check as it ends.
pub fn check_each(
    registry: &Registry,
    spec: &ModelSpec,
    pipeline: &dyn Pipeline,
    each: &mut dyn FnMut(&Check),
) -> Report {
    let mut running = Running { report: Report::new(&spec.name), each };
    match Ground::generated(spec) {
        Ok(ground) => run(&Bench { registry, spec, pipeline, ground: &ground }, &mut running),
        Err(message) => running.run("data can be generated", || Err(message)),
    }
    poison::check(registry, spec, &mut running);
    running.report
}

/// Runs the checks that make sense on data whose truth nobody knows, on one key of it; tells `each` of every check as it
/// ends.
pub fn check_on(
    registry: &Registry,
    spec: &ModelSpec,
    pipeline: &dyn Pipeline,
    ground: &Ground,
    each: &mut dyn FnMut(&Check),
) -> Report {
    let mut running = Running { report: Report::new(&spec.name), each };
    run(&Bench { registry, spec, pipeline, ground }, &mut running);
    running.report
}

fn run(bench: &Bench<'_>, running: &mut Running<'_>) {
    evidence::check(bench, running);
    behaviour::check(bench, running);
    storage::check(bench, running);
}
