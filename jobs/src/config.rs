//! The effective configuration: defaults, then the file, then `ALMANAC_…` variables, then flags.

pub(crate) mod columns;
mod origin;
mod refused;

use std::path::Path;

use almanac_engine::settings::{LONGEST_HORIZON, MOST_PATHS, Settings, Source};
use almanac_engine::{EngineError, Result, registry, reserved};
use almanac_models::Frequency;
use figment::Figment;
use figment::providers::{Env, Format, Toml};

use crate::cli::Overrides;

/// Settings with where each comes from.
#[derive(Debug)]
pub(crate) struct Layered {
    /// The effective configuration.
    pub(crate) settings: Settings,
    figment: Figment,
    overrides: Overrides,
}

impl Layered {
    /// Where the value of a setting comes from, by its dotted name.
    pub(crate) fn origin(&self, setting: &str) -> String {
        origin::of(&self.figment, &self.overrides, setting)
    }

    /// A refusal of a setting's value, with where that was given.
    fn placed(&self, error: EngineError) -> EngineError {
        match error {
            EngineError::Configuration { key, value, message } => {
                let key = origin::place(&self.figment, &self.overrides, &key);
                EngineError::Configuration { key, value, message }
            }
            other => other,
        }
    }
}

/// Reads and checks the configuration. Variables are named by section and key, such as `ALMANAC_FORECAST__PATHS`.
///
/// # Errors
/// [`EngineError::NotFound`] without a file; [`EngineError::Configuration`] naming the value and where it was given.
pub(crate) fn load(file: &Path, overrides: &Overrides) -> Result<Settings> {
    layered(file, overrides).map(|layered| layered.settings)
}

/// As [`load`], with the layers kept.
pub(crate) fn layered(file: &Path, overrides: &Overrides) -> Result<Layered> {
    if !file.is_file() {
        return Err(EngineError::NotFound {
            what: "configuration",
            name: file.display().to_string(),
            hint: "; name one with --config, examples are in examples/".into(),
        });
    }
    let sections = ["dataset", "training", "forecast", "run"];
    let variables = Env::prefixed("ALMANAC_")
        .filter(move |key| {
            sections.iter().any(|section| key.as_str().to_ascii_lowercase().starts_with(&format!("{section}__")))
        })
        .split("__");
    let figment = Figment::new().merge(Toml::file_exact(file)).merge(variables);
    let mut settings: Settings = figment.extract().map_err(|e| refused::refused(file, &figment, &e))?;
    apply(&mut settings, overrides)?;
    let layered = Layered { settings, figment, overrides: overrides.clone() };
    check(&layered.settings).map_err(|error| layered.placed(error))?;
    Ok(layered)
}

fn apply(settings: &mut Settings, overrides: &Overrides) -> Result<()> {
    let forecast = &mut settings.forecast;
    if let Some(models) = &overrides.models {
        forecast.models.clone_from(models);
    }
    if let Some(every) = &overrides.every {
        settings.training.every = frequency(every)?;
    }
    if let Some(version) = &overrides.model_version {
        forecast.model_version.clone_from(version);
    }
    forecast.paths = overrides.paths.unwrap_or(forecast.paths);
    forecast.horizon = overrides.horizon.unwrap_or(forecast.horizon);
    forecast.seed = overrides.seed.unwrap_or(forecast.seed);
    if let Some(levels) = &overrides.levels {
        forecast.levels.clone_from(levels);
    }
    settings.run.threads = overrides.threads.unwrap_or(settings.run.threads);
    settings.run.max_failed = overrides.max_failed.unwrap_or(settings.run.max_failed);
    settings.run.cells_per_commit = overrides.cells_per_commit.unwrap_or(settings.run.cells_per_commit);
    settings.run.batch_forecasts = overrides.batch_forecasts.unwrap_or(settings.run.batch_forecasts);
    Ok(())
}

fn frequency(text: &str) -> Result<Frequency> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| EngineError::Configuration {
        key: "--every".into(),
        value: text.to_owned(),
        message: "expected daily, weekly, biweekly, monthly, quarterly, semiannually or annually".into(),
    })
}

/// Rules that types cannot express.
fn check(settings: &Settings) -> Result<()> {
    let refuse = |key: &str, value: String, message: &str| {
        Err(EngineError::Configuration { key: key.into(), value, message: message.into() })
    };
    let (dataset, forecast) = (&settings.dataset, &settings.forecast);
    if dataset.key.is_empty() {
        return refuse("dataset.key", "[]".into(), "name at least one key column");
    }
    let bars: Vec<&Source> = settings.sources.iter().filter(|source| source.bars).collect();
    let [bars] = bars.as_slice() else {
        return refuse("sources", "bars".into(), "exactly one source has bars = true");
    };
    columns::check(settings, bars)?;
    if !(1..=LONGEST_HORIZON).contains(&forecast.horizon) {
        let message = format!("expected 1 to {LONGEST_HORIZON} sessions");
        return refuse("forecast.horizon", forecast.horizon.to_string(), &message);
    }
    if !(1..=MOST_PATHS).contains(&forecast.paths) {
        return refuse("forecast.paths", forecast.paths.to_string(), &format!("expected 1 to {MOST_PATHS}"));
    }
    let ascending = forecast.levels.windows(2).all(|pair| pair[0] < pair[1]);
    if forecast.levels.is_empty() || !ascending || forecast.levels.iter().any(|level| !(1..=99).contains(level)) {
        return refuse("forecast.levels", format!("{:?}", forecast.levels), "expected ascending percents from 1 to 99");
    }
    let training = &settings.training;
    if !(0.0..=1.0).contains(&training.max_gap) {
        return refuse("training.max_gap", training.max_gap.to_string(), "expected a share from 0 to 1");
    }
    if training.minimum_days < 0 {
        return refuse("training.minimum_days", training.minimum_days.to_string(), "expected 0 days or more");
    }
    if forecast.models.is_empty() {
        return refuse("forecast.models", "[]".into(), "name at least one model");
    }
    let mut names = std::collections::BTreeSet::new();
    if let Some(twice) = forecast.models.iter().find(|name| !names.insert(*name)) {
        return refuse("forecast.models", twice.clone(), "the model is named twice");
    }
    if dataset.timezone.parse::<chrono_tz::Tz>().is_err() {
        return refuse("dataset.timezone", dataset.timezone.clone(), "expected an IANA name such as America/New_York");
    }
    almanac_models::Calendar::new(dataset.calendar, &dataset.holidays).map_err(|e| EngineError::Configuration {
        key: "dataset.holidays".into(),
        value: dataset.holidays.clone(),
        message: e.to_string(),
    })?;
    reserved::check(settings)?;
    for name in &forecast.models {
        let spec = registry::model(settings, name)?;
        almanac_udfs::registry().model(&spec).map_err(|e| EngineError::Configuration {
            key: format!("models.{name}"),
            value: spec.family.clone(),
            message: e.to_string(),
        })?;
    }
    Ok(())
}
