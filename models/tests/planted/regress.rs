//! Test-only families: log returns regressed on covariates, one coefficient each; and one that regresses the return on
//! itself.

use almanac_models::{
    Explanation, Family, FitContext, Fitted, FittedModel, Future, History, Model, ModelError, ModelSpec, State,
    StreamKey,
};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// What is wrong with a planted model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    StateStandsStill,
    SpreadShrinks,
    OneStreamForAllDays,
    PointBesideTheMedian,
    Panics,
    PathsAreNotChecked,
    FitsDiffer,
}

/// Returns on covariates; with a flaw, if one is planted.
#[derive(Clone, Copy)]
pub(crate) struct Regress {
    pub(crate) flaw: Option<Flaw>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Parameters {
    means: Vec<f64>,
    slopes: Vec<f64>,
    scale: f64,
    nonce: u64,
    last: f64,
}

#[derive(Debug)]
struct Loaded {
    parameters: Parameters,
    flaw: Option<Flaw>,
}

impl Family for Regress {
    fn name(&self) -> &'static str {
        "regress"
    }

    fn uses_regressors(&self) -> bool {
        true
    }

    fn model(&self, _spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(*self))
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        let parameters = serde_json::from_slice(bytes).map_err(|e| ModelError::Corrupt(e.to_string()))?;
        Ok(Box::new(Loaded { parameters, flaw: self.flaw }))
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(Explanation::of_parameters(fitted, "a regression of returns", "resampled"))
    }
}

/// Rows with a log return and every covariate.
fn returns(window: &History<'_>) -> Vec<(f64, usize)> {
    let y = window.target;
    let known = |row: usize| window.regressors.iter().all(|x| x.get(row).is_some_and(|x| x.is_finite()));
    let rows = (1..y.len()).filter(|&row| y[row] > 0.0 && y[row - 1] > 0.0 && known(row));
    rows.map(|row| ((y[row] / y[row - 1]).ln(), row)).collect()
}

fn stored(parameters: &Parameters, format: &str, samples: usize) -> Fitted {
    Fitted {
        model_type: "regress".into(),
        format: format.into(),
        bytes: serde_json::to_vec(parameters).unwrap(),
        parameters: serde_json::to_value(parameters).unwrap(),
        samples,
        log_likelihood: None,
        aicc: None,
        training_loss: None,
        validation_loss: None,
        fallback: None,
    }
}

static FITS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

impl Model for Regress {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let rows = returns(window);
        if self.flaw == Some(Flaw::Panics) {
            assert!(window.len() > 1, "planted panic");
        }
        if rows.len() < 20 {
            return Err(ModelError::TooShort { have: rows.len(), need: 20 });
        }
        let n = rows.len() as f64;
        let (mut means, mut slopes) = (Vec::new(), Vec::new());
        for x in window.regressors {
            let mean = rows.iter().map(|(_, row)| x[*row]).sum::<f64>() / n;
            let across = rows.iter().map(|(r, row)| r * (x[*row] - mean)).sum::<f64>();
            let along = rows.iter().map(|(_, row)| (x[*row] - mean).powi(2)).sum::<f64>();
            means.push(mean);
            slopes.push(if along > 0.0 { across / along } else { 0.0 });
        }
        let scale = (rows.iter().map(|(r, _)| r * r).sum::<f64>() / n).sqrt();
        if ![scale].iter().chain(&slopes).chain(&means).all(|x| x.is_finite()) {
            return Err(ModelError::Numerical("not finite".into()));
        }
        let nonce = match self.flaw {
            Some(Flaw::FitsDiffer) => FITS.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
            _ => 0,
        };
        let last = window.target.iter().rev().copied().find(|y| *y > 0.0).unwrap_or(1.0);
        Ok(stored(&Parameters { means, slopes, scale, nonce, last }, "regress/1", rows.len()))
    }
}

struct AtOrigin<'a> {
    loaded: &'a Loaded,
    last: f64,
    /// Expected log return of each day ahead.
    expected: Vec<f64>,
}

impl FittedModel for Loaded {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let last = history.target.iter().rev().copied().find(|y| !y.is_nan());
        let mut last = last.ok_or(ModelError::TooShort { have: 0, need: 1 })?;
        if self.flaw == Some(Flaw::StateStandsStill) {
            last = self.parameters.last;
        }
        if !(last.is_finite() && last > 0.0) {
            return Err(ModelError::Unusable { what: "target".into(), value: last.to_string() });
        }
        let p = &self.parameters;
        let terms = |h: usize| {
            future.regressors.iter().zip(p.slopes.iter().zip(&p.means)).map(move |(x, (b, m))| b * (x[h] - m))
        };
        let expected = (0..future.horizon()).map(|h| terms(h).sum()).collect();
        Ok(Box::new(AtOrigin { loaded: self, last, expected }))
    }
}

impl State for AtOrigin<'_> {
    fn median(&self) -> Option<Vec<f64>> {
        let mut level = self.last.ln();
        let shift = if self.loaded.flaw == Some(Flaw::PointBesideTheMedian) { 1.01 } else { 1.0 };
        let after = self.expected.iter().map(|r| {
            level += r;
            level.exp() * shift
        });
        Some(after.collect())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let flaw = self.loaded.flaw;
        let mut levels = vec![self.last.ln(); paths];
        let mut shared = stream.day(0);
        for (h, day) in out.chunks_exact_mut(paths.max(1)).enumerate() {
            let mut own = stream.day(h);
            for (level, value) in levels.iter_mut().zip(day) {
                let rng = if flaw == Some(Flaw::OneStreamForAllDays) { &mut shared } else { &mut own };
                let shock: f64 = StandardNormal.sample(rng);
                let shock = shock * self.loaded.parameters.scale;
                if flaw == Some(Flaw::SpreadShrinks) {
                    *level = self.last.ln() + shock / (h + 1) as f64;
                } else {
                    *level += self.expected[h] + shock;
                }
                *value = level.exp() as f32;
            }
        }
        match out.iter().find(|x| !x.is_finite()) {
            Some(x) if flaw != Some(Flaw::PathsAreNotChecked) => {
                Err(ModelError::Numerical(format!("a path reached {x}")))
            }
            _ => Ok(()),
        }
    }
}

/// The return of a day explained by the return of that same day.
pub(crate) struct LagZero;

impl Family for LagZero {
    fn name(&self) -> &'static str {
        "lag_zero"
    }

    fn uses_regressors(&self) -> bool {
        true
    }

    fn model(&self, _spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(LagZero))
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        Regress { flaw: None }.load(version, bytes)
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Regress { flaw: None }.explain(fitted)
    }
}

impl Model for LagZero {
    fn fit(&self, window: &History<'_>, _context: &FitContext) -> Result<Fitted, ModelError> {
        let rows = returns(window);
        if rows.len() < 20 {
            return Err(ModelError::TooShort { have: rows.len(), need: 20 });
        }
        let along: f64 = rows.iter().map(|(r, _)| r * r).sum();
        let slope = if along > 0.0 { rows.iter().map(|(r, _)| r * r).sum::<f64>() / along } else { 0.0 };
        let residual: f64 = rows.iter().map(|(r, _)| (r - slope * r).powi(2)).sum();
        let scale = (residual / rows.len() as f64).sqrt();
        let parameters = Parameters { means: Vec::new(), slopes: Vec::new(), scale, nonce: 0, last: 1.0 };
        Ok(stored(&parameters, "lag_zero/1", rows.len()))
    }
}
