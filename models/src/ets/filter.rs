//! One pass over a series: innovations, likelihood, the components at the end, and exact gradients.

use super::form::Form;
use super::recursion::{Ahead, Components, MULTIPLICATIVE, NONE, Pair, Smoothing, ahead, moved, with_parts};

/// Mean square of innovations, in units of the scaled series, below which the fit counts as exact.
pub(super) const EXACT: f64 = 1e-24;
/// Factors multiplied before a logarithm is taken; each is kept between these bounds.
const PRODUCT_RANGE: (f64, f64) = (1e-100, 1e100);

/// Sums over the observed rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sums {
    /// Σ of squared innovations (relative ones where the error is relative).
    pub(super) square: f64,
    /// Σ ln μ where the error is relative, else 0.
    pub(super) log_forecast: f64,
    /// Rows observed.
    pub(super) count: usize,
}

impl Sums {
    /// Gaussian log-likelihood with the variance at its maximum, Σ e² / n.
    pub(super) fn log_likelihood(&self) -> f64 {
        let n = self.count as f64;
        let variance = self.square / n;
        -0.5 * n * (libm::log(2.0 * std::f64::consts::PI * variance) + 1.0) - self.log_forecast
    }

    /// The part of −2 log-likelihood / n that varies; finite for an exact fit.
    fn cost(&self) -> f64 {
        let n = self.count as f64;
        0.5 * libm::log(self.square / n + EXACT) + self.log_forecast / n
    }
}

/// Filters `target` (NaN where unobserved) from `start`; calls `each` with every row. None if a form that
/// needs it meets a forecast that is not positive, or numbers overflow.
pub(super) fn filter(
    form: Form,
    smoothing: &Smoothing,
    start: &Components,
    target: &[f64],
    mut each: impl FnMut(usize, &Row),
) -> Option<(Sums, Components)> {
    let mut passed = Passed::default();
    passed.forward(form, smoothing, start, target)?;
    for (index, row) in passed.rows.iter().enumerate() {
        each(index, row);
    }
    Some((passed.sums, passed.end()))
}

/// What a row's step started from and gave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Level and growth before it.
    pub(super) state: Pair,
    season: f64,
    pub(super) ahead: Ahead,
    /// Deviation from the forecast; NaN where unobserved.
    pub(super) deviation: f64,
}

/// A pass, kept so that it can be gone back over; its buffers are reused.
#[derive(Debug)]
pub(super) struct Passed {
    rows: Vec<Row>,
    season: Vec<f64>,
    pair: Pair,
    pub(super) sums: Sums,
}

impl Default for Passed {
    fn default() -> Self {
        let sums = Sums { square: 0.0, log_forecast: 0.0, count: 0 };
        Self { rows: Vec::new(), season: Vec::new(), pair: Pair::default(), sums }
    }
}

impl Passed {
    /// Filters forward; gives the cost that is minimised.
    pub(super) fn forward(
        &mut self,
        form: Form,
        smoothing: &Smoothing,
        start: &Components,
        target: &[f64],
    ) -> Option<f64> {
        self.season.clear();
        self.season.extend_from_slice(&start.season);
        self.pair = Pair { level: start.level, growth: start.growth };
        let sums = with_parts!(form, pass(form.relative_error, smoothing, target, self))?;
        self.sums = sums;
        let cost = sums.cost();
        (cost.is_finite() && self.pair.level.is_finite() && self.pair.growth.is_finite()).then_some(cost)
    }

    /// The components after the last row.
    fn end(&self) -> Components {
        let mut season = self.season.clone();
        if !season.is_empty() {
            let length = season.len();
            season.rotate_left(self.rows.len() % length);
        }
        Components { level: self.pair.level, growth: self.pair.growth, season }
    }

    /// The gradient of the last pass's cost.
    pub(super) fn backward(&self, form: Form, smoothing: &Smoothing) -> Gradient {
        with_parts!(form, back(form.relative_error, smoothing, self))
    }
}

