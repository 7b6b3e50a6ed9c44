//! Changes of the trend's rate that are still to come.

use rand::{Rng, RngExt};

use super::stored::Parameters;

/// What prophet adds to the mean adjustment, so that it is positive.
const LEAST_MEAN: f64 = 1e-8;

/// A Poisson process of changes with Laplace sizes, in scaled time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changes {
    /// Changes per unit of time: as many as the training window, which is one unit, had changepoints.
    pub(super) frequency: f64,
    /// Mean magnitude of a change.
    pub(super) magnitude: f64,
}

/// How far one path's trend has left the expected one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Departure {
    pub(super) rate: f64,
    pub(super) level: f64,
}

impl Changes {
    pub(super) fn of(parameters: &Parameters) -> Self {
        let count = parameters.adjustments.len() as f64;
        let total: f64 = parameters.adjustments.iter().map(|x| x.abs()).sum();
        Self { frequency: count, magnitude: total / count.max(1.0) + LEAST_MEAN }
    }

    /// Moves a departure on by `length` of time.
    pub(super) fn advance(&self, departure: &mut Departure, length: f64, rng: &mut impl Rng) {
        if self.frequency <= 0.0 || length <= 0.0 {
            return;
        }
        departure.level += departure.rate * length;
        let mut left = length - self.exponential(rng) / self.frequency;
        while left > 0.0 {
            let size = self.magnitude * self.exponential(rng);
            let size = if rng.random::<bool>() { size } else { -size };
            departure.rate += size;
            departure.level += size * left;
            left -= self.exponential(rng) / self.frequency;
        }
    }

    /// Variance of the departure's level after `length` of time: `frequency · 2 magnitude² · length³ / 3`, each change
    /// having variance 2 magnitude² and weighing with the square of the time left to it.
    #[cfg(test)]
    pub(super) fn variance(&self, length: f64) -> f64 {
        self.frequency * 2.0 * self.magnitude * self.magnitude * length * length * length / 3.0
    }

    /// A draw with mean 1.
    fn exponential(&self, rng: &mut impl Rng) -> f64 {
        -libm::log(1.0 - rng.random::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StreamKey;

    /// Mean and variance over one step, and over many: the same process. The fourth moment of a sum of changes is
    /// 3 var² + frequency · 24 magnitude⁴ · length⁵ / 5.
    #[test]
    fn moments_are_the_analytic_ones() {
        let changes = Changes { frequency: 25.0, magnitude: 0.1 };
        let (paths, length) = (40_000, 0.5);
        for steps in [1, 10] {
            let (mut sum, mut square) = (0.0, 0.0);
            let mut rng = StreamKey::new(5, "changes", "", "", steps).day(0);
            for _ in 0..paths {
                let mut departure = Departure::default();
                for _ in 0..steps {
                    changes.advance(&mut departure, length / f64::from(steps), &mut rng);
                }
                sum += departure.level;
                square += departure.level * departure.level;
            }
            let (n, variance) = (f64::from(paths), changes.variance(length));
            let fourth = 3.0 * variance * variance + 25.0 * 24.0 * 0.1_f64.powi(4) * length.powi(5) / 5.0;
            assert!((sum / n).abs() < 4.0 * (variance / n).sqrt());
            assert!((square / n - variance).abs() < 4.0 * ((fourth - variance * variance) / n).sqrt());
        }
    }
}
