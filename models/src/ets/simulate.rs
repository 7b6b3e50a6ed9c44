//! Paths from the components at an origin, by the state equations with normal innovations.

use rand_distr::{Distribution, StandardNormal};

use super::form::{Form, Part};
use super::recursion::{Components, NONE, Pair, ahead, moved, with_parts};
use super::stored::Parameters;
use crate::{ModelError, State, StreamKey};

/// Least relative innovation: a path of positive values stays positive.
const LEAST_RELATIVE: f64 = -1.0 + 1e-6;

/// The components before the next session.
#[derive(Debug)]
pub(super) struct AtOrigin<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) components: Components,
    pub(super) horizon: usize,
    /// Whether a price counted as absent because the form needs positive ones.
    pub(super) left_out: bool,
}

impl AtOrigin<'_> {
    /// Forecasts with no innovations.
    pub(super) fn points(&self) -> Vec<f64> {
        let Parameters { form, smoothing, .. } = self.parameters;
        // damped growth adds up day by day
        let (mut damping, mut sum) = (1.0, 0.0);
        (0..self.horizon)
            .map(|h| {
                damping *= smoothing.phi;
                sum += damping;
                self.components.point(*form, sum, h)
            })
            .collect()
    }
}

impl State for AtOrigin<'_> {
    /// Exact where all laws are normal: additive errors and components.
    fn median(&self) -> Option<Vec<f64>> {
        self.parameters.form.linear().then(|| self.points())
    }

    fn fallback(&self) -> Option<String> {
        self.left_out.then(|| "absent: a price after the fit is zero or negative".to_owned())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        with_parts!(self.parameters.form, draw(self, paths, stream, out));
        match out.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(ModelError::Numerical(format!("a path reached {v}"))),
        }
    }
}

fn draw<const T: u8, const S: u8>(origin: &AtOrigin<'_>, paths: usize, stream: &StreamKey, out: &mut [f32]) {
    let Parameters { form, smoothing, deviation, .. } = origin.parameters;
    let Components { level, growth, season } = &origin.components;
    let mut pairs = vec![Pair { level: *level, growth: *growth }; paths];
    // the terms of each path, for the part of the season that is reached
    let reached = if S == NONE { 0 } else { season.len().min(origin.horizon) };
    let mut terms: Vec<f64> = season[..reached].iter().flat_map(|term| std::iter::repeat_n(*term, paths)).collect();
    let mut unused = vec![0.0; if S == NONE { paths } else { 0 }];
    for (h, day) in out.chunks_exact_mut(paths.max(1)).take(origin.horizon).enumerate() {
        let mut rng = stream.day(h);
        let terms = match S {
            NONE => unused.as_mut_slice(),
            _ => {
                let first = h % season.len() * paths;
                &mut terms[first..first + paths]
            }
        };
        for ((pair, term), value) in pairs.iter_mut().zip(terms).zip(day) {
            let normal: f64 = StandardNormal.sample(&mut rng);
            let ahead = ahead::<T, S>(*pair, *term, smoothing.phi);
            let innovation = deviation * normal;
            let d = if form.relative_error { innovation.max(LEAST_RELATIVE) * ahead.forecast } else { innovation };
            *value = (ahead.forecast + d) as f32;
            (*pair, *term) = moved::<T, S>(*pair, *term, ahead, smoothing, d);
        }
    }
}

impl Components {
    /// The forecast `steps` sessions after the next one, where growth has added up to `sum` times its value.
    fn point(&self, form: Form, sum: f64, steps: usize) -> f64 {
        let level = match form.trend {
            Part::None => self.level,
            Part::Additive => self.level + sum * self.growth,
            Part::Multiplicative => self.level * libm::pow(self.growth, sum),
        };
        let term = self.season.get(steps % self.season.len().max(1)).copied();
        match (form.season, term) {
            (Part::Additive, Some(term)) => level + term,
            (Part::Multiplicative, Some(term)) => level * term,
            _ => level,
        }
    }
}
