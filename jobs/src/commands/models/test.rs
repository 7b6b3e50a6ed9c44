//! `models test`: the suite that every family passes, on the user's own models and data.

use std::time::Instant;

use almanac_engine::backfill::shown_key;
use almanac_engine::plan::job::{Job, iso};
use almanac_engine::plan::panel::{self, KeySeries};
use almanac_engine::{EngineError, registry};
use almanac_models::conformance::{Check, Ground, Honest, Observation, Panel, Pipeline, Series, check_each, check_on};
use almanac_models::{Calendar, Day, FutureRegressor, ModelSpec, Skip, TrainingRule, training_range};
use arrow::array::AsArray;
use arrow::datatypes::Int32Type;
use clap::Args;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::super::{Session, catalog};
use super::configured;
use crate::cli::Cli;
use crate::exit::{Failure, Outcome};
use crate::output::{Column, Document, Listing};
use crate::{look, show};

/// Rows after the training cutoff up to the origin, and after the origin.
const SERVED: usize = 20;
const AHEAD: usize = 30;

/// `models test`. `--key` chooses the keys of the warehouse on which models are tested; default: the first.
#[derive(Debug, Args)]
pub(super) struct TestCommand {
    /// Models to test; by default those the configuration runs, since no other writes a row.
    names: Vec<String>,
}

pub(super) async fn run(cli: &Cli, command: &TestCommand, stopped: watch::Receiver<bool>) -> Outcome {
    let configured = configured(cli)?;
    let own = configured.as_ref().map_or(&[][..], |settings| &settings.models);
    let chosen = || match (&configured, &cli.overrides.models) {
        (_, Some(models)) => models.clone(),
        (Some(settings), None) => settings.forecast.models.clone(),
        (None, None) => {
            registry::builtin().map(|all| all.iter().map(|spec| spec.name.clone()).collect()).unwrap_or_default()
        }
    };
    let names = if command.names.is_empty() { chosen() } else { command.names.clone() };
    let specs = names.iter().map(|name| registry::find(own, name)).collect::<Result<Vec<_>, _>>()?;
    let data = match &configured {
        Some(_) => Data::open(cli, &stopped).await?,
        None => Data::none("there is no configuration"),
    };
    let work = move || {
        let mut tested = Tested::default();
        for spec in &specs {
            if *stopped.borrow() {
                return Err(EngineError::Interrupted);
            }
            tested.model(spec, &data);
        }
        Ok(tested)
    };
    let joined = tokio::task::spawn_blocking(work).await;
    let tested = joined.map_err(|error| EngineError::Internal(format!("the tests ended early: {error}")))??;
    let failed = tested.failed;
    if look::get().for_programs() {
        Document::new().listing("checks", tested.checks).note("failed", failed, "").show();
    }
    if failed > 0 { Err(Failure::FailedChecks { failed }) } else { Ok(()) }
}

/// What came of the checks. People see each when it is done, for all of them take minutes.
struct Tested {
    checks: Listing,
    failed: usize,
    last: Instant,
}

impl Default for Tested {
    fn default() -> Self {
        let columns = ["model", "on", "check", "result"].map(Column::text);
        let columns = columns.into_iter().chain([Column::decimals("seconds", 2), Column::prose("message")]);
        Self { checks: Listing::new(columns), failed: 0, last: Instant::now() }
    }
}

impl Tested {
    /// Runs all checks of a model.
    fn model(&mut self, spec: &ModelSpec, data: &Data) {
        let registry = almanac_udfs::registry();
        self.last = Instant::now();
        tell(format_args!("{}, on generated data", spec.name));
        check_each(registry, spec, &Honest, &mut |check| self.note(spec, "generated data", check));
        for (key, series) in &data.keys {
            match data.ground(spec, key, series) {
                Ok(ground) => {
                    tell(format_args!("{}, on {key}", spec.name));
                    check_on(registry, spec, &data.rule, &ground, &mut |check| self.note(spec, key, check));
                }
                Err(reason) => {
                    tell(format_args!("{}, on {key}: not tested, {reason}", spec.name));
                    self.skipped(spec, key, &reason);
                }
            }
        }
        if let Some(reason) = &data.without {
            tell(format_args!("{}: tested on generated data only, {reason}", spec.name));
            self.skipped(spec, "the warehouse's data", reason);
        }
    }

    fn note(&mut self, spec: &ModelSpec, on: &str, check: &Check) {
        let seconds = self.last.elapsed().as_secs_f64();
        let mark = if check.passed { "pass" } else { "FAIL" };
        tell(format_args!("  {mark}  {seconds:>6.2} s  {}", check.name));
        if !check.passed {
            tell(format_args!("                  {}", check.message));
            self.failed += 1;
        }
        let result = if check.passed { "pass" } else { "fail" };
        let message = (!check.passed).then_some(&check.message);
        self.checks.push([
            json!(spec.name),
            json!(on),
            json!(check.name),
            json!(result),
            json!(seconds),
            json!(message),
        ]);
        self.last = Instant::now();
    }

