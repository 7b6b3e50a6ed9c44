//! Last value: the next close is today's close times (or plus) an innovation.
//!
//! Innovations are normal with mean zero. They are log differences when every training price is positive, else
//! differences; their scale is the root mean square over the training window. The exact conditional median of every
//! day is the last close.

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::{Family, FitContext, Fitted, FittedModel, Future, History, Model, ModelError, ModelSpec, State, StreamKey};

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
        let parameters: Parameters = serde_json::from_slice(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?;
        Ok(Box::new(parameters))
    }
}

impl Model for Naive {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let closes: Vec<f64> = window.target.iter().copied().filter(|y| !y.is_nan()).collect();
        if let Some(bad) = closes.iter().find(|y| !y.is_finite()) {
            return Err(ModelError::Unusable { what: "target".into(), value: bad.to_string() });
        }
        if closes.len() < 2 {
            return Err(ModelError::TooShort { have: closes.len(), need: 2 });
        }
        let log = closes.iter().all(|&y| y > 0.0);
        let step = |pair: &[f64]| if log { libm::log(pair[1]) - libm::log(pair[0]) } else { pair[1] - pair[0] };
        let sum: f64 = closes.windows(2).map(|pair| step(pair) * step(pair)).sum();
        let scale = (sum / (closes.len() - 1) as f64).sqrt();
        if !scale.is_finite() {
            return Err(ModelError::Numerical(format!("scale of the innovations is {scale}")));
        }
        let parameters = Parameters { log, scale };
        let json = |e: serde_json::Error| ModelError::Numerical(e.to_string());
        Ok(Fitted {
            model_type: "naive".into(),
            format: "naive/1".into(),
            bytes: serde_json::to_vec(&parameters).map_err(json)?,
            parameters: serde_json::to_value(&parameters).map_err(json)?,
            samples: closes.len(),
            log_likelihood: None,
            aicc: None,
            training_loss: Some(scale),
            validation_loss: None,
            fallback: (!log).then(|| "differences: a price is zero or negative".to_owned()),
        })
    }
}

/// The last close and the law of its innovations.
struct AtOrigin<'a> {
    parameters: &'a Parameters,
    last: f64,
    horizon: usize,
}

impl FittedModel for Parameters {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let last = history.target.iter().rev().copied().find(|y| !y.is_nan());
        let last = last.ok_or(ModelError::TooShort { have: 0, need: 1 })?;
        if !last.is_finite() {
            return Err(ModelError::Unusable { what: "target".into(), value: last.to_string() });
        }
        Ok(Box::new(AtOrigin { parameters: self, last, horizon: future.horizon() }))
    }
}

impl State for AtOrigin<'_> {
    fn median(&self) -> Option<Vec<f64>> {
        Some(vec![self.last; self.horizon])
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let scale = self.parameters.scale;
        let mut walk = vec![0.0_f64; paths];
        for (h, day) in out.chunks_exact_mut(paths.max(1)).enumerate() {
            let mut rng = stream.day(h);
            for (sum, value) in walk.iter_mut().zip(day) {
                let innovation: f64 = StandardNormal.sample(&mut rng);
                *sum += scale * innovation;
                // a log walk cannot be applied to a price at or below zero: its steps are then relative differences
                let price = match (self.parameters.log, self.last > 0.0) {
                    (true, true) => self.last * libm::exp(*sum),
                    (true, false) => self.last + self.last.abs() * *sum,
                    (false, _) => self.last + *sum,
                };
                *value = price as f32;
            }
        }
        match out.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(ModelError::Numerical(format!("a path reached {v}"))),
        }
    }
}
