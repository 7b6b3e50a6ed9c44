//! Every table: its columns with units, its partitioning, its statistics columns.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::settings::Settings;

/// Definition of one Delta table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDef {
    /// Folder of the warehouse: bronze, silver, forecast, experiments, ops.
    pub schema_name: String,
    /// Table name within it.
    pub name: String,
    /// Columns in order; partition columns last. Units are in the field metadata under `unit`.
    pub columns: SchemaRef,
    /// Partition columns, the last of `columns`.
    pub partition_by: Vec<String>,
    /// Columns with file statistics: keys, dates and what tells cells apart.
    pub statistics: Vec<String>,
    /// Columns that together identify a row.
    pub grain: Vec<String>,
}

/// Columns that do not count as content.
pub const VOLATILE: &[&str] =
    &["generation_timestamp", "created_at", "created_by", "run_id", "attempts", "executor", "hardware"];

/// Whether a column counts as content: neither volatile by name nor a duration.
pub fn is_content(column: &str) -> bool {
    !VOLATILE.contains(&column) && !column.ends_with("_seconds")
}

impl TableDef {
    /// `schema.name`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema_name, self.name)
    }

    /// Columns stored in the data files: all but the partition columns.
    pub fn file_columns(&self) -> SchemaRef {
        let fields: Vec<_> =
            self.columns.fields().iter().filter(|f| !self.partition_by.contains(f.name())).cloned().collect();
        Arc::new(Schema::new(fields))
    }
}

/// UTC timestamps with microseconds, the only kind that every reader understands.
pub fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn column(name: &str, kind: DataType, nullable: bool) -> Field {
    Field::new(name, kind, nullable)
}

pub(crate) fn with_unit(field: Field, unit: Option<&str>) -> Field {
    match unit {
        Some(unit) => field.with_metadata(HashMap::from([("unit".to_owned(), unit.to_owned())])),
        None => field,
    }
}

pub(crate) fn table(
    schema_name: &str,
    name: &str,
    fields: Vec<Field>,
    partition_by: &[&str],
    statistics: Vec<String>,
    grain: Vec<String>,
) -> TableDef {
    TableDef {
        schema_name: schema_name.into(),
        name: name.into(),
        columns: Arc::new(Schema::new(fields)),
        partition_by: partition_by.iter().map(|c| (*c).to_owned()).collect(),
        statistics,
        grain,
    }
}

fn names(keys: &[String], rest: &[&str]) -> Vec<String> {
    keys.iter().cloned().chain(rest.iter().map(|c| (*c).to_owned())).collect()
}

fn key_fields(settings: &Settings) -> Vec<Field> {
    settings.dataset.key.iter().map(|key| column(key, DataType::Utf8, false)).collect()
}

/// `forecast.trained_models`: grain (key, model_name, model_version, training_cutoff_date); usable models only.
pub fn trained_models(settings: &Settings) -> TableDef {
    use DataType::{Binary, Date32, Float64, Int32, Int64, Utf8};
    let mut fields = vec![column("model_id", Utf8, false)];
    fields.extend(key_fields(settings));
    fields.extend([
        column("model_version", Utf8, false),
        column("model_type", Utf8, false),
        column("window_start", Date32, false),
        column("training_start_date", Date32, false),
        column("training_cutoff_date", Date32, false),
        column("training_samples", Int32, false),
        column("parameters", Utf8, false),
        column("fitted_model", Binary, true),
        column("fitted_model_path", Utf8, true),
        column("fitted_model_format", Utf8, false),
        column("fitted_model_sha256", Utf8, false),
        column("fitted_model_bytes", Int64, false),
        column("log_likelihood", Float64, true),
        column("aicc", Float64, true),
        column("training_loss", Float64, true),
        column("validation_loss", Float64, true),
        column("status", Utf8, false),
        column("fallback_reason", Utf8, true),
        column("seed", Int64, false),
        column("calendar", Utf8, false),
        column("horizon", Int32, false),
        column("settings", Utf8, false),
        column("config_hash", Utf8, false),
        column("data_version", Utf8, false),
        column("code_version", Utf8, false),
        with_unit(column("fit_seconds", Float64, false), Some("s")),
        column("created_at", timestamp(), false),
        column("created_by", Utf8, false),
        column("run_id", Utf8, false),
        column("model_name", Utf8, false),
        column("key_bucket", Int32, false),
    ]);
    let keys = &settings.dataset.key;
    table(
        "forecast",
        "trained_models",
        fields,
        &["model_name", "key_bucket"],
        names(keys, &["model_version", "window_start", "training_cutoff_date"]),
        names(keys, &["model_name", "model_version", "training_cutoff_date"]),
    )
}

/// Days ahead up to which paths are stored in one column per day; a longer horizon takes one row per day.
pub const WIDEST: usize = 64;

/// Whether paths over this horizon are stored in one row per day.
pub fn is_long(horizon: usize) -> bool {
    horizon > WIDEST
}