fn pass<const T: u8, const S: u8>(
    relative: bool,
    smoothing: &Smoothing,
    target: &[f64],
    passed: &mut Passed,
) -> Option<Sums> {
    let Passed { rows, season, pair, .. } = passed;
    rows.clear();
    rows.reserve(target.len());
    let needs_positive = relative || T == MULTIPLICATIVE || S == MULTIPLICATIVE;
    let (mut square, mut logs, mut product, mut count) = (0.0, 0.0, 1.0, 0);
    let mut place = 0;
    let mut state = *pair;
    for &y in target {
        let term = if S == NONE { 0.0 } else { *season.get(place)? };
        let ahead = ahead::<T, S>(state, term, smoothing.phi);
        let d = y - ahead.forecast;
        rows.push(Row { state, season: term, ahead, deviation: d });
        if needs_positive && !(ahead.forecast > 0.0 && ahead.base > 0.0) {
            return None;
        }
        let mut used = 0.0;
        if !d.is_nan() {
            used = d;
            count += 1;
            let e = if relative { d / ahead.forecast } else { d };
            square += e * e;
            if relative {
                product *= ahead.forecast;
                if !(PRODUCT_RANGE.0..PRODUCT_RANGE.1).contains(&product) {
                    logs += libm::log(product);
                    product = 1.0;
                }
            }
        }
        let (next, term) = moved::<T, S>(state, term, ahead, smoothing, used);
        state = next;
        if S != NONE {
            season[place] = term;
            place = if place + 1 == season.len() { 0 } else { place + 1 };
        }
    }
    *pair = state;
    let log_forecast = if relative { logs + libm::log(product) } else { 0.0 };
    Some(Sums { square, log_forecast, count })
}

/// Derivatives of the cost.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gradient {
    pub(super) smoothing: Smoothing,
    pub(super) start: Components,
}

