//! Maximum likelihood of one form over the admissible region, from backcast components.

use super::descent::{Effort, Local, descend};
use super::dual::{Dual, Number};
use super::form::{Form, Rule, Smoothing};
use super::recursion::Components;
use super::stability::slack;
use super::start::{guess, points};
use crate::arima::Sample;
use crate::decompose::bridged;

/// Mean square of innovations, in units of the scaled series, below which the fit counts as exact.
const EXACT: f64 = 1e-24;
/// Log-likelihood that the edge of the admissible region costs, per unit of slack: while forms are compared, and at
/// the maximum.
const ROUGH_EDGE: f64 = 0.1;
const FINE_EDGE: f64 = 0.002;
/// Costs are log-likelihoods per observation.
const ROUGH: Effort = Effort { gain: 1e-6, evaluations: 30 };
const FINE: Effort = Effort { gain: 1e-15, evaluations: 300 };

/// A series ready for the search of any form.
#[derive(Debug)]
pub(super) struct Ready<'a> {
    sample: &'a Sample,
    season: usize,
    /// In units of its mean magnitude.
    target: Vec<f64>,
    bridged: Vec<f64>,
    scale: f64,
}

/// The maximum found for one form.
#[derive(Debug, Clone)]
pub(super) struct Estimate {
    pub(super) form: Form,
    pub(super) smoothing: Smoothing,
    /// Corrected Akaike criterion; infinite where observations do not suffice.
    pub(super) aicc: f64,
    point: Vec<f64>,
    /// What was minimised.
    cost: f64,
}

/// −2 ln L + 2kn / (n − k − 1) of a form with its variance; infinite where that has no value.
pub(super) fn criterion(form: Form, log_likelihood: f64, count: usize) -> f64 {
    let (n, k) = (count as f64, form.parameters() as f64 + 1.0);
    if n > k + 1.0 { -2.0 * log_likelihood + 2.0 * k * n / (n - k - 1.0) } else { f64::INFINITY }
}

impl<'a> Ready<'a> {
    /// The sample's first and last rows are seen, and not all values are equal.
    pub(super) fn new(sample: &'a Sample, season: usize) -> Self {
        let seen = sample.target.iter().zip(&sample.seen).filter(|(_, seen)| **seen);
        let magnitude = seen.map(|(y, _)| y.abs()).sum::<f64>() / sample.observed as f64;
        let scale = if magnitude > 0.0 { magnitude } else { 1.0 };
        let target: Vec<f64> = sample.target.iter().map(|y| y / scale).collect();
        let bridged = bridged(&target, &sample.seen);
        Self { sample, season, target, bridged, scale }
    }

    /// The components before the first row, in units of the series.
    pub(super) fn start(&self, form: Form, smoothing: &Smoothing) -> Option<Components> {
        let guess = guess(form, &self.bridged, self.season)?;
        let mut start: Components = Rule::new(form, smoothing.all()).backcast(&guess, &self.target);
        for pair in std::iter::once(&mut start.level).chain(&mut start.season) {
            pair.level *= self.scale;
            pair.information *= self.scale;
        }
        start.finite().then_some(start)
    }

    /// Whether innovations of this mean square mean that the form explains the series exactly.
    pub(super) fn exact(&self, square: f64) -> bool {
        square <= 100.0 * EXACT * self.scale * self.scale
    }

    /// Growth per session that the filter may have.
    fn growth(&self) -> f64 {
        1.0 / self.target.len() as f64
    }

    /// Half the logarithm of the mean square of innovations, less what the edge costs.
    fn cost(&self, form: Form, guess: &Components, point: &[f64], edge: f64) -> Option<f64> {
        let n = self.sample.observed as f64;
        let rule: Rule<f64> = Rule::new(form, Smoothing::at(point).all());
        let slack = slack(&rule, self.season, self.growth())?;
        let mut components = rule.backcast(guess, &self.target);
        let mut square = EXACT * n;
        rule.pass(&mut components, self.target.iter().copied(), |_, innovation| {
            square += innovation.map_or(0.0, |e| e * e);
        });
        let cost = 0.5 * libm::log(square / n) - edge / n * slack;
        cost.is_finite().then_some(cost)
    }

