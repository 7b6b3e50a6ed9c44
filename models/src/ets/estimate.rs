//! Maximum likelihood for one form (Hyndman et al. 2008, chapter 5).

use super::bounds::{admissible, pack, pinned, unpack};
use super::filter::{EXACT, Passed, Sums, filter};
use super::form::{Form, Part};
use super::recursion::{Components, Smoothing};
use super::start::{components, smoothings};
use crate::arima::Sample;
use crate::decompose::bridged;
use crate::minimize::{Effort, minimize_smooth};
use crate::newton::{by_slopes, settle};

/// Enough to compare forms and starts. The cost is a log-likelihood per observation.
const ROUGH: Effort = Effort { gradient: 1e-5, cost: 1e-8, iterations: 60 };
/// For the result.
const FINE: Effort = Effort { gradient: 1e-9, cost: 1e-14, iterations: 400 };
/// Searches from the best point so far, until the end.
const POLISHES: usize = 3;

/// Newton decrement below which a search counts as settled.
const SETTLED: f64 = 1e-9;
/// Difference of log-likelihoods that rounding explains.
const ROUNDING: f64 = 1e-9;

/// A series moved and scaled so that a search does not depend on its units: `(y − centre) / scale`.
#[derive(Debug)]
struct Scaled {
    target: Vec<f64>,
    bridged: Vec<f64>,
    centre: f64,
    scale: f64,
}

impl Scaled {
    fn new(sample: &Sample, centre: f64, scale: f64) -> Self {
        let place = |y: &f64| (y - centre) / scale;
        let target: Vec<f64> = sample.target.iter().map(place).collect();
        let bridged = bridged(&target, &sample.seen);
        Self { target, bridged, centre, scale }
    }
}

/// A series ready for the search of any form.
#[derive(Debug)]
pub(super) struct Ready<'a> {
    pub(super) sample: &'a Sample,
    pub(super) season: usize,
    /// For linear forms: mean 0, deviation 1.
    centred: Scaled,
    /// For others: mean magnitude 1.
    relative: Scaled,
}

/// The maximum found for one form, in units of the series.
#[derive(Debug, Clone)]
pub(super) struct Estimate {
    pub(super) form: Form,
    pub(super) smoothing: Smoothing,
    pub(super) start: Components,
    pub(super) log_likelihood: f64,
    /// Corrected Akaike criterion; infinite where observations do not suffice.
    pub(super) aicc: f64,
    pub(super) point: Vec<f64>,
}

impl Estimate {
    /// Parameters that no likelihood chose.
    pub(super) fn given(form: Form, smoothing: Smoothing, start: Components) -> Self {
        Self { form, smoothing, start, log_likelihood: f64::NEG_INFINITY, aicc: f64::INFINITY, point: Vec::new() }
    }
}

/// Corrected Akaike criterion of `estimated` numbers and the variance; infinite where observations do not suffice.
pub(super) fn criterion(log_likelihood: f64, observed: usize, estimated: usize) -> f64 {
    let (n, k) = (observed as f64, estimated as f64 + 1.0);
    if n > k + 1.0 { -2.0 * log_likelihood + 2.0 * k * n / (n - k - 1.0) } else { f64::INFINITY }
}

impl<'a> Ready<'a> {
    /// The sample's first and last rows are seen, and not all values are equal.
    pub(super) fn new(sample: &'a Sample, season: usize) -> Self {
        let seen = || sample.target.iter().zip(&sample.seen).filter(|(_, seen)| **seen).map(|(y, _)| *y);
        let n = sample.observed as f64;
        let mean = seen().sum::<f64>() / n;
        let deviation = (seen().map(|y| (y - mean) * (y - mean)).sum::<f64>() / n).sqrt();
        let magnitude = seen().map(f64::abs).sum::<f64>() / n;
        let usable = |scale: f64| if scale > 0.0 { scale } else { 1.0 };
        Self {
            sample,
            season,
            centred: Scaled::new(sample, mean, usable(deviation)),
            relative: Scaled::new(sample, 0.0, usable(magnitude)),
        }
    }

    fn scaled(&self, form: Form) -> &Scaled {
        if form.linear() { &self.centred } else { &self.relative }
    }

    /// The sums and the components at the end of a pass at given parameters, in units of the series.
    pub(super) fn pass(&self, form: Form, smoothing: &Smoothing, start: &Components) -> Option<(Sums, Components)> {
        filter(form, smoothing, start, &self.sample.target, |_, _| {})
    }

