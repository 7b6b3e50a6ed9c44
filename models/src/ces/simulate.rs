//! Paths from the components at an origin, by the state equations with normal innovations.

use rand_distr::{Distribution, StandardNormal};

use super::recursion::{Components, Pair};
use super::stored::Parameters;
use crate::{ModelError, State, StreamKey};

/// The components before the next session.
#[derive(Debug)]
pub(super) struct AtOrigin<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) components: Components,
    pub(super) horizon: usize,
}

impl AtOrigin<'_> {
    /// Forecasts with no innovations.
    pub(super) fn points(&self) -> Vec<f64> {
        let mut components = self.components.clone();
        let mut points = Vec::with_capacity(self.horizon);
        let unknown = std::iter::repeat_n(f64::NAN, self.horizon);
        self.parameters.rule().pass(&mut components, unknown, |forecast, _| points.push(forecast));
        points
    }
}

impl State for AtOrigin<'_> {
    /// Exact: forecasts are linear in normal innovations.
    fn median(&self) -> Option<Vec<f64>> {
        Some(self.points())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let rule = self.parameters.rule();
        let season = &self.components.season;
        let mut levels = vec![self.components.level; paths];
        // the terms of each path, for the part of the season that is reached
        let reached = season.len().min(self.horizon).max(1);
        let none = [Pair::default()];
        let known = if season.is_empty() { none.as_slice() } else { &season[..reached] };
        let mut terms: Vec<Pair> = known.iter().flat_map(|term| std::iter::repeat_n(*term, paths)).collect();
        for (h, day) in out.chunks_exact_mut(paths.max(1)).take(self.horizon).enumerate() {
            let mut rng = stream.day(h);
            let first = h % season.len().max(1) * paths;
            let terms = &mut terms[first..first + paths];
            for ((level, term), value) in levels.iter_mut().zip(terms).zip(day) {
                let normal: f64 = StandardNormal.sample(&mut rng);
                let e = self.parameters.deviation * normal;
                *value = (rule.forecast(*level, *term) + e) as f32;
                (*level, *term) = rule.moved(*level, *term, e);
            }
        }
        match out.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(ModelError::Numerical(format!("a path reached {v}"))),
        }
    }
}
