//! Options that belong to no single command.

use std::path::PathBuf;

use almanac_engine::backfill::listed_keys;
use clap::{ArgAction, Args, ValueEnum};

/// Heading of what every command takes.
pub(crate) const EVERYWHERE: &str = "Options of every command";
/// Heading of the settings that flags override.
pub(crate) const SETTINGS: &str = "Settings, instead of the file's";
/// Heading of what a command works on.
pub(crate) const CHOICE: &str = "What to work on";

/// Where things are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = EVERYWHERE)]
pub(crate) struct Places {
    /// Configuration of the dataset, its models and the run.
    ///
    /// The default is found without a flag in the folder where a dataset is worked on.
    #[arg(
        long,
        global = true,
        env = "ALMANAC_CONFIG",
        hide_env_values = true,
        default_value = crate::cli::DEFAULT_CONFIG,
        value_name = "FILE"
    )]
    pub(crate) config: PathBuf,
    /// Folder of the input files.
    ///
    /// There is no default: reading the wrong folder would fill the tables with it. Only `init`, which fills none,
    /// takes the folder one works in.
    #[arg(long, global = true, env = "ALMANAC_SOURCE", hide_env_values = true, value_name = "DIR")]
    pub(crate) source: Option<PathBuf>,
    /// Root of the Delta tables: a folder or s3://bucket/prefix.
    ///
    /// The default lies beside the configuration of the folder one works in; one dataset has one warehouse.
    #[arg(
        long,
        global = true,
        env = "ALMANAC_WAREHOUSE",
        hide_env_values = true,
        default_value = "warehouse",
        value_name = "URI"
    )]
    pub(crate) warehouse: String,
    /// Scheduler of the cluster that computes, as df://host:port; without it this process does.
    ///
    /// One machine is the default because it needs no server, and the rows are the same.
    #[arg(long, global = true, env = "ALMANAC_SCHEDULER", hide_env_values = true, value_name = "URI")]
    pub(crate) scheduler: Option<String>,
    /// Seconds to wait for a scheduler that does not answer.
    ///
    /// 0, the default, ends with code 7 and the way to resume: whoever started the command decides whether to wait.
    #[arg(
        long,
        global = true,
        env = "ALMANAC_WAIT_SCHEDULER",
        hide_env_values = true,
        default_value_t = 0,
        value_name = "SECONDS"
    )]
    pub(crate) wait_scheduler: u64,
}

/// How results are printed.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = EVERYWHERE)]
pub(crate) struct Output {
    /// Form of the result.
    ///
    /// By default a terminal shows tables and sentences, for people, and a pipe gets one JSON line per step, for
    /// programs. With `json` an error is one JSON line on standard error, with `yaml` a YAML document.
    #[arg(short, long, global = true, env = "ALMANAC_OUTPUT", hide_env_values = true, value_enum, value_name = "FORM")]
    pub(crate) output: Option<Form>,
    /// Print results and errors only: no progress, no sentences about steps.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print what happens inside on standard error; twice for more. ALMANAC_LOG chooses by module.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Columns that fit the terminal; what is left out is told.
    Table,
    /// All columns in full, however wide.
    Wide,
    /// One JSON document; one line per step where there are several.
    Json,
    /// The same as YAML.
    Yaml,
}

