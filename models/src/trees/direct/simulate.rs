//! Paths of a direct fit: one out-of-fold row per path, one quantile function or set of residuals per day.

use rand::Rng;

use super::curve::Curve;
use super::grid::Grid;
use super::stored::StoredDirect;
use crate::trees::features::{Ahead, Past, squares};
use crate::trees::simulate::{finite, pick};
use crate::trees::table::{Observed, levels_at_origin};
use crate::trees::{Layout, Unit};
use crate::{FittedModel, Future, History, ModelError, State, StreamKey};

/// A loaded fit.
#[derive(Debug)]
pub(crate) struct Loaded {
    layout: Layout,
    unit: Unit,
    horizon: usize,
    /// `None` for a constant series.
    grid: Option<Grid>,
    innovations: Innovations,
}

/// What a path adds to the prediction, day by day, V rows each.
#[derive(Debug)]
enum Innovations {
    Residuals(Vec<f32>),
    Quantiles {
        levels: Vec<f64>,
        /// Days × levels.
        shifts: Vec<f32>,
        /// From 0, of the row among the day's.
        ranks: Vec<u32>,
    },
}

impl Loaded {
    pub(crate) fn new(stored: StoredDirect) -> Result<Self, ModelError> {
        let (layout, grid) = stored.prepare()?;
        let rows = stored.vectors.len() / stored.horizon;
        let innovations = match stored.settings.quantile_levels() {
            None => Innovations::Residuals(stored.vectors),
            Some(levels) => {
                let ranks = stored.vectors.chunks_exact(rows.max(1)).flat_map(ranks).collect();
                Innovations::Quantiles { levels, shifts: stored.shifts, ranks }
            }
        };
        Ok(Self { layout, unit: stored.unit, horizon: stored.horizon, grid, innovations })
    }
}

/// Rank of each value, from 0; equal values in their order.
fn ranks(values: &[f32]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    for (rank, at) in (0..).zip(order) {
        ranks[at] = rank;
    }
    ranks
}

/// Puts each day's quantiles in ascending order.
pub(crate) fn arrange(quantiles: &mut [f64], outputs: usize) {
    quantiles.chunks_exact_mut(outputs).for_each(|day| day.sort_unstable_by(f64::total_cmp));
}

/// Adds the shifts to ordered quantiles, and orders them again.
pub(crate) fn shifted(mut quantiles: Vec<f64>, shifts: &[f32], outputs: usize) -> Vec<f64> {
    quantiles.iter_mut().zip(shifts).for_each(|(quantile, shift)| *quantile += f64::from(*shift));
    arrange(&mut quantiles, outputs);
    quantiles
}

impl FittedModel for Loaded {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        if future.horizon() > self.horizon {
            let value = format!("{} days, the model was fitted for {}", future.horizon(), self.horizon);
            return Err(ModelError::Unusable { what: "horizon".into(), value });
        }
        let observed = Observed::new(history, None)?;
        let need = if self.grid.is_some() { self.layout.lookback() } else { 1 };
        let (unit, levels) = levels_at_origin(&observed, self.unit, need)?;
        let last = levels.last().copied().unwrap_or(f64::NAN);
        let days = future.horizon();
        let Some(grid) = &self.grid else {
            return Ok(Box::new(AtOrigin { model: self, unit, last, days, predicted: vec![] }));
        };
        let rows: Vec<Vec<f32>> = (0..days).map(|h| self.row(history, future, &levels, h)).collect();
        let mut predicted = grid.predict(days, |day| &rows[day - 1]);
        if let Innovations::Quantiles { shifts, .. } = &self.innovations {
            arrange(&mut predicted, grid.outputs);
            predicted = shifted(predicted, shifts, grid.outputs);
        }
        Ok(Box::new(AtOrigin { model: self, unit, last, days, predicted }))
    }
}

