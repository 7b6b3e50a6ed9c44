//! The fixed grid: every cell and unit that the settings and the data ask for, whatever exists already.

use std::collections::{BTreeMap, BTreeSet};

use almanac_models::{Day, Window, cut};

use crate::backfill::selection::Selection;
use crate::cell::Cell;
use crate::delta::{DataFile, Snapshot};
use crate::plan::job::Job;
use crate::plan::panel::{self, KeySeries};
use crate::plan::servable::{self, Ages, Refusal};
use crate::{EngineError, Result};

/// A cell and the units asked for within it.
#[derive(Debug, Clone)]
pub struct GridCell {
    /// The cell.
    pub cell: Cell,
    /// Its units, by key.
    pub units: Vec<GridUnit>,
    /// Whether the units are all that the data holds for this cell.
    pub whole: bool,
}

/// A key within a cell.
#[derive(Debug, Clone)]
pub struct GridUnit {
    /// Text of the key.
    pub key: String,
    /// Why the model cannot be trained on this window, if it cannot.
    pub refusal: Option<Refusal>,
    /// Origins that can be served, ascending.
    pub origins: Vec<Day>,
    /// Origins that cannot, with the first reason.
    pub refused: Option<(usize, Refusal)>,
    /// Ages of its columns of limited age at the training cutoff.
    pub fit_ages: Ages,
    /// The same at the origins that can be served, the oldest of each.
    pub ages: Ages,
}

impl GridCell {
    /// Adds what is asked for in this cell to what is stored of it.
    pub(super) fn add_to(&self, stored: &mut BTreeMap<String, BTreeSet<Day>>) {
        for unit in &self.units {
            stored.entry(unit.key.clone()).or_default().extend(&unit.origins);
        }
    }

    /// Forecasts asked for in this cell.
    pub fn forecasts(&self) -> usize {
        self.units.iter().filter(|unit| unit.refusal.is_none()).map(|unit| unit.origins.len()).sum()
    }
}

/// All cells of one bucket that the selection touches, ordered by (model, window), with the units it asks for.
///
/// # Errors
/// Storage, plan and configuration errors.
pub async fn grid(job: &Job, selection: &Selection, bucket: i32) -> Result<Vec<GridCell>> {
    let panel = panel::load(job, bucket).await?;
    let calendar = job.calendar()?;
    let forecast = &job.settings.forecast;
    let (first_asked, last_asked) = selection.origins();
    let from = forecast.from.map_or(Day::MIN, super::selection::day_of);
    let to = forecast.to.map_or(Day::MAX, super::selection::day_of);
    let mut cells = Vec::new();
    for name in forecast.models.iter().filter(|name| selection.model(name)) {
        let spec = job.model(name)?;
        let mut by_window: BTreeMap<Day, GridCell> = BTreeMap::new();
        for (key, series) in &panel.keys {
            for window in windows(job, series, from.max(first_asked), to.min(last_asked)) {
                let cell = Cell {
                    model_name: name.clone(),
                    model_version: forecast.model_version.clone(),
                    key_bucket: bucket,
                    training_cutoff_date: window.cutoff(),
                };
                let entry = by_window.entry(window.start);
                let grid_cell = entry.or_insert_with(|| GridCell { cell, units: Vec::new(), whole: true });
                let sessions = within(series, &window, (Day::MIN, Day::MAX));
                let asked = within(series, &window, (from.max(first_asked), to.min(last_asked)));
                if !selection.key(key) {
                    grid_cell.whole &= sessions.is_empty();
                    continue;
                }
                grid_cell.whole &= asked.len() == sessions.len();
                if asked.is_empty() {
                    continue;
                }
                grid_cell.units.push(unit(job, &calendar, &spec, key, series, &window, asked));
            }
        }
        cells.extend(by_window.into_values().filter(|cell| !cell.units.is_empty()));
    }
    Ok(cells)
}

/// How far a cell that is replaced reaches beyond the origins that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// To every session of its window within the configured dates.
    Configured,
    /// Nowhere.
    Kept,
}

