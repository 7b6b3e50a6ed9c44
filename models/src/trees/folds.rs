//! Residuals out of fold: each target is predicted by trees that were trained on earlier rows only.

use std::ops::Range;

use crate::ModelError;
use crate::trees::table::Table;
use crate::trees::{BoostParams, Ensemble, Loss, Settings, Trainer, TrainingSet};

/// How trees of one fit are trained.
#[derive(Clone, Copy)]
pub(crate) struct Training<'a> {
    pub(crate) trainer: &'a dyn Trainer,
    pub(crate) settings: &'a Settings,
    pub(crate) names: &'a [String],
    pub(crate) seed: u64,
}

impl Training<'_> {
    /// Trains on the first `rows` rows.
    pub(crate) fn train(&self, table: &Table, rows: usize, loss: Loss) -> Result<(Vec<u8>, Ensemble), ModelError> {
        let (names, settings, seed) = (self.names, self.settings, self.seed);
        let set = TrainingSet { features: &table.features[..rows * names.len()], names, target: &table.target[..rows] };
        let params = BoostParams { settings, loss, base_score: table.constant(rows, loss), seed };
        let bytes = self.trainer.train(&set, &params)?;
        let ensemble = Ensemble::parse(&bytes)?;
        if ensemble.columns() > names.len() {
            let (have, need) = (names.len(), ensemble.columns());
            return Err(ModelError::Numerical(format!("{have} feature columns, the trees were trained on {need}")));
        }
        Ok((bytes, ensemble))
    }

    /// One-session residuals of expanding folds.
    pub(crate) fn out_of_fold(&self, table: &Table) -> Result<Vec<f32>, ModelError> {
        let rows = table.target.len();
        let mut all = Vec::with_capacity(rows);
        for block in blocks(rows, self.settings.folds) {
            let (_, ensemble) = self.train(table, block.start, Loss::SquaredError)?;
            all.extend(residuals(&ensemble, table, self.names.len(), block));
        }
        Ok(all)
    }
}

/// The rows that expanding folds predict. The rows are cut into `folds + 1` blocks in the order of time; fold k is
/// trained on rows before its block and predicts the block, so that no target lies in its own training rows, or before
/// them.
pub(crate) fn blocks(rows: usize, folds: usize) -> impl Iterator<Item = Range<usize>> {
    let bound = move |block: usize| rows * block / (folds + 1);
    (1..=folds).map(move |fold| bound(fold)..bound(fold + 1))
}

/// Residuals of some rows.
pub(crate) fn residuals(ensemble: &Ensemble, table: &Table, width: usize, rows: Range<usize>) -> Vec<f32> {
    let rows = table.features.chunks_exact(width).zip(&table.target).skip(rows.start).take(rows.len());
    rows.map(|(row, target)| target - ensemble.predict(row)).collect()
}

/// Root mean square.
pub(crate) fn root_mean_square(values: &[f32]) -> f64 {
    let sum: f64 = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    (sum / values.len().max(1) as f64).sqrt()
}

/// Subtracts the mean, which is returned: the drift of a path is then that of the trees, not the folds' error about it.
pub(crate) fn centre(values: &mut [f32]) -> f64 {
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / values.len().max(1) as f64;
    for value in values {
        *value = (f64::from(*value) - mean) as f32;
    }
    mean
}
