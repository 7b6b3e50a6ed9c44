//! What tables and columns hold, in words. Units stand with the columns, in [`crate::tables`].

use crate::settings::Settings;
use crate::tables::TableDef;
use crate::tables_input;

/// What a table holds.
pub fn table(settings: &Settings, def: &TableDef) -> String {
    let what = match def.full_name().as_str() {
        "bronze.quarantine" => "rows of the input that were refused, with the reason",
        "silver.unified_data" => "all sources joined by the day they were known, one row per day, key and region",
        "silver.model_input" => "what models read: one row per day and key, regions averaged",
        "forecast.trained_models" => "fitted models, one per key, model, version and training window",
        "forecast.distributions" => "every simulated path of every forecast",
        "forecast.point_forecasts" => {
            "point, mean, deviation and interval ends of every forecast, one row per day ahead"
        }
        "forecast.actual_paths" => "what happened on each day ahead of each origin",
        "forecast.forecast_actuals" => "what happened, one row per key and session",
        "forecast.forecast_metadata" => "scores of every forecast, at each day ahead and through it",
        "experiments.accuracy" => "scores of models on panels of many series, one row per series, model and step ahead",
        "ops.runs" => "runs, with their settings, counts and end",
        "ops.units" => "units of finished runs, with outcome and reason",
        _ => match settings.sources.iter().find(|source| def.schema_name == "bronze" && source.name == def.name) {
            Some(source) => return format!("rows of {} as ingested, with the day each was public", source.path),
            None => "",
        },
    };
    what.to_owned()
}

/// What a column of a table holds; empty where nothing is known.
pub fn column(settings: &Settings, def: &TableDef, name: &str) -> String {
    if settings.dataset.key.iter().any(|key| key == name) {
        return "key of the series".into();
    }
    let table = def.full_name();
    if let Some(text) = own(&table, name).or_else(|| shared(name)) {
        return text.to_owned();
    }
    numbered(settings, &table, name).or_else(|| value(settings, def, name)).unwrap_or_default()
}

/// Columns that mean the same wherever they are.
fn shared(name: &str) -> Option<&'static str> {
    Some(match name {
        "model_name" => "registry name of the model",
        "model_version" => "version under which rows are kept apart",
        "key_bucket" => "hash of the key, modulo the number of buckets",
        "training_cutoff_date" => "last day that the fit has seen",
        "data_cutoff_date" => "origin: the last day that the forecast has seen",
        "forecast_start_date" => "first day ahead",
        "day_ahead" => "day ahead, counted in sessions, from 1",
        "path_id" => "number of the path, from 1",
        "has_data_leakage" => "whether a value used became known after the cutoff; never true",
        "config_hash" => "hash of the settings that decide the row",
        "data_version" => "input table and Delta version that it was made from",
        "generation_timestamp" => "when the row was made",
        "run_id" => "run that made the row",
        "inference_seconds" => "time to condition, simulate and summarise",
        "date" => "day of the row",
        "region" => "region, or - where there is none",
        "known_at" => "day on which the row was public",
        "is_trading_day" => "1 on days with a bar, else 0",
        _ => return None,
    })
}

/// Columns that mean something in one table.
fn own(table: &str, name: &str) -> Option<&'static str> {
    match table {
        "forecast.trained_models" => trained_model(name),
        "forecast.point_forecasts" => point(name),
        "forecast.forecast_metadata" => score(name),
        "forecast.actual_paths" | "forecast.distributions" => path(name),
        "ops.runs" => run(name),
        "ops.units" => unit(name),
        "bronze.quarantine" => quarantine(name),
        "experiments.accuracy" => accuracy(name),
        "silver.model_input" if name == "regions_present" => Some("regions with a value on the day"),
        _ => None,
    }
}

fn trained_model(name: &str) -> Option<&'static str> {
    Some(match name {
        "model_id" => "identity of the fit",
        "model_type" => "family, with the order found",
        "window_start" => "first origin that the model serves",
        "training_start_date" => "first day of the training window",
        "training_samples" => "sessions fitted on",
        "parameters" => "parameters as JSON, to read",
        "fitted_model" => "the fit as bytes, if below a mebibyte",
        "fitted_model_path" => "object that holds the fit, if larger",
        "fitted_model_format" => "format of the bytes, with version",
        "fitted_model_sha256" => "checksum of the bytes",
        "fitted_model_bytes" => "size of the fit",
        "log_likelihood" => "log-likelihood, where the family has one",
        "aicc" => "corrected Akaike criterion, where the family has one",
        "training_loss" => "loss in the training window",
        "validation_loss" => "loss out of fold",
        "status" => "ok, or fallback",
        "fallback_reason" => "why a simpler form was fitted",
        "seed" => "seed of the random numbers",
        "calendar" => "what a day is: trading or daily",
        "horizon" => "days ahead at the fit",
        "settings" => "settings that decide rows, as JSON",
        "code_version" => "version of the program",
        "fit_seconds" => "time of the fit",
        "created_at" => "when it was fitted",
        "created_by" => "program and user",
        _ => return None,
    })
}

fn point(name: &str) -> Option<&'static str> {
    Some(match name {
        "forecast_date" => "session forecast, by the calendar's rules",
        "forecast_point" => "point: conditional median",
        "forecast_mean" => "mean of the paths",
        "forecast_std" => "standard deviation of the paths",
        "model_success" => "whether the forecast could be made",
        _ => return None,
    })
}

fn path(name: &str) -> Option<&'static str> {
    Some(match name {
        "value" => "simulated value",
        "days_known" => "days ahead that have come",
        _ => return None,
    })
}

