//! The region of the smoothing parameters, and the map from unbounded numbers onto it.
//!
//! The usual region of Hyndman et al. (2008), section 2.6: 0 < α < 1, 0 < β < α, 0 < γ < 1 − α, 0.8 < φ < 0.98, each
//! kept [`MARGIN`] inside as R's `ets` does. A number x stands for the share (1 + sin x) / 2 of a range, so that its
//! ends are reached at finite x.

use std::f64::consts::FRAC_PI_2;

use super::form::{Form, Part};
use super::recursion::{Components, Smoothing};
use crate::arima::roots_beyond;

/// Distance to 0 and 1 that is kept.
const MARGIN: f64 = 1e-4;
/// Range of the damping.
const DAMPING: (f64, f64) = (0.8, 0.98);
/// Shares of a range from which a search starts: at the very ends the map has no slope.
const INNER: (f64, f64) = (0.01, 0.99);
/// Share of α's range, from either end, within which it is taken for the end.
const END: f64 = 1e-6;
/// Modulus by which a root may pass the unit circle.
const CIRCLE: f64 = 1.0 - 1e-7;

fn share(x: f64) -> (f64, f64) {
    (0.5 + 0.5 * libm::sin(x), 0.5 * libm::cos(x))
}

fn unbounded(value: f64, low: f64, high: f64) -> f64 {
    let share = ((value - low) / (high - low)).clamp(INNER.0, INNER.1);
    libm::asin(2.0 * share - 1.0)
}

/// The vector with α at the end of its range, if it is next to it: there the range of β, or γ, has no width, and beside it
/// one in which rounding decides.
pub(super) fn pinned(x: &[f64]) -> Option<Vec<f64>> {
    let mut out = x.to_vec();
    let alpha = out.first_mut()?;
    *alpha = match share(*alpha).0 {
        low if low < END => -FRAC_PI_2,
        high if high > 1.0 - END => FRAC_PI_2,
        _ => return None,
    };
    Some(out)
}

/// Smoothing parameters and components as one vector without bounds: smoothing first, then level, growth and all but
/// the last seasonal term (which makes their mean 0, or 1).
pub(super) fn pack(form: Form, smoothing: &Smoothing, start: &Components) -> Vec<f64> {
    let alpha = smoothing.alpha;
    let mut x = vec![unbounded(alpha, MARGIN, 1.0 - MARGIN)];
    if form.trend != Part::None {
        x.push(unbounded(smoothing.beta, MARGIN, alpha));
    }
    if form.season != Part::None {
        x.push(unbounded(smoothing.gamma, MARGIN, 1.0 - alpha));
    }
    if form.damped {
        x.push(unbounded(smoothing.phi, DAMPING.0, DAMPING.1));
    }
    x.push(start.level);
    if form.trend != Part::None {
        x.push(start.growth);
    }
    x.extend(start.season.iter().take(start.season.len().saturating_sub(1)));
    x
}

/// The parameters of a packed vector, and how they move with it.
pub(super) struct Unpacked {
    pub(super) smoothing: Smoothing,
    pub(super) start: Components,
    slopes: [f64; 4],
    /// Shares of β and γ, by which they move with α.
    shares: [f64; 2],
}

pub(super) fn unpack(form: Form, season: usize, x: &[f64]) -> Option<Unpacked> {
    let mut rest = x.iter().copied();
    let mut slopes = [0.0; 4];
    let mut shares = [0.0; 2];
    let bounded = |low: f64, high: f64, x: f64| {
        let (share, slope) = share(x);
        (low + (high - low) * share, (high - low) * slope, share)
    };
    let (alpha, slope, _) = bounded(MARGIN, 1.0 - MARGIN, rest.next()?);
    slopes[0] = slope;
    let mut smoothing = Smoothing { alpha, beta: 0.0, gamma: 0.0, phi: 1.0 };
    if form.trend != Part::None {
        (smoothing.beta, slopes[1], shares[0]) = bounded(MARGIN, alpha, rest.next()?);
    }
    if form.season != Part::None {
        (smoothing.gamma, slopes[2], shares[1]) = bounded(MARGIN, 1.0 - alpha, rest.next()?);
    }
    if form.damped {
        (smoothing.phi, slopes[3], _) = bounded(DAMPING.0, DAMPING.1, rest.next()?);
    }
    let level = rest.next()?;
    let growth = if form.trend == Part::None { 0.0 } else { rest.next()? };
    let mut terms = Vec::new();
    if form.season != Part::None {
        terms.extend(rest.by_ref().take(season.saturating_sub(1)));
        let mean = if form.season == Part::Multiplicative { season as f64 } else { 0.0 };
        terms.push(mean - terms.iter().sum::<f64>());
    }
    Some(Unpacked { smoothing, start: Components { level, growth, season: terms }, slopes, shares })
}