/// A whole cell: every key of the bucket with the origins in `kept`, and those that the extent adds. What replaces a cell
/// must hold all of its rows.
///
/// # Errors
/// Storage, plan and configuration errors.
pub(super) async fn whole_cell(
    job: &Job,
    cell: &Cell,
    kept: &BTreeMap<String, BTreeSet<Day>>,
    extent: Extent,
) -> Result<GridCell> {
    let panel = panel::load(job, cell.key_bucket).await?;
    let calendar = job.calendar()?;
    let spec = job.model(&cell.model_name)?;
    let window = job.settings.training.every.window_of(cell.training_cutoff_date + 1);
    let forecast = &job.settings.forecast;
    let from = forecast.from.map_or(Day::MIN, super::selection::day_of);
    let to = forecast.to.map_or(Day::MAX, super::selection::day_of);
    let mut units = Vec::new();
    for (key, series) in &panel.keys {
        let kept = kept.get(key);
        let configured = |day: &Day| extent == Extent::Configured && (from..=to).contains(day);
        let asked = |day: &&Day| configured(day) || kept.is_some_and(|days| days.contains(*day));
        let sessions: Vec<Day> = within(series, &window, (Day::MIN, Day::MAX)).iter().filter(asked).copied().collect();
        if !sessions.is_empty() || kept.is_some() {
            units.push(unit(job, &calendar, &spec, key, series, &window, &sessions));
        }
    }
    Ok(GridCell { cell: cell.clone(), units, whole: false })
}

/// The key buckets that hold rows of the input, ascending: with few keys most are empty.
///
/// # Errors
/// Storage errors; [`EngineError::Internal`] for a file without bucket.
pub fn buckets(input: &Snapshot) -> Result<BTreeSet<i32>> {
    let bucket = |file: DataFile| {
        let text = file.partition.get("key_bucket").cloned().flatten();
        let number = text.and_then(|text| text.parse().ok());
        number.ok_or_else(|| EngineError::Internal(format!("{} of silver.model_input has no key_bucket", file.path)))
    };
    input.files()?.into_iter().map(bucket).collect()
}

fn unit(
    job: &Job,
    calendar: &almanac_models::Calendar,
    spec: &almanac_models::ModelSpec,
    key: &str,
    series: &KeySeries,
    window: &Window,
    asked: &[Day],
) -> GridUnit {
    let mut unit = GridUnit {
        key: key.to_owned(),
        refusal: None,
        origins: Vec::new(),
        refused: None,
        fit_ages: Ages::default(),
        ages: Ages::default(),
    };
    match servable::training(job, calendar, spec, series, window.cutoff()) {
        Err(refusal) => unit.refusal = Some(refusal),
        Ok((_, columns)) => {
            unit.fit_ages = servable::ages(spec, series, window.cutoff()).unwrap_or_default();
            for &origin in asked {
                match servable::origin(job, calendar, spec, series, &columns, origin) {
                    Ok(ages) => {
                        unit.ages.older(&ages);
                        unit.origins.push(origin);
                    }
                    Err(refusal) => unit.refused.get_or_insert((0, refusal)).0 += 1,
                }
            }
        }
    }
    unit
}

/// The windows with at least one session among `from..=to`.
fn windows(job: &Job, series: &KeySeries, from: Day, to: Day) -> Vec<Window> {
    let (Some(&first), Some(&last)) = (series.days.first(), series.days.last()) else { return Vec::new() };
    let (first, last) = (first.max(from), last.min(to));
    if first > last {
        return Vec::new();
    }
    let has_session = |window: &Window| !within(series, window, (first, last)).is_empty();
    job.settings.training.every.windows(first, last).filter(has_session).collect()
}

/// The sessions of a window within limits.
fn within<'a>(series: &'a KeySeries, window: &Window, (from, to): (Day, Day)) -> &'a [Day] {
    let first = series.days.partition_point(|&day| day < window.start.max(from));
    let end = cut(&series.days, (window.next - 1).min(to));
    &series.days[first.min(end)..end]
}
