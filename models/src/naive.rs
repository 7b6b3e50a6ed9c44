//! Last value: the next close is today's close times (or plus) an innovation.
//!
//! Innovations have mean zero. They are log differences when every training price is positive, else differences. By
//! default they are normal, with the root mean square over the training window as scale. The exact conditional median
//! of every day is the last close; resampled innovations (`bootstrap`) have none.
//!
//! Setting: `innovations`, a law of [`crate::innovations`].

use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::innovations::{Kind, Law, Normal, deviation};
use crate::walk::{Lags, Levels, Trained, Walk, explain, finite, fitted, json_error, read};
use crate::{Explanation, Family, FitContext, Fitted, FittedModel, History, Model, ModelError, ModelSpec};

/// The level follows the last one.
const LAST: Lags = Lags::Season(1);

/// The `naive` family. It uses no regressors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naive;

/// A specification ready to be fitted.
#[derive(Debug, Clone, Copy)]
struct Configured(Kind);

/// Stored form, version 1 (JSON): normal innovations. Version 2 is a [`Walk`].
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
        Ok(Box::new(Configured(read(spec, None)?)))
    }

    fn format_version(&self) -> u32 {
        2
    }

    fn load(&self, version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        if version > 1 {
            return Ok(Box::new(Walk::load(bytes)?));
        }
        let Parameters { log, scale } =
            serde_json::from_slice(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?;
        let innovations = Law::Normal(Normal { scale });
        Ok(Box::new(Walk { log, drift: 0.0, centre: 0.0, lags: LAST, start: 0.0, innovations }.checked()?))
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(explain(fitted, "the next value is the last one"))
    }
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let levels = Levels::of(window)?;
        let steps = levels.steps(LAST);
        if self.0 != Kind::Normal {
            let (name, format) = ("naive".to_owned(), "naive/2");
            let trained = Trained {
                name,
                format,
                levels: &levels,
                lags: LAST,
                drift: None,
                centre: 0.0,
                start: 0.0,
                steps: &steps,
                own: Map::new(),
                fallback: None,
            };
            return fitted(self.0, trained);
        }
        let scale = finite("scale of the innovations", deviation(&steps, 0))?;
        let parameters = Parameters { log: levels.log, scale };
        Ok(Fitted {
            model_type: "naive".into(),
            format: "naive/1".into(),
            bytes: serde_json::to_vec(&parameters).map_err(json_error)?,
            parameters: serde_json::to_value(&parameters).map_err(json_error)?,
            samples: levels.samples,
            log_likelihood: None,
            aicc: None,
            training_loss: Some(scale),
            validation_loss: None,
            fallback: levels.fallback(),
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
        let fitted = Configured(Kind::Normal).fit(&History { days: &days, target, regressors: &[] }, &context).unwrap();
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
