//! A key's panel as rows of `silver.unified_data` and `silver.model_input`.

use std::sync::Arc;

use almanac_models::Day;
use arrow::array::{ArrayRef, Date32Array, Float64Array, Int32Array, StringArray};
use arrow::record_batch::RecordBatch;

use super::align::Aligned;
use super::panel::{Panel, PanelColumn};
use super::track::NO_REGION;
use crate::tables::TableDef;
use crate::tables_input::SilverColumn;
use crate::{EngineError, Result};

/// One row per day and region known on it, by date and region; `-` on days without any.
pub(super) fn unified(def: &TableDef, columns: &[SilverColumn<'_>], panel: &Panel) -> Result<RecordBatch> {
    let mut rows: Vec<(usize, Option<usize>)> = Vec::new();
    for place in 0..panel.span.len() {
        let before = rows.len();
        rows.extend(panel.regions_on(panel.span.first + place as i32).map(|region| (place, Some(region))));
        if rows.len() == before {
            rows.push((place, None));
        }
    }
    let places: Vec<usize> = rows.iter().map(|(place, _)| *place).collect();
    let mut arrays = head(panel, &places);
    let region = |region: Option<usize>| region.map_or(NO_REGION, |region| panel.regions[region].0.as_str());
    arrays.push(Arc::new(StringArray::from_iter_values(rows.iter().map(|row| region(row.1)))));
    let value_in = |column: &PanelColumn, (place, region): (usize, Option<usize>)| {
        let aligned = column.in_region(region)?;
        let value = aligned.values[place];
        (!value.is_nan()).then_some((value, aligned.known_at[place]))
    };
    for column in &panel.columns {
        let values = rows.iter().map(|row| value_in(column, *row).map(|(value, _)| value));
        arrays.push(Arc::new(values.collect::<Float64Array>()));
    }
    for (column, _) in panel.columns.iter().zip(columns).filter(|(_, column)| column.known_at) {
        let days = rows.iter().map(|row| value_in(column, *row).map(|(_, known_at)| known_at));
        arrays.push(Arc::new(days.collect::<Date32Array>()));
    }
    build(def, arrays)
}

/// One row per day: regional columns are the mean over the regions that have a value, `known_at` the latest of them;
/// the age is that of the region nearest its limit.
pub(super) fn model_input(def: &TableDef, columns: &[SilverColumn<'_>], panel: &Panel) -> Result<RecordBatch> {
    let places: Vec<usize> = (0..panel.span.len()).collect();
    let regions: Vec<Vec<usize>> =
        places.iter().map(|place| panel.regions_on(panel.span.first + *place as i32).collect()).collect();
    let mut arrays = head(panel, &places);
    let mut present: Vec<Vec<bool>> = regions.iter().map(|regions| vec![false; regions.len()]).collect();
    let (mut known_ats, mut ages): (Vec<ArrayRef>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for (column, wanted) in panel.columns.iter().zip(columns) {
        let mut values = Vec::with_capacity(places.len());
        let mut known_at = Vec::with_capacity(places.len());
        let (mut dates, mut stale_on) = (Vec::new(), Vec::new());
        for (place, regions) in regions.iter().enumerate() {
            let (value, day) = if wanted.regional && !regions.is_empty() {
                mean(column, place, regions, &mut present[place])
            } else {
                single(column.shared.as_ref(), place)
            };
            values.push(value);
            known_at.push(day);
            if wanted.max_staleness_days.is_some() {
                let by_region = wanted.regional && !regions.is_empty();
                let nearest = nearest_limit(column, place, if by_region { regions } else { &[] });
                dates.push(nearest.map(|(_, date)| date));
                stale_on.push(nearest.map(|(stale_on, _)| stale_on).filter(|day| *day != Day::MAX));
            }
        }
        if wanted.max_staleness_days.is_some() {
            ages.extend([dates, stale_on].map(|days| Arc::new(Date32Array::from(days)) as ArrayRef));
        }
        arrays.push(Arc::new(Float64Array::from(values)));
        if wanted.known_at {
            known_ats.push(Arc::new(Date32Array::from(known_at)));
        }
    }
    let count = |present: &Vec<bool>| present.iter().filter(|has| **has).count() as i32;
    arrays.push(Arc::new(Int32Array::from_iter_values(present.iter().map(count))));
    arrays.extend(known_ats);
    arrays.extend(ages);
    build(def, arrays)
}

fn single(aligned: Option<&Aligned>, place: usize) -> (Option<f64>, Option<i32>) {
    let known = aligned.filter(|aligned| !aligned.values[place].is_nan());
    (known.map(|aligned| aligned.values[place]), known.map(|aligned| aligned.known_at[place]))
}

/// The value that is too old first, as (first day on which it is, its date), among the regions given or, without any,
/// the values that hold for all.
fn nearest_limit(column: &PanelColumn, place: usize, regions: &[usize]) -> Option<(Day, Day)> {
    let of =
        |aligned: &Aligned| (!aligned.values[place].is_nan()).then(|| (aligned.stale_on[place], aligned.dates[place]));
    match regions {
        [] => column.shared.as_ref().and_then(of),
        regions => regions.iter().filter_map(|region| column.in_region(Some(*region)).and_then(of)).min(),
    }
}

fn mean(column: &PanelColumn, place: usize, regions: &[usize], present: &mut [bool]) -> (Option<f64>, Option<i32>) {
    let (mut sum, mut count, mut latest) = (0.0, 0_u32, None);
    for (region, has) in regions.iter().zip(present) {
        let (Some(value), known_at) = single(column.in_region(Some(*region)), place) else { continue };
        *has = true;
        sum += value;
        count += 1;
        latest = latest.max(known_at);
    }
    ((count > 0).then(|| sum / f64::from(count)), latest)
}

fn head(panel: &Panel, places: &[usize]) -> Vec<ArrayRef> {
    let days = places.iter().map(|place| panel.span.first + *place as i32);
    let sessions = places.iter().map(|place| i32::from(panel.is_session[*place]));
    let mut arrays: Vec<ArrayRef> =
        vec![Arc::new(Date32Array::from_iter_values(days)), Arc::new(Int32Array::from_iter_values(sessions))];
    let repeated = |part: &String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(part, places.len())))
    };
    arrays.extend(panel.key.iter().map(repeated));
    arrays
}

fn build(def: &TableDef, arrays: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(def.file_columns(), arrays).map_err(|error| EngineError::Plan(error.into()))
}
