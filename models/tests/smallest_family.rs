//! A level that returns to its mean: the next value is `mean + persistence · (last − mean)` plus a normal innovation.
//!
//! Persistence is the first autocorrelation, kept within 0 and 1; absent sessions are passed over. No settings.
//!
//! Fallback, recorded in [`Fitted::fallback`]: a constant series keeps its value with zero spread.
//!
//! This is the smallest family that passes the suite, and is here to be copied: CONTRIBUTING.md says how.

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};
use serde_json::json;

use almanac_models::{
    Explanation, Family, FitContext, Fitted, FittedModel, Future, History, Model, ModelError, ModelSpec, State,
    StreamKey,
};

/// The `returning` family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Returning;

/// Stored form, version 1 (JSON).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    mean: f64,
    persistence: f64,
    scale: f64,
}

/// The model at an origin: medians of the days ahead, and what paths need.
struct Origin {
    fitted: Parameters,
    last: f64,
    horizon: usize,
}

impl Family for Returning {
    fn name(&self) -> &'static str {
        "returning"
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        match spec.settings.keys().next() {
            None => Ok(Box::new(*self)),
            Some(setting) => Err(ModelError::Setting {
                model: spec.name.clone(),
                setting: setting.clone(),
                message: "unknown; returning has none".into(),
            }),
        }
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        let parameters: Parameters = serde_json::from_slice(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?;
        let sound = (0.0..=1.0).contains(&parameters.persistence) && parameters.scale >= 0.0;
        if sound { Ok(Box::new(parameters)) } else { Err(ModelError::Corrupt(format!("{parameters:?}"))) }
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(Explanation::of_parameters(fitted, "the level returns to its mean", "normal innovations, day by day"))
    }
}

/// Values present, refusing what no computation can use.
fn present(history: &History<'_>) -> Result<Vec<f64>, ModelError> {
    let y: Vec<f64> = history.target.iter().copied().filter(|y| !y.is_nan()).collect();
    match y.iter().find(|y| y.abs() > 1e100) {
        Some(bad) => Err(ModelError::Unusable { what: "target".into(), value: bad.to_string() }),
        None => Ok(y),
    }
}

impl Model for Returning {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let y = present(window)?;
        if y.len() < 3 {
            return Err(ModelError::TooShort { have: y.len(), need: 3 });
        }
        let n = y.len() as f64;
        let mean = y.iter().sum::<f64>() / n;
        let product = |lag: usize| y.iter().zip(&y[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
        let square = product(0);
        let persistence = if square > 0.0 { (product(1) / square).clamp(0.0, 1.0) } else { 1.0 };
        let scale = (square / n * (1.0 - persistence * persistence)).sqrt();
        let parameters = Parameters { mean, persistence, scale };
        Ok(Fitted {
            model_type: "returning".into(),
            format: "returning/1".into(),
            bytes: serde_json::to_vec(&parameters).map_err(|e| ModelError::Numerical(e.to_string()))?,
            parameters: json!(parameters),
            samples: y.len(),
            log_likelihood: None,
            aicc: None,
            training_loss: Some(scale),
            validation_loss: None,
            fallback: (square == 0.0).then(|| "constant".to_owned()),
        })
    }
}

impl FittedModel for Parameters {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let last = present(history)?.last().copied().ok_or(ModelError::TooShort { have: 0, need: 1 })?;
        Ok(Box::new(Origin { fitted: *self, last, horizon: future.days.len() }))
    }
}

impl State for Origin {
    fn median(&self) -> Option<Vec<f64>> {
        let Parameters { mean, persistence, .. } = self.fitted;
        let mut away = self.last - mean;
        let next = |_| {
            away *= persistence;
            mean + away
        };
        Some((0..self.horizon).map(next).collect())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let Parameters { mean, persistence, scale } = self.fitted;
        let mut away = vec![self.last - mean; paths];
        for (h, day) in out.chunks_exact_mut(paths.max(1)).enumerate() {
            let mut rng = stream.day(h);
            for (value, away) in day.iter_mut().zip(&mut away) {
                let shock: f64 = StandardNormal.sample(&mut rng);
                *away = persistence * *away + scale * shock;
                *value = (mean + *away) as f32;
                if !value.is_finite() {
                    return Err(ModelError::Numerical(format!("a path reached {value}")));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use almanac_models::{Registry, conformance};

    use super::*;

    fn spec(settings: serde_json::Value) -> ModelSpec {
        serde_json::from_value(json!({ "name": "r", "family": "returning", "settings": settings })).unwrap()
    }

    #[test]
    fn it_conforms() {
        let registry = Registry::default().with(Arc::new(Returning));
        let report = conformance::check(&registry, &spec(json!({})));
        assert!(report.passed() && report.checks.len() >= 16, "{report}");
        assert!(registry.model(&spec(json!({ "window": 3 }))).is_err());
    }

    /// 2, 4, 2, 0: mean 2, squares 0, 4, 0, 4, products of neighbours 0.
    #[test]
    fn parameters_by_hand() {
        let days = [0, 1, 2, 3];
        let context = FitContext { seed: 1, horizon: 2, week: 5, cutoff: 3 };
        let window = History { days: &days, target: &[2.0, 4.0, 2.0, 0.0], regressors: &[] };
        let fitted = Returning.fit(&window, &context).unwrap();
        assert_eq!(fitted.parameters, json!({ "mean": 2.0, "persistence": 0.0, "scale": 2.0_f64.sqrt() }));
        let explanation = Returning.explain(&fitted).unwrap();
        assert_eq!(explanation.coefficients.len(), 3);
    }
}
