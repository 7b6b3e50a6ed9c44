//! Columns ready for the filter: target, constant and regressors, differenced where the series is complete.

use super::diffuse::Levels;
use super::gaps::filter;
use super::order::Order;
use super::polynomial::{Arma, difference};
use super::regression::{Dropped, Orthogonal, orthogonalise};
use super::sample::Sample;
use super::stationary::{Moments, moments};
use crate::decompose::bridged;

/// Widths for which filters are compiled; columns are padded to the next one.
const LANES: [usize; 9] = [1, 2, 4, 6, 8, 12, 16, 24, 32];

/// Runs `$body` with the constant `L` equal to `$lanes`, one of [`LANES`].
macro_rules! with_lanes {
    ($lanes:expr, $L:ident => $body:expr) => {
        match $lanes {
            1 => {
                const $L: usize = 1;
                $body
            }
            2 => {
                const $L: usize = 2;
                $body
            }
            4 => {
                const $L: usize = 4;
                $body
            }
            6 => {
                const $L: usize = 6;
                $body
            }
            8 => {
                const $L: usize = 8;
                $body
            }
            12 => {
                const $L: usize = 12;
                $body
            }
            16 => {
                const $L: usize = 16;
                $body
            }
            24 => {
                const $L: usize = 24;
                $body
            }
            _ => {
                const $L: usize = 32;
                $body
            }
        }
    };
}

/// Interleaved columns with their differences, and the filter that suits them.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// Differences to be taken; the ARMA parts are not used.
    order: Order,
    /// Rows × lanes.
    values: Vec<f64>,
    lanes: usize,
    seen: Vec<bool>,
    complete: bool,
}

impl Columns {
    /// Columns of equal length, levels. Complete series are differenced here; series with gaps stay levels.
    pub(super) fn new(levels: &[Vec<f64>], seen: &[bool], order: &Order) -> Self {
        let complete = seen.iter().all(|seen| *seen);
        if complete {
            let differenced: Vec<Vec<f64>> = levels.iter().map(|column| difference(column, order)).collect();
            let rows = differenced.first().map_or(0, Vec::len);
            return Self::interleave(&differenced, vec![true; rows], true, order);
        }
        Self::interleave(levels, seen.to_vec(), false, order)
    }

    fn interleave(columns: &[Vec<f64>], seen: Vec<bool>, complete: bool, order: &Order) -> Self {
        let lanes = LANES.into_iter().find(|lanes| *lanes >= columns.len()).unwrap_or(LANES[LANES.len() - 1]);
        let mut values = vec![0.0; seen.len() * lanes];
        for (lane, column) in columns.iter().take(lanes).enumerate() {
            for ((row, value), seen) in values.chunks_exact_mut(lanes).zip(column).zip(&seen) {
                row[lane] = if *seen { *value } else { 0.0 };
            }
        }
        Self { order: *order, values, lanes, seen, complete }
    }

    /// One lane as a column; unseen rows are zero.
    fn lane(&self, lane: usize) -> Vec<f64> {
        self.values.chunks_exact(self.lanes).map(|row| row[lane]).collect()
    }

    /// The first `count` columns, differenced; none for a series with gaps, which stays in levels.
    pub(super) fn differences(&self, count: usize) -> Option<Vec<Vec<f64>>> {
        self.complete.then(|| (0..count).map(|lane| self.lane(lane)).collect())
    }

    /// Filters all columns with one process.
    pub(super) fn moments(&self, arma: &Arma, scratch: &mut Vec<f64>) -> Option<Moments> {
        scratch.resize(self.values.len(), 0.0);
        with_lanes!(self.lanes, L => {
            let (rows, _) = self.values.as_chunks::<L>();
            let (innovations, _) = scratch.as_chunks_mut::<L>();
            if self.complete {
                moments(arma, rows, innovations)
            } else {
                filter(&Levels::new(&self.order, arma), rows, &self.seen, innovations).map(|filtered| filtered.moments)
            }
        })
    }

