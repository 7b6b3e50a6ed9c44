//! What of a history can be used: trimmed columns, with missing rows marked.

use crate::decompose::LASTING;
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

    /// Its last repetitions of a season, if that is a long one ([`crate::lately`]). Rows that were not seen count for
    /// none. Nothing changes for a season of at most [`LASTING`] sessions.
    pub(crate) fn lately(mut self, season: usize, repetitions: usize) -> Self {
        let seen = self.seen.iter().enumerate().rev().filter(|(_, seen)| **seen);
        let first = seen.map(|(row, _)| row).nth((repetitions * season).max(1) - 1);
        let Some(from) = first.filter(|_| season > LASTING) else { return self };
        self.days.drain(..from.min(self.days.len()));
        self.target.drain(..from);
        self.regressors.iter_mut().for_each(|column| drop(column.drain(..from)));
        self.seen.drain(..from);
        self.observed = self.seen.iter().filter(|seen| **seen).count();
        self.skipped += from;
        self
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_long_season_counts_its_last_repetitions() {
        const REPETITIONS: usize = 8;
        let season = LASTING + 1;
        let rows = REPETITIONS * season;
        let days: Vec<Day> = (0..rows as Day + 40).collect();
        let mut target: Vec<f64> = days.iter().map(|day| f64::from(*day)).collect();
        target[..3].fill(f64::NAN);
        target[40..42].fill(f64::NAN);
        let regressor = target.clone();
        let regressors = [regressor.as_slice()];
        let history = History { days: &days, target: &target, regressors: &regressors };
        let whole = Sample::new(&history, &[true], true).unwrap();
        for short in [LASTING, season + 10] {
            let kept = whole.clone().lately(short, REPETITIONS);
            assert_eq!((kept.len(), kept.skipped, kept.observed), (rows + 37, 3, rows + 35), "season {short}");
        }
        let last = whole.lately(season, REPETITIONS);
        assert_eq!((last.len(), last.skipped, last.observed), (rows + 2, 38, rows));
        assert!(last.days[0] == 38 && last.target[0] == 38.0 && last.regressors[0][0] == 38.0 && last.seen[0]);
    }
}