    fn skipped(&mut self, spec: &ModelSpec, on: &str, reason: &str) {
        let none = Value::Null;
        self.checks.push([json!(spec.name), json!(on), none.clone(), json!("not tested"), none, json!(reason)]);
    }
}

/// A line for people.
fn tell(text: impl std::fmt::Display) {
    if !look::get().for_programs() {
        show::line(text);
    }
}

/// Keys of the warehouse on which models are tested.
struct Data {
    keys: Vec<(String, KeySeries)>,
    calendar: Calendar,
    rule: Rule,
    /// Why there are none.
    without: Option<String>,
}

/// Production's way of cutting history, with the configured training window.
struct Rule(TrainingRule);

impl Pipeline for Rule {
    fn training_range(
        &self,
        calendar: &Calendar,
        days: &[Day],
        target: &[f64],
        regressors: &[&[f64]],
        cutoff: Day,
    ) -> Result<std::ops::Range<usize>, Skip> {
        training_range(&self.0, calendar, days, target, regressors, cutoff)
    }
}

impl Data {
    fn none(reason: &str) -> Self {
        let rule = Rule(TrainingRule::default());
        Self { keys: Vec::new(), calendar: Calendar::default(), rule, without: Some(reason.to_owned()) }
    }

    async fn open(cli: &Cli, stopped: &watch::Receiver<bool>) -> Outcome<Self> {
        let session = Session::open(cli, stopped.clone()).await?;
        let job = match session.job().await {
            Ok(job) => job,
            Err(Failure::Engine(EngineError::NotFound { .. })) => {
                return Ok(Self::none("the warehouse has no silver.model_input"));
            }
            Err(other) => return Err(other),
        };
        let keys = keys(&session, &job, &cli.choice.keys()).await?;
        Ok(Self { keys, calendar: job.calendar()?, rule: Rule(job.training_rule()), without: None })
    }

    /// A key's rows as raw data, cut so that rows follow the origin.
    fn ground(&self, spec: &ModelSpec, key: &str, series: &KeySeries) -> Result<Ground, String> {
        let rows = series.days.len();
        let [cutoff, origin] = [SERVED + AHEAD, AHEAD].map(|back| rows.checked_sub(back + 1));
        let (Some(cutoff), Some(origin)) = (cutoff, origin) else {
            return Err(format!("it has {rows} sessions, more than {} are needed", SERVED + AHEAD));
        };
        let mut columns = Vec::with_capacity(spec.regressors.len());
        let mut values: Vec<&[f64]> = Vec::with_capacity(spec.regressors.len());
        for regressor in &spec.regressors {
            let column = series.column(&regressor.column).ok_or_else(|| format!("it lacks {}", regressor.column))?;
            values.push(&column.values);
            let known = series.all.get(&regressor.column).filter(|_| regressor.future == FutureRegressor::Known);
            columns.push(match known.and_then(|all| Some((&all.values, all.known_at.as_ref()?))) {
                Some((values, known_at)) => observations(&series.all_days, values, known_at),
                // rows hold what was known on their day
                None => observations(&series.days, &column.values, &series.days),
            });
        }
        // a window that no fit is made of says nothing of the model
        let day = series.days[cutoff];
        let window = training_range(&self.rule.0, &self.calendar, &series.days, &series.target, &values, day);
        window.map_err(|skip| format!("its window up to {} cannot be fitted: {}", iso(day), skip.named(spec)))?;
        let close = series.target.clone();
        let own = Series { key: key.to_owned(), days: series.days.clone(), close, columns };
        let panel = Panel { series: vec![own] };
        let (cutoff, origin) = (series.days[cutoff], series.days[origin]);
        Ok(Ground::new(self.calendar.clone(), panel, key, cutoff, origin))
    }
}

/// The readings that there are.
fn observations(days: &[Day], values: &[f64], known_at: &[Day]) -> Vec<Observation> {
    let rows = days.iter().zip(values).zip(known_at).filter(|((_, value), _)| !value.is_nan());
    rows.map(|((date, value), known_at)| Observation { date: *date, known_at: *known_at, value: *value }).collect()
}

/// The series of the keys asked for, or of the first.
async fn keys(session: &Session, job: &Job, wanted: &[String]) -> Outcome<Vec<(String, KeySeries)>> {
    let context = catalog::context(session).await?;
    let query = "SELECT DISTINCT key_bucket FROM silver.model_input ORDER BY key_bucket";
    let mut found = Vec::new();
    for batch in context.sql(query).await?.collect().await? {
        for bucket in batch.column(0).as_primitive::<Int32Type>().values() {
            for series in panel::load(job, *bucket).await?.keys.values() {
                let key = shown_key(&series.key);
                if wanted.is_empty() || wanted.contains(&key) {
                    found.push((key, series.clone()));
                }
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    if wanted.is_empty() {
        found.truncate(1);
    }
    match wanted.iter().find(|wanted| !found.iter().any(|(key, _)| key == *wanted)) {
        None => Ok(found),
        Some(missing) => {
            let hint = " in silver.model_input".to_owned();
            Err(EngineError::NotFound { what: "key", name: missing.clone(), hint }.into())
        }
    }
}
