//! A loaded combination, its state at an origin, and paths.

use super::shares::assigned;
use super::spread::{CENTRAL, deviation};
use super::stored::Stored;
use super::{Method, REFERENCE, columns, of_member};
use crate::quantile::{Scratch, quantile_of_sorted, quantiles};
use crate::{FittedModel, Future, History, ModelError, Registry, State, StreamKey};

/// A combination ready to be conditioned.
#[derive(Debug)]
pub(super) struct Loaded {
    method: Method,
    regressors: usize,
    members: Vec<Member>,
    weights: Vec<f64>,
    /// Factor of the members' common deviation.
    spread: f64,
}

#[derive(Debug)]
struct Member {
    name: String,
    columns: Vec<usize>,
    model: Box<dyn FittedModel>,
}

impl Loaded {
    pub(super) fn new(registry: &Registry, stored: &Stored) -> Result<Self, ModelError> {
        let member = |member: &super::stored::Member| {
            let model = registry.load(&member.format, &member.bytes).map_err(|e| of_member(&member.name, e))?;
            Ok(Member { name: member.name.clone(), columns: member.columns.clone(), model })
        };
        let members = stored.members.iter().map(member).collect::<Result<_, ModelError>>()?;
        let weights = stored.members.iter().map(|member| member.weight).collect();
        let Stored { method, regressors, spread, .. } = *stored;
        Ok(Self { method, regressors, members, weights, spread })
    }
}

impl FittedModel for Loaded {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        for found in [history.regressors.len(), future.regressors.len()] {
            if found != self.regressors {
                let value = format!("{found} columns where the combination has {}", self.regressors);
                return Err(ModelError::Unusable { what: "regressors".into(), value });
            }
        }
        let mut states = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let past = columns(history.regressors, &member.columns)?;
            let ahead = columns(future.regressors, &member.columns)?;
            let history = History { regressors: &past, ..*history };
            let future = Future { regressors: &ahead, ..*future };
            states.push(member.model.condition(&history, &future).map_err(|e| of_member(&member.name, e))?);
        }
        Ok(Box::new(AtOrigin::new(self, states, future.horizon())?))
    }
}

/// The stream of every reference sample.
fn reference() -> StreamKey {
    StreamKey::new(0, "", super::NAME, "reference", 0)
}

/// The point forecasts of a member: its exact medians, else those of a reference sample.
pub(super) fn points(state: &dyn State, horizon: usize) -> Result<Vec<f64>, ModelError> {
    match state.median() {
        Some(exact) => Ok(exact),
        None => Ok(sampled(state, horizon)?.into_iter().map(|[_, median, _]| median).collect()),
    }
}

/// Deviations of a member's days ahead, by a reference sample.
pub(super) fn deviations(state: &dyn State, horizon: usize) -> Result<Vec<f64>, ModelError> {
    Ok(sampled(state, horizon)?.into_iter().map(|[low, _, high]| deviation([low, high])).collect())
}

/// Central 80 percent and median of each day of a reference sample.
fn sampled(state: &dyn State, horizon: usize) -> Result<Vec<[f64; 3]>, ModelError> {
    let mut draws = vec![0.0; REFERENCE * horizon];
    state.simulate(REFERENCE, &reference(), &mut draws)?;
    let mut scratch = Scratch::default();
    Ok(draws.chunks_exact(REFERENCE).map(|day| ends(day, &mut scratch)).collect())
}

/// The combination's point of members' points.
pub(super) fn combined(method: Method, weights: &[f64], points: &[f64]) -> f64 {
    if method != Method::Median {
        return weights.iter().zip(points).map(|(w, x)| w * x).sum();
    }
    let mut sorted = points.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile_of_sorted(&sorted, 0.5)
}

/// What a member's paths of one day are measured from, and by how much their distances are multiplied.
#[derive(Debug, Clone, Copy)]
struct Placed {
    centre: f64,
    gain: f64,
}

/// The members at an origin.
struct AtOrigin<'a> {
    combination: &'a Loaded,
    states: Vec<Box<dyn State + 'a>>,
    /// The combination's point of each day.
    centres: Vec<f64>,
    /// Per member, per day.
    placed: Vec<Vec<Placed>>,
    /// Whether every member has exact medians.
    exact: bool,
}

