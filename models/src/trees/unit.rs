//! The unit in which returns add up: log price, or price over a scale.

use serde::{Deserialize, Serialize};

use crate::ModelError;
use crate::differences::AFTER_FIT;

/// How a close becomes a level whose differences are the model's target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The level is ln(close): differences are log returns.
    LogReturn,
    /// The level is close / scale: differences are in units of `scale`.
    Difference(f64),
}

impl Unit {
    /// Log returns where every close is positive, else differences over their root mean square.
    pub(crate) fn of(closes: &[f64]) -> Result<Self, ModelError> {
        if closes.iter().all(|&y| y > 0.0) {
            return Ok(Self::LogReturn);
        }
        let sum: f64 = closes.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])).sum();
        let scale = (sum / (closes.len().max(2) - 1) as f64).sqrt();
        if scale > 0.0 && scale.is_finite() {
            return Ok(Self::Difference(scale));
        }
        Err(ModelError::Numerical(format!("scale of the differences is {scale}")))
    }

    /// The unit that applies to `closes` at an origin. Log returns cannot describe a price at or below zero that came
    /// after the fit: there, differences relative to the mean size of the closes take their place.
    pub(crate) fn at_origin(self, closes: &[f64]) -> Self {
        if self != Self::LogReturn || closes.iter().all(|&y| y > 0.0) {
            return self;
        }
        let size = closes.iter().map(|y| y.abs()).sum::<f64>() / closes.len() as f64;
        Self::Difference(if size > 0.0 && size.is_finite() { size } else { 1.0 })
    }

    /// Why the unit at an origin, `here`, is not the fit's, if so.
    pub(crate) fn fallback(self, here: Self) -> Option<String> {
        (self != here).then(|| AFTER_FIT.to_owned())
    }

    pub(crate) fn level(self, close: f64) -> f64 {
        match self {
            Self::LogReturn => libm::log(close),
            Self::Difference(scale) => close / scale,
        }
    }

    pub(crate) fn close(self, level: f64) -> f64 {
        match self {
            Self::LogReturn => libm::exp(level),
            Self::Difference(scale) => level * scale,
        }
    }
}
