//! One file per command; each is thin: it reads its arguments, calls the engine and shows the result.

mod backfill;
mod bench;
mod catalog;
mod demo;
mod evaluate;
mod input;
mod maintain;
mod plan;
mod sql;
mod status;
mod tables;
mod views;

use std::time::Duration;

use almanac_engine::EngineError;
use almanac_engine::backfill::{Condition, Runner, Selection, parse_day};
use almanac_engine::cluster::Cluster;
use almanac_engine::delta::{Snapshot, Warehouse};
use almanac_engine::plan::job::Job;
use almanac_engine::settings::Settings;
use almanac_engine::tables_input;
use tokio::sync::watch;

use crate::cli::{Choice, Cli, Command};
use crate::config;
use crate::exit::Outcome;

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
        let settings = config::load(&cli.config, &cli.overrides)?;
        let selection = selection(&cli.choice)?;
        let warehouse = Warehouse::open(&cli.warehouse)?;
        let runner = match &cli.scheduler {
            None => Runner::Embedded,
            Some(address) => Runner::Cluster(Cluster::new(address, Duration::from_secs(cli.wait_scheduler))?),
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
            input_version: input.version(),
            models_version: None,
            run_id: uuid::Uuid::new_v4().to_string(),
            generated_at: chrono::Utc::now().timestamp_micros(),
            reports: None,
        })
    }
}

fn selection(choice: &Choice) -> Outcome<Selection> {
    let day = |flag: &str, text: &Option<String>| text.as_deref().map(|text| parse_day(flag, text)).transpose();
    Ok(Selection {
        keys: choice.keys.clone(),
        from: day("--from", &choice.from)?,
        to: day("--to", &choice.to)?,
        limit: choice.limit,
        force: choice.force,
        refresh_stale: choice.refresh.is_some(),
        widen: choice.widen,
        conditions: choice.select.as_deref().map(Condition::parse_list).transpose()?.unwrap_or_default(),
    })
}

/// Runs the command that was asked for.
pub(crate) async fn run(cli: Cli, stopped: watch::Receiver<bool>) -> Outcome {
    if let Command::DemoData(command) = &cli.command {
        return demo::run(command);
    }
    let session = Session::open(&cli, stopped).await?;
    match &cli.command {
        Command::Ingest(command) => input::ingest(&session, cli.source.as_deref(), &command.input).await,
        Command::Build => input::build(&session).await,
        Command::Train => backfill::train(&session).await,
        Command::Infer => backfill::infer(&session).await,
        Command::Backfill(command) => backfill::backfill(&session, cli.source.as_deref(), &command.input).await,
        Command::Evaluate => evaluate::run(&session).await,
        Command::Plan => plan::run(&session).await,
        Command::Status => status::run(&session).await,
        Command::Tables(command) => tables::run(&session, command).await,
        Command::Sql(command) => sql::run(&session, command).await,
        Command::Maintain(command) => maintain::run(&session, command).await,
        Command::Bench(command) => bench::run(&session, cli.source.as_deref(), command).await,
        Command::DemoData(command) => demo::run(command),
    }
}
