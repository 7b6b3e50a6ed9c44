//! The command line: what can be asked, and nothing of how it is done.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands;

/// Train forecasting models once, apply them to every day, keep every simulated path as Delta tables.
#[derive(Debug, Parser)]
#[command(name = "almanac", version, about, max_term_width = 100, args_override_self = true)]
#[command(after_help = "Start with: almanac --config examples/coffee-sugar.toml --source DIR --warehouse DIR backfill")]
pub struct Cli {
    /// Configuration of the dataset, its models and the run.
    #[arg(long, global = true, env = "ALMANAC_CONFIG", default_value = "almanac.toml", value_name = "FILE")]
    pub config: PathBuf,
    /// Folder of the input files.
    #[arg(long, global = true, env = "ALMANAC_SOURCE", value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// Root of the Delta tables: a folder or s3://bucket/prefix.
    #[arg(long, global = true, env = "ALMANAC_WAREHOUSE", default_value = "warehouse", value_name = "URI")]
    pub warehouse: String,
    /// Scheduler of the cluster that computes, as df://host:port; without it this process does.
    #[arg(long, global = true, env = "ALMANAC_SCHEDULER", value_name = "URI")]
    pub scheduler: Option<String>,
    /// Seconds to wait for a scheduler that does not answer; 0 ends with code 7 and the way to resume.
    #[arg(long, global = true, env = "ALMANAC_WAIT_SCHEDULER", default_value_t = 0, value_name = "SECONDS")]
    pub wait_scheduler: u64,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that flags override.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Overrides {
    /// Models to run, by registry name.
    #[arg(long, global = true, value_delimiter = ',', value_name = "A,B")]
    pub(crate) models: Option<Vec<String>>,
    /// Training frequency: daily, weekly, biweekly, monthly, quarterly, semiannually, annually.
    #[arg(long, global = true, value_name = "FREQUENCY")]
    pub(crate) every: Option<String>,
    /// Version under which rows are kept; another version leaves earlier rows alone.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) model_version: Option<String>,
    /// Paths per forecast.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) paths: Option<usize>,
    /// Sessions ahead, 1 to 365. Up to 64 paths have a column per day, above a row per day.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) horizon: Option<usize>,
    /// Seed of every random number.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Central interval levels in percent.
    #[arg(long, global = true, value_delimiter = ',', value_name = "80,95")]
    pub(crate) levels: Option<Vec<u32>>,
    /// Units computed at once; 0 means one per core. Never changes a row.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Failed units above which the exit code is 1.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) max_failed: Option<usize>,
    /// Whole cells per commit. Never changes a row.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) cells_per_commit: Option<usize>,
    /// Forecasts per batch; 0 keeps a batch near a megabyte. Never changes a row.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) batch_forecasts: Option<usize>,
}

/// What is chosen for this command.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Choice {
    /// Keys to work on.
    #[arg(long = "key", global = true, value_delimiter = ',', value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    /// First origin.
    #[arg(long, global = true, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Last origin.
    #[arg(long, global = true, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Most units of work.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Redo what exists, in whole cells.
    #[arg(long, global = true)]
    pub(crate) force: bool,
    /// Let a horizon longer than the stored one add days: new columns, and forecasts with fewer days made anew. Their
    /// first days stay as they are.
    #[arg(long, global = true)]
    pub(crate) widen: bool,
    /// Narrow the choice: model=A|B, model!=A, key=A|B, key!=A, from=DATE, to=DATE, separated by commas.
    #[arg(long, global = true, value_name = "CONDITIONS")]
    pub(crate) select: Option<String>,
    /// Redo cells made from older inputs.
    #[arg(long, global = true, value_name = "WHAT", value_parser = ["stale"])]
    pub(crate) refresh: Option<String>,
}

/// Options of reading input.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct InputOptions {
    /// Refuse the whole input if a row would be quarantined.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Let rows in that would be quarantined: SOURCE, SOURCE:LINE or all.
    #[arg(long, value_delimiter = ',', value_name = "ROWS")]
    pub(crate) accept: Vec<String>,
    /// What counts as today; later rows are quarantined.
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
}

