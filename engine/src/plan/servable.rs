//! What a key's data allows: which windows can be trained, which origins can be served, and why not.
//!
//! The planner and the attach steps decide by the same functions, so that what is planned is what is done.

use std::collections::BTreeMap;
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
        Self { code: skip.code(), message: skip.named(spec) }
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

/// Ages in days of what a unit saw, of its columns of limited age, by their place in the specification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ages(BTreeMap<usize, i32>);

impl Ages {
    /// Takes the older of both, column by column.
    pub fn older(&mut self, other: &Self) {
        for (index, age) in &other.0 {
            self.0.entry(*index).and_modify(|known| *known = (*known).max(*age)).or_insert(*age);
        }
    }

    /// In words, for the ledger; none without such columns.
    pub fn describe(&self, spec: &ModelSpec) -> Option<String> {
        let named = |(index, age): (&usize, &i32)| {
            spec.regressors.get(*index).map(|regressor| format!("{} up to {age} days old", regressor.column))
        };
        let parts: Vec<String> = self.0.iter().filter_map(named).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// The ages, at a day, of the columns that have a limit: days from the newest value's own date, not from the day on
/// which it was public. Values of days without a session count: a cutoff is rarely one.
///
/// # Errors
/// `stale_covariate` for the first whose newest value is older than its source allows.
pub fn ages(spec: &ModelSpec, series: &KeySeries, at: Day) -> Result<Ages, Refusal> {
    let end = cut(&series.all_days, at);
    let mut ages = Ages::default();
    for (index, regressor) in spec.regressors.iter().enumerate() {
        let Some(aged) = series.all.get(&regressor.column).and_then(|column| column.aged.as_ref()) else { continue };
        let newest = aged.iter().take(end).rev().find(|(date, _)| *date != Day::MIN);
        let Some(&(date, stale_on)) = newest else { continue };
        let age_days = at.saturating_sub(date);
        if stale_on != Day::MIN && at >= stale_on {
            let limit_days = stale_on.saturating_sub(date).saturating_sub(1);
            return Err(Refusal::new(Skip::StaleCovariate { regressor: index, age_days, limit_days }, spec));
        }
        ages.0.insert(index, age_days);
    }
    Ok(ages)
}

/// The sessions a fit at `cutoff` uses, and its columns.
///
/// # Errors
/// `missing_column`, `too_short`, `gap` or `stale_covariate`.
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
    ages(spec, series, cutoff)?;
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

/// Whether an origin can be served, and how old its columns of limited age are.
///
/// # Errors
/// `stale_covariate`, `missing_future`.
pub fn origin(
    job: &Job,
    calendar: &Calendar,
    spec: &ModelSpec,
    series: &KeySeries,
    columns: &[&Series],
    origin: Day,
) -> Result<Ages, Refusal> {
    let ages = ages(spec, series, origin)?;
    let known_ahead = spec.regressors.iter().any(|regressor| regressor.future == FutureRegressor::Known);
    if known_ahead {
        let ahead = calendar.next_sessions(origin, job.settings.forecast.horizon);
        future(spec, series, columns, 0, origin, &ahead)?;
    }
    Ok(ages)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn spec(columns: &[&str]) -> ModelSpec {
        let regressors: Vec<String> = columns.iter().map(|name| format!("{{ column = \"{name}\" }}")).collect();
        toml::from_str(&format!("name = \"m\"\nfamily = \"arima\"\nregressors = [{}]\n", regressors.join(", ")))
            .unwrap()
    }

    /// Days 100 to 105, of which two are no sessions; a value and its date, or none, on each.
    fn series(dates: [Option<Day>; 6], most_age: Option<Day>) -> KeySeries {
        let aged =
            |date: Option<Day>| (date.unwrap_or(Day::MIN), date.zip(most_age).map_or(Day::MIN, |(d, m)| d + m + 1));
        let wind = Series {
            values: dates.map(|date| date.map_or(f64::NAN, f64::from)).to_vec(),
            // public three days after its date: that is not its age
            known_at: Some(dates.map(|date| date.map_or(Day::MIN, |date| date + 3)).to_vec()),
            aged: Some(dates.map(aged).to_vec()),
        };
        let plain = Series { values: vec![1.0; 6], ..Series::default() };
        let columns: BTreeMap<String, Series> = [("plain".to_owned(), plain), ("wind".to_owned(), wind)].into();
        KeySeries {
            key: vec!["a".into()],
            days: vec![100, 101, 104, 105],
            target: vec![1.0; 4],
            columns: Default::default(),
            all_days: (100..106).collect(),
            all: columns.into(),
        }
    }

    fn ages_at(series: &KeySeries, at: Day) -> Result<Ages, Refusal> {
        ages(&spec(&["plain", "wind"]), series, at)
    }

    #[test]
    fn a_value_ages_from_its_own_date() {
        let series = series([Some(97), Some(97), Some(97), Some(97), Some(97), Some(102)], Some(6));
        assert_eq!(ages_at(&series, 103).unwrap(), Ages([(1, 6)].into()));
        let refusal = ages_at(&series, 104).unwrap_err();
        assert_eq!(refusal.code, "stale_covariate");
        assert_eq!(refusal.message, "wind is 7 days old, at most 6 are allowed");
        assert_eq!(ages_at(&series, 105).unwrap(), Ages([(1, 3)].into()));
        // on from the last day
        assert_eq!(ages_at(&series, 108).unwrap(), Ages([(1, 6)].into()));
        assert!(ages_at(&series, 109).is_err());
    }

    #[test]
    fn a_column_that_the_key_lacks_is_named() {
        // of the columns on sessions there is none
        let series = series([Some(97); 6], None);
        let refusal = regressors(&spec(&["plain", "wind"]), &series).err();
        let (code, message) = ("missing_column", "plain has no value in the window".to_owned());
        assert_eq!(refusal, Some(Refusal { code, message }));
    }

    #[test]
    fn days_without_a_value_show_the_last_one() {
        let series = series([None, Some(101), None, None, None, None], Some(2));
        assert_eq!(ages_at(&series, 100).unwrap(), Ages::default());
        assert_eq!(ages_at(&series, 103).unwrap(), Ages([(1, 2)].into()));
        assert!(ages_at(&series, 104).is_err());
    }

    #[test]
    fn a_source_without_limit_is_never_too_old() {
        let series = series([Some(10); 6], None);
        assert_eq!(ages_at(&series, 105).unwrap(), Ages([(1, 95)].into()));
    }

    #[test]
    fn ages_are_told_by_the_oldest() {
        let mut ages = Ages([(1, 3)].into());
        ages.older(&Ages([(0, 2), (1, 9)].into()));
        let told = ages.describe(&spec(&["plain", "wind"]));
        assert_eq!(told.as_deref(), Some("plain up to 2 days old, wind up to 9 days old"));
        assert_eq!(Ages::default().describe(&spec(&[])), None);
    }
}