impl Unpacked {
    /// Derivatives in the parameters turned into derivatives in the packed vector.
    pub(super) fn pull_back(&self, form: Form, by: &Smoothing, by_start: &Components, out: &mut [f64]) {
        let mut places = out.iter_mut();
        let mut put = |value: f64| {
            if let Some(place) = places.next() {
                *place = value;
            }
        };
        let [beta_share, gamma_share] = self.shares;
        put(self.slopes[0] * (by.alpha + beta_share * by.beta - gamma_share * by.gamma));
        if form.trend != Part::None {
            put(self.slopes[1] * by.beta);
        }
        if form.season != Part::None {
            put(self.slopes[2] * by.gamma);
        }
        if form.damped {
            put(self.slopes[3] * by.phi);
        }
        put(by_start.level);
        if form.trend != Part::None {
            put(by_start.growth);
        }
        let last = by_start.season.last().copied().unwrap_or(0.0);
        by_start.season.iter().take(by_start.season.len().saturating_sub(1)).for_each(|term| put(term - last));
    }
}

/// Whether the influence of old observations dies out: the roots of the additive form's characteristic polynomial
/// (Hyndman et al. 2008, chapter 10) are not outside the unit circle. Without a season the usual region is inside.
pub(super) fn admissible(form: Form, smoothing: &Smoothing, season: usize) -> bool {
    if form.season == Part::None {
        return true;
    }
    let Smoothing { alpha, beta, gamma, phi } = *smoothing;
    // z^(m+1) + (α + β − φ) z^m + (α + β − αφ)(z^(m−1) + … + z²) + (α + β − αφ + γ − 1) z + φ (1 − α − γ)
    let inner = alpha + beta - alpha * phi;
    let mut coefficients = vec![-inner; season + 1];
    coefficients[0] = phi - alpha - beta;
    coefficients[season - 1] = 1.0 - gamma - inner;
    coefficients[season] = -phi * (1.0 - alpha - gamma);
    if season == 1 {
        return true;
    }
    roots_beyond(&coefficients, CIRCLE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_undone() {
        let form = Form { relative_error: true, trend: Part::Additive, damped: true, season: Part::Multiplicative };
        let smoothing = Smoothing { alpha: 0.4, beta: 0.1, gamma: 0.3, phi: 0.9 };
        let start = Components { level: 2.0, growth: 0.1, season: vec![0.9, 1.2, 0.9] };
        let unpacked = unpack(form, 3, &pack(form, &smoothing, &start)).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        near(unpacked.smoothing.alpha, 0.4);
        near(unpacked.smoothing.beta, 0.1);
        near(unpacked.smoothing.gamma, 0.3);
        near(unpacked.smoothing.phi, 0.9);
        unpacked.start.season.iter().zip(&start.season).for_each(|(a, b)| near(*a, *b));
    }

    #[test]
    fn an_explosive_season_is_not_admissible() {
        let form = Form { relative_error: false, trend: Part::Additive, damped: false, season: Part::Additive };
        let inside = Smoothing { alpha: 0.3, beta: 0.05, gamma: 0.2, phi: 1.0 };
        assert!(admissible(form, &inside, 7));
        assert!(admissible(Form { trend: Part::None, ..form }, &Smoothing { beta: 0.0, ..inside }, 7));
        assert!(!admissible(form, &Smoothing { alpha: 0.9, beta: 0.89, gamma: 1.5, ..inside }, 7));
    }
}
