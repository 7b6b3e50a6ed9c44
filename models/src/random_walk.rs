//! Random walk with drift: the next close is today's close times (or plus) a drift and an innovation.
//!
//! Steps are log differences when every training price is positive, else differences. The drift is the mean of the
//! last 30 steps before the cutoff; innovations are the steps around the mean of the whole window, by default normal
//! with their sample deviation as scale. All are parameters, the level is state (and GARCH's variance). The exact
//! conditional median of day h is last · exp(h · drift), or last + h · drift; resampled innovations have none.
//!
//! Setting: `innovations`, a law of [`crate::innovations`].

use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::innovations::{Kind, Law, Normal, Residual, deviation};
use crate::walk::{Lags, Levels, Trained, Walk, explain, finite, fitted, json_error, read};
use crate::{Explanation, Family, FitContext, Fitted, FittedModel, History, Model, ModelError, ModelSpec};

/// Steps the drift is the mean of.
const DRIFT_STEPS: usize = 30;
/// The level follows the last one.
const LAST: Lags = Lags::Season(1);

/// The `random_walk` family. It uses no regressors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RandomWalk;

/// A specification ready to be fitted.
#[derive(Debug, Clone, Copy)]
struct Configured(Kind);

/// Stored form, version 1 (JSON): normal innovations. Version 2 is a [`Walk`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Whether steps are log differences.
    log: bool,
    /// Mean step of one session.
    drift: f64,
    /// Standard deviation of one session's step.
    scale: f64,
}

impl Family for RandomWalk {
    fn name(&self) -> &'static str {
        "random_walk"
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
        let stored: Parameters = serde_json::from_slice(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?;
        let Parameters { log, drift, scale } = stored;
        let innovations = Law::Normal(Normal { scale });
        // normal innovations have no state: what residuals are measured from does not matter
        Ok(Box::new(Walk { log, drift, centre: drift, lags: LAST, start: 0.0, innovations }.checked()?))
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(explain(fitted, "the next value is the last one"))
    }
}

/// Mean step per session over the last `count` steps (all, if there are fewer): the maximum-likelihood drift of a walk
/// observed at these sessions.
fn drift(steps: &[Residual], count: usize) -> f64 {
    let recent = &steps[steps.len().saturating_sub(count)..];
    recent.iter().map(|step| step.size).sum::<f64>() / recent.iter().map(|step| step.span).sum::<f64>()
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let levels = Levels::of(window)?;
        let steps = levels.steps(LAST);
        let present: Vec<Residual> = steps.iter().filter(|step| step.present()).copied().collect();
        if present.len() < 2 {
            return Err(ModelError::TooShort { have: levels.samples, need: 3 });
        }
        let centre = finite("mean step", drift(&present, present.len()))?;
        let drift = finite("drift", drift(&present, DRIFT_STEPS))?;
        if self.0 != Kind::Normal {
            let (name, format) = ("random_walk".to_owned(), "random_walk/2");
            let trained = Trained {
                name,
                format,
                levels: &levels,
                lags: LAST,
                drift: Some(drift),
                centre,
                start: 0.0,
                steps: &steps,
                own: Map::new(),
                fallback: None,
            };
            return fitted(self.0, trained);
        }
        let residuals: Vec<Residual> = present.iter().map(|step| step.less(centre)).collect();
        let scale = finite("scale of the steps", deviation(&residuals, 1))?;
        let constant = present.iter().all(|step| step.size == 0.0);
        let parameters = Parameters { log: levels.log, drift, scale };
        Ok(Fitted {
            model_type: "random_walk".into(),
            format: "random_walk/1".into(),
            bytes: serde_json::to_vec(&parameters).map_err(json_error)?,
            parameters: serde_json::to_value(&parameters).map_err(json_error)?,
            samples: levels.samples,
            log_likelihood: None,
            aicc: None,
            training_loss: Some(scale),
            validation_loss: None,
            fallback: if constant { Some("constant".into()) } else { levels.fallback() },
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Future;

    fn fit(target: &[f64]) -> (Fitted, Parameters) {
        let days: Vec<i32> = (0..target.len() as i32).collect();
        let context = FitContext { seed: 1, horizon: 14, week: 5, cutoff: 1_000 };
        let fitted = Configured(Kind::Normal).fit(&History { days: &days, target, regressors: &[] }, &context).unwrap();
        let parameters = serde_json::from_slice(&fitted.bytes).unwrap();
        (fitted, parameters)
    }

    /// 40 steps of +1 from −5, then 30 alternating +3 and −1: drift of the last 30 is 1, mean of all is 1, and the
    /// squared deviations are 30 · 4 over 69.
    #[test]
    fn drift_and_scale_by_hand() {
        let mut target = vec![-5.0];
        for step in [1.0; 40].into_iter().chain((0..30).map(|i| if i % 2 == 0 { 3.0 } else { -1.0 })) {
            target.push(target[target.len() - 1] + step);
        }
        let (fitted, parameters) = fit(&target);
        assert!((parameters.drift - 1.0).abs() < 1e-15);
        assert!((parameters.scale - (120.0_f64 / 69.0).sqrt()).abs() < 1e-12);
        assert_eq!(fitted.fallback.as_deref(), Some("differences: a price is zero or negative"));
    }

    #[test]
    fn median_grows_by_the_drift() {
        // 31 prices that grow by 1 % a session
        let target: Vec<f64> = (0..31).map(|i| 100.0 * libm::pow(1.01, f64::from(i))).collect();
        let (fitted, parameters) = fit(&target);
        assert!(parameters.scale < 1e-9);
        let model = RandomWalk.load(1, &fitted.bytes).unwrap();
        let history = History { days: &[0], target: &[50.0], regressors: &[] };
        let state = model.condition(&history, &Future { days: &[1, 2], regressors: &[] }).unwrap();
        let median = state.median().unwrap();
        assert!((median[0] - 50.5).abs() < 1e-9 && (median[1] - 51.005).abs() < 1e-9);
    }

    #[test]
    fn constant_prices_are_a_recorded_fallback() {
        assert_eq!(fit(&[7.0; 40]).0.fallback.as_deref(), Some("constant"));
    }
}