impl Loaded {
    /// The features of day h, from 0.
    fn row(&self, history: &History<'_>, future: &Future<'_>, levels: &[f64], h: usize) -> Vec<f32> {
        let value = |regressor: usize, own: bool| {
            let known = history.regressors.get(regressor).and_then(|column| column.last());
            let ahead = future.regressors.get(regressor).and_then(|column| column.get(h));
            if own { ahead } else { known }.copied().unwrap_or(f64::NAN)
        };
        let shared = self.layout.shared(future.days[h], value);
        let mut row = vec![[0.0_f32; 1]; shared.len()];
        let past = Past { levels, squares: &squares(levels) };
        self.layout.fill(past, Ahead { levels: &[], squares: &[] }, &shared, row.iter_mut());
        row.into_iter().flatten().collect()
    }
}

/// The last level, and what each day's returns from it are predicted to be.
struct AtOrigin<'a> {
    model: &'a Loaded,
    unit: Unit,
    last: f64,
    days: usize,
    /// Days × outputs.
    predicted: Vec<f64>,
}

impl AtOrigin<'_> {
    fn close(&self, change: f64) -> f64 {
        self.unit.close(self.last + change)
    }

    /// Where each path leads on day h if it drew that row's residuals.
    fn closes(&self, residuals: &[f32], h: usize) -> Vec<f64> {
        let rows = residuals.len() / self.model.horizon;
        let here = &residuals[h * rows..][..rows];
        here.iter().map(|residual| self.close(self.predicted[h] + f64::from(*residual))).collect()
    }
}

impl State for AtOrigin<'_> {
    fn median(&self) -> Option<Vec<f64>> {
        if self.model.grid.is_none() {
            return Some(vec![self.close(0.0); self.days]);
        }
        let day = |h: usize| match &self.model.innovations {
            Innovations::Residuals(residuals) => {
                let mut closes = self.closes(residuals, h);
                closes.sort_unstable_by(f64::total_cmp);
                let rows = closes.len();
                0.5 * closes[(rows - 1) / 2] + 0.5 * closes[rows / 2]
            }
            Innovations::Quantiles { levels, .. } => {
                let half = levels.iter().take_while(|level| **level < 0.5).count();
                self.close(self.predicted[h * levels.len() + half])
            }
        };
        Some((0..self.days).map(day).collect())
    }

    fn fallback(&self) -> Option<String> {
        self.model.grid.as_ref().and_then(|_| self.model.unit.fallback(self.unit))
    }

    /// Day 0's stream gives each path 64 bits: the high half its row, on all days, the low half its place within the
    /// rank. Later days' streams give 32 bits each, of that place; residuals use none of them.
    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        if self.model.grid.is_none() {
            out.fill(self.close(0.0) as f32);
            return finite(out);
        }
        let mut first = stream.day(0);
        let drawn: Vec<u64> = (0..paths).map(|_| first.next_u64()).collect();
        for (h, day) in out.chunks_exact_mut(paths.max(1)).enumerate() {
            match &self.model.innovations {
                Innovations::Residuals(residuals) => {
                    let closes = self.closes(residuals, h);
                    for (value, word) in day.iter_mut().zip(&drawn) {
                        *value = closes[pick(closes.len(), (word >> 32) as u32)] as f32;
                    }
                }
                Innovations::Quantiles { levels, ranks, .. } => {
                    let values = &self.predicted[h * levels.len()..][..levels.len()];
                    let none = || ModelError::Numerical("fewer than two quantile levels".into());
                    let curve = Curve::new(levels, values).ok_or_else(none)?;
                    let rows = ranks.len() / self.model.horizon;
                    let ranks = &ranks[h * rows..][..rows];
                    let mut rng = stream.day(h);
                    for (value, word) in day.iter_mut().zip(&drawn) {
                        let within = if h == 0 { *word as u32 } else { rng.next_u32() };
                        let rank = ranks[pick(rows, (word >> 32) as u32)];
                        let level = (f64::from(rank) + (f64::from(within) + 0.5) * UNIT_OF_WORD) / rows as f64;
                        *value = self.close(curve.quantile(level)) as f32;
                    }
                }
            }
        }
        finite(out)
    }
}

/// 2⁻³²: a 32-bit word as a share of one.
const UNIT_OF_WORD: f64 = 1.0 / 4_294_967_296.0;
