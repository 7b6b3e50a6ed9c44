//! What of a history can be used: the rows with a target and every regressor.

use crate::{Day, History, ModelError};

/// Usable rows of a history, in its order.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) days: Vec<Day>,
    pub(super) target: Vec<f64>,
    pub(super) regressors: Vec<Vec<f64>>,
    /// Which session of the history each row is.
    pub(super) sessions: Vec<usize>,
}

impl Sample {
    /// Reads the rows of a history with `columns` regressors.
    pub(super) fn new(history: &History<'_>, columns: usize) -> Result<Self, ModelError> {
        check_columns("regressors", history.regressors, columns, history.len())?;
        if history.target.len() != history.len() {
            let value = format!("{} rows for {} days", history.target.len(), history.len());
            return Err(ModelError::Unusable { what: "target".into(), value });
        }
        finite_or_absent("target", history.target)?;
        for (i, column) in history.regressors.iter().enumerate() {
            finite_or_absent(&format!("regressor {i}"), column)?;
        }
        let seen = |t: &usize| !history.target[*t].is_nan() && history.regressors.iter().all(|x| !x[*t].is_nan());
        let sessions: Vec<usize> = (0..history.len()).filter(seen).collect();
        let pick = |values: &[f64]| sessions.iter().map(|t| values[*t]).collect::<Vec<f64>>();
        Ok(Self {
            days: sessions.iter().map(|t| history.days[*t]).collect(),
            target: pick(history.target),
            regressors: history.regressors.iter().map(|column| pick(column)).collect(),
            sessions,
        })
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.days.len()
    }

    /// Some of the rows.
    pub(super) fn rows(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            days: self.days[range.clone()].to_vec(),
            target: self.target[range.clone()].to_vec(),
            regressors: self.regressors.iter().map(|column| column[range.clone()].to_vec()).collect(),
            sessions: self.sessions[range].to_vec(),
        }
    }

    /// The regressors as slices.
    pub(super) fn columns(&self) -> Vec<&[f64]> {
        self.regressors.iter().map(Vec::as_slice).collect()
    }
}

/// Refuses another number of columns, or columns of another length.
pub(super) fn check_columns(what: &str, columns: &[&[f64]], count: usize, rows: usize) -> Result<(), ModelError> {
    let unusable = |value| Err(ModelError::Unusable { what: what.to_owned(), value });
    if columns.len() != count {
        return unusable(format!("{} columns where the model has {count}", columns.len()));
    }
    match columns.iter().find(|column| column.len() != rows) {
        Some(column) => unusable(format!("{} rows for {rows} days", column.len())),
        None => Ok(()),
    }
}

fn finite_or_absent(what: &str, values: &[f64]) -> Result<(), ModelError> {
    match values.iter().find(|value| value.is_infinite()) {
        None => Ok(()),
        Some(bad) => Err(ModelError::Unusable { what: what.to_owned(), value: bad.to_string() }),
    }
}
