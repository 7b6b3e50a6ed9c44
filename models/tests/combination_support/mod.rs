//! Members whose forecasts are known, and one that has learnt its window by heart.

use std::collections::BTreeMap;
use std::sync::Arc;

use almanac_models::{
    Day, Explanation, Family, FitContext, Fitted, FittedModel, Future, History, Model, ModelError, ModelSpec, Registry,
    State, StreamKey,
};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What every expert is about.
pub(crate) fn signal(day: Day) -> f64 {
    20.0 * libm::sin(f64::from(day) * 0.05)
}

/// Noise of unit variance, of a day and a seed.
pub(crate) fn noise(seed: u64, day: Day) -> f64 {
    StandardNormal.sample(&mut StreamKey::new(seed, "noise", "", "", day).day(0))
}

/// Says signal + bias + error · noise of each day, with normal paths of a deviation around that.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Expert {
    seed: u64,
    bias: f64,
    error: f64,
    deviation: f64,
    /// Whether the median is told, or only the paths.
    exact: bool,
    /// Fewest rows it can be fitted on.
    need: usize,
    /// Fewest rows it can be conditioned on.
    history: usize,
    /// Whether it follows nothing but its bias.
    constant: bool,
}

impl Default for Expert {
    fn default() -> Self {
        Self { seed: 0, bias: 0.0, error: 0.0, deviation: 1.0, exact: true, need: 1, history: 1, constant: false }
    }
}

#[derive(Clone, Copy)]
struct Experts;

/// The window by heart; of days it has not seen, a bad guess.
#[derive(Debug, Clone, Copy)]
struct ByHeart;

#[derive(Debug, Serialize, Deserialize)]
struct Memory(BTreeMap<Day, f64>);

/// The known families and these.
pub(crate) fn registry() -> Registry {
    Registry::default().with(Arc::new(Experts)).with(Arc::new(ByHeart))
}

pub(crate) fn expert(name: &str, settings: Value) -> Value {
    json!({ "name": name, "family": "expert", "settings": settings })
}

fn fitted(name: &str, stored: &impl Serialize, samples: usize) -> Fitted {
    Fitted {
        model_type: name.into(),
        format: format!("{name}/1"),
        bytes: serde_json::to_vec(stored).unwrap(),
        parameters: json!({}),
        samples,
        log_likelihood: None,
        aicc: None,
        training_loss: None,
        validation_loss: None,
        fallback: None,
    }
}

impl Family for Experts {
    fn name(&self) -> &'static str {
        "expert"
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        let settings = serde_json::from_value::<Expert>(Value::Object(spec.settings.clone()));
        Ok(Box::new(settings.map_err(|e| ModelError::Numerical(e.to_string()))?))
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        Ok(Box::new(serde_json::from_slice::<Expert>(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?))
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(Explanation::of_parameters(fitted, "what it is told to say", "normal"))
    }
}

impl Model for Expert {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        if window.len() < self.need {
            return Err(ModelError::TooShort { have: window.len(), need: self.need });
        }
        Ok(fitted("expert", self, window.len()))
    }
}

struct Said {
    points: Vec<f64>,
    deviation: f64,
    exact: bool,
}

impl FittedModel for Expert {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        if history.len() < self.history {
            return Err(ModelError::TooShort { have: history.len(), need: self.history });
        }
        let shared = |day| if self.constant { 0.0 } else { signal(day) };
        let point = |day: &Day| shared(*day) + self.bias + self.error * noise(self.seed, *day);
        let points = future.days.iter().map(point).collect();
        Ok(Box::new(Said { points, deviation: self.deviation, exact: self.exact }))
    }
}

impl State for Said {
    fn median(&self) -> Option<Vec<f64>> {
        self.exact.then(|| self.points.clone())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        for (h, (day, point)) in out.chunks_exact_mut(paths.max(1)).zip(&self.points).enumerate() {
            let mut rng = stream.day(h);
            for value in day {
                let normal: f64 = StandardNormal.sample(&mut rng);
                *value = (point + self.deviation * normal) as f32;
            }
        }
        Ok(())
    }
}

impl Family for ByHeart {
    fn name(&self) -> &'static str {
        "by_heart"
    }

    fn model(&self, _spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(*self))
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        Ok(Box::new(serde_json::from_slice::<Memory>(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?))
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(Explanation::of_parameters(fitted, "what it is told to say", "normal"))
    }
}

impl Model for ByHeart {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let seen = window.days.iter().copied().zip(window.target.iter().copied()).collect();
        Ok(fitted("by_heart", &Memory(seen), window.len()))
    }
}

impl FittedModel for Memory {
    fn condition(&self, _history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let points = future.days.iter().map(|day| self.0.get(day).copied().unwrap_or(-1_000.0)).collect();
        Ok(Box::new(Said { points, deviation: 1.0, exact: true }))
    }
}
