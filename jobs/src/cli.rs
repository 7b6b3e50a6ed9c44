//! The command line: what can be asked, and nothing of how it is done.
//!
//! A new command is a variant of [`Command`], its name in a group of `cli/help.rs` and an example there.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod documented;
pub(crate) mod given;
pub(crate) mod help;
pub(crate) mod options;
pub(crate) mod shells;
mod usage;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands;

pub(crate) use given::Given;
pub(crate) use options::{Choice, Form, InputOptions, Output, Overrides, Places};

/// File of the configuration unless another is named.
pub(crate) const DEFAULT_CONFIG: &str = "almanac.toml";

/// Train forecasting models once, apply them to every day, keep every simulated path as Delta tables.
#[derive(Debug, Parser)]
#[command(name = "almanac", version, max_term_width = 100, args_override_self = true)]
#[command(disable_help_subcommand = true, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) places: Places,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// Which options were given, and how.
    #[arg(skip)]
    pub(crate) given: Given,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The jobs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented configuration for the files in a folder.
    Init(InitCommand),
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
    Status(StatusCommand),
    /// List runs, newest first.
    Runs(RunsCommand),
    /// List the tables: rows, size, version; a hash with --content.
    Tables(TablesCommand),
    /// Show a table's columns with units and meaning, its layout, size and last commits.
    Describe(DescribeCommand),
    /// Query the tables.
    Sql(SqlCommand),
    /// Show the effective configuration, with where each value comes from.
    Config(ConfigCommand),
    /// Check store, cluster, machine and input before a run.
    Doctor,
    /// Keep tables small and quick to read.
    Maintain(MaintainCommand),
    /// Measure this machine, and models on panels of many series.
    Bench(BenchCommand),
    /// List, show, explain and test models.
    Models(commands::ModelsCommand),
    /// Say why a forecast is what it is, from what it saw.
    Explain(commands::ExplainCommand),
    /// Draw forecasts and scores, as SVG, PNG or in characters.
    Plot(commands::PlotCommand),
    /// Print completions for a shell.
    Completions(CompletionsCommand),
    /// Write manual pages, one per command.
    Man(ManCommand),
    /// Write the generated demo data.
    DemoData(DemoCommand),
    /// Explain a command, or an error by its code.
    Help(HelpCommand),
    /// Write the pages of docs/reference.
    #[command(hide = true)]
    Reference(ReferenceCommand),
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitCommand {
    /// Generate the demo data in ./data and write its configuration.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Key column, instead of the one guessed; several are separated by commas.
    #[arg(long = "key-column", value_delimiter = ',', value_name = "COLUMN")]
    pub(crate) key_columns: Vec<String>,
    /// Date column, instead of the one guessed.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) date_column: Option<String>,
    /// Column that is forecast, instead of the one guessed.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// Replace a configuration that is there.
    ///
    /// Without it init leaves it alone: it may have been edited.
    #[arg(long)]
    pub(crate) overwrite: bool,
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
    ///
    /// Not done unasked, because every row has to be read.
    #[arg(long)]
    pub(crate) content: bool,
}

/// `describe`.
#[derive(Debug, Args)]
pub struct DescribeCommand {
    /// Table or view, as schema.name or, where that is clear, as name.
    pub(crate) table: String,
    /// Version to describe, instead of the latest.
    #[arg(long, value_name = "VERSION")]
    pub(crate) at: Option<u64>,
    /// Commits to list, newest first; the default is few, since the columns stand above them.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) commits: usize,
}

/// `runs`.
#[derive(Debug, Args)]
pub struct RunsCommand {
    /// Runs to list, newest first; the default fits a screen.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) last: u32,
}

/// `status`.
#[derive(Debug, Args)]
pub struct StatusCommand {
    /// Show it again every so many seconds, until Ctrl-C.
    ///
    /// The default is 2, as the program watch has it.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "2",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub(crate) watch: Option<u64>,
}

/// `sql`. Without a query, at a terminal, it asks for queries; else it reads them from standard input.
#[derive(Debug, Args)]
pub struct SqlCommand {
    /// A query over bronze.*, silver.*, forecast.*, ops.* and the views.
    #[arg(short = 'c', long, value_name = "QUERY", conflicts_with_all = ["named", "file"], allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    /// A file of queries, each ended by `;`, or - for standard input.
    #[arg(short, long, value_name = "FILE", conflicts_with = "named")]
    pub(crate) file: Option<PathBuf>,
    /// A named query; without a name, the list of them.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    pub(crate) named: Option<String>,
    /// Value of a placeholder: `$key` or `$1` of the query; once for each.
    ///
    /// Numbers, true, false and days are taken as such, all else as text; between single quotes it is always text.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    /// Form of the answer.
    ///
    /// By default a table, which people read, or what the ending of --into names.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<commands::Format>,
    /// File for the answer, instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) into: Option<PathBuf>,
}

/// `config`.
#[derive(Debug, Args)]
pub struct ConfigCommand {
    /// Print the JSON Schema of the file instead, for editors; it needs no configuration.
    #[arg(long)]
    pub(crate) schema: bool,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsCommand {
    /// Shell that is to complete commands and options.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManCommand {
    /// Folder for the pages, such as ~/.local/share/man/man1.
    pub(crate) directory: PathBuf,
}

/// `maintain`.
#[derive(Debug, Args)]
pub struct MaintainCommand {
    /// What to do.
    #[arg(value_parser = ["optimize", "vacuum", "checkpoint"])]
    pub(crate) what: String,
    /// Table, as schema.name; by default all, so that none is forgotten.
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
    /// Hours for which unreferenced files are kept.
    ///
    /// The default is a week, well above the longest run: what a run that goes on has written is unreferenced too.
    #[arg(long, default_value_t = 168, value_name = "HOURS")]
    pub(crate) retention_hours: u32,
    /// Only say what would be deleted.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `bench`.
#[derive(Debug, Args)]
pub struct BenchCommand {
    #[command(subcommand)]
    pub(crate) what: Bench,
}

/// What is measured.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Time and memory of a backfill into a warehouse of its own.
    Backfill,
    /// Times of single fits and forecasts of the configured models.
    Forecast,
    /// Times of model families on a generated series, beside which bench/python/speed.py puts those of other libraries.
    Models(commands::TimesCommand),
    /// Accuracy on panels of many series, by the M4 competition's scores.
    Accuracy(commands::AccuracyCommand),
}

/// `help`.
#[derive(Debug, Args)]
pub struct HelpCommand {
    /// A command, or the code of an error such as E0402.
    #[arg(value_name = "TOPIC")]
    pub(crate) topic: Vec<String>,
}

/// `reference`.
#[derive(Debug, Args)]
pub struct ReferenceCommand {
    /// Folder for the pages.
    pub(crate) directory: PathBuf,
}

/// `demo-data`.
#[derive(Debug, Args)]
pub struct DemoCommand {
    /// Folder for the files.
    pub(crate) directory: PathBuf,
    /// Seed of the generator.
    ///
    /// The default is that of `init --demo`, whose files the tests know by their checksums.
    #[arg(long, default_value_t = 42, value_name = "N")]
    pub(crate) data_seed: u64,
}