    /// A search with all starts for comparison: from the best of the grid.
    pub(super) fn rough(&self, form: Form, passed: &mut Passed) -> Option<Estimate> {
        let scaled = self.scaled(form);
        let start = components(form, &scaled.bridged, self.season)?;
        let smoothing = *smoothings(form, &start, &scaled.target, passed).first()?;
        self.search(form, pack(form, &smoothing, &start), ROUGH, passed)
    }

    /// The maximum itself: from `found`, and from every point of the grid if `everywhere`.
    pub(super) fn fine(&self, found: Estimate, everywhere: bool, passed: &mut Passed) -> Estimate {
        let mut best = found;
        let better = |new: Option<Estimate>, best: &mut Estimate| {
            if let Some(new) = new.filter(|new| new.log_likelihood > best.log_likelihood) {
                *best = new;
            }
        };
        let scaled = self.scaled(best.form);
        if let (true, Some(start)) = (everywhere, components(best.form, &scaled.bridged, self.season)) {
            for smoothing in smoothings(best.form, &start, &scaled.target, passed).iter().skip(1) {
                better(self.search(best.form, pack(best.form, smoothing, &start), ROUGH, passed), &mut best);
            }
        }
        if let Some(settled) = self.settled(&best, passed) {
            return settled;
        }
        for _ in 0..POLISHES {
            let before = best.log_likelihood;
            better(self.search(best.form, best.point.clone(), FINE, passed), &mut best);
            if best.log_likelihood - before <= FINE.cost * self.sample.observed as f64 {
                break;
            }
        }
        self.settled(&best, passed).unwrap_or(best)
    }

    /// The cost of a form at packed parameters, with its gradient.
    fn cost<'p>(&'p self, form: Form, passed: &'p mut Passed) -> impl FnMut(&[f64], &mut [f64]) -> Option<f64> + 'p {
        let scaled = self.scaled(form);
        move |x, gradient| {
            let unpacked = unpack(form, self.season, x)?;
            if !admissible(form, &unpacked.smoothing, self.season) {
                return None;
            }
            let value = passed.forward(form, &unpacked.smoothing, &unpacked.start, &scaled.target)?;
            let by = passed.backward(form, &unpacked.smoothing);
            unpacked.pull_back(form, &by.smoothing, &by.start, gradient);
            Some(value)
        }
    }

    fn search(&self, form: Form, from: Vec<f64>, effort: Effort, passed: &mut Passed) -> Option<Estimate> {
        let (point, value) = minimize_smooth(&mut self.cost(form, passed), &from, effort)?;
        self.estimate(form, point, value)
    }

    /// The end of Newton's steps from near a maximum, with α at the end of its range if it is next to it.
    fn settled(&self, near: &Estimate, passed: &mut Passed) -> Option<Estimate> {
        let mut steps = |from: &[f64]| {
            let settled = settle(&mut self.cost(near.form, passed), &mut by_slopes, from)?;
            let settled =
                self.estimate(near.form, settled.point, settled.value).filter(|_| settled.decrement <= SETTLED);
            // what rounding alone makes worse is not
            settled.filter(|settled| settled.log_likelihood > near.log_likelihood - ROUNDING)
        };
        pinned(&near.point).and_then(|from| steps(&from)).or_else(|| steps(&near.point))
    }

    fn estimate(&self, form: Form, point: Vec<f64>, value: f64) -> Option<Estimate> {
        let scaled = self.scaled(form);
        let unpacked = unpack(form, self.season, &point)?;
        let n = self.sample.observed as f64;
        let constant = 0.5 * libm::log(2.0 * std::f64::consts::PI) + 0.5 + libm::log(scaled.scale);
        let log_likelihood = -n * (value + constant);
        let aicc = criterion(log_likelihood, self.sample.observed, form.estimated(self.season));
        let Components { level, growth, season } = unpacked.start;
        let start = Components {
            level: scaled.centre + scaled.scale * level,
            growth: if form.trend == Part::Additive { scaled.scale * growth } else { growth },
            season: match form.season {
                Part::Additive => season.iter().map(|term| scaled.scale * term).collect(),
                _ => season,
            },
        };
        Some(Estimate { form, smoothing: unpacked.smoothing, start, log_likelihood, aicc, point })
    }

    /// Whether innovations of this size mean that the form explains the series exactly.
    pub(super) fn exact(&self, form: Form, sums: &Sums) -> bool {
        let unit = if form.relative_error { 1.0 } else { self.scaled(form).scale };
        sums.square / sums.count.max(1) as f64 <= 100.0 * EXACT * unit * unit
    }
}