/// The jobs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read CSV or Parquet into checked bronze tables.
    Ingest(IngestCommand),
    /// Join bronze into the tables that models read.
    Build,
    /// Fit each model on each training window that is missing.
    Train,
    /// Forecast every origin that is missing, with stored models only.
    Infer,
    /// Ingest, build, train and infer: all that is missing.
    Backfill(IngestCommand),
    /// Score forecasts against what happened.
    Evaluate,
    /// Say what a backfill would do, before it does anything.
    Plan,
    /// Say what runs did, by model and outcome.
    Status,
    /// List the tables: rows, size, version and a hash of their content.
    Tables(TablesCommand),
    /// Query the tables.
    Sql(SqlCommand),
    /// Keep tables small and quick to read.
    Maintain(MaintainCommand),
    /// Measure this machine.
    Bench(BenchCommand),
    /// Write the generated demo data.
    DemoData(DemoCommand),
}

/// `ingest` and `backfill`.
#[derive(Debug, Args)]
pub struct IngestCommand {
    #[command(flatten)]
    pub(crate) input: InputOptions,
}

/// `tables`.
#[derive(Debug, Args)]
pub struct TablesCommand {
    /// Also hash the content of every row: equal hashes mean equal rows, whatever their files and order.
    #[arg(long)]
    pub(crate) content: bool,
}

/// `sql`.
#[derive(Debug, Args)]
pub struct SqlCommand {
    /// A query over bronze.*, silver.*, forecast.*, ops.* and the views.
    #[arg(short = 'c', long, value_name = "QUERY", conflicts_with = "named", allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    /// A named query; without a name, the list of them.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    pub(crate) named: Option<String>,
    /// table, csv or json.
    #[arg(long, default_value = "table", value_parser = ["table", "csv", "json"])]
    pub(crate) format: String,
}

/// `maintain`.
#[derive(Debug, Args)]
pub struct MaintainCommand {
    /// What to do.
    #[arg(value_parser = ["optimize", "vacuum", "checkpoint"])]
    pub(crate) what: String,
    /// Table, as schema.name; default: all.
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
    /// Hours for which unreferenced files are kept; must exceed the longest run.
    #[arg(long, default_value_t = 168, value_name = "HOURS")]
    pub(crate) retention_hours: u32,
    /// Only say what would be deleted.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `bench`.
#[derive(Debug, Args)]
pub struct BenchCommand {
    /// What to measure.
    #[arg(value_parser = ["backfill", "forecast"])]
    pub(crate) what: String,
}

/// `demo-data`.
#[derive(Debug, Args)]
pub struct DemoCommand {
    /// Folder for the files.
    pub(crate) directory: PathBuf,
    /// Seed of the generator.
    #[arg(long, default_value_t = 42)]
    pub(crate) data_seed: u64,
}

/// Parses the arguments, runs the command and returns its exit code.
pub fn main() -> i32 {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("ALMANAC_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new("warn,buoyant_kernel=error,deltalake_core=error,ballista_core=off")
    });
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start worker threads: {error}");
            return 1;
        }
    };
    // a run closes its ledger before it leaves, a query over a cluster is cancelled; all else may stop where it is
    let resumes = matches!(cli.command, Command::Train | Command::Infer | Command::Backfill(_));
    let over_a_cluster = matches!(cli.command, Command::Sql(_)) && cli.scheduler.is_some();
    let closes = resumes || over_a_cluster || matches!(cli.command, Command::Bench(_));
    let ended = runtime.block_on(async {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let work = commands::run(cli, stopped);
        let interrupt = tokio::signal::ctrl_c();
        tokio::pin!(work, interrupt);
        tokio::select! {
            ended = &mut work => return ended,
            _ = &mut interrupt => {}
        }
        if !closes {
            return Err(almanac_engine::EngineError::Interrupted.into());
        }
        stop.send_replace(true);
        work.await
    });
    match ended {
        Ok(()) => 0,
        Err(failure) => {
            eprintln!("error: {failure}");
            if resumes && failure.is_passing() {
                eprintln!("what is committed is kept: run the same command again to resume");
            }
            failure.code()
        }
    }
}
