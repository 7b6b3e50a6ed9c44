//! The configuration of a dataset, its models and a run, as one TOML file describes it.
//!
//! What decides a model's rows enters its configuration hash (`identity`); how they are computed ([`Run`]) does not.

use std::collections::BTreeMap;

use almanac_models::ModelSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod shape;

/// Most sessions ahead that may be asked for.
pub const LONGEST_HORIZON: usize = 365;

/// Most paths of one forecast that may be asked for.
pub const MOST_PATHS: usize = 1_000_000;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What is forecast.
    pub dataset: Dataset,
    /// Where the data comes from; the first source that carries a column wins.
    pub sources: Vec<Source>,
    /// Training windows.
    #[serde(default)]
    pub training: Training,
    /// Forecasts.
    #[serde(default)]
    pub forecast: Forecast,
    /// Models beside the built-in registry; an equal name replaces the built-in entry.
    #[serde(default)]
    #[schemars(with = "Vec<shape::ModelEntry>")]
    pub models: Vec<ModelSpec>,
    /// How the work is done; never decides content.
    #[serde(default)]
    pub run: Run,
}

/// What is forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Name, shown in runs.
    pub name: String,
    /// Key columns, such as `["commodity"]` or `["store_id", "sku"]`; stored as text, never null or empty.
    #[schemars(length(min = 1))]
    pub key: Vec<String>,
    /// Column that is forecast, by the name it has after renaming.
    pub target: String,
    /// `trading` counts sessions, `daily` counts calendar days, for fits, horizons and scores alike. The default suits
    /// prices, which there are on sessions only.
    #[serde(default)]
    #[schemars(with = "shape::Calendar")]
    pub calendar: almanac_models::CalendarKind,
    /// `us-futures` closes the holidays of US soft-commodity futures, a date such as `2018-12-05` that day; several are
    /// separated by commas. The default closes none, since each market has its own.
    #[serde(default = "none")]
    pub holidays: String,
    /// IANA time zone that decides what today is. The default is no machine's own, so that all agree on the day.
    #[serde(default = "utc")]
    pub timezone: String,
    /// Key buckets of the tables, about one per key up to 64; fixed when `silver.model_input` is created. The default
    /// is 64 and not the number of keys, since keys are added and a bucket is part of every row; empty buckets cost
    /// nothing.
    #[serde(default)]
    pub buckets: Option<u32>,
    /// Marks generated data wherever it shows. The default takes data for real: what is generated has to say so.
    #[serde(default)]
    pub synthetic: bool,
}

/// One file of input and the bronze table it becomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name of the bronze table.
    pub name: String,
    /// File below `--source`, CSV or Parquet by its extension.
    pub path: String,
    /// Whether its rows are the sessions that carry the target. By default not, since exactly one source has it.
    #[serde(default)]
    pub bars: bool,
    /// Name of the date column in the file. The default is the name that it has in the tables.
    #[serde(default = "date")]
    pub date: String,
    /// Dataset key column → column of the file. Empty: the rows hold for every key.
    #[serde(default)]
    pub key: BTreeMap<String, String>,
    /// Column of the file that names a region; the key's regions are averaged in `silver.model_input`.
    #[serde(default)]
    pub region: Option<String>,
    /// Days from the row's date until it is public. Negative: known that long in advance. The default is right for
    /// closes of a market, which are public on their day; a report needs its own, or forecasts see it too early.
    #[serde(default)]
    pub publication_lag_days: i32,
    /// Date column of the file that says when the row became public, instead of a fixed lag.
    #[serde(default)]
    pub known_at: Option<String>,
    /// Values, in the order of the table.
    pub columns: Vec<Column>,
}

/// One value column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name in the tables.
    pub name: String,
    /// Name in the file, if another.
    #[serde(default)]
    pub from: Option<String>,
    /// Factor applied on the way into silver (m/s to km/h: 3.6).
    #[serde(default)]
    pub scale: Option<f64>,
    /// Text values and the numbers they stand for; other texts are refused.
    #[serde(default)]
    pub map: BTreeMap<String, f64>,
    /// Unit, kept in the table's column metadata.
    #[serde(default)]
    pub unit: Option<String>,
    /// Whether days without a value take the last one, or stay null. By default they take it: what is known on a day is
    /// the newest value there is.
    #[serde(default = "yes")]
    pub fill: bool,
    /// Days, counted from the value's own date, beyond which a unit that needs the column is skipped as
    /// `stale_covariate`. By default never, since how old a value may get depends on the column.
    #[serde(default)]
    pub max_staleness_days: Option<i32>,
}

