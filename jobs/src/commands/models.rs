//! `models`: what can be run, what a model is and was fitted to, and whether it behaves.

mod explain;
mod fit;
mod list;
mod show;
mod test;

use std::path::Path;

use almanac_engine::EngineError;
use almanac_engine::settings::Settings;
use almanac_models::{ModelError, ModelSpec};
use clap::{Args, Subcommand};
use serde_json::Value;
use tokio::sync::watch;

use crate::cli::{Cli, DEFAULT_CONFIG};
use crate::config;
use crate::exit::Outcome;

/// `models`.
#[derive(Debug, Args)]
pub struct ModelsCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the built-in models and those of the configuration.
    List,
    /// Show one model; with --key, also what it was fitted to last.
    Show(show::ShowCommand),
    /// Explain a stored fit: orders, coefficients with standard errors, components, importance, how paths are drawn.
    Explain(explain::ExplainCommand),
    /// Run the suite that every model must pass, on generated data and on the warehouse's.
    Test(test::TestCommand),
}

pub(super) async fn run(cli: &Cli, command: &ModelsCommand, stopped: watch::Receiver<bool>) -> Outcome {
    match &command.what {
        What::List => list::run(cli),
        What::Show(command) => show::run(cli, command, stopped).await,
        What::Explain(command) => explain::run(cli, command, stopped).await,
        What::Test(command) => test::run(cli, command, stopped).await,
    }
}

/// The configuration, if there is one: the built-in models need none.
pub(super) fn configured(cli: &Cli) -> Outcome<Option<Settings>> {
    if cli.places.config == Path::new(DEFAULT_CONFIG) && !cli.places.config.is_file() {
        return Ok(None);
    }
    Ok(Some(config::load(&cli.places.config, &cli.overrides)?))
}

/// The law that a model's paths are drawn by.
fn innovations(spec: &ModelSpec) -> Outcome<String> {
    Ok(almanac_udfs::registry().innovations(spec).map_err(|error| unknown_family(spec, &error))?)
}

/// Whether models of the same family use regressors.
fn uses_regressors(spec: &ModelSpec) -> Outcome<bool> {
    Ok(almanac_udfs::registry().uses_regressors(&spec.family).map_err(|error| unknown_family(spec, &error))?)
}

fn unknown_family(spec: &ModelSpec, error: &ModelError) -> EngineError {
    EngineError::Configuration {
        key: format!("models.{}.family", spec.name),
        value: spec.family.clone(),
        message: error.to_string(),
    }
}

/// A setting as TOML has it.
fn setting(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(setting).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// All settings in one line.
fn settings(spec: &ModelSpec) -> String {
    spec.settings.iter().map(|(name, value)| format!("{name} = {}", setting(value))).collect::<Vec<_>>().join(", ")
}
