//! What of a history can be used: trimmed columns, with missing rows marked.

use crate::{Day, History, ModelError};

/// Magnitude beyond which squares overflow.
const LARGEST: f64 = 1e150;

/// A trimmed history: target and regressors of equal length. A row without target, or without one of the regressors,
/// is unseen.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// Day of each row; empty if the history has none.
    pub(crate) days: Vec<Day>,
    pub(crate) target: Vec<f64>,
    pub(crate) regressors: Vec<Vec<f64>>,
    pub(crate) seen: Vec<bool>,
    pub(crate) observed: usize,
    /// Rows of the history before the first one kept.
    pub(crate) skipped: usize,
}

impl Sample {
    /// Reads the regressors for which `used` is true. Unseen rows at the start carry no information and are cut, at
    /// the end if `trim_end`.
    pub(crate) fn new(history: &History<'_>, used: &[bool], trim_end: bool) -> Result<Self, ModelError> {
        let length = history.target.len();
        if history.regressors.len() != used.len() {
            let value = format!("{} columns where the model has {}", history.regressors.len(), used.len());
            return Err(ModelError::Unusable { what: "regressors".into(), value });
        }
        if let Some(short) = history.regressors.iter().find(|column| column.len() != length) {
            let value = format!("{} rows where the target has {length}", short.len());
            return Err(ModelError::Unusable { what: "regressor".into(), value });
        }
        check("target", history.target)?;
        let mut columns = Vec::new();
        for (i, column) in history.regressors.iter().enumerate().filter(|(i, _)| used[*i]) {
            check(&format!("regressor {i}"), column)?;
            columns.push(*column);
        }
        let is_seen = |t: usize| !history.target[t].is_nan() && columns.iter().all(|column| !column[t].is_nan());
        let seen: Vec<bool> = (0..length).map(is_seen).collect();
        let Some(first) = seen.iter().position(|seen| *seen) else {
            return Err(ModelError::TooShort { have: 0, need: 1 });
        };
        let last = seen.iter().rposition(|seen| *seen).unwrap_or(first);
        let range = first..if trim_end { last + 1 } else { length };
        let seen = seen[range.clone()].to_vec();
        let observed = seen.iter().filter(|seen| **seen).count();
        let regressors = columns.iter().map(|column| column[range.clone()].to_vec()).collect();
        let days = history.days.get(range.clone()).unwrap_or_default().to_vec();
        Ok(Self { days, target: history.target[range].to_vec(), regressors, seen, observed, skipped: first })
    }

    /// The same rows with more regressors.
    pub(super) fn with_columns(&self, columns: Vec<Vec<f64>>) -> Self {
        let mut wider = self.clone();
        wider.regressors.extend(columns);
        wider
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.target.len()
    }

    /// Whether every row is seen.
    pub(crate) fn complete(&self) -> bool {
        self.observed == self.len()
    }

    /// Whether all seen targets are equal.
    pub(crate) fn constant(&self) -> bool {
        let mut values = self.target.iter().zip(&self.seen).filter(|(_, seen)| **seen).map(|(y, _)| *y);
        let first = values.next();
        values.all(|y| Some(y) == first)
    }
}

/// Refuses infinite and overflowing values.
pub(crate) fn check(what: &str, values: &[f64]) -> Result<(), ModelError> {
    match values.iter().find(|value| value.abs() > LARGEST) {
        None => Ok(()),
        Some(bad) => Err(ModelError::Unusable { what: what.to_owned(), value: format!("{bad:e}") }),
    }
}