/// Training windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// How often models are fitted. The default is each half-year: a fit is moved along later days without refitting,
    /// and twice as many fits cost twice as much.
    #[schemars(with = "shape::Every")]
    pub every: almanac_models::Frequency,
    /// Trailing years a fit sees. The default shows it each season of the year four times; with every year more a fit
    /// costs more.
    pub years: u32,
    /// Least calendar days between first and last usable row. The default is two years, so that each season of the year
    /// was seen twice.
    #[schemars(range(min = 0))]
    pub minimum_days: i32,
    /// Largest share of the range's sessions that may be missing. The default bears holidays that `holidays` does not
    /// name, some 4 % of weekdays, but no source that broke off for months.
    #[schemars(range(min = 0, max = 1))]
    pub max_gap: f64,
}

impl Default for Training {
    fn default() -> Self {
        Self { every: almanac_models::Frequency::Semiannually, years: 4, minimum_days: 730, max_gap: 0.10 }
    }
}

/// Forecasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Forecast {
    /// Registry names to run. The default is the last value, which others are held against, a statistical model, and
    /// trees.
    #[schemars(length(min = 1))]
    pub models: Vec<String>,
    /// Version under which their rows are kept. The default is a name like any other: what matters is that it stays
    /// while the settings do.
    pub model_version: String,
    /// Sessions ahead, 1 to 365. Above 64 paths are stored in one row per day. The default is not quite three weeks of
    /// sessions: time and bytes grow with each day.
    #[schemars(range(min = 1, max = 365))]
    pub horizon: usize,
    /// Paths per forecast. The default puts 50 beyond each end of a 95 % interval, which for normal paths is then known
    /// to 6 % of their standard deviation; four times as many halve that and take four times the bytes.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub paths: usize,
    /// Central interval levels in percent. Of the default's, one actual in five and one in twenty should fall outside,
    /// so that the middle and the ends are both checked; every other level can be taken from the paths.
    #[schemars(length(min = 1), inner(range(min = 1, max = 99)))]
    pub levels: Vec<u32>,
    /// Seed of every random number. The default is fixed, so that two runs of one configuration give the same rows;
    /// which number it is means nothing.
    pub seed: u64,
    /// First origin, `YYYY-MM-DD`; by default the earliest with enough history, so that none is left out.
    pub from: Option<chrono::NaiveDate>,
    /// Last origin; by default the last session, so that a nightly run always reaches the newest.
    pub to: Option<chrono::NaiveDate>,
}

impl Default for Forecast {
    fn default() -> Self {
        Self {
            models: vec!["naive".into(), "sarimax_auto_weather".into(), "xgboost".into()],
            model_version: "v1".into(),
            horizon: 14,
            paths: 2_000,
            levels: vec![80, 95],
            seed: 42,
            from: None,
            to: None,
        }
    }
}

/// How the work is done.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    /// Units computed at once; 0, the default: one per core, since a unit takes one thread from start to end.
    pub threads: usize,
    /// Whole cells per commit; 0, the default: 16, and up to 512 where a slow store takes over 0.2 s for one. Fewer lose
    /// less when a run is killed, more make fewer commits.
    pub cells_per_commit: usize,
    /// Forecasts per batch; 0, the default: as many as keep a batch at about a megabyte, whatever the number of paths.
    pub batch_forecasts: usize,
    /// Failed units above which the run's exit code is 1. The default bears none: a failure that nobody allowed should
    /// stop a pipeline. The other units are kept.
    pub max_failed: usize,
}

fn none() -> String {
    "none".into()
}

fn utc() -> String {
    "UTC".into()
}

fn date() -> String {
    "date".into()
}

fn yes() -> bool {
    true
}
