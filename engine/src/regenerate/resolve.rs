//! From a call to a unit of the backfill's plan, or the reason why there is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use almanac_models::{Day, cut};

use super::{Ask, What};
use crate::backfill::existing::{self, ModelRow};
use crate::backfill::settled::{Horizon, refuse_other_settings};
use crate::backfill::{display_key, grid, keys};
use crate::cell::{Cell, key_bucket};
use crate::delta::{Snapshot, Warehouse};
use crate::plan::job::{Job, SharedJob, iso, key_text};
use crate::plan::panel::{self, KeySeries};
use crate::plan::servable::{self, Refusal};
use crate::plan::worklist::Unit;
use crate::{EngineError, Result, tables, tables_input};

/// The job and the unit of a call.
///
/// # Errors
/// [`EngineError::NotFound`] for an unknown key, model or origin, with those there are; [`EngineError::Conflict`] if the
/// stored model was made under other settings; [`EngineError::Input`] for an origin that cannot be served.
pub(super) async fn resolve(ask: &Ask) -> Result<(SharedJob, Unit)> {
    let Asked { mut job, stored, key, bucket } = Asked::of(ask).await?;
    let panel = panel::load(&job, bucket).await?;
    let series = panel.keys.get(&key).ok_or_else(|| panel::unknown(&key))?;
    if series.days.binary_search(&ask.origin).is_err() {
        return Err(no_session(&key, series, ask.origin));
    }
    let unit = unit(ask, &job, &stored, key, bucket).await?;
    let spec = job.model(&ask.model)?;
    let calendar = job.calendar()?;
    servable::regressors(&spec, series)
        .and_then(|columns| servable::origin(&job, &calendar, &spec, series, &columns, ask.origin))
        .map_err(|refusal| refused(ask, &unit.key, refusal))?;
    if let What::Paths(count) = ask.what {
        job.settings.forecast.paths = count;
    }
    Ok((Arc::new(job), unit))
}

/// Why the origin cannot be served.
pub(super) fn refused(ask: &Ask, key: &str, refusal: Refusal) -> EngineError {
    EngineError::Input {
        place: format!("{} of {} at {}", ask.model, display_key(key), iso(ask.origin)),
        value: Some(iso(ask.origin)),
        message: format!("{}: {}", refusal.code, refusal.message),
    }
}

/// As [`resolve`], for the stored model alone: any day of its window may be the origin.
pub(super) async fn fit(ask: &Ask) -> Result<(Job, Unit)> {
    let Asked { job, stored, key, bucket } = Asked::of(ask).await?;
    let unit = unit(ask, &job, &stored, key, bucket).await?;
    Ok((job, unit))
}

/// A call whose model, tables and key are there.
struct Asked {
    job: Job,
    stored: Snapshot,
    key: String,
    bucket: i32,
}

impl Asked {
    async fn of(ask: &Ask) -> Result<Self> {
        let warehouse = Warehouse::open(&ask.warehouse)?;
        let mut settings = ask.settings.clone();
        settings.forecast.models = vec![ask.model.clone()];
        let input = open(&warehouse, &tables_input::model_input(&settings), "build").await?;
        let stored = open(&warehouse, &tables::trained_models(&settings), "train").await?;
        let job = Job {
            warehouse: ask.warehouse.clone(),
            input: input.identity(),
            models: Some(stored.identity()),
            run_id: String::new(),
            generated_at: 0,
            reports: None,
            scoring: None,
            laying: None,
            until: ask.until,
            settings,
        };
        job.model(&ask.model)?;
        let key = key_text(&ask.key);
        let buckets = input.property(tables_input::BUCKETS_PROPERTY).and_then(|text| text.parse().ok());
        let bucket = key_bucket(&key, buckets.unwrap_or(1));
        if !panel::load(&job, bucket).await?.keys.contains_key(&key) {
            keys::check(&job, &grid::buckets(&input)?, std::iter::once(display_key(&key).as_str())).await?;
            return Err(panel::unknown(&key));
        }
        Ok(Self { job, stored, key, bucket })
    }
}

/// The unit of the origin, if its window has a stored model.
async fn unit(ask: &Ask, job: &Job, stored: &Snapshot, key: String, bucket: i32) -> Result<Unit> {
    let window = job.settings.training.every.window_of(ask.origin);
    let cell = Cell {
        model_name: ask.model.clone(),
        model_version: job.settings.forecast.model_version.clone(),
        key_bucket: bucket,
        training_cutoff_date: window.cutoff(),
    };
    let mut models = existing::models(job, stored, bucket).await?;
    models.values_mut().for_each(|rows| rows.retain(|known, _| *known == key));
    models.retain(|_, rows| !rows.is_empty());
    if !models.contains_key(&cell) {
        return Err(no_model(&key, &cell, &models));
    }
    refuse_other_settings(job, models.iter().filter(|(known, _)| **known == cell), Horizon::MayBeShorter)?;
    Ok(Unit { cell, key, origins: (ask.origin, ask.origin), only: None, paths: true, points: true })
}

async fn open(warehouse: &Warehouse, table: &tables::TableDef, command: &str) -> Result<Snapshot> {
    let found = Snapshot::open(warehouse, table).await?;
    found.ok_or_else(|| EngineError::NotFound {
        what: "table",
        name: table.full_name(),
        hint: format!("; run `almanac {command}` first"),
    })
}

/// The sessions there are, for someone who asked for a day without one.
fn no_session(key: &str, series: &KeySeries, origin: Day) -> EngineError {
    let end = cut(&series.days, origin);
    let before = end.checked_sub(1).and_then(|last| series.days.get(last));
    let around: Vec<String> = before.into_iter().chain(series.days.get(end)).map(|&day| iso(day)).collect();
    let ends = [series.days.first(), series.days.last()].map(|day| day.map_or_else(String::new, |&day| iso(day)));
    let hint = format!(
        ": it is no session of {}; the nearest are {}, the first and last {} and {}",
        display_key(key),
        around.join(" and "),
        ends[0],
        ends[1]
    );
    EngineError::NotFound { what: "origin", name: iso(origin), hint }
}

/// The models there are of a key, for someone who asked for one that is not stored.
fn no_model(key: &str, cell: &Cell, stored: &BTreeMap<Cell, BTreeMap<String, ModelRow>>) -> EngineError {
    let mut windows: BTreeMap<&str, Vec<Day>> = BTreeMap::new();
    for known in stored.keys() {
        windows.entry(&known.model_name).or_default().push(known.training_cutoff_date + 1);
    }
    let shown: Vec<String> = windows.iter().map(|(name, starts)| format!("{name} ({})", range(starts))).collect();
    let there = match shown.is_empty() {
        true => "no model is".to_owned(),
        false => format!("{} are", shown.join(", ")),
    };
    let hint = format!(
        " for {} in the window from {}, model version {:?}; {there} trained for this key; `almanac train` makes what is missing",
        display_key(key),
        iso(cell.training_cutoff_date + 1),
        cell.model_version,
    );
    EngineError::NotFound { what: "model", name: cell.model_name.clone(), hint }
}

/// First and last of ascending days.
fn range(days: &[Day]) -> String {
    let ends = [days.first(), days.last()].map(|day| day.map_or_else(String::new, |&day| iso(day)));
    match days.len() {
        1 => ends[0].clone(),
        _ => format!("{} to {}", ends[0], ends[1]),
    }
}
