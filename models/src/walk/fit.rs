//! From steps to a stored walk.

use serde_json::{Map, Value, json};

use super::{Lags, Levels, Walk};
use crate::innovations::{Kind, Law, Residual};
use crate::{Fitted, ModelError};

/// What a family has found before the law of the innovations is fitted.
#[derive(Debug, Clone)]
pub(crate) struct Trained<'a> {
    /// Kind of model, as its `model_type` begins.
    pub(crate) name: String,
    /// Stored form, `family/version`.
    pub(crate) format: &'static str,
    pub(crate) levels: &'a Levels,
    pub(crate) lags: Lags,
    /// Mean step of one session ahead, for a family that has one.
    pub(crate) drift: Option<f64>,
    /// Mean step of the window.
    pub(crate) centre: f64,
    /// Standard deviation of the level the walk starts from.
    pub(crate) start: f64,
    /// Steps of the window.
    pub(crate) steps: &'a [Residual],
    /// Readable parameters of the family's own.
    pub(crate) own: Map<String, Value>,
    /// Fallback of the family's own.
    pub(crate) fallback: Option<String>,
}

/// Fits the innovations and stores the walk.
///
/// # Errors
/// [`ModelError::TooShort`] without a residual, [`ModelError::Numerical`] if they have no finite scale.
pub(crate) fn fitted(kind: Kind, trained: Trained<'_>) -> Result<Fitted, ModelError> {
    let Trained { name, format, levels, lags, drift, centre, start, steps, own, fallback } = trained;
    let residuals: Vec<Residual> = steps.iter().map(|step| step.less(centre)).collect();
    let count = residuals.iter().filter(|residual| residual.present()).count();
    let estimated = usize::from(drift.is_some());
    if count <= estimated {
        return Err(ModelError::TooShort { have: levels.samples, need: levels.samples + 1 + estimated - count });
    }
    let estimate = Law::fit(kind, &residuals, estimated)?;
    let scale = crate::innovations::deviation(&residuals, estimated);
    let mut parameters = own;
    parameters.insert("log".into(), json!(levels.log));
    if let Some(drift) = drift {
        parameters.insert("drift".into(), json!(drift));
    }
    parameters.insert("scale".into(), json!(scale));
    parameters.insert("innovations".into(), estimate.report.clone());
    let constant = steps.iter().all(|step| !step.present() || step.size == 0.0);
    let reasons: Vec<String> = [fallback, levels.fallback(), estimate.fallback.clone()].into_iter().flatten().collect();
    let reasons = if constant { vec!["constant".to_owned()] } else { reasons };
    let (log_likelihood, aicc) = (estimate.log_likelihood, estimate.aicc());
    let law = estimate.law.kind();
    let walk = Walk { log: levels.log, drift: drift.unwrap_or(0.0), centre, lags, start, innovations: estimate.law };
    let walk = walk.checked().map_err(|e| ModelError::Numerical(e.to_string()))?;
    Ok(Fitted {
        model_type: if law == Kind::Normal { name } else { format!("{name}, {} innovations", law.name()) },
        format: format.into(),
        bytes: serde_json::to_vec(&walk).map_err(json_error)?,
        parameters: Value::Object(parameters),
        samples: levels.samples,
        log_likelihood,
        aicc,
        training_loss: Some(scale),
        validation_loss: None,
        fallback: (!reasons.is_empty()).then(|| reasons.join("; ")),
    })
}

/// Refuses a parameter that is not finite.
pub(crate) fn finite(what: &str, value: f64) -> Result<f64, ModelError> {
    if value.is_finite() { Ok(value) } else { Err(ModelError::Numerical(format!("{what} is {value}"))) }
}

/// What cannot be written as JSON is not a number.
pub(crate) fn json_error(error: serde_json::Error) -> ModelError {
    ModelError::Numerical(error.to_string())
}