/// Settings that flags override.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = SETTINGS)]
pub(crate) struct Overrides {
    /// Models to run, by registry name.
    ///
    /// The file's default is the last value, which others are held against, a statistical model, and trees.
    #[arg(long, global = true, value_delimiter = ',', value_name = "A,B")]
    pub(crate) models: Option<Vec<String>>,
    /// Training frequency: daily, weekly, biweekly, monthly, quarterly, semiannually, annually.
    ///
    /// The file's default is semiannually: models are conditioned to every origin anyway, and twice as many fits cost
    /// twice as much.
    #[arg(long, global = true, value_name = "FREQUENCY")]
    pub(crate) every: Option<String>,
    /// Version under which rows are kept; another version leaves earlier rows alone.
    ///
    /// The file's default is v1, a name like any other: what matters is that it stays while the settings do.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) model_version: Option<String>,
    /// Paths per forecast.
    ///
    /// The file's default is 2000: 50 paths then lie beyond each end of a 95 % interval, which for normal paths is
    /// known to 6 % of their standard deviation. Four times as many halve that and take four times the bytes.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) paths: Option<usize>,
    /// Sessions ahead, 1 to 365.
    ///
    /// The file's default is 14, not quite three weeks of sessions: time and bytes grow with each day. Up to 64 paths
    /// have a column per day, above a row per day: wider tables are slow to plan.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) horizon: Option<usize>,
    /// Seed of every random number.
    ///
    /// The file's default is fixed, so that two runs of one configuration give the same rows.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Central interval levels in percent.
    ///
    /// The file's default is 80 and 95: one actual in five and one in twenty should fall outside, so that the middle
    /// and the ends are both checked. Every other level can be taken from the paths.
    #[arg(long, global = true, value_delimiter = ',', value_name = "80,95")]
    pub(crate) levels: Option<Vec<u32>>,
    /// Units computed at once. Never changes a row.
    ///
    /// The file's default is 0, one per core: a unit takes one thread from start to end.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Failed units above which the exit code is 1.
    ///
    /// The file's default is 0: a failure that nobody allowed should stop a pipeline. The other units are kept.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) max_failed: Option<usize>,
    /// Whole cells per commit. Never changes a row.
    ///
    /// The file's default is 0: 16, and more where a store is slow. Fewer lose less when killed, more make fewer commits.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) cells_per_commit: Option<usize>,
    /// Forecasts per batch. Never changes a row.
    ///
    /// The file's default is 0, which keeps a batch near a megabyte whatever the number of paths.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) batch_forecasts: Option<usize>,
}

/// What is chosen for this command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = CHOICE)]
pub(crate) struct Choice {
    /// Keys to work on.
    ///
    /// By default all, since what exists is not done again. Commands about one series take the first. Several are
    /// separated by commas, the values of several key columns by |; a comma in a key has a backslash before it.
    #[arg(long = "key", global = true, value_name = "KEY")]
    keys: Vec<String>,
    /// First origin.
    ///
    /// By default that of the configuration, so that all commands mean the same forecasts.
    #[arg(long, global = true, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Last origin.
    ///
    /// By default that of the configuration, so that all commands mean the same forecasts.
    #[arg(long, global = true, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Most units of work; without it, all that are missing.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Redo what exists, in whole cells.
    ///
    /// Without it what exists is kept, so that running again costs nothing.
    #[arg(long, global = true)]
    pub(crate) force: bool,
    /// Let a horizon longer than the stored one add days.
    ///
    /// New columns, and forecasts with fewer days made anew; their first days stay as they are. Not done unasked,
    /// because it writes every chosen forecast again.
    #[arg(long, global = true)]
    pub(crate) widen: bool,
    /// Keep points and intervals only, of what is missing.
    ///
    /// Paths are drawn all the same, since intervals are made from them, but not encoded and written: nine tenths of the
    /// bytes. Scores then lack CRPS and PIT. A later run without it adds the paths, of the same draws.
    #[arg(long, global = true)]
    pub(crate) no_paths: bool,
    /// Narrow the choice: model=A|B, model!=A, key=A|B, key!=A, from=DATE, to=DATE, separated by commas.
    ///
    /// A comma or | in a name, as between the values of several key columns, has a backslash before it.
    #[arg(long, global = true, value_name = "CONDITIONS")]
    pub(crate) select: Option<String>,
    /// Redo cells made from older inputs.
    ///
    /// Without it they are kept and counted by `status`: a corrected price should not silently redo years.
    #[arg(long, global = true, value_name = "WHAT", value_parser = ["stale"])]
    pub(crate) refresh: Option<String>,
}

impl Choice {
    /// Keys that are named, each by itself.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.keys.iter().flat_map(|list| listed_keys(list)).collect()
    }
}

/// Options of reading input.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct InputOptions {
    /// Refuse the whole input if a row would be quarantined.
    ///
    /// Without it such rows are put aside in bronze.quarantine and counted, so that one bad row does not stop a night.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Let rows in that would be quarantined: SOURCE, SOURCE:LINE or all.
    #[arg(long, value_delimiter = ',', value_name = "ROWS")]
    pub(crate) accept: Vec<String>,
    /// What counts as today; later rows are quarantined.
    ///
    /// By default today in the dataset's time zone: no row can have become known after it.
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
}
