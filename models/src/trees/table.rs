//! The series of a fit or an origin in the form features need: levels of observed sessions, and where they lie.

use crate::trees::features::{Ahead, Past, squares};
use crate::trees::{Layout, Loss, Unit};
use crate::{Day, History, ModelError, quantile_of_sorted};

/// Observed sessions, oldest first. Sessions without an observation are left out; a return over one spans it.
#[derive(Debug)]
pub(crate) struct Observed {
    /// Row of the history of each observation.
    pub(crate) rows: Vec<usize>,
    pub(crate) closes: Vec<f64>,
}

impl Observed {
    /// Takes sessions up to `until`.
    pub(crate) fn new(history: &History<'_>, until: Option<Day>) -> Result<Self, ModelError> {
        let within = |row: &usize| until.is_none_or(|until| history.days[*row] <= until);
        let count = history.days.len().min(history.target.len());
        let rows: Vec<usize> = (0..count).filter(within).filter(|&row| !history.target[row].is_nan()).collect();
        let closes: Vec<f64> = rows.iter().map(|&row| history.target[row]).collect();
        match closes.iter().find(|y| !y.is_finite()) {
            Some(bad) => Err(ModelError::Unusable { what: "target".into(), value: bad.to_string() }),
            None => Ok(Self { rows, closes }),
        }
    }
}

/// The unit that applies at an origin, and the last `need` levels in it.
pub(crate) fn levels_at_origin(observed: &Observed, unit: Unit, need: usize) -> Result<(Unit, Vec<f64>), ModelError> {
    let have = observed.closes.len();
    let start = have.checked_sub(need).ok_or(ModelError::TooShort { have, need })?;
    let closes = &observed.closes[start..];
    let unit = unit.at_origin(closes);
    Ok((unit, closes.iter().map(|&close| unit.level(close)).collect()))
}

/// Observations that rows are made of, oldest first.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    layout: &'a Layout,
    history: &'a History<'a>,
    /// Row of the history of each observation.
    rows: &'a [usize],
    pub(crate) levels: Vec<f64>,
    squares: Vec<f64>,
}

impl<'a> Source<'a> {
    /// `rows` and `closes` are those of [`Observed`], or of its last observations.
    pub(crate) fn new(
        layout: &'a Layout,
        unit: Unit,
        history: &'a History<'a>,
        rows: &'a [usize],
        closes: &[f64],
    ) -> Self {
        let levels: Vec<f64> = closes.iter().map(|&close| unit.level(close)).collect();
        let squares = squares(&levels);
        Self { layout, history, rows, levels, squares }
    }

    /// Writes the features of the row that begins with observation t and reaches `day` observations. At least
    /// [`Layout::lookback`] observations lie before t.
    pub(crate) fn fill(&self, t: usize, day: usize, row: &mut [[f32; 1]]) {
        let past = Past { levels: &self.levels[..t], squares: &self.squares[..t] };
        let (first, last) = (self.rows[t], self.rows[t + day - 1]);
        let value = |regressor: usize, own: bool| {
            let at = if own { Some(last) } else { first.checked_sub(1) };
            let column = self.history.regressors.get(regressor);
            at.and_then(|at| column?.get(at)).copied().unwrap_or(f64::NAN)
        };
        let shared = self.layout.shared(self.history.days[last], value);
        self.layout.fill(past, Ahead { levels: &[], squares: &[] }, &shared, row.iter_mut());
    }

    /// The return over that row.
    pub(crate) fn target(&self, t: usize, day: usize) -> f32 {
        (self.levels[t + day - 1] - self.levels[t - 1]) as f32
    }
}

/// Training rows in the order of time.
#[derive(Debug)]
pub(crate) struct Table {
    /// Row-major.
    pub(crate) features: Vec<f32>,
    /// Returns.
    pub(crate) target: Vec<f32>,
}

impl Table {
    /// One row per observation that has [`Layout::lookback`] observations before it and `day - 1` after it. Its target
    /// is the return from the observation before it to the last of these, `day` sessions in all.
    ///
    /// What is known of that last session (its date, announced regressors) is among the features; all else is what the
    /// observations before the row give.
    pub(crate) fn new(
        layout: &Layout,
        unit: Unit,
        history: &History<'_>,
        observed: &Observed,
        day: usize,
    ) -> Result<Self, ModelError> {
        let source = Source::new(layout, unit, history, &observed.rows, &observed.closes);
        let (lookback, width) = (layout.lookback(), layout.names().len());
        let rows = (source.levels.len() + 1).saturating_sub(lookback + day);
        let mut table = Self { features: Vec::with_capacity(rows * width), target: Vec::with_capacity(rows) };
        let mut row = vec![[0.0_f32; 1]; width];
        for t in lookback..lookback + rows {
            source.fill(t, day, &mut row);
            table.features.extend(row.iter().map(|[value]| value));
            table.target.push(source.target(t, day));
        }
        let finite = table.features.iter().all(|x| !x.is_infinite()) && table.target.iter().all(|y| y.is_finite());
        if finite {
            Ok(table)
        } else {
            Err(ModelError::Numerical("a feature or return leaves the range of f32".into()))
        }
    }

    /// The constant of least loss for the first `rows` targets.
    pub(crate) fn constant(&self, rows: usize, loss: Loss) -> f32 {
        match loss {
            Loss::SquaredError => {
                let sum: f64 = self.target[..rows].iter().map(|&y| f64::from(y)).sum();
                (sum / rows.max(1) as f64) as f32
            }
            Loss::Quantile(level) => {
                let mut sorted = self.target[..rows].to_vec();
                sorted.sort_unstable_by(f32::total_cmp);
                quantile_of_sorted(&sorted, level) as f32
            }
        }
    }
}
