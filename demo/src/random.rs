//! Standard normal numbers that are the same bits on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One stream of random numbers per series, so that a change to one series leaves the others as they were.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Series {
    Vix,
    Currencies,
    /// Prices and volume of the n-th commodity.
    Prices(u8),
    /// Sentiment of the n-th commodity.
    Sentiment(u8),
    /// Weather of the m-th region of the n-th commodity.
    Weather(u8, u8),
}

impl Series {
    fn stream(self) -> u64 {
        let (kind, major, minor) = match self {
            Self::Vix => (0_u64, 0, 0),
            Self::Currencies => (1, 0, 0),
            Self::Prices(commodity) => (2, commodity, 0),
            Self::Sentiment(commodity) => (3, commodity, 0),
            Self::Weather(commodity, region) => (4, commodity, region),
        };
        (kind << 16) | (u64::from(major) << 8) | u64::from(minor)
    }

    /// The series' generator under `seed`.
    pub(crate) fn normals(self, seed: u64) -> Normals {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(self.stream());
        Normals { generator, spare: None }
    }
}

/// A stream of standard normals by Marsaglia's polar method; its logarithm is `libm`'s and its square root is exact.
#[derive(Debug)]
pub(crate) struct Normals {
    generator: ChaCha8Rng,
    spare: Option<f64>,
}

impl Normals {
    /// Uniform on [0, 1): the top 53 bits.
    pub(crate) fn uniform(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.generator.next_u64() >> 11) as f64 * UNIT
    }

    /// Normal with mean 0 and deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = u * u + v * v;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * libm::log(square) / square).sqrt();
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }
}

/// First-order autoregression around zero, started in its stationary distribution.
#[derive(Debug)]
pub(crate) struct Autoregression {
    coefficient: f64,
    scale: f64,
    value: f64,
}

impl Autoregression {
    pub(crate) fn new(coefficient: f64, scale: f64, normals: &mut Normals) -> Self {
        let stationary = scale / (1.0 - coefficient * coefficient).sqrt();
        Self { coefficient, scale, value: stationary * normals.normal() }
    }

    /// One step on; the new value.
    pub(crate) fn step(&mut self, normals: &mut Normals) -> f64 {
        self.value = self.coefficient * self.value + self.scale * normals.normal();
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits, not rounded values: they may not depend on the platform.
    #[test]
    fn normals_are_golden() {
        let mut normals = Series::Vix.normals(42);
        let bits: Vec<u64> = (0..3).map(|_| normals.normal().to_bits()).collect();
        assert_eq!(bits, [13_829_901_646_075_772_244, 13_831_950_066_457_549_895, 13_816_237_892_109_266_972]);
    }

    #[test]
    fn normals_have_unit_moments() {
        let mut normals = Series::Prices(0).normals(7);
        let n = 100_000;
        let draws: Vec<f64> = (0..n).map(|_| normals.normal()).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let square = draws.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        let fourth = draws.iter().map(|x| x.powi(4)).sum::<f64>() / f64::from(n);
        // standard errors: 1/√n, √(2/n), √(96/n)
        assert!(mean.abs() < 4.0 * 0.003_17, "mean {mean}");
        assert!((square - 1.0).abs() < 4.0 * 0.004_48, "second moment {square}");
        assert!((fourth - 3.0).abs() < 4.0 * 0.031, "fourth moment {fourth}");
    }

    #[test]
    fn streams_differ() {
        let all = [Series::Vix, Series::Currencies, Series::Prices(1), Series::Sentiment(1), Series::Weather(1, 1)];
        let mut first: Vec<u64> = all.iter().map(|series| series.normals(42).normal().to_bits()).collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), all.len());
    }
}