/// `forecast.distributions`: grain (key, model_name, model_version, data_cutoff_date, path_id), one row per path with a
/// column per day ahead. For a horizon above [`WIDEST`] the long form: one row per path and day, `day_ahead` in the grain
/// before `path_id`.
pub fn distributions(settings: &Settings, horizon: usize) -> TableDef {
    use DataType::{Boolean, Date32, Float32, Int32, Utf8};
    let mut fields = key_fields(settings);
    fields.extend([
        column("model_version", Utf8, false),
        column("training_cutoff_date", Date32, false),
        column("data_cutoff_date", Date32, false),
        column("forecast_start_date", Date32, false),
        column("path_id", Int32, false),
    ]);
    let long = is_long(horizon);
    if long {
        let value = with_unit(column("value", Float32, false), target_unit(settings));
        fields.extend([column("day_ahead", Int32, false), value]);
    } else {
        fields.extend(day_columns(settings, horizon));
    }
    fields.extend([
        column("has_data_leakage", Boolean, false),
        column("data_version", Utf8, false),
        column("generation_timestamp", timestamp(), false),
        column("run_id", Utf8, false),
        column("model_name", Utf8, false),
        column("key_bucket", Int32, false),
    ]);
    let keys = &settings.dataset.key;
    table(
        "forecast",
        "distributions",
        fields,
        &["model_name", "key_bucket"],
        names(keys, &["model_version", "training_cutoff_date", "data_cutoff_date", "data_version"]),
        match long {
            true => names(keys, &["model_name", "model_version", "data_cutoff_date", "day_ahead", "path_id"]),
            false => names(keys, &["model_name", "model_version", "data_cutoff_date", "path_id"]),
        },
    )
}

/// `day_1` … `day_H`; null where a row has fewer days.
fn day_columns(settings: &Settings, horizon: usize) -> impl Iterator<Item = Field> {
    let unit = target_unit(settings);
    (1..=horizon).map(move |h| with_unit(column(&format!("day_{h}"), DataType::Float32, true), unit))
}

/// `forecast.point_forecasts`: grain (key, model_name, model_version, data_cutoff_date, day_ahead).
pub fn point_forecasts(settings: &Settings) -> TableDef {
    use DataType::{Boolean, Date32, Float64, Int32, Utf8};
    let unit = target_unit(settings);
    let value = |name: &str| with_unit(column(name, Float64, false), unit);
    let mut fields = key_fields(settings);
    fields.extend([
        column("model_version", Utf8, false),
        column("training_cutoff_date", Date32, false),
        column("data_cutoff_date", Date32, false),
        column("day_ahead", Int32, false),
        column("forecast_date", Date32, false),
        value("forecast_point"),
        value("forecast_mean"),
        value("forecast_std"),
    ]);
    for level in &settings.forecast.levels {
        // nullable: another model version may be kept with other levels
        let end = |side: &str| with_unit(column(&format!("{side}_{level}"), Float64, true), unit);
        fields.extend([end("lower"), end("upper")]);
    }
    fields.extend([
        column("model_success", Boolean, false),
        column("has_data_leakage", Boolean, false),
        column("config_hash", Utf8, false),
        column("data_version", Utf8, false),
        with_unit(column("inference_seconds", Float64, false), Some("s")),
        column("generation_timestamp", timestamp(), false),
        column("run_id", Utf8, false),
        column("model_name", Utf8, false),
        column("key_bucket", Int32, false),
    ]);
    let keys = &settings.dataset.key;
    table(
        "forecast",
        "point_forecasts",
        fields,
        &["model_name", "key_bucket"],
        names(keys, &["model_version", "training_cutoff_date", "data_cutoff_date", "config_hash", "data_version"]),
        names(keys, &["model_name", "model_version", "data_cutoff_date", "day_ahead"]),
    )
}

/// Unit of the target column, if configured.
pub fn target_unit(settings: &Settings) -> Option<&str> {
    let columns = settings.sources.iter().flat_map(|source| &source.columns);
    columns.filter(|c| c.name == settings.dataset.target).find_map(|c| c.unit.as_deref())
}

/// `ops.runs`: one row per run, replaced as it goes on.
pub fn runs() -> TableDef {
    use DataType::{Int64, Utf8};
    let fields = vec![
        column("command", Utf8, false),
        column("state", Utf8, false),
        column("settings", Utf8, false),
        column("input_version", Int64, false),
        column("planned_units", Int64, false),
        column("ok_units", Int64, false),
        column("fallback_units", Int64, false),
        column("skipped_units", Int64, false),
        column("failed_units", Int64, false),
        column("forecasts", Int64, false),
        column("started_at", timestamp(), false),
        column("heartbeat_at", timestamp(), false),
        column("ended_at", timestamp(), true),
        column("hardware", Utf8, false),
        column("run_id", Utf8, false),
    ];
    table("ops", "runs", fields, &["run_id"], vec!["heartbeat_at".into()], vec!["run_id".into()])
}

