//! `models show NAME`.

use almanac_engine::registry;
use almanac_models::{FutureRegressor, ModelSpec};
use clap::Args;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::super::choose::{key_of_row, literal, needs};
use super::super::rows::{self, Row};
use super::super::{Session, catalog};
use super::{configured, fit, innovations, setting, uses_regressors};
use crate::cli::Cli;
use crate::exit::Outcome;
use crate::look;
use crate::output::Document;

/// `models show`. With `--key`, also the stored fit of the last window.
#[derive(Debug, Args)]
pub(super) struct ShowCommand {
    /// Name of the model.
    name: String,
}

pub(super) async fn run(cli: &Cli, command: &ShowCommand, stopped: watch::Receiver<bool>) -> Outcome {
    let configured = configured(cli)?;
    let own = configured.as_ref().map_or(&[][..], |settings| &settings.models);
    let spec = registry::find(own, &command.name)?;
    let chosen = configured.as_ref().is_some_and(|settings| settings.forecast.models.contains(&spec.name));
    let origin = if own.iter().any(|own| own.name == spec.name) { "the configuration" } else { "built in" };
    let (facts, text) = describe(&spec, origin, chosen)?;
    let mut document = Document::new().told("model", facts, text);
    let keys = cli.choice.keys();
    if !keys.is_empty() {
        let session = Session::open(cli, stopped).await?;
        let (mut fits, mut texts) = (Vec::new(), Vec::new());
        for key in &keys {
            let found = stored(&session, &spec, key).await?;
            if found.is_empty() {
                texts.push(format!("no fit of {} for {key} is stored; `almanac train` makes it", spec.name));
            }
            for found in found {
                texts.push(fit::text(&found, look::get().width));
                fits.push(Value::Object(found));
            }
        }
        document = document.note("fits", fits, texts.join("\n\n"));
    }
    document.show();
    Ok(())
}

fn line(name: &str, value: impl std::fmt::Display) -> String {
    format!("{name:<16} {value}")
}

type Facts = Vec<(&'static str, Value)>;

/// What a model is, and the same for people.
fn describe(spec: &ModelSpec, origin: &str, chosen: bool) -> Outcome<(Facts, String)> {
    let (law, uses) = (innovations(spec)?, uses_regressors(spec)?);
    let futures = spec.regressors.iter().map(|regressor| {
        let future = match regressor.future {
            FutureRegressor::None => "up to the origin only",
            FutureRegressor::Persist => "the last value persists",
            FutureRegressor::Seasonal => "past years' values of the same days",
            FutureRegressor::Linear => "a line through the last 30 days",
            FutureRegressor::Known => "known in advance",
        };
        (regressor, future)
    });
    let futures: Vec<_> = futures.collect();
    let regressors = futures.iter().map(
        |(regressor, future)| json!({ "column": regressor.column, "future": regressor.future, "meaning": future }),
    );
    let facts = vec![
        ("model", json!(spec.name)),
        ("family", json!(spec.family)),
        ("defined_by", json!(origin)),
        ("run_by_default", json!(chosen)),
        ("innovations", json!(law)),
        ("uses_regressors", json!(uses)),
        ("regressors", regressors.collect()),
        ("settings", json!(spec.settings)),
    ];
    let mut lines = vec![
        line("model", &spec.name),
        line("family", &spec.family),
        line("defined by", origin),
        line("run by default", if chosen { "yes" } else { "no" }),
        line("innovations", &law),
    ];
    let first = |index: usize, name: &'static str| if index == 0 { name } else { "" };
    if futures.is_empty() {
        lines.push(line("regressors", if uses { "none" } else { "none: its family uses none" }));
    }
    for (index, (regressor, future)) in futures.iter().enumerate() {
        lines.push(line(first(index, "regressors"), format_args!("{}: {future}", regressor.column)));
    }
    if spec.settings.is_empty() {
        lines.push(line("settings", "the family's own"));
    }
    for (index, (name, value)) in spec.settings.iter().enumerate() {
        lines.push(line(first(index, "settings"), format_args!("{name} = {}", setting(value))));
    }
    Ok((facts, lines.join("\n")))
}

/// The fit of the newest window of a key, for each model version.
async fn stored(session: &Session, spec: &ModelSpec, key: &str) -> Outcome<Vec<Row>> {
    let context = catalog::context(session).await?;
    needs(&context, "forecast.trained_models", "train")?;
    let query = format!(
        "SELECT {} AS key, model_version, model_type, window_start, training_start_date AS first_day, \
         training_cutoff_date AS cutoff, training_samples, log_likelihood, aicc, training_loss, validation_loss, \
         fallback_reason, fit_seconds, parameters FROM \
         (SELECT *, row_number() OVER (PARTITION BY model_version ORDER BY training_cutoff_date DESC) AS place \
         FROM forecast.trained_models WHERE model_name = {} AND {} = {}) \
         WHERE place = 1 ORDER BY model_version",
        literal(key),
        literal(&spec.name),
        key_of_row(session),
        literal(key),
    );
    let mut fits = rows::of(&context, &query).await?;
    for fit in &mut fits {
        let parsed = fit.get("parameters").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
        if let Some(parameters) = parsed {
            fit.insert("parameters".into(), parameters);
        }
        for name in SHOWN.into_iter().chain(["parameters"]) {
            fit.entry(name).or_insert(Value::Null);
        }
    }
    Ok(fits)
}

/// Columns of a stored fit, in the order in which they are shown; the parameters follow.
pub(super) const SHOWN: [&str; 13] = [
    "key",
    "model_version",
    "model_type",
    "window_start",
    "first_day",
    "cutoff",
    "training_samples",
    "log_likelihood",
    "aicc",
    "training_loss",
    "validation_loss",
    "fallback_reason",
    "fit_seconds",
];
