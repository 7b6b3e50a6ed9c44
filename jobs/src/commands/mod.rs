//! One file per command; each is thin: it reads its arguments, calls the engine and shows the result.

mod backfill;
mod bench;
mod catalog;
mod choose;
mod config;
mod demo;
mod describe;
mod doctor;
mod evaluate;
mod explain;
mod generate;
mod help;
mod init;
mod input;
mod maintain;
mod models;
mod plan;
mod plot;
pub(crate) mod reference;
mod rows;
mod runs;
mod sql;
mod status;
mod tables;
mod views;

use std::time::Duration;

pub(crate) use bench::{AccuracyCommand, TimesCommand};
pub(crate) use explain::ExplainCommand;
pub(crate) use models::ModelsCommand;
pub(crate) use plot::PlotCommand;
pub(crate) use sql::{Format, prompts};

use almanac_engine::EngineError;
use almanac_engine::backfill::{Condition, Selection, parse_day};
use almanac_engine::basis::{self, Before};
use almanac_engine::cluster::Cluster;
use almanac_engine::delta::{Snapshot, Warehouse};
use almanac_engine::plan::job::{Job, iso};
use almanac_engine::runner::Runner;
use almanac_engine::settings::Settings;
use almanac_engine::tables_input;
use tokio::sync::watch;

use crate::cli::{Bench, BenchCommand, Choice, Cli, Command};
use crate::config as configuration;
use crate::exit::Outcome;
use crate::output::Document;

/// Said beside generated data.
const SYNTHETIC: &str = "synthetic data: nothing in it is real";

/// What most commands need.
pub(crate) struct Session {
    pub(crate) settings: Settings,
    pub(crate) warehouse: Warehouse,
    pub(crate) selection: Selection,
    /// Where units are computed.
    pub(crate) runner: Runner,
    /// Turns true when the user interrupts.
    pub(crate) stopped: watch::Receiver<bool>,
}

impl Session {
    async fn open(cli: &Cli, stopped: watch::Receiver<bool>) -> Outcome<Self> {
        let settings = configuration::load(&cli.places.config, &cli.overrides)?;
        let selection = selection(&cli.choice)?;
        let warehouse = Warehouse::open(&cli.places.warehouse).map_err(|error| cli.given.named("warehouse", error))?;
        let runner = match &cli.places.scheduler {
            None => Runner::Embedded,
            Some(address) => {
                let cluster = Cluster::new(address, Duration::from_secs(cli.places.wait_scheduler));
                Runner::Cluster(cluster.map_err(|error| cli.given.named("scheduler", error))?)
            }
        };
        warehouse.reach().await?;
        Ok(Self { selection, settings, warehouse, runner, stopped })
    }