/// Goes back over a pass: the adjoint of each step of [`moved`], last row first.
fn back<const T: u8, const S: u8>(relative: bool, smoothing: &Smoothing, passed: &Passed) -> Gradient {
    let Smoothing { alpha, beta, gamma, phi } = *smoothing;
    let n = passed.sums.count as f64;
    // derivative of the cost in half of each squared innovation, and in each logarithm
    let (weight, log_weight) = (1.0 / (passed.sums.square + n * EXACT), 1.0 / n);
    let mut by = Smoothing { alpha: 0.0, beta: 0.0, gamma: 0.0, phi: 0.0 };
    let (mut level, mut growth) = (0.0, 0.0);
    let length = passed.season.len();
    let mut season = vec![0.0; length];
    let mut place = if length == 0 { 0 } else { passed.rows.len() % length };
    for row in passed.rows.iter().rev() {
        let Row { state, season: s, ahead, deviation } = *row;
        if S != NONE {
            place = if place == 0 { length - 1 } else { place - 1 };
        }
        let term = if S == NONE { 0.0 } else { season[place] };
        let observed = !deviation.is_nan();
        let d = if observed { deviation } else { 0.0 };
        // one division each where the form has one
        let per_season = if S == MULTIPLICATIVE { 1.0 / s } else { 1.0 };
        let per_level = if T == MULTIPLICATIVE { 1.0 / state.level } else { 1.0 };
        let per_base = if S == MULTIPLICATIVE { 1.0 / ahead.base } else { 1.0 };
        let c = d * per_season;
        by.alpha += c * level;
        by.beta += if T == NONE { 0.0 } else { c * per_level * growth };
        by.gamma += if S == NONE { 0.0 } else { d * per_base * term };
        let pull = alpha * level + if T == NONE { 0.0 } else { beta * per_level * growth };
        let (mut by_d, mut by_forecast) = (0.0, 0.0);
        if observed {
            by_d = per_season * pull + if S == NONE { 0.0 } else { gamma * per_base * term };
            if relative {
                let e = d / ahead.forecast;
                by_d += weight * e / ahead.forecast;
                by_forecast = (log_weight - weight * e * e) / ahead.forecast;
            } else {
                by_d += weight * d;
            }
        }
        by_forecast -= by_d;
        let by_base = match S {
            MULTIPLICATIVE => level + s * by_forecast - gamma * d * per_base * per_base * term,
            _ => level + by_forecast,
        };
        if S != NONE {
            season[place] = match S {
                MULTIPLICATIVE => term + ahead.base * by_forecast - c * per_season * pull,
                _ => term + by_forecast,
            };
        }
        match T {
            NONE => level = by_base,
            MULTIPLICATIVE => {
                let by_share = growth + state.level * by_base;
                level = by_base * ahead.share - beta * c * per_level * per_level * growth;
                by.phi += if phi == 1.0 { 0.0 } else { by_share * ahead.share * libm::log(state.growth) };
                growth = by_share * phi * ahead.share / state.growth;
            }
            _ => {
                let by_share = growth + by_base;
                by.phi += by_share * state.growth;
                growth = by_share * phi;
                level = by_base;
            }
        }
    }
    Gradient { smoothing: by, start: Components { level, growth, season } }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ets::form::Part;

    /// Exact gradients against central differences, for all forms, with a missing row.
    #[test]
    fn gradients_are_those_of_the_cost() {
        let wave = |t: usize| libm::sin(t as f64 * 1.7) + 0.6 * libm::cos(t as f64 * 0.4);
        let mut target: Vec<f64> = (0..40).map(|t| 5.0 + 0.05 * t as f64 + 0.5 * wave(t)).collect();
        target[11] = f64::NAN;
        let parts = [Part::None, Part::Additive, Part::Multiplicative];
        let mut forms = 0;
        for relative_error in [false, true] {
            for trend in parts {
                for damped in [false, true] {
                    for season in parts {
                        check(Form { relative_error, trend, damped, season }, &target);
                        forms += 1;
                    }
                }
            }
        }
        assert_eq!(forms, 36);
    }

    fn check(form: Form, target: &[f64]) {
        let growth = [0.0, 0.05, 1.01][form.trend as usize];
        let season = [vec![], vec![0.2, -0.1, -0.1], vec![1.05, 0.97, 0.98]][form.season as usize].clone();
        let phi = if form.damped { 0.9 } else { 1.0 };
        let unpack = |x: &[f64]| {
            let smoothing = Smoothing { alpha: x[0], beta: x[1], gamma: x[2], phi: x[3] };
            (smoothing, Components { level: x[4], growth: x[5], season: x[6..].to_vec() })
        };
        let mut x = vec![0.4, 0.1, 0.2, phi, 5.0, growth];
        x.extend(season);
        let mut passed = Passed::default();
        let mut cost = |x: &[f64]| {
            let (smoothing, start) = unpack(x);
            passed.forward(form, &smoothing, &start, target).unwrap()
        };
        let mut numeric = Vec::new();
        for i in 0..x.len() {
            let (mut above, mut below) = (x.clone(), x.clone());
            above[i] += 1e-6;
            below[i] -= 1e-6;
            numeric.push((cost(&above) - cost(&below)) / 2e-6);
        }
        cost(&x);
        let got = passed.backward(form, &unpack(&x).0);
        let mut exact = vec![got.smoothing.alpha, got.smoothing.beta, got.smoothing.gamma, got.smoothing.phi];
        exact.extend([got.start.level, got.start.growth]);
        exact.extend(got.start.season);
        for (i, (a, b)) in exact.iter().zip(&numeric).enumerate() {
            // the derivative in the damping is only defined where the form has one
            let skip = i == 3 && !form.damped;
            assert!(skip || (a - b).abs() < 1e-6 * (1.0 + b.abs()), "{form} {i}: {a} {b}");
        }
    }
}
