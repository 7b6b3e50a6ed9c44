//! GARCH(1,1) with Student's t innovations (Bollerslev 1987): the recursion of the variance, and draws.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Residual, student};

/// Sessions and decay of the average of squares that starts the recursion: those of Python's `arch`.
const BACKCAST_SESSIONS: usize = 75;
const BACKCAST_DECAY: f64 = 0.94;

/// e_t = σ_t z_t with σ²_t = ω + α e²_{t−1} + β σ²_{t−1}, and z_t a t law of variance 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Garch {
    pub(super) omega: f64,
    pub(super) alpha: f64,
    pub(super) beta: f64,
    /// Degrees of freedom.
    pub(super) nu: f64,
}

impl Garch {
    /// α + β, below 1.
    pub(super) fn persistence(&self) -> f64 {
        self.alpha + self.beta
    }

    /// Variance in the long run, ω/(1 − α − β).
    pub(super) fn long_run(&self) -> f64 {
        self.omega / (1.0 - self.persistence())
    }

    pub(super) fn sound(&self) -> bool {
        let shares = self.alpha >= 0.0 && self.beta >= 0.0 && self.persistence() < 1.0;
        let variance = self.omega > 0.0 && self.long_run().is_finite();
        shares && variance && student::sound(self.nu)
    }

    /// The variance after one of `variance` that showed the residual; an absent one counts as its expectation.
    pub(super) fn step(&self, variance: f64, residual: f64) -> f64 {
        let square = if residual.is_nan() { variance } else { residual * residual };
        self.omega + self.alpha * square + self.beta * variance
    }

    /// Variance of the first session: the recursion from the backcast. Weight of sessions that are absent goes to the
    /// variance in the long run, so that a short history is not taken for more than it is.
    pub(super) fn first(&self, backcast: Backcast) -> f64 {
        let rest = if backcast.missing > 0.0 { backcast.missing * self.long_run() } else { 0.0 };
        self.omega + self.persistence() * (backcast.square + rest)
    }

    /// Variance of the session after the residuals.
    pub(super) fn next(&self, residuals: &[Residual]) -> f64 {
        let singles: Vec<f64> = residuals.iter().map(Residual::single).collect();
        let first = self.first(Backcast::of(&singles));
        singles.iter().fold(first, |variance, residual| self.step(variance, *residual))
    }

    /// Innovations of a day, path by path; `variances` moves on to the next day.
    pub(super) fn draw(&self, variances: &mut [f64], rng: &mut ChaCha8Rng, out: &mut [f64]) {
        let unit = (self.nu - 2.0) / self.nu;
        for (variance, innovation) in variances.iter_mut().zip(out) {
            *innovation = (*variance * unit).sqrt() * student::standard(self.nu, rng);
            *variance = self.step(*variance, *innovation);
        }
    }
}

/// Weighted mean of the first squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Backcast {
    /// Sum of weight × square over the sessions present.
    pub(super) square: f64,
    /// Weight of the absent ones.
    pub(super) missing: f64,
}

impl Backcast {
    pub(super) fn of(residuals: &[f64]) -> Self {
        let (mut square, mut present, mut total, mut weight) = (0.0, 0.0, 0.0, 1.0);
        let mut first = residuals.iter();
        let mut complete = true;
        for _ in 0..BACKCAST_SESSIONS {
            total += weight;
            match first.next() {
                Some(residual) if !residual.is_nan() => {
                    square += weight * residual * residual;
                    present += weight;
                }
                _ => complete = false,
            }
            weight *= BACKCAST_DECAY;
        }
        Self { square: square / total, missing: if complete { 0.0 } else { 1.0 - present / total } }
    }
}
