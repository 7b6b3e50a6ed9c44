//! Fits trees per day ahead, and what their errors out of fold say of the days' distribution.

use serde_json::{Value, json};

use super::curve::Curve;
use super::grid::{Grid, days_with_trees};
use super::simulate::{arrange, shifted};
use super::stored::StoredDirect;
use crate::score::pinball;
use crate::trees::Loss;
use crate::trees::family::Ready;
use crate::trees::folds::{Training, blocks, centre, root_mean_square};
use crate::trees::table::Table;
use crate::{Fitted, ModelError, quantile_of_sorted};

/// The training rows of every day ahead.
struct Rows {
    /// One per day to the horizon.
    tables: Vec<Table>,
    /// Those that have trees.
    days: Vec<usize>,
    /// Features of a row.
    width: usize,
    levels: Vec<f64>,
    lookback: usize,
    horizon: usize,
}

/// Predictions of rows, days × outputs each, and the returns to every day that followed.
#[derive(Default)]
struct Compared {
    predicted: Vec<Vec<f64>>,
    returns: Vec<Vec<f64>>,
}

/// Fits the trees of every day to `horizon`.
pub(crate) fn fit(ready: &Ready<'_>, horizon: usize) -> Result<Fitted, ModelError> {
    let settings = ready.training.settings;
    let losses: Vec<Loss> = match settings.quantile_levels() {
        None => vec![Loss::SquaredError],
        Some(levels) => levels.into_iter().map(Loss::Quantile).collect(),
    };
    let rows = Rows::new(ready, horizon)?;
    let complete = rows.complete();
    let mut outside = Compared::default();
    for block in blocks(complete, settings.folds) {
        let (_, grid) = rows.grid(&ready.training, &losses, block.start)?;
        block.for_each(|row| outside.push(&rows, &grid, row));
    }
    let (models, grid) = rows.grid(&ready.training, &losses, rows.levels.len() - rows.lookback)?;
    let mut inside = Compared::default();
    (0..complete).for_each(|row| inside.push(&rows, &grid, row));
    let (training_loss, validation_loss) = (inside.loss(&losses), outside.loss(&losses));
    let count = outside.returns.len();
    let (shifts, vectors, residuals) = match settings.quantile_levels() {
        None => outside.residuals(horizon),
        Some(levels) => outside.levels_reached(horizon, &levels),
    };
    let mut parameters = ready.parameters(&grid.ensembles)?;
    parameters.insert("rows_out_of_fold".into(), json!(count));
    parameters.insert("days".into(), json!(grid.days));
    parameters.insert("residuals".into(), residuals);
    let bytes = StoredDirect { models, shifts, vectors, ..empty(ready, horizon) }.encode()?;
    let kind = if settings.quantile_levels().is_some() { "direct quantiles" } else { "direct" };
    let (ensembles, trees) = (grid.ensembles.len(), settings.rounds);
    Ok(Fitted {
        model_type: format!("xgboost({kind}, {ensembles} × {trees} trees, {} features)", ready.layout.names().len()),
        format: "xgboost/2".into(),
        bytes,
        parameters: Value::Object(parameters),
        samples: ready.observed.closes.len(),
        log_likelihood: None,
        aicc: None,
        training_loss: Some(training_loss),
        validation_loss: Some(validation_loss),
        fallback: ready.fallback(),
    })
}

impl Rows {
    fn new(ready: &Ready<'_>, horizon: usize) -> Result<Self, ModelError> {
        let Ready { layout, unit, window, observed, .. } = ready;
        let days = days_with_trees(&ready.training.settings.days, horizon);
        let table = |day| Table::new(layout, *unit, window, observed, day);
        let tables = (1..=horizon).map(table).collect::<Result<_, _>>()?;
        let levels = observed.closes.iter().map(|&close| unit.level(close)).collect();
        Ok(Self { tables, days, width: layout.names().len(), levels, lookback: layout.lookback(), horizon })
    }

    /// Rows whose horizon has passed.
    fn complete(&self) -> usize {
        (self.levels.len() + 1).saturating_sub(self.lookback + self.horizon)
    }

    /// Trains on the targets that end before row `before`.
    fn grid(
        &self,
        training: &Training<'_>,
        losses: &[Loss],
        before: usize,
    ) -> Result<(Vec<Vec<u8>>, Grid), ModelError> {
        let (mut models, mut ensembles) = (Vec::new(), Vec::new());
        for day in &self.days {
            for loss in losses {
                let rows = (before + 1).saturating_sub(*day);
                let (model, trees) = training.train(&self.tables[day - 1], rows, *loss)?;
                models.push(model);
                ensembles.push(trees);
            }
        }
        Ok((models, Grid { days: self.days.clone(), ensembles, outputs: losses.len() }))
    }
}

