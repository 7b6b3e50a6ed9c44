//! Which rows are refused one by one, and why.

use almanac_engine::settings::{Settings, Source};
use almanac_engine::tables_input::is_known_in_advance;
use almanac_models::Day;
use serde::{Deserialize, Serialize};

use super::outlier::{Rule, outliers};
use super::read::date_text;
use super::rows::{Rows, Values};

/// Why a row is in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A key or region is null or empty. `--accept` does not let it in: tables have no such rows.
    MissingKey,
    /// The source's `known_at` column has no value. `--accept` does not let it in.
    MissingKnownAt,
    /// A value is NaN or infinite. Accepted, it is stored as null.
    NotFinite,
    /// The row's date (rows known in advance: the day they became known) is after today.
    FutureDated,
    /// A value is over 20 times away from the median of the 21 rows before it.
    Outlier,
}

impl Reason {
    /// The name under which it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingKey => "missing_key",
            Self::MissingKnownAt => "missing_known_at",
            Self::NotFinite => "not_finite",
            Self::FutureDated => "future_dated",
            Self::Outlier => "outlier",
        }
    }

    /// Whether `--accept` can let the row in.
    pub fn can_be_accepted(self) -> bool {
        !matches!(self, Self::MissingKey | Self::MissingKnownAt)
    }
}

/// A refused row.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) row: usize,
    pub(super) reason: Reason,
    pub(super) detail: String,
}

/// What each row shows by itself, in file order; at most one refusal per row.
pub(super) fn check_rows(source: &Source, rows: &Rows, today: Day) -> Vec<Refusal> {
    (0..rows.len()).filter_map(|row| check_row(source, rows, row, today)).collect()
}

fn check_row(source: &Source, rows: &Rows, row: usize, today: Day) -> Option<Refusal> {
    let refuse = |reason, detail: String| Some(Refusal { row, reason, detail });
    if rows.keys.iter().any(|key| key.get(row).is_none()) {
        return refuse(Reason::MissingKey, "a key is empty".into());
    }
    if rows.region.as_ref().is_some_and(|region| region.get(row).is_none()) {
        return refuse(Reason::MissingKey, "the region is empty".into());
    }
    let Some(known_at) = rows.known_at[row] else {
        return refuse(Reason::MissingKnownAt, "known_at is empty".into());
    };
    let judged = if is_known_in_advance(source) { known_at } else { rows.dates[row] };
    if judged > today {
        let what = if is_known_in_advance(source) { "known_at" } else { "date" };
        return refuse(Reason::FutureDated, format!("{what} {} is after {}", date_text(judged), date_text(today)));
    }
    let bad = |values: &Values| values.number(row).filter(|value| !value.is_finite());
    let found = rows.values.iter().zip(&source.columns).find_map(|(values, column)| Some((column, bad(values)?)));
    found.and_then(|(column, value)| refuse(Reason::NotFinite, format!("{} is {value}", column.name)))
}

/// Rows of `kept` with a value that cannot be true, by column; see [`super::outlier`].
pub(super) fn check_outliers(settings: &Settings, source: &Source, rows: &Rows, kept: &[usize]) -> Vec<Refusal> {
    let judged = rows.values.iter().zip(&source.columns).filter_map(|(values, column)| {
        let rule = rule(settings, source, column)?;
        match values {
            Values::Number(numbers) => Some((numbers, column, rule)),
            Values::Text(_) => None,
        }
    });
    let judged: Vec<_> = judged.collect();
    if judged.is_empty() {
        return Vec::new();
    }
    let mut refusals: Vec<Refusal> = Vec::new();
    for series in rows.series(kept) {
        for (numbers, column, rule) in &judged {
            let values: Vec<_> = series.iter().map(|row| numbers[*row]).collect();
            for (place, median) in outliers(&values, *rule) {
                let value = values[place].unwrap_or(f64::NAN);
                let detail = format!("{} is {value}, the median of the rows before it {median}", column.name);
                refusals.push(Refusal { row: series[place], reason: Reason::Outlier, detail });
            }
        }
    }
    refusals.sort_by_key(|refusal| refusal.row);
    refusals.dedup_by_key(|refusal| refusal.row);
    refusals
}

fn rule(settings: &Settings, source: &Source, column: &almanac_engine::settings::Column) -> Option<Rule> {
    let prices = ["open", "high", "low", "close", &settings.dataset.target];
    if source.bars {
        return prices.contains(&column.name.as_str()).then_some(Rule::Price);
    }
    let is_currency = column.name.strip_suffix("_usd").is_some_and(|code| code.len() == 3);
    (is_currency && source.region.is_none() && column.fill).then_some(Rule::Rate)
}

/// Rows whose open or close lies outside high and low: kept, counted.
pub(super) fn open_close_outside(source: &Source, rows: &Rows, kept: &[usize]) -> usize {
    let numbers = |name: &str| {
        let place = source.columns.iter().position(|column| column.name == name)?;
        match &rows.values[place] {
            Values::Number(numbers) => Some(numbers),
            Values::Text(_) => None,
        }
    };
    let (Some(high), Some(low)) = (numbers("high"), numbers("low")) else { return 0 };
    let inner: Vec<_> = ["open", "close"].into_iter().filter_map(numbers).collect();
    let outside = |row: usize| {
        let (Some(high), Some(low)) = (high[row], low[row]) else { return false };
        inner.iter().filter_map(|values| values[row]).any(|value| value > high || value < low)
    };
    if source.bars { kept.iter().filter(|row| outside(**row)).count() } else { 0 }
}