/// `ops.units`: one row per planned unit of a finished run.
pub fn units() -> TableDef {
    use DataType::{Date32, Float64, Int32, Int64, Utf8};
    let fields = vec![
        column("step", Utf8, false),
        column("key", Utf8, false),
        column("model_name", Utf8, false),
        column("model_version", Utf8, false),
        column("key_bucket", Int32, false),
        column("training_cutoff_date", Date32, false),
        column("status", Utf8, false),
        column("reason", Utf8, true),
        column("message", Utf8, true),
        column("forecasts", Int64, false),
        column("failed_forecasts", Int64, false),
        column("attempts", Int32, false),
        with_unit(column("unit_seconds", Float64, false), Some("s")),
        column("executor", Utf8, false),
        column("run_id", Utf8, false),
    ];
    let grain = names(&[], &["run_id", "step", "key", "model_name", "model_version", "training_cutoff_date"]);
    table("ops", "units", fields, &["run_id"], vec!["training_cutoff_date".into()], grain)
}

/// `forecast.forecast_actuals`: grain (key, date), one row per session.
pub fn forecast_actuals(settings: &Settings) -> TableDef {
    use DataType::{Date32, Float64, Int32};
    let mut fields = key_fields(settings);
    let actual = format!("actual_{}", settings.dataset.target);
    fields.extend([
        column("date", Date32, false),
        with_unit(column(&actual, Float64, true), target_unit(settings)),
        column("key_bucket", Int32, false),
    ]);
    let grain = names(&settings.dataset.key, &["date"]);
    table("forecast", "forecast_actuals", fields, &["key_bucket"], grain.clone(), grain)
}

/// `forecast.actual_paths`: grain (key, data_cutoff_date), what happened on each day ahead. There is none beside paths in
/// long form: `forecast.forecast_actuals` says the same.
pub fn actual_paths(settings: &Settings, horizon: usize) -> TableDef {
    use DataType::{Date32, Int32};
    let mut fields = key_fields(settings);
    fields.push(column("data_cutoff_date", Date32, false));
    fields.extend(day_columns(settings, horizon));
    fields.extend([column("days_known", Int32, false), column("key_bucket", Int32, false)]);
    let grain = names(&settings.dataset.key, &["data_cutoff_date"]);
    table("forecast", "actual_paths", fields, &["key_bucket"], grain.clone(), grain)
}

/// Columns of `forecast.forecast_metadata` that hold scores, between `actuals_available` and `has_data_leakage`.
pub fn score_columns(settings: &Settings) -> Vec<(String, Option<&str>)> {
    let unit = target_unit(settings);
    let named = |name: &str, unit| (name.to_owned(), unit);
    let percent = Some("percent");
    let mut columns = vec![
        named("mae", unit),
        named("rmse", unit),
        named("mape", percent),
        named("wape", percent),
        named("smape", percent),
        named("mase", None),
        named("bias", unit),
        named("crps", unit),
        named("pinball", unit),
    ];
    let levels = &settings.forecast.levels;
    columns.extend(levels.iter().map(|level| (format!("coverage_{level}"), None)));
    columns.extend(levels.iter().map(|level| (format!("sharpness_{level}"), unit)));
    columns.extend([
        named("interval_score", unit),
        named("pit", None),
        named("direction_last_close", None),
        named("direction_day1", None),
        named("ties", None),
    ]);
    columns
}

/// `forecast.forecast_metadata`: grain (key, model_name, model_version, data_cutoff_date, horizon, scope), the scores of
/// each forecast `at` and `through` each day. A score without a known day is null. `inputs_hash` is one value per cell:
/// a hash of the forecasts and actuals from which its scores were made.
pub fn forecast_metadata(settings: &Settings) -> TableDef {
    use DataType::{Boolean, Date32, Float64, Int32, Utf8};
    let mut fields = key_fields(settings);
    fields.extend([
        column("model_version", Utf8, false),
        column("training_cutoff_date", Date32, false),
        column("data_cutoff_date", Date32, false),
        column("horizon", Int32, false),
        column("scope", Utf8, false),
        column("actuals_available", Int32, false),
    ]);
    let scores = score_columns(settings);
    fields.extend(scores.iter().map(|(name, unit)| with_unit(column(name, Float64, true), *unit)));
    fields.extend([
        column("has_data_leakage", Boolean, false),
        column("inputs_hash", Utf8, false),
        with_unit(column("inference_seconds", Float64, false), Some("s")),
        column("model_name", Utf8, false),
        column("key_bucket", Int32, false),
    ]);
    let keys = &settings.dataset.key;
    table(
        "forecast",
        "forecast_metadata",
        fields,
        &["model_name", "key_bucket"],
        names(keys, &["model_version", "training_cutoff_date", "data_cutoff_date", "inputs_hash"]),
        names(keys, &["model_name", "model_version", "data_cutoff_date", "horizon", "scope"]),
    )
}
