//! Last value: the next close is today's close times (or plus) an innovation.
//!
//! Innovations are normal with mean zero. They are log differences when every training price is positive, else
//! differences; their scale is the root mean square over the training window. The exact conditional median of every
//! day is the last close.

use serde::{Deserialize, Serialize};

use crate::walk::{Steps, Walk, finite};
use crate::{Family, FitContext, Fitted, FittedModel, History, Model, ModelError, ModelSpec};

/// The `naive` family. It has no settings and uses no regressors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naive;

/// Stored form, version 1 (JSON).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Whether innovations are log differences.
    log: bool,
    /// Standard deviation of one session's innovation.
    scale: f64,
}

impl Family for Naive {
    fn name(&self) -> &'static str {
        "naive"
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        match spec.settings.keys().next() {
            None => Ok(Box::new(*self)),
            Some(setting) => Err(ModelError::Setting {
                model: spec.name.clone(),
                setting: setting.clone(),
                message: "naive has no settings".into(),
            }),
        }
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        let stored: Parameters = serde_json::from_slice(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?;
        Ok(Box::new(Walk { log: stored.log, drift: 0.0, scale: stored.scale }.checked()?))
    }
}

impl Model for Naive {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let steps = Steps::of(window)?;
        let variance = steps.square(0.0) / steps.steps.len() as f64;
        let scale = finite("scale of the innovations", variance.sqrt())?;
        let parameters = Parameters { log: steps.log, scale };
        let json = |e: serde_json::Error| ModelError::Numerical(e.to_string());
        Ok(Fitted {
            model_type: "naive".into(),
            format: "naive/1".into(),
            bytes: serde_json::to_vec(&parameters).map_err(json)?,
            parameters: serde_json::to_value(&parameters).map_err(json)?,
            samples: steps.samples(),
            log_likelihood: None,
            aicc: None,
            training_loss: Some(scale),
            validation_loss: None,
            fallback: steps.fallback(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fit(target: &[f64]) -> Parameters {
        let days: Vec<i32> = (0..target.len() as i32).collect();
        let context = FitContext { seed: 1, horizon: 14, week: 5, cutoff: 10 };
        let fitted = Naive.fit(&History { days: &days, target, regressors: &[] }, &context).unwrap();
        serde_json::from_slice(&fitted.bytes).unwrap()
    }

    /// Steps of ln 2 and −ln 2; differences of 3 and −4.
    #[test]
    fn scale_by_hand() {
        let log = fit(&[1.0, 2.0, 1.0]);
        assert!(log.log && (log.scale - std::f64::consts::LN_2).abs() < 1e-15);
        let plain = fit(&[0.0, 3.0, -1.0]);
        assert!(!plain.log && (plain.scale - 12.5_f64.sqrt()).abs() < 1e-15);
        assert_eq!(fit(&[5.0, 5.0, 5.0]).scale, 0.0);
    }
}
