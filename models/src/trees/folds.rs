//! Residuals out of fold: each target is predicted by trees that were trained on earlier rows only.

use crate::ModelError;
use crate::trees::table::Table;
use crate::trees::{Ensemble, Settings, Trainer, TrainingSet};

/// Trains on the first `rows` rows.
pub(crate) fn train(
    trainer: &dyn Trainer,
    table: &Table,
    names: &[String],
    rows: usize,
    settings: &Settings,
    seed: u64,
) -> Result<(Vec<u8>, Ensemble), ModelError> {
    let set = TrainingSet { features: &table.features[..rows * names.len()], names, target: &table.target[..rows] };
    let bytes = trainer.train(&set, &settings.boosting(table.mean(rows), seed))?;
    let ensemble = Ensemble::parse(&bytes)?;
    if ensemble.columns() > names.len() {
        let (have, need) = (names.len(), ensemble.columns());
        return Err(ModelError::Numerical(format!("{have} feature columns, the trees were trained on {need}")));
    }
    Ok((bytes, ensemble))
}

/// Residuals of rows `from..to`.
pub(crate) fn residuals(ensemble: &Ensemble, table: &Table, width: usize, from: usize, to: usize) -> Vec<f32> {
    let rows = table.features.chunks_exact(width).zip(&table.target).skip(from).take(to.saturating_sub(from));
    rows.map(|(row, target)| target - ensemble.predict(row)).collect()
}

/// Residuals of expanding folds. The rows are cut into `folds + 1` blocks in the order of time; fold k is trained on
/// blocks 0…k and predicts block k + 1, so that no target lies in its own training rows, or before them.
pub(crate) fn out_of_fold(
    trainer: &dyn Trainer,
    table: &Table,
    names: &[String],
    settings: &Settings,
    seed: u64,
) -> Result<Vec<f32>, ModelError> {
    let rows = table.target.len();
    let bound = |block: usize| rows * block / (settings.folds + 1);
    let mut all = Vec::with_capacity(rows);
    for fold in 1..=settings.folds {
        let (_, ensemble) = train(trainer, table, names, bound(fold), settings, seed)?;
        all.extend(residuals(&ensemble, table, names.len(), bound(fold), bound(fold + 1)));
    }
    Ok(all)
}

/// Root mean square.
pub(crate) fn root_mean_square(values: &[f32]) -> f64 {
    let sum: f64 = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    (sum / values.len().max(1) as f64).sqrt()
}

/// Subtracts the mean: the drift of a path is then that of the trees, not the folds' error about it.
pub(crate) fn centre(values: &mut [f32]) {
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / values.len().max(1) as f64;
    for value in values {
        *value = (f64::from(*value) - mean) as f32;
    }
}
