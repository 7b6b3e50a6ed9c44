//! One model version, one configuration: what rows made under other settings mean for a run.

use std::collections::BTreeMap;

use datafusion::common::ScalarValue;

use crate::backfill::existing::ModelRow;
use crate::cell::Cell;
use crate::delta::DataFile;
use crate::plan::job::Job;
use crate::tables::TableDef;
use crate::{EngineError, Result, identity, tables};

/// For which horizons stored models may have been fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Horizon {
    /// Today's.
    Same,
    /// Today's or a shorter one.
    MayBeShorter,
}

/// One model version never mixes settings: its stored models must have been made under today's.
pub(crate) fn refuse_other_settings<'a>(
    job: &Job,
    models: impl Iterator<Item = (&'a Cell, &'a BTreeMap<String, ModelRow>)>,
    horizon: Horizon,
) -> Result<()> {
    let table = tables::trained_models(&job.settings);
    for (cell, rows) in models.filter(|(cell, _)| job.settings.forecast.models.contains(&cell.model_name)) {
        let now = identity::settings_json(&job.settings, &cell.model_name)?;
        for model in rows.values() {
            let Some((key, stored, wanted)) = identity::difference(&model.settings, &now) else { continue };
            match (identity::shorter_horizon(&model.settings, &now), horizon) {
                (Some(_), Horizon::MayBeShorter) => {}
                (Some(_), Horizon::Same) => return Err(shorter(job, &table, "models")),
                (None, _) => {
                    return Err(EngineError::Conflict {
                        table: table.full_name(),
                        model_version: cell.model_version.clone(),
                        key,
                        stored,
                        wanted,
                    });
                }
            }
        }
    }
    Ok(())
}

/// Whether some of a cell's models were fitted for a shorter horizon, under the same settings otherwise.
pub(super) fn fitted_for_fewer_days(job: &Job, cell: &Cell, models: &BTreeMap<String, ModelRow>) -> Result<bool> {
    let now = identity::settings_json(&job.settings, &cell.model_name)?;
    Ok(models.values().any(|model| identity::shorter_horizon(&model.settings, &now).is_some()))
}

/// Whether some of a cell's point forecasts have fewer days than today's horizon, and the same settings otherwise.
///
/// # Errors
/// [`EngineError::Conflict`] for forecasts made under other settings, by models that have been replaced since.
pub(super) fn have_fewer_days(job: &Job, cell: &Cell, points: Option<&Vec<DataFile>>) -> Result<bool> {
    let wanted = identity::config_hash(&identity::settings_json(&job.settings, &cell.model_name)?);
    let files = points.into_iter().flatten();
    let hashes = files.flat_map(|file| [file.min.get("config_hash"), file.max.get("config_hash")]).flatten();
    let mut others = hashes.filter_map(|hash| match hash {
        ScalarValue::Utf8(Some(stored)) if *stored != wanted => Some(stored),
        _ => None,
    });
    let Some(first) = others.next() else { return Ok(false) };
    let shorter = identity::shorter_hashes(&job.settings, &cell.model_name)?;
    let unknown = std::iter::once(first).chain(others).find(|stored| !shorter.contains_key(*stored));
    match unknown {
        None => Ok(true),
        Some(stored) => Err(EngineError::Conflict {
            table: tables::point_forecasts(&job.settings).full_name(),
            model_version: cell.model_version.clone(),
            key: "config_hash".into(),
            stored: stored.clone(),
            wanted,
        }),
    }
}

/// The refusal of rows that were made for fewer days, where nobody asked for more of them.
pub(super) fn shorter(job: &Job, table: &TableDef, what: &str) -> EngineError {
    let forecast = &job.settings.forecast;
    EngineError::Horizon {
        table: table.full_name(),
        held: format!("model version {:?} holds {what} made for fewer days ahead", forecast.model_version),
        asked: forecast.horizon,
        remedy: "pass --widen to make them anew with all days, or choose another --model-version".into(),
    }
}
