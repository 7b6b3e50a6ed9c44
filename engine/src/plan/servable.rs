//! What a key's data allows: which windows can be trained, which origins can be served, and why not.
//!
//! The planner and the attach steps decide by the same functions, so that what is planned is what is done.

use std::ops::Range;

use almanac_models::{Calendar, Day, FutureRegressor, ModelSpec, Skip, cut, project, training_range};

use crate::plan::job::Job;
use crate::plan::panel::{KeySeries, Series};

/// Why a unit or an origin is left out, by code and in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code for the ledger.
    pub code: &'static str,
    /// The same in words, with the column's name.
    pub message: String,
}

impl Refusal {
    fn new(skip: Skip, spec: &ModelSpec) -> Self {
        let column = skip.regressor().and_then(|index| spec.regressors.get(index));
        let message = match column {
            Some(regressor) => format!("{}: {skip}", regressor.column),
            None => skip.to_string(),
        };
        Self { code: skip.code(), message }
    }
}

/// The columns a specification names.
///
/// # Errors
/// `missing_column` for the first that the key lacks.
pub fn regressors<'a>(spec: &ModelSpec, series: &'a KeySeries) -> Result<Vec<&'a Series>, Refusal> {
    let column = |(index, name): (usize, &str)| {
        series.column(name).ok_or_else(|| Refusal::new(Skip::MissingColumn { regressor: index }, spec))
    };
    spec.regressors.iter().map(|regressor| regressor.column.as_str()).enumerate().map(column).collect()
}

/// The sessions a fit at `cutoff` uses, and its columns.
///
/// # Errors
/// `missing_column`, `too_short` or `gap`.
pub fn training<'a>(
    job: &Job,
    calendar: &Calendar,
    spec: &ModelSpec,
    series: &'a KeySeries,
    cutoff: Day,
) -> Result<(Range<usize>, Vec<&'a Series>), Refusal> {
    let columns = regressors(spec, series)?;
    let values: Vec<&[f64]> = columns.iter().map(|column| &column.values[..]).collect();
    let range = training_range(&job.training_rule(), calendar, &series.days, &series.target, &values, cutoff)
        .map_err(|skip| Refusal::new(skip, spec))?;
    Ok((range, columns))
}

/// Continues every regressor over the sessions `ahead`, from rows `start` up to the origin; one value per regressor
/// and session, regressor by regressor.
///
/// # Errors
/// `missing_future` or `missing_column`.
pub fn future(
    spec: &ModelSpec,
    series: &KeySeries,
    columns: &[&Series],
    start: usize,
    origin: Day,
    ahead: &[Day],
) -> Result<Vec<f64>, Refusal> {
    let end = cut(&series.days, origin);
    let start = start.min(end);
    let mut values = Vec::with_capacity(columns.len() * ahead.len());
    for (index, (regressor, column)) in spec.regressors.iter().zip(columns).enumerate() {
        let known = match regressor.future {
            FutureRegressor::Known => known_values(series, &regressor.column, origin, ahead),
            _ => Vec::new(),
        };
        let projected = project(regressor.future, &series.days[start..end], &column.values[start..end], ahead, &known);
        values.extend(projected.map_err(|e| match e {
            almanac_models::ProjectionError::MissingFuture { ahead } => {
                Refusal::new(Skip::MissingFuture { regressor: index, ahead }, spec)
            }
            almanac_models::ProjectionError::Empty => Refusal::new(Skip::MissingColumn { regressor: index }, spec),
        })?);
    }
    Ok(values)
}

/// Whether an origin can be served.
///
/// # Errors
/// `stale_covariate` where a column's newest value is older than its configured limit, `missing_future`.
pub fn origin(
    job: &Job,
    calendar: &Calendar,
    spec: &ModelSpec,
    series: &KeySeries,
    columns: &[&Series],
    origin: Day,
) -> Result<(), Refusal> {
    let end = cut(&series.days, origin);
    for (index, (regressor, column)) in spec.regressors.iter().zip(columns).enumerate() {
        let limits = job.settings.sources.iter().flat_map(|source| &source.columns);
        let limit = limits.filter(|c| c.name == regressor.column).find_map(|c| c.max_staleness_days);
        let known_at = column.known_at.as_ref().and_then(|known| known[..end].last().copied());
        if let (Some(limit_days), Some(known_at)) = (limit, known_at) {
            let age_days = origin.saturating_sub(known_at);
            if age_days > limit_days {
                return Err(Refusal::new(Skip::StaleCovariate { regressor: index, age_days, limit_days }, spec));
            }
        }
    }
    let known_ahead = spec.regressors.iter().any(|regressor| regressor.future == FutureRegressor::Known);
    if known_ahead {
        let ahead = calendar.next_sessions(origin, job.settings.forecast.horizon);
        future(spec, series, columns, 0, origin, &ahead)?;
    }
    Ok(())
}

/// Values of future days that were public at the origin; NaN elsewhere.
fn known_values(series: &KeySeries, column: &str, origin: Day, ahead: &[Day]) -> Vec<f64> {
    let Some(all) = series.all.get(column) else { return vec![f64::NAN; ahead.len()] };
    let value = |day: &Day| {
        let row = series.all_days.binary_search(day).ok()?;
        let known_at = all.known_at.as_ref()?.get(row).copied()?;
        (known_at != Day::MIN && known_at <= origin).then(|| all.values[row])
    };
    ahead.iter().map(|day| value(day).unwrap_or(f64::NAN)).collect()
}
