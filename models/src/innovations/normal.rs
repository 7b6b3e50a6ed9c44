//! Normal innovations.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::Residual;

/// A normal law with mean zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Normal {
    /// Standard deviation.
    pub(crate) scale: f64,
}

impl Normal {
    /// Root mean square per innovation, its divisor less the `estimated` parameters of the mean.
    pub(crate) fn fit(residuals: &[Residual], estimated: usize) -> Self {
        let present = || residuals.iter().filter(|residual| residual.present());
        let divisor = present().count().saturating_sub(estimated).max(1);
        Self { scale: (present().map(Residual::square).sum::<f64>() / divisor as f64).sqrt() }
    }

    pub(super) fn sound(&self) -> bool {
        self.scale >= 0.0 && self.scale.is_finite()
    }

    pub(super) fn draw(&self, rng: &mut ChaCha8Rng, out: &mut [f64]) {
        for innovation in out {
            let standard: f64 = StandardNormal.sample(rng);
            *innovation = self.scale * standard;
        }
    }
}