    /// Waits until the user interrupts.
    pub(crate) async fn interrupted(&self) {
        if self.stopped.clone().wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The work, unless the user interrupts. What a cluster still computes for it is cancelled where it fails.
    pub(crate) async fn or_interrupted<T>(
        &self,
        work: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let ended = tokio::select! {
            ended = work => ended,
            () = self.interrupted() => Err(EngineError::Interrupted),
        };
        if let Err(failure) = &ended {
            match self.runner.cancel_own(&self.warehouse).await {
                Ok(0) => {}
                Ok(jobs) => tracing::info!(jobs, "cancelled on the cluster"),
                // the command's own error says that the scheduler is out of reach
                Err(error @ EngineError::Scheduler { .. }) if matches!(failure, EngineError::Scheduler { .. }) => {
                    tracing::info!(%error, "what the cluster computes for this command could not be cancelled");
                }
                Err(error) => {
                    tracing::warn!(%error, "what the cluster computes for this command could not be cancelled");
                }
            }
        }
        ended
    }

    /// The document, with a word that the data is generated where it is.
    fn marked(&self, document: Document) -> Document {
        match self.settings.dataset.synthetic {
            true => document.note("synthetic", true, SYNTHETIC),
            false => document,
        }
    }

    /// Pins the inputs for what is held against stored forecasts, or added to them.
    pub(crate) async fn comparable_job(&self) -> Outcome<Job> {
        basis::check(&self.warehouse, &self.settings, Before::Use).await?;
        self.job().await
    }

    /// Pins the inputs for a run.
    pub(crate) async fn job(&self) -> Outcome<Job> {
        let table = tables_input::model_input(&self.settings);
        let input = Snapshot::open(&self.warehouse, &table).await?.ok_or_else(|| EngineError::NotFound {
            what: "table",
            name: table.full_name(),
            hint: "; run `almanac build` first".into(),
        })?;
        Ok(Job {
            warehouse: self.warehouse.root().to_string(),
            settings: self.settings.clone(),
            input: input.identity(),
            models: None,
            run_id: uuid::Uuid::new_v4().to_string(),
            generated_at: chrono::Utc::now().timestamp_micros(),
            reports: None,
            scoring: None,
            laying: None,
            until: None,
        })
    }
}

fn selection(choice: &Choice) -> Outcome<Selection> {
    let day = |flag: &str, text: &Option<String>| text.as_deref().map(|text| parse_day(flag, text)).transpose();
    let selection = Selection {
        keys: choice.keys(),
        from: day("--from", &choice.from)?,
        to: day("--to", &choice.to)?,
        limit: choice.limit,
        force: choice.force,
        refresh_stale: choice.refresh.is_some(),
        widen: choice.widen,
        no_paths: choice.no_paths,
        conditions: choice.select.as_deref().map(Condition::parse_list).transpose()?.unwrap_or_default(),
    };
    let (first, last) = selection.origins();
    if first > last {
        let (flag, value) = match (&choice.from, &choice.to) {
            (Some(from), _) => ("--from", from.clone()),
            (None, Some(to)) => ("--to", to.clone()),
            (None, None) => ("--select", choice.select.clone().unwrap_or_default()),
        };
        let message = format!("the first origin asked for, {}, is after the last, {}", iso(first), iso(last));
        return Err(EngineError::Configuration { key: flag.into(), value, message }.into());
    }
    Ok(selection)
}

/// Runs the command that was asked for.
pub(crate) async fn run(cli: Cli, stopped: watch::Receiver<bool>) -> Outcome {
    let source = cli.places.source.as_deref();
    match &cli.command {
        Command::DemoData(command) => return demo::run(command),
        Command::Help(command) => return help::run(command),
        Command::Init(command) => return init::run(&cli, command),
        Command::Config(command) => return config::run(&cli, command),
        Command::Completions(command) => return generate::completions(command),
        Command::Man(command) => return generate::man(command),
        Command::Reference(command) => return reference::run(command).await,
        _ => {}
    }
    if let Command::Bench(BenchCommand { what: Bench::Accuracy(command) }) = &cli.command {
        return bench::accuracy::run(&cli, command, stopped).await;
    }
    if let Command::Bench(BenchCommand { what: Bench::Models(command) }) = &cli.command {
        return bench::models::run(command);
    }
    if let Command::Models(command) = &cli.command {
        return models::run(&cli, command, stopped).await;
    }
    if matches!(cli.command, Command::Doctor) {
        return doctor::run(&cli, stopped).await;
    }
    let session = Session::open(&cli, stopped).await?;
    match &cli.command {
        Command::Ingest(command) => input::ingest(&session, source, &command.input).await,
        Command::Build => input::build(&session).await,
        Command::Train => backfill::train(&session).await,
        Command::Infer => backfill::infer(&session).await,
        Command::Backfill(command) => backfill::backfill(&session, source, &command.input).await,
        Command::Evaluate => evaluate::run(&session).await,
        Command::Plan => plan::run(&session).await,
        Command::Plot(command) => plot::run(&session, &cli, command).await,
        Command::Status(command) => status::run(&session, command).await,
        Command::Runs(command) => runs::run(&session, command).await,
        Command::Explain(command) => explain::run(&session, command).await,
        Command::Describe(command) => describe::run(&session, command).await,
        Command::Tables(command) => tables::run(&session, command).await,
        Command::Sql(command) => sql::run(&session, command).await,
        Command::Maintain(command) => maintain::run(&session, command).await,
        Command::Bench(command) => bench::run(&session, source, command).await,
        // answered above, with a warehouse only where they need one
        Command::Models(_)
        | Command::DemoData(_)
        | Command::Help(_)
        | Command::Init(_)
        | Command::Config(_)
        | Command::Doctor
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Reference(_) => Ok(()),
    }
}