impl Compared {
    fn push(&mut self, rows: &Rows, grid: &Grid, row: usize) {
        let features = |day: usize| &rows.tables[day - 1].features[row * rows.width..][..rows.width];
        self.predicted.push(grid.predict(rows.horizon, features));
        let first = rows.lookback + row;
        let origin = rows.levels[first - 1];
        self.returns.push(rows.levels[first..first + rows.horizon].iter().map(|level| level - origin).collect());
    }

    /// Per row and day: predictions and the return.
    fn days(&self, outputs: usize) -> impl Iterator<Item = (&[f64], f64)> {
        let rows = self.predicted.iter().zip(&self.returns);
        rows.flat_map(move |(predicted, returns)| predicted.chunks_exact(outputs).zip(returns.iter().copied()))
    }

    /// Root mean square error, or mean pinball loss, over all days (and levels).
    fn loss(&self, losses: &[Loss]) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for (predicted, y) in self.days(losses.len()) {
            for (prediction, loss) in predicted.iter().zip(losses) {
                sum += match *loss {
                    Loss::SquaredError => (y - prediction) * (y - prediction),
                    Loss::Quantile(level) => pinball(*prediction, level, y),
                };
                count += 1.0;
            }
        }
        let mean = sum / f64::max(count, 1.0);
        if losses == [Loss::SquaredError] { mean.sqrt() } else { mean }
    }

    /// Centred residuals, day by day.
    fn residuals(&self, horizon: usize) -> (Vec<f32>, Vec<f32>, Value) {
        let mut all = Vec::with_capacity(horizon * self.returns.len());
        let mut spreads = Vec::with_capacity(horizon);
        for day in 0..horizon {
            let rows = self.predicted.iter().zip(&self.returns);
            let mut residuals: Vec<f32> = rows.map(|(predicted, y)| (y[day] - predicted[day]) as f32).collect();
            spreads.push(root_mean_square(&residuals));
            centre(&mut residuals);
            all.extend(residuals);
        }
        (vec![], all, json!({ "out_of_fold_rms": spreads }))
    }

    /// Shifts of the predicted quantiles, and the levels that returns reached under the shifted ones, day by day.
    fn levels_reached(&mut self, horizon: usize, levels: &[f64]) -> (Vec<f32>, Vec<f32>, Value) {
        let outputs = levels.len();
        self.predicted.iter_mut().for_each(|predicted| arrange(predicted, outputs));
        let mut shifts = Vec::with_capacity(horizon * outputs);
        for day in 0..horizon {
            for (at, level) in levels.iter().enumerate() {
                let rows = self.predicted.iter().zip(&self.returns);
                let mut errors: Vec<f32> = rows.map(|(p, y)| (y[day] - p[day * outputs + at]) as f32).collect();
                errors.sort_unstable_by(f32::total_cmp);
                shifts.push(quantile_of_sorted(&errors, *level) as f32);
            }
        }
        let mut reached = vec![0.0; horizon * self.returns.len()];
        let count = self.returns.len();
        for (row, (predicted, returns)) in self.predicted.iter().zip(&self.returns).enumerate() {
            let values = shifted(predicted.clone(), &shifts, outputs);
            for (day, (values, y)) in values.chunks_exact(outputs).zip(returns).enumerate() {
                let level = Curve::new(levels, values).map_or(0.5, |curve| curve.level(*y));
                reached[day * count + row] = level as f32;
            }
        }
        let by_day: Vec<&[f32]> = shifts.chunks_exact(outputs).collect();
        let parameters = json!({ "levels": levels, "shifts": by_day });
        (shifts, reached, parameters)
    }
}

/// The stored form of a series that never moves.
pub(crate) fn constant(ready: &Ready<'_>, horizon: usize) -> Result<Vec<u8>, ModelError> {
    empty(ready, horizon).encode()
}

fn empty(ready: &Ready<'_>, horizon: usize) -> StoredDirect {
    let (settings, regressors) = (ready.training.settings.clone(), ready.regressors.to_vec());
    let (models, shifts, vectors) = (vec![], vec![], vec![]);
    StoredDirect { settings, regressors, unit: ready.unit, horizon, models, shifts, vectors }
}
