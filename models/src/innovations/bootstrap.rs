//! Innovations drawn from the residuals themselves (Efron 1979).

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Residual;

/// Least number of residuals that is resampled.
pub(super) const FEWEST: usize = 30;

/// Residuals, each as likely as the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bootstrap {
    /// Residuals as if of one session, with mean zero.
    pub(super) residuals: Vec<f64>,
}

impl Bootstrap {
    pub(super) fn fit(residuals: &[Residual]) -> Self {
        let mut residuals: Vec<f64> = residuals.iter().filter(|r| r.present()).map(Residual::single).collect();
        let mean = residuals.iter().sum::<f64>() / residuals.len().max(1) as f64;
        residuals.iter_mut().for_each(|residual| *residual -= mean);
        Self { residuals }
    }

    pub(super) fn sound(&self) -> bool {
        !self.residuals.is_empty() && self.residuals.iter().all(|residual| residual.is_finite())
    }

    /// One 32-bit word an innovation: the high half of word × length. Every residual's chance differs from 1/length by
    /// less than 2⁻³².
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng, out: &mut [f64]) {
        for innovation in out {
            let index = (u64::from(rng.next_u32()) * self.residuals.len() as u64) >> 32;
            *innovation = self.residuals.get(index as usize).copied().unwrap_or(0.0);
        }
    }
}
