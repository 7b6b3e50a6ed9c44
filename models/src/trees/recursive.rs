//! Fits the recursive strategy: trees of one session's return.

use serde_json::{Value, json};

use crate::innovations::{Kind, Law, Normal};
use crate::trees::family::Ready;
use crate::trees::folds::{centre, residuals, root_mean_square};
use crate::trees::law::{FittedLaw, single};
use crate::trees::table::Table;
use crate::trees::{Loss, Stored};
use crate::{Day, Fitted, ModelError};

pub(crate) fn fit(ready: &Ready<'_>) -> Result<Fitted, ModelError> {
    let training = &ready.training;
    let table = Table::new(ready.layout, ready.unit, ready.window, &ready.observed, 1)?;
    let mut innovations = training.out_of_fold(&table)?;
    let validation_loss = root_mean_square(&innovations);
    let mean = centre(&mut innovations);
    let law = law(training.settings.innovations, &innovations)?;
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
    let mut model_type = format!("xgboost({trees} trees, {width} features)");
    let mut reasons: Vec<String> = ready.fallback().into_iter().collect();
    let law = law.map(|(law, report, reason)| {
        model_type = format!("{model_type}, {} innovations", law.kind().name());
        parameters.insert("innovations".into(), report);
        reasons.extend(reason);
        FittedLaw { law, centre: mean, cutoff: last_day(ready) }
    });
    let stored = stored(ready, model, innovations, law);
    Ok(Fitted {
        model_type,
        format: stored.format().into(),
        bytes: stored.encode()?,
        parameters: Value::Object(parameters),
        samples: ready.observed.closes.len(),
        log_likelihood: None,
        aicc: None,
        training_loss: Some(training_loss),
        validation_loss: Some(validation_loss),
        fallback: (!reasons.is_empty()).then(|| reasons.join("; ")),
    })
}

/// A law, its readable parameters, and why it is a simpler one than was asked for, if so.
type Found = (Law, Value, Option<String>);

/// The law that was asked for, fitted to centred residuals; none where they are resampled.
fn law(kind: Kind, residuals: &[f32]) -> Result<Option<Found>, ModelError> {
    if kind == Kind::Bootstrap {
        return Ok(None);
    }
    let estimate = Law::fit(kind, &single(residuals), 0)?;
    let found = estimate.law.kind();
    let spreadless = || format!("{} innovations instead of {}: residuals have no spread", found.name(), kind.name());
    let reason = estimate.fallback.or_else(|| (found != kind).then(spreadless));
    Ok(Some((estimate.law, estimate.report, reason)))
}

/// The stored form of a series that never moves: innovations without spread, whatever their law.
pub(crate) fn constant(ready: &Ready<'_>) -> Stored {
    let resampled = ready.training.settings.innovations == Kind::Bootstrap;
    let none = || FittedLaw { law: Law::Normal(Normal { scale: 0.0 }), centre: 0.0, cutoff: last_day(ready) };
    stored(ready, vec![], vec![], (!resampled).then(none))
}

fn last_day(ready: &Ready<'_>) -> Day {
    let last = ready.observed.rows.last().and_then(|&row| ready.window.days.get(row));
    last.copied().unwrap_or(Day::MIN)
}

fn stored(ready: &Ready<'_>, model: Vec<u8>, residuals: Vec<f32>, law: Option<FittedLaw>) -> Stored {
    let (settings, regressors) = (ready.training.settings.clone(), ready.regressors.to_vec());
    Stored { settings, regressors, unit: ready.unit, model, residuals, law }
}
