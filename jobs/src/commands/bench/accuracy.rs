//! `bench accuracy`: models on panels of many series, by the scores of the M4 competition.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use almanac_engine::settings::{Forecast, MOST_PATHS};
use almanac_engine::{EngineError, registry};
use almanac_models::ModelSpec;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

use super::super::models::configured;
use crate::accuracy::{self, Observed, Panel, Plan, Results, Target, Wanted};
use crate::cli::Cli;
use crate::exit::Outcome;
use crate::{look, show};

/// Models that are run unless others are named.
const MODELS: [&str; 6] = ["naive", "seasonal_naive", "auto_ets", "auto_arima_stats", "auto_theta", "auto_ces"];
/// Families that a median is not made of unless it names them.
const BENCHMARKS: [&str; 4] = ["naive", "seasonal_naive", "random_walk", "window_average"];

/// `bench accuracy`. Models, horizon, paths, seed, threads and limit are options of every command.
#[derive(Debug, Args)]
pub struct AccuracyCommand {
    /// A folder with Train/GROUP-train.csv and Test/GROUP-test.csv as in the M4 competition, or a CSV or Parquet file
    /// with the columns unique_id, ds and y, of which the last --horizon rows of each series are forecast.
    #[arg(long, value_name = "PATH")]
    dataset: PathBuf,
    /// Group of a folder, such as Hourly.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// How often series are observed; by default what the group's name or the distance of dates tells.
    #[arg(long, value_name = "FREQUENCY", ignore_case = true)]
    observed: Option<Observed>,
    /// Rows of the season of MASE, MSIS and Naive2.
    ///
    /// The default is the M4 competition's, so that scores compare with those published: hourly 24, monthly 12,
    /// quarterly 4, else 1.
    #[arg(long, value_name = "N")]
    season: Option<usize>,
    /// Rows of the season that models are told.
    ///
    /// The default is --season, else a day of hours, a week of days and a year of all that is longer: hourly 24, daily
    /// 7, weekly 52, monthly 12, quarterly 4.
    #[arg(long, value_name = "N")]
    model_season: Option<usize>,
    /// Also score the median of several models, of their points and of their quantiles.
    #[arg(long, value_name = "HOW", value_parser = ["median"])]
    combine: Option<String>,
    /// Models of the median.
    ///
    /// By default all that are run but last values and averages, which it is held against.
    #[arg(long, value_delimiter = ',', value_name = "A,B", requires = "combine")]
    members: Vec<String>,
    /// Keep a row per series, model and step: a .csv or .parquet file, or a warehouse, where it is
    /// experiments.accuracy.
    #[arg(long, value_name = "TARGET")]
    out: Option<String>,
}

/// Reads the panel, runs the models, shows the table and writes the rows.
pub(crate) async fn run(cli: &Cli, command: &AccuracyCommand, stopped: watch::Receiver<bool>) -> Outcome {
    let wanted =
        Wanted { dataset: command.dataset.clone(), group: command.group.clone(), horizon: cli.overrides.horizon };
    let panel = accuracy::read(&wanted)?.sampled(cli.choice.limit);
    if panel.series.is_empty() {
        let message = format!("no series is longer than its test part; {} are too short", panel.too_short.len());
        let refused = EngineError::input(command.dataset.display().to_string(), message);
        return Err(refused.of_value(panel.too_short.len().to_string()).into());
    }
    let plan = plan(cli, command, &panel)?;
    let started = Instant::now();
    let (panel, plan) = (Arc::new(panel), Arc::new(plan));
    let results = on_threads(Arc::clone(&panel), Arc::clone(&plan), stopped).await?;
    accuracy::print(&panel, &plan, &results, started.elapsed());
    if let Some(target) = &command.out {
        let rows = accuracy::write(&Target::parse(target), &panel, &plan, &results).await?;
        if !look::get().for_programs() {
            show::line(format_args!("{rows} rows in {target}"));
        }
    }
    Ok(())
}

/// What the options ask for.
fn plan(cli: &Cli, command: &AccuracyCommand, panel: &Panel) -> Outcome<Plan> {
    let overrides = &cli.overrides;
    let own = configured(cli)?.map(|settings| settings.models).unwrap_or_default();
    let defaults = || MODELS.map(str::to_owned).to_vec();
    let names = overrides.models.clone().unwrap_or_else(defaults);
    let models = names.iter().map(|name| registry::find(&own, name)).collect::<Result<Vec<_>, _>>()?;
    if let Some(spec) = models.iter().find(|spec| !spec.regressors.is_empty()) {
        return Err(refused("--models", &spec.name, "it uses regressors, and a panel has none").into());
    }
    let members: Vec<String> = match (&command.combine, command.members.as_slice()) {
        (None, _) => Vec::new(),
        (Some(_), []) => {
            let counts = |spec: &&ModelSpec| !BENCHMARKS.contains(&spec.family.as_str());
            models.iter().filter(counts).map(|spec| spec.name.clone()).collect()
        }
        (Some(_), members) => members.to_vec(),
    };
    if let Some(member) = members.iter().find(|member| !names.contains(member)) {
        return Err(refused("--members", member, &format!("it is not run; --models are {}", names.join(", "))).into());
    }
    if command.combine.is_some() && members.len() < 2 {
        return Err(refused("--combine", "median", "at least two members are needed; name them with --members").into());
    }
    let defaults = Forecast::default();
    let paths = overrides.paths.unwrap_or(defaults.paths);
    if !(1..=MOST_PATHS).contains(&paths) {
        return Err(refused("--paths", &paths.to_string(), &format!("expected 1 to {MOST_PATHS}")).into());
    }
    let observed = command.observed.or(panel.observed);
    let season = |given: Option<usize>, of: fn(Observed) -> usize| given.or(observed.map(of)).unwrap_or(1).max(1);
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Plan {
        models,
        members,
        scale_season: season(command.season, Observed::scale_season),
        model_season: season(command.model_season.or(command.season), Observed::model_season),
        paths,
        seed: overrides.seed.unwrap_or(defaults.seed),
        threads: overrides.threads.filter(|threads| *threads > 0).unwrap_or_else(cores),
    })
}

fn refused(key: &str, value: &str, message: &str) -> EngineError {
    EngineError::Configuration { key: key.into(), value: value.into(), message: message.into() }
}

/// Runs a plan beside the runtime, with a bar on a terminal.
async fn on_threads(panel: Arc<Panel>, plan: Arc<Plan>, stopped: watch::Receiver<bool>) -> Outcome<Results> {
    let bar = match look::get().draws() {
        true => ProgressBar::new(panel.series.len() as u64),
        false => ProgressBar::hidden(),
    };
    if let Ok(style) = ProgressStyle::with_template("accuracy  {bar:30} {pos}/{len} series, {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_secs(1));
    let work = move || {
        let registry = almanac_udfs::registry();
        let results = accuracy::run(&panel, &plan, registry, &|| *stopped.borrow(), &|| bar.inc(1));
        bar.finish_and_clear();
        results
    };
    let joined = tokio::task::spawn_blocking(work).await;
    Ok(joined.map_err(|error| EngineError::Internal(format!("a worker ended early: {error}")))??)
}