    /// Columns as white noise would leave them after filtering: differences, scaled where they span a gap.
    fn whitened(&self, count: usize) -> Option<Vec<Vec<f64>>> {
        if let Some(differences) = self.differences(count) {
            return Some(differences);
        }
        let mut innovations = Vec::new();
        self.moments(&Arma::default(), &mut innovations)?;
        Some((0..count).map(|lane| innovations.chunks_exact(self.lanes).map(|row| row[lane]).collect()).collect())
    }
}

/// A sample, differenced by one order, with a regression in orthogonal form.
#[derive(Debug, Clone)]
pub(super) struct Design {
    /// Standardised target, then orthonormal regression columns.
    pub(super) columns: Columns,
    /// Whether a constant is among them (then it is the first).
    pub(super) constant: bool,
    /// Place of the first regressor among the columns: 1 where a constant was asked for.
    pub(super) offset: usize,
    pub(super) regression: Orthogonal,
    /// Regressors left out from the beginning, with the reason.
    skipped: Vec<(usize, Dropped)>,
    /// The standardised target's differences with gaps bridged by straight lines, for start values only.
    pub(super) bridged: Vec<f64>,
}

impl Design {
    /// Prepares a sample; only the differences of `order` matter. None if nothing can be filtered.
    pub(super) fn new(sample: &Sample, order: &Order, constant: bool, skip: &[(usize, Dropped)]) -> Option<Self> {
        let constant_column = constant.then(|| constant_levels(order, sample.len()));
        let mut levels = vec![sample.target.clone()];
        levels.extend(constant_column);
        for (index, column) in sample.regressors.iter().enumerate() {
            // a skipped column keeps its place so that indices stay those of the sample
            levels.push(if skip.iter().any(|(skipped, _)| *skipped == index) {
                vec![0.0; column.len()]
            } else {
                column.clone()
            });
        }
        let raw = Columns::new(&levels, &sample.seen, order);
        let whitened = raw.whitened(levels.len())?;
        let largest = |column: &Vec<f64>| {
            column.iter().zip(&sample.seen).filter(|(_, seen)| **seen).fold(0.0_f64, |max, (v, _)| max.max(v.abs()))
        };
        let sizes: Vec<f64> = levels.iter().map(largest).collect();
        let regression = orthogonalise(&whitened[0], &whitened[1..], &sizes);

        let combine = |weights: &[f64], into: &mut [f64]| {
            for (weight, &index) in weights.iter().zip(&regression.kept) {
                into.iter_mut().zip(&levels[index + 1]).for_each(|(v, x)| *v += weight * x);
            }
        };
        let mut target = sample.target.clone();
        let negative: Vec<f64> = regression.coefficients.iter().map(|b| -b).collect();
        combine(&negative, &mut target);
        let scale = if regression.exact { 1.0 } else { regression.scale };
        target.iter_mut().for_each(|v| *v /= scale);
        let differences = difference(&bridged(&target, &sample.seen), order);
        let mut standardised = vec![target];
        for weights in &regression.weights {
            let mut column = vec![0.0; sample.len()];
            combine(weights, &mut column);
            standardised.push(column);
        }
        let columns = Columns::new(&standardised, &sample.seen, order);
        let offset = usize::from(constant);
        let constant = constant && regression.kept.first() == Some(&0);
        Some(Self { columns, constant, offset, regression, skipped: skip.to_vec(), bridged: differences })
    }

    /// Number of regression columns, the constant included.
    pub(super) fn predictors(&self) -> usize {
        self.regression.kept.len()
    }

    /// Indices of dropped regressors with the reason, those skipped from the beginning first.
    pub(super) fn dropped(&self) -> Vec<(usize, Dropped)> {
        let here = self.regression.dropped.iter().filter_map(|(i, why)| Some((i.checked_sub(self.offset)?, *why)));
        self.skipped.iter().copied().chain(here).collect()
    }
}

/// Levels whose differences are one: 1, t or t/s.
pub(super) fn constant_levels(order: &Order, length: usize) -> Vec<f64> {
    let step = if order.seasonal_d > 0 { 1.0 / order.season as f64 } else { 1.0 };
    (0..length).map(|t| if order.d + order.seasonal_d == 0 { 1.0 } else { t as f64 * step }).collect()
}
