//! Where a setting's value comes from: the default, the file, a variable or a flag; the last one that names it wins.

use figment::{Figment, Source};

use crate::cli::Overrides;

/// The origin of a setting by its dotted name.
pub(super) fn of(figment: &Figment, overrides: &Overrides, setting: &str) -> String {
    if let Some(flag) = flag(overrides, setting) {
        return format!("flag --{flag}");
    }
    // a list that is written in the file has no metadata of its own: its first entry has
    let found = figment.find_metadata(setting).or_else(|| figment.find_metadata(&format!("{setting}.0")));
    match found {
        None => "default".to_owned(),
        Some(metadata) => match &metadata.source {
            Some(Source::File(path)) => format!("file {}", path.display()),
            _ => format!("variable ALMANAC_{}", setting.to_uppercase().replace('.', "__")),
        },
    }
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
