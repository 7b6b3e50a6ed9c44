//! Innovations of a block of paths, day by day.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Law;

/// A law at an origin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    law: &'a Law,
    /// Variance of the next session's innovation, where the law has it as state.
    variance: f64,
}

impl<'a> Origin<'a> {
    pub(super) fn new(law: &'a Law, variance: f64) -> Self {
        Self { law, variance }
    }

    /// Whether the sum of innovations over any number of days has median zero.
    pub(crate) fn symmetric(&self) -> bool {
        // GARCH variances depend on squares only: turning all signs leaves a path's chance unchanged
        !matches!(self.law, Law::Bootstrap(_))
    }

    /// Innovations of `paths` paths from here.
    pub(crate) fn draws(&self, paths: usize) -> Draws<'a> {
        let state = if matches!(self.law, Law::Garch(_)) { paths } else { 0 };
        Draws { law: self.law, variances: vec![self.variance; state] }
    }
}

/// The paths' own states: ask for one day after the other.
#[derive(Debug)]
pub(crate) struct Draws<'a> {
    law: &'a Law,
    /// Per path, the variance of the next day.
    variances: Vec<f64>,
}

impl Draws<'_> {
    /// The next day's innovations from that day's stream, one per path.
    pub(crate) fn day(&mut self, rng: &mut ChaCha8Rng, out: &mut [f64]) {
        match self.law {
            Law::Normal(law) => law.draw(rng, out),
            Law::Bootstrap(law) => law.draw(rng, out),
            Law::Student(law) => law.draw(rng, out),
            Law::Laplace(law) => law.draw(rng, out),
            Law::Garch(law) => law.draw(&mut self.variances, rng, out),
        }
    }
}

/// A uniform number strictly between 0 and 1 from one word: (k + ½)/2⁵².
pub(super) fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    ((rng.next_u64() >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
}
