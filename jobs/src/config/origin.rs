//! Where a setting's value comes from: the default, the file, a variable or a flag; the last one that names it wins.

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

fn metadata<'a>(figment: &'a Figment, setting: &str) -> Option<&'a Metadata> {
    // a list that is written in the file has no metadata of its own: its first entry has
    figment.find_metadata(setting).or_else(|| figment.find_metadata(&format!("{setting}.0")))
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
