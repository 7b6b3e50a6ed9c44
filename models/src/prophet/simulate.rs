//! Paths from the state at an origin.

use rand_distr::{Distribution, StandardNormal};

use super::changes::{Changes, Departure};
use crate::{ModelError, State, StreamKey};

/// What is known of a day ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    /// The curve, and what is left of the last residual.
    pub(super) median: f64,
    /// Units of the target per unit of the trend.
    pub(super) factor: f64,
    /// Scaled time since the day before (the first: since the trend was last known) in which its rate may change.
    pub(super) length: f64,
}

/// Days ahead and the law of what is added to their medians.
#[derive(Debug, Clone)]
pub(super) struct AtOrigin {
    pub(super) ahead: Vec<Ahead>,
    pub(super) changes: Changes,
    pub(super) persistence: f64,
    /// Deviation of the first day's innovation, which covers the sessions since the last observation.
    pub(super) first: f64,
    /// Deviation of every later one.
    pub(super) later: f64,
}

impl State for AtOrigin {
    /// Exact, as innovations and changes of the trend are symmetric.
    fn median(&self) -> Option<Vec<f64>> {
        Some(self.ahead.iter().map(|day| day.median).collect())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let mut residuals = vec![0.0_f64; paths];
        let mut departures = vec![Departure::default(); paths];
        for (h, (day, values)) in self.ahead.iter().zip(out.chunks_exact_mut(paths.max(1))).enumerate() {
            let mut rng = stream.day(h);
            let deviation = if h == 0 { self.first } else { self.later };
            for ((residual, departure), value) in residuals.iter_mut().zip(&mut departures).zip(values) {
                let innovation: f64 = StandardNormal.sample(&mut rng);
                *residual = self.persistence * *residual + deviation * innovation;
                self.changes.advance(departure, day.length, &mut rng);
                *value = (day.median + *residual + day.factor * departure.level) as f32;
            }
        }
        match out.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(ModelError::Numerical(format!("a path reached {v}"))),
        }
    }
}
