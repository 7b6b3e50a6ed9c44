//! Where a setting's value comes from: the default, the file, a variable or a flag; the last one that names it wins.

use figment::value::Value;
use figment::{Figment, Metadata, Source};

use crate::cli::Overrides;

/// The origin of a setting by its dotted name.
pub(super) fn of(figment: &Figment, overrides: &Overrides, setting: &str) -> String {
    if let Some(flag) = flag(overrides, setting) {
        return format!("flag --{flag}");
    }
    match metadata(figment, setting) {
        None => "default".to_owned(),
        Some(metadata) => match &metadata.source {
            Some(Source::File(path)) => format!("file {}", path.display()),
            _ => format!("variable {}", variable(setting)),
        },
    }
}

/// Where a setting was given, as an error names it: the flag, the variable, or the file with the setting's name.
pub(super) fn place(figment: &Figment, overrides: &Overrides, setting: &str) -> String {
    match flag(overrides, setting) {
        Some(flag) => format!("--{flag}"),
        None => place_of(metadata(figment, setting), setting),
    }
}

/// The same of a setting that no flag gives, by the metadata of its value.
pub(super) fn place_of(metadata: Option<&Metadata>, setting: &str) -> String {
    let Some(metadata) = metadata else { return setting.to_owned() };
    match &metadata.source {
        Some(Source::File(path)) if setting.is_empty() => path.display().to_string(),
        Some(Source::File(path)) => format!("{}: {setting}", path.display()),
        _ => variable(setting),
    }
}

/// The layer that a value comes from; none where the default holds.
fn metadata<'a>(figment: &'a Figment, setting: &str) -> Option<&'a Metadata> {
    figment.get_metadata(value(figment, setting)?.tag())
}

/// A value as the layers give it; none of what no setting names.
pub(super) fn value(figment: &Figment, setting: &str) -> Option<Value> {
    let whole = figment.find_value("").ok().filter(|_| !setting.is_empty())?;
    within(&whole, setting).cloned()
}

/// The value of a setting, also within lists, which figment's own search does not enter: their entries are numbered.
fn within<'a>(value: &'a Value, setting: &str) -> Option<&'a Value> {
    if setting.is_empty() {
        return Some(value);
    }
    // a key of a table may have dots of its own
    let after = |name: &str| {
        let rest = setting.strip_prefix(name)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
    };
    match value {
        Value::Dict(_, entries) => entries.iter().find_map(|(name, below)| within(below, after(name)?)),
        Value::Array(_, items) => items.iter().enumerate().find_map(|(i, item)| within(item, after(&i.to_string())?)),
        _ => None,
    }
}

fn variable(setting: &str) -> String {
    format!("ALMANAC_{}", setting.to_uppercase().replace('.', "__"))
}

/// The flag that gives a setting, if it was given.
fn flag(overrides: &Overrides, setting: &str) -> Option<&'static str> {
    let (flag, given) = match setting {
        "forecast.models" => ("models", overrides.models.is_some()),
        "training.every" => ("every", overrides.every.is_some()),
        "forecast.model_version" => ("model-version", overrides.model_version.is_some()),
        "forecast.paths" => ("paths", overrides.paths.is_some()),
        "forecast.horizon" => ("horizon", overrides.horizon.is_some()),
        "forecast.seed" => ("seed", overrides.seed.is_some()),
        "forecast.levels" => ("levels", overrides.levels.is_some()),
        "run.threads" => ("threads", overrides.threads.is_some()),
        "run.max_failed" => ("max-failed", overrides.max_failed.is_some()),
        "run.cells_per_commit" => ("cells-per-commit", overrides.cells_per_commit.is_some()),
        "run.batch_forecasts" => ("batch-forecasts", overrides.batch_forecasts.is_some()),
        _ => return None,
    };
    given.then_some(flag)
}
