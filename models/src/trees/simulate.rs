//! Paths from stored trees: every day's features are computed anew from each path's own closes.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::innovations::Origin;
use crate::trees::features::{Ahead, Past, squares};
use crate::trees::law::FittedLaw;
use crate::trees::table::{Observed, levels_at_origin};
use crate::trees::{Column, Evaluator, Instructions, LANES, Layout, Stored, Unit};
use crate::{FittedModel, Future, History, ModelError, State, StreamKey};

/// A loaded fit.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(super) layout: Layout,
    pub(super) unit: Unit,
    residuals: Vec<f32>,
    /// `None` where residuals are resampled.
    law: Option<FittedLaw>,
    /// `None` for a constant series.
    evaluator: Option<Evaluator>,
}

impl Loaded {
    pub(crate) fn new(stored: Stored) -> Result<Self, ModelError> {
        let (layout, evaluator) = stored.prepare()?;
        Ok(Self { layout, unit: stored.unit, residuals: stored.residuals, law: stored.law, evaluator })
    }
}

impl Stored {
    /// The fit ready for forecasts, as a registry loads it, with its trees evaluated by these instructions instead of the
    /// fastest, for comparison.
    ///
    /// # Errors
    /// [`ModelError::Corrupt`] for trees that do not fit the settings, [`ModelError::Numerical`] if this machine lacks the
    /// instructions.
    pub fn loaded(self, instructions: Instructions) -> Result<Box<dyn FittedModel>, ModelError> {
        let mut loaded = Loaded::new(self)?;
        loaded.evaluator = loaded.evaluator.map(|evaluator| evaluator.with(instructions)).transpose()?;
        Ok(Box::new(loaded))
    }
}

impl FittedModel for Loaded {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let observed = Observed::new(history, None)?;
        let need = if self.evaluator.is_some() { self.layout.lookback() } else { 1 };
        let (unit, levels) = levels_at_origin(&observed, self.unit, need)?;
        let shared = (0..future.horizon()).map(|h| self.shared(history, future, h)).collect();
        let squares = squares(&levels);
        let last = observed.closes.last().copied().unwrap_or(f64::NAN);
        let law = match (&self.law, &self.evaluator) {
            (Some(law), Some(trees)) => {
                Some(law.origin(&self.residuals, || self.since(law, trees, history, &observed))?)
            }
            _ => None,
        };
        Ok(Box::new(AtOrigin { model: self, unit, levels, squares, shared, last, law }))
    }
}

impl Loaded {
    /// Columns that every path shares on day h.
    fn shared(&self, history: &History<'_>, future: &Future<'_>, h: usize) -> Vec<f32> {
        let value = |regressor: usize, own: bool| {
            let known = history.regressors.get(regressor).and_then(|column| column.last());
            let ahead = |h: usize| future.regressors.get(regressor).and_then(|column| column.get(h));
            let value = match (own, h) {
                (true, h) => ahead(h),
                (false, 0) => known,
                (false, h) => ahead(h - 1),
            };
            value.copied().unwrap_or(f64::NAN)
        };
        self.layout.shared(future.days[h], value)
    }
}

/// Levels before the origin, and what is known of the days ahead.
struct AtOrigin<'a> {
    model: &'a Loaded,
    unit: Unit,
    levels: Vec<f64>,
    squares: Vec<f64>,
    /// Per day ahead, see [`Layout::shared`].
    shared: Vec<Vec<f32>>,
    last: f64,
    /// `None` where residuals are resampled.
    law: Option<Origin<'a>>,
}

/// The simulated sessions of one block of paths.
#[derive(Default)]
struct Block {
    levels: Vec<[f64; LANES]>,
    squares: Vec<[f64; LANES]>,
}

impl State for AtOrigin<'_> {
    fn fallback(&self) -> Option<String> {
        self.model.evaluator.as_ref().and_then(|_| self.model.unit.fallback(self.unit))
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let Some(evaluator) = &self.model.evaluator else {
            out.fill(self.last as f32);
            return finite(out);
        };
        let residuals = self.model.residuals.as_slice();
        let last = self.levels.last().copied().unwrap_or(f64::NAN);
        let past = Past { levels: &self.levels, squares: &self.squares };
        let mut features = vec![Column::default(); self.model.layout.names().len()];
        let mut predicted = Column::default();
        let mut innovations = [0.0; LANES];
        let mut block = Block::default();
        // block after block through all days: what is held does not grow with the paths
        let days = out.chunks_exact_mut(paths.max(1)).zip(&self.shared).enumerate();
        let mut days: Vec<_> = days.map(|(h, (day, shared))| (stream.day(h), day.chunks_mut(LANES), shared)).collect();
        for _ in 0..paths.div_ceil(LANES) {
            block.levels.clear();
            block.squares.clear();
            // the state that a law has is each path's own
            let mut draws = self.law.map(|law| law.draws(LANES));
            for (rng, values, shared) in &mut days {
                let Some(values) = values.next() else { break };
                let ahead = Ahead { levels: &block.levels, squares: &block.squares };
                self.model.layout.fill(past, ahead, shared, features.iter_mut().map(|column| &mut column.0));
                evaluator.predict(&features, &mut predicted)?;
                let innovations = &mut innovations[..values.len()];
                match &mut draws {
                    Some(draws) => draws.day(rng, innovations),
                    None => resample(residuals, rng, innovations),
                }
                // lanes beyond the last path stay at the origin
                let mut levels = block.levels.last().copied().unwrap_or([last; LANES]);
                let mut squares = [0.0; LANES];
                for (lane, value) in values.iter_mut().enumerate() {
                    let before = levels[lane];
                    levels[lane] = before + (f64::from(predicted.0[lane]) + innovations[lane]);
                    squares[lane] = (levels[lane] - before) * (levels[lane] - before);
                    *value = self.unit.close(levels[lane]) as f32;
                }
                block.levels.push(levels);
                block.squares.push(squares);
            }
        }
        drop(days);
        finite(out)
    }
}

/// Innovations that are residuals, each as likely as the others.
fn resample(residuals: &[f32], rng: &mut ChaCha8Rng, out: &mut [f64]) {
    for innovation in out {
        *innovation = f64::from(residuals[pick(residuals.len(), rng.next_u32())]);
    }
}

/// An index below `count` by one 32-bit word: the high half of word × count. Every index's chance differs from 1/count by
/// less than 2⁻³², and each draw takes one word, so that fewer paths are a prefix of more.
pub(crate) fn pick(count: usize, word: u32) -> usize {
    ((u64::from(word) * count as u64) >> 32) as usize
}

pub(crate) fn finite(out: &[f32]) -> Result<(), ModelError> {
    match out.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => Err(ModelError::Numerical(format!("a path reached {value}"))),
    }
}