impl<'a> AtOrigin<'a> {
    /// Finds centres and spreads of the days ahead: exact medians where members have them, all else from a reference
    /// sample of each.
    fn new(combination: &'a Loaded, states: Vec<Box<dyn State + 'a>>, horizon: usize) -> Result<Self, ModelError> {
        let count = states.len().max(1);
        let sample = REFERENCE / count;
        let mut scratch = Scratch::default();
        let (mut draws, mut exact) = (vec![0.0; sample * horizon], true);
        // per member, per day: point and deviation
        let mut seen: Vec<Vec<(f64, f64)>> = Vec::with_capacity(count);
        for (member, state) in combination.members.iter().zip(&states) {
            let stream = reference().part(&format!("member {}", member.name));
            state.simulate(sample, &stream, &mut draws).map_err(|e| of_member(&member.name, e))?;
            let medians = state.median();
            exact &= medians.is_some();
            let day = |(h, day): (usize, &[f32])| {
                let [low, middle, high] = ends(day, &mut scratch);
                let known = medians.as_ref().and_then(|medians| medians.get(h)).copied();
                (known.unwrap_or(middle), deviation([low, high]))
            };
            seen.push(draws.chunks_exact(sample).enumerate().map(day).collect());
        }
        let (method, weights) = (combination.method, &combination.weights);
        let mut placed = vec![Vec::with_capacity(horizon); count];
        let mut centres = Vec::with_capacity(horizon);
        for h in 0..horizon {
            let (points, deviations): (Vec<f64>, Vec<f64>) =
                seen.iter().filter_map(|days| days.get(h)).copied().unzip();
            let (centre, common) = (combined(method, weights, &points), combined(method, weights, &deviations));
            let wide = combination.spread * common;
            if !(centre.is_finite() && wide.is_finite()) {
                return Err(ModelError::Numerical(format!("the combined forecast is {centre}, its deviation {wide}")));
            }
            centres.push(centre);
            for ((days, point), own) in placed.iter_mut().zip(points).zip(deviations) {
                // paths without spread stay where they are
                days.push(Placed { centre: point, gain: if own > 0.0 { wide / own } else { 1.0 } });
            }
        }
        Ok(Self { combination, states, centres, placed, exact })
    }
}

/// The ends of the central 80 percent and the median.
fn ends(values: &[f32], scratch: &mut Scratch) -> [f64; 3] {
    let mut out = [f64::NAN; 3];
    quantiles(values, &[CENTRAL[0], 0.5, CENTRAL[1]], scratch, &mut out);
    out
}

impl State for AtOrigin<'_> {
    fn median(&self) -> Option<Vec<f64>> {
        self.exact.then(|| self.centres.clone())
    }

    fn fallback(&self) -> Option<String> {
        let members = self.combination.members.iter().zip(&self.states);
        let own = members.filter_map(|(member, state)| Some(format!("{}: {}", member.name, state.fallback()?)));
        let reasons: Vec<String> = own.collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let assigned = assigned(&self.combination.weights, paths, stream);
        let days = out.len().checked_div(paths).unwrap_or(0);
        let mut drawn = Vec::new();
        let members = self.combination.members.iter().zip(&self.states);
        for (((member, state), own), placed) in members.zip(&assigned).zip(&self.placed) {
            if own.is_empty() {
                continue;
            }
            drawn.clear();
            drawn.resize(own.len() * days, 0.0);
            let stream = stream.part(&format!("member {}", member.name));
            state.simulate(own.len(), &stream, &mut drawn).map_err(|e| of_member(&member.name, e))?;
            let laid = self.centres.iter().zip(placed);
            for ((day, values), (centre, from)) in
                out.chunks_exact_mut(paths).zip(drawn.chunks_exact(own.len())).zip(laid)
            {
                for (&path, value) in own.iter().zip(values) {
                    day[path] = (centre + from.gain * (f64::from(*value) - from.centre)) as f32;
                }
            }
        }
        match out.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(ModelError::Numerical(format!("a path reached {v}"))),
        }
    }
}
