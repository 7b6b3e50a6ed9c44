//! Student's t innovations, and the draws that GARCH shares.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::draws::uniform;

/// Least and most degrees of freedom: the variance is finite, and above the most a t law cannot be told from a normal
/// one. Those of Python's `arch`.
pub(super) const LEAST_NU: f64 = 2.05;
pub(super) const MOST_NU: f64 = 500.0;
/// Chance below which the tail of the radius is cut: one draw in a million. A step of a thousand deviations, which the
/// law allows once in a run of some million paths, would decide every mean.
const TAIL: f64 = 1.0 / 1_048_576.0;

/// A t law with median zero; its variance is scale² ν/(ν − 2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Student {
    /// Scale, not the deviation.
    pub(super) scale: f64,
    /// Degrees of freedom.
    pub(super) nu: f64,
}

impl Student {
    pub(super) fn sound(&self) -> bool {
        self.scale >= 0.0 && self.scale.is_finite() && sound(self.nu)
    }

    pub(super) fn draw(&self, rng: &mut ChaCha8Rng, out: &mut [f64]) {
        out.iter_mut().for_each(|innovation| *innovation = self.scale * standard(self.nu, rng));
    }
}

pub(super) fn sound(nu: f64) -> bool {
    (LEAST_NU * (1.0 - 1e-9)..=MOST_NU * (1.0 + 1e-9)).contains(&nu)
}

/// One draw of scale 1 by the polar method of Bailey (1994), √(ν(U^(−2/ν) − 1))·cos 2πV: exact for every ν, and two
/// words a draw.
pub(super) fn standard(nu: f64, rng: &mut ChaCha8Rng) -> f64 {
    let (radial, angular) = (uniform(rng).max(TAIL), uniform(rng));
    let square = nu * libm::expm1(-2.0 / nu * libm::log(radial));
    square.sqrt() * libm::cos(std::f64::consts::TAU * angular)
}

/// ln of the density's constant for variance 1: Γ((ν+1)/2) / (Γ(ν/2) √(π(ν−2))).
pub(super) fn log_constant(nu: f64) -> f64 {
    let spread = libm::log(std::f64::consts::PI * (nu - 2.0));
    libm::lgamma(0.5 * (nu + 1.0)) - libm::lgamma(0.5 * nu) - 0.5 * spread
}