fn score(name: &str) -> Option<&'static str> {
    Some(match name {
        "horizon" => "day ahead of the score",
        "scope" => "at: that day; through: mean of days 1 to it",
        "actuals_available" => "days ahead that have come",
        "mae" => "absolute error of the point",
        "rmse" => "root of the squared error of the mean",
        "mape" => "absolute error relative to the actual",
        "wape" => "absolute error relative to the sum of actuals",
        "smape" => "symmetric relative error",
        "mase" => "absolute error relative to naive in the training window",
        "bias" => "point less actual",
        "crps" => "continuous ranked probability score of the paths",
        "pinball" => "mean pinball loss over the ends of the intervals",
        "interval_score" => "mean interval score over the levels",
        "pit" => "share of paths at or below the actual",
        "direction_last_close" => "1 if the direction from the last value was right",
        "direction_day1" => "1 if the direction from day 1 was right",
        "ties" => "1 if there was no direction to tell",
        "inputs_hash" => "hash of forecasts and actuals that the cell's scores were made from",
        _ => return None,
    })
}

fn run(name: &str) -> Option<&'static str> {
    Some(match name {
        "command" => "what was asked for",
        "state" => "running, finished, failed_units, failed, interrupted",
        "settings" => "configuration as used, as JSON",
        "input_version" => "Delta version of silver.model_input",
        "planned_units" => "units to do",
        "ok_units" => "units done",
        "fallback_units" => "units done by a simpler form",
        "skipped_units" => "units that the data does not allow",
        "failed_units" => "units that failed",
        "forecasts" => "forecasts made",
        "started_at" => "start",
        "heartbeat_at" => "last sign of life",
        "ended_at" => "end; null while it runs",
        "hardware" => "processor, cores and features",
        "run_id" => "identity of the run",
        _ => return None,
    })
}

fn unit(name: &str) -> Option<&'static str> {
    Some(match name {
        "step" => "train or infer",
        "key" => "key values, joined by |",
        "status" => "ok, fallback, skipped or failed",
        "reason" => "code of the reason; of a simpler form, the reason in words",
        "message" => "the reason in words, or ages of covariates",
        "forecasts" => "forecasts made",
        "failed_forecasts" => "forecasts that failed",
        "attempts" => "times it was tried",
        "unit_seconds" => "time of the unit",
        "executor" => "process that computed it",
        _ => return None,
    })
}

fn quarantine(name: &str) -> Option<&'static str> {
    Some(match name {
        "reason" => "code of the reason",
        "detail" => "column and value",
        "file" => "file of the source",
        "line" => "line of the file, or number of the row",
        "row" => "the row as JSON",
        "source" => "source that the row is of",
        _ => return None,
    })
}

fn accuracy(name: &str) -> Option<&'static str> {
    Some(match name {
        "dataset" => "panel that was scored",
        "series" => "name of the series in the panel",
        "model" => "registry name, or the combination",
        "model_type" => "family, with the order found",
        "fallback_reason" => "why a simpler form was fitted",
        "error" => "why there is no forecast",
        "model_season" => "sessions of the season that models are told",
        "scale_season" => "season of the scores' scale",
        "training_samples" => "values fitted on",
        "step" => "step ahead from 1; 0 where there is no forecast",
        "actual" => "what came",
        "forecast_point" => "point: conditional median",
        "level" => "level of the interval",
        "interval_lower" => "lower end of the interval",
        "interval_upper" => "upper end of the interval",
        "inside" => "whether the actual lies inside",
        "smape" => "symmetric relative error",
        "scaled_error" => "absolute error over the scale of MASE",
        "scaled_interval_score" => "interval score over the scale of MASE",
        "scaled_crps" => "continuous ranked probability score over the scale of MASE",
        _ => return None,
    })
}

/// Columns with a level or a day in their name.
fn numbered(settings: &Settings, table: &str, name: &str) -> Option<String> {
    if name == format!("actual_{}", settings.dataset.target) {
        return Some("what happened".into());
    }
    let (stem, number) = name.rsplit_once('_')?;
    let number: u32 = number.parse().ok()?;
    Some(match stem {
        "day" if table == "forecast.actual_paths" => format!("what happened on day {number} ahead"),
        "day" => format!("simulated value on day {number} ahead"),
        "lower" => format!("lower end of the central {number} % interval"),
        "upper" => format!("upper end of the central {number} % interval"),
        "coverage" => format!("share of actuals inside the {number} % interval"),
        "sharpness" => format!("width of the {number} % interval"),
        _ => return None,
    })
}

/// Values of the input, and what stands beside them.
fn value(settings: &Settings, def: &TableDef, name: &str) -> Option<String> {
    if def.schema_name == "bronze" {
        let source = settings.sources.iter().find(|source| source.name == def.name)?;
        let names = tables_input::bronze_names(settings, source);
        let position = names.iter().position(|bronze| bronze == name)?;
        let own = tables_input::file_name(source.columns.get(position)?);
        return Some(format!("column {own} of {}", source.path));
    }
    let silver = tables_input::silver_columns(settings);
    let source_of = |name: &str| silver.iter().find(|column| column.name == name);
    if let Some(column) = source_of(name) {
        let sources: Vec<&str> =
            column.origins.iter().filter_map(|(s, _)| settings.sources.get(*s)).map(|s| s.name.as_str()).collect();
        let filled = if column.fill { ", filled forward" } else { "" };
        return Some(format!("from {}{filled}", sources.join(", then ")));
    }
    let beside = [
        ("_known_at", "day on which the value was public"),
        ("_stale_on", "first day on which the value is too old"),
        ("_date", "own date of the value"),
    ];
    beside.iter().find_map(|(ending, what)| {
        let stem = name.strip_suffix(ending)?;
        source_of(stem).map(|_| format!("{stem}: {what}"))
    })
}