    /// The best of a few starts, for comparison.
    pub(super) fn rough(&self, form: Form) -> Option<Estimate> {
        let guess = guess(form, &self.bridged, self.season)?;
        let value = |point: Vec<f64>| Some((self.cost(form, &guess, &point, ROUGH_EDGE)?, point));
        let best = |group: Vec<Vec<f64>>| group.into_iter().filter_map(value).min_by(|a, b| a.0.total_cmp(&b.0));
        let starts = points(form).into_iter().filter_map(best);
        let found = starts.filter_map(|(_, point)| self.search(form, &guess, &point, ROUGH_EDGE, ROUGH));
        found.min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    /// The maximum itself.
    pub(super) fn fine(&self, found: Estimate) -> Estimate {
        let guess = guess(found.form, &self.bridged, self.season);
        let fine = guess.and_then(|guess| self.search(found.form, &guess, &found.point, FINE_EDGE, FINE));
        fine.filter(|fine| fine.aicc <= found.aicc).unwrap_or(found)
    }

    fn search(&self, form: Form, guess: &Components, from: &[f64], edge: f64, effort: Effort) -> Option<Estimate> {
        let found = match form.parameters() {
            2 => self.lowest::<2>(form, guess, from, edge, effort),
            3 => self.lowest::<3>(form, guess, from, edge, effort),
            _ => self.lowest::<4>(form, guess, from, edge, effort),
        };
        let (point, cost) = found?;
        let smoothing = Smoothing::at(&point);
        let value = self.cost(form, guess, &point, 0.0)?;
        let constant = 0.5 * libm::log(2.0 * std::f64::consts::PI) + 0.5 + libm::log(self.scale);
        let log_likelihood = -(self.sample.observed as f64) * (value + constant);
        let aicc = criterion(form, log_likelihood, self.sample.observed);
        Some(Estimate { form, smoothing, aicc, point, cost })
    }

    fn lowest<const P: usize>(
        &self,
        form: Form,
        guess: &Components,
        from: &[f64],
        edge: f64,
        effort: Effort,
    ) -> Option<(Vec<f64>, f64)> {
        let local = |point: &[f64; P]| self.local(form, guess, point, edge);
        let (point, cost) = descend(local, from.try_into().ok()?, effort)?;
        Some((point.to_vec(), cost))
    }

    /// The cost near a point; second derivatives of innovations are left out.
    fn local<const P: usize>(&self, form: Form, guess: &Components, at: &[f64; P], edge: f64) -> Option<Local<P>> {
        let n = self.sample.observed as f64;
        let number = |i: usize| match at.get(i) {
            Some(value) => Dual::parameter(i, *value),
            None => Dual::constant(0.0),
        };
        let rule: Rule<Dual<P>> = Rule::new(form, std::array::from_fn(number));
        let slack = slack(&rule, self.season, self.growth())?;
        let mut components = rule.backcast(guess, &self.target);
        let (mut square, mut gradient, mut curvature) = (EXACT * n, [0.0; P], [[0.0; P]; P]);
        rule.pass(&mut components, self.target.iter().copied(), |_, innovation| {
            let Some(Dual { value, slopes }) = innovation else { return };
            square += value * value;
            for i in 0..P {
                gradient[i] += value * slopes[i];
                for j in 0..P {
                    curvature[i][j] += slopes[i] * slopes[j];
                }
            }
        });
        let toll = edge / n;
        let by_slack = slack.slopes;
        for (slope, by) in gradient.iter_mut().zip(&by_slack) {
            *slope = *slope / square - toll * by;
        }
        for (row, by) in curvature.iter_mut().zip(&by_slack) {
            for (second, other) in row.iter_mut().zip(&by_slack) {
                *second = *second / square + toll * by * other;
            }
        }
        let cost = 0.5 * libm::log(square / n) - toll * slack.value;
        cost.is_finite().then_some(Local { cost, gradient, curvature })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::History;

    fn flat<const P: usize>(local: Option<Local<P>>) -> (f64, Vec<f64>) {
        let local = local.unwrap();
        (local.cost, local.gradient.to_vec())
    }

    /// Exact gradients against central differences, for all forms, with a missing row.
    #[test]
    fn gradients_are_those_of_the_cost() {
        let wave = |t: usize| libm::sin(t as f64 * 1.7) + 0.6 * libm::cos(t as f64 * 0.4);
        let mut target: Vec<f64> = (0..40).map(|t| 5.0 + 0.05 * t as f64 + 0.5 * wave(t)).collect();
        target[11] = f64::NAN;
        let days: Vec<i32> = (0..40).collect();
        let sample = Sample::new(&History { days: &days, target: &target, regressors: &[] }, &[], true).unwrap();
        let ready = Ready::new(&sample, 4);
        for form in Form::ALL {
            let guess = guess(form, &ready.bridged, 4).unwrap();
            let x: Vec<f64> = [1.4, 0.97, 0.2, 0.0][..form.parameters()].to_vec();
            let x = if form == Form::Full { vec![1.4, 0.97, 1.1, 0.98] } else { x };
            let at = |x: &[f64]| ready.cost(form, &guess, x, 0.3).unwrap();
            let exact = match form.parameters() {
                2 => flat(ready.local::<2>(form, &guess, x[..].try_into().unwrap(), 0.3)),
                3 => flat(ready.local::<3>(form, &guess, x[..].try_into().unwrap(), 0.3)),
                _ => flat(ready.local::<4>(form, &guess, x[..].try_into().unwrap(), 0.3)),
            };
            assert!((exact.0 - at(&x)).abs() < 1e-14);
            for i in 0..x.len() {
                let (mut above, mut below) = (x.clone(), x.clone());
                above[i] += 1e-6;
                below[i] -= 1e-6;
                let (numeric, slope) = ((at(&above) - at(&below)) / 2e-6, exact.1[i]);
                assert!((slope - numeric).abs() < 1e-6 * (1.0 + numeric.abs()), "{form:?} {i}: {slope} {numeric}");
            }
        }
    }
}
