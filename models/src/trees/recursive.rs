//! Fits the recursive strategy: trees of one session's return.

use serde_json::{Value, json};

use crate::trees::family::Ready;
use crate::trees::folds::{centre, residuals, root_mean_square};
use crate::trees::table::Table;
use crate::trees::{Loss, Stored};
use crate::{Fitted, ModelError};

pub(crate) fn fit(ready: &Ready<'_>) -> Result<Fitted, ModelError> {
    let training = &ready.training;
    let table = Table::new(ready.layout, ready.unit, ready.window, &ready.observed, 1)?;
    let mut innovations = training.out_of_fold(&table)?;
    let validation_loss = root_mean_square(&innovations);
    centre(&mut innovations);
    let (rows, width) = (table.target.len(), ready.layout.names().len());
    let (model, ensemble) = training.train(&table, rows, Loss::SquaredError)?;
    let training_loss = root_mean_square(&residuals(&ensemble, &table, width, 0..rows));
    let (trees, base_score) = (ensemble.trees().len(), ensemble.base_score());
    let mut parameters = ready.parameters(&[ensemble])?;
    parameters.insert("base_score".into(), json!(base_score));
    let residuals = json!({
        "count": innovations.len(),
        "out_of_fold_rms": validation_loss,
        "in_sample_rms": training_loss,
        "centred_rms": root_mean_square(&innovations),
    });
    parameters.insert("residuals".into(), residuals);
    Ok(Fitted {
        model_type: format!("xgboost({trees} trees, {width} features)"),
        format: "xgboost/1".into(),
        bytes: stored(ready, model, innovations)?,
        parameters: Value::Object(parameters),
        samples: ready.observed.closes.len(),
        log_likelihood: None,
        aicc: None,
        training_loss: Some(training_loss),
        validation_loss: Some(validation_loss),
        fallback: ready.fallback(),
    })
}

/// The stored form of a series that never moves.
pub(crate) fn constant(ready: &Ready<'_>) -> Result<Vec<u8>, ModelError> {
    stored(ready, vec![], vec![])
}

fn stored(ready: &Ready<'_>, model: Vec<u8>, residuals: Vec<f32>) -> Result<Vec<u8>, ModelError> {
    let (settings, regressors) = (ready.training.settings.clone(), ready.regressors.to_vec());
    Stored { settings, regressors, unit: ready.unit, model, residuals }.encode()
}
