//! Laplace (double exponential) innovations.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Residual;
use super::draws::uniform;

/// Density exp(−|x|/scale) / (2·scale); variance 2·scale².
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Laplace {
    /// Mean absolute value.
    pub(super) scale: f64,
}

impl Laplace {
    /// Maximum likelihood with median zero: the mean absolute residual.
    pub(super) fn fit(residuals: &[Residual]) -> Self {
        let present = || residuals.iter().filter(|residual| residual.present());
        let sum: f64 = present().map(|residual| residual.single().abs()).sum();
        Self { scale: sum / present().count().max(1) as f64 }
    }

    /// At the maximum: −n (1 + ln 2·scale).
    pub(super) fn log_likelihood(&self, count: usize) -> f64 {
        -(count as f64) * (1.0 + libm::log(2.0 * self.scale))
    }

    pub(super) fn sound(&self) -> bool {
        self.scale >= 0.0 && self.scale.is_finite()
    }

    /// By inversion of the distribution function.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng, out: &mut [f64]) {
        for innovation in out {
            let centred = uniform(rng) - 0.5;
            let size = -self.scale * libm::log(1.0 - 2.0 * centred.abs());
            *innovation = size.copysign(centred);
        }
    }
}
