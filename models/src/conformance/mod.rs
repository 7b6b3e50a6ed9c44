//! One suite of checks that every family passes, on any model, by its specification.
//!
//! [`check`] generates its own data from a fixed seed: panels of several keys with covariates that become known late,
//! and series that no model should be given. What cuts history is part of the suite's [`Pipeline`], so that leaky
//! versions can be put in its place to show that the suite catches them.

mod behaviour;
mod evidence;
mod features;
mod panel;
mod pipeline;
mod poison;
mod report;
mod storage;

pub use features::check_features;
pub use panel::{Observation, Panel, Series};
pub use pipeline::{Honest, Pipeline};
pub use report::{Check, Report};

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
    let mut report = Report::new(&spec.name);
    evidence::check(registry, spec, pipeline, &mut report);
    behaviour::check(registry, spec, pipeline, &mut report);
    storage::check(registry, spec, pipeline, &mut report);
    poison::check(registry, spec, &mut report);
    report
}
