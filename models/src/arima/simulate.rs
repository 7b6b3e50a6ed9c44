//! Paths from the state at an origin.

use rand_distr::{Distribution, StandardNormal};

use crate::{ModelError, State, StreamKey};

/// Paths worked on together, so that their innovations stay in the nearest cache.
const BLOCK: usize = 128;

/// Conditional mean of each day and the lower Cholesky factor of the days' covariance (row by row, H × H). Once the
/// filter has settled, row h of the factor holds σψ_h, …, σψ_0.
#[derive(Debug, Clone)]
pub(super) struct AtOrigin {
    pub(super) mean: Vec<f64>,
    pub(super) factor: Vec<f64>,
}

impl State for AtOrigin {
    fn median(&self) -> Option<Vec<f64>> {
        Some(self.mean.clone())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let horizon = self.mean.len();
        let days = out.len().checked_div(paths).unwrap_or(0).min(horizon);
        let mut draws = vec![0.0_f64; days * paths];
        for (h, day) in draws.chunks_exact_mut(paths.max(1)).enumerate() {
            let mut rng = stream.day(h);
            day.iter_mut().for_each(|draw| *draw = StandardNormal.sample(&mut rng));
        }
        let mut sums = [0.0_f64; BLOCK];
        for first in (0..paths).step_by(BLOCK) {
            let width = BLOCK.min(paths - first);
            for h in 0..days {
                let sums = &mut sums[..width];
                sums.fill(self.mean[h]);
                for (j, weight) in self.factor[h * horizon..=h * horizon + h].iter().enumerate() {
                    let innovations = &draws[j * paths + first..j * paths + first + width];
                    sums.iter_mut().zip(innovations).for_each(|(sum, e)| *sum += weight * e);
                }
                let day = &mut out[h * paths + first..h * paths + first + width];
                day.iter_mut().zip(sums).for_each(|(value, sum)| *value = *sum as f32);
            }
        }
        match out.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(ModelError::Numerical(format!("a path reached {v}"))),
        }
    }
}
