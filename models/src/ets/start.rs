//! Where the search for the maximum starts: components of the first session and smoothing parameters
//! (Hyndman et al. 2008, section 2.6.1; R's `initstate` and `initparam`).

use super::filter::Passed;
use super::form::{Form, Part};
use super::recursion::{Components, Smoothing};
use crate::decompose::{Kind, adjusted, seasonal_terms};

/// Rows from which level and growth are taken, and at least two seasons.
const ROWS: usize = 10;
/// Least multiplicative seasonal term of a start.
const LEAST_FACTOR: f64 = 1e-2;
/// Range of a multiplicative growth of a start.
const GROWTH_RANGE: (f64, f64) = (0.95, 1.05);

/// Smoothing parameters tried first: α, β as a share of α, γ as a share of 1 − α.
const GRID: [(f64, f64, f64); 7] = [
    (0.95, 0.02, 0.05),
    (0.6, 0.02, 0.05),
    (0.3, 0.02, 0.05),
    (0.1, 0.1, 0.1),
    (0.05, 0.02, 0.05),
    (0.3, 0.3, 0.5),
    (0.8, 0.3, 0.5),
];

/// Components before the first row of a complete series, from its seasonal terms if it has any.
pub(super) fn components(form: Form, series: &[f64], season: usize) -> Option<Components> {
    let kind = match form.season {
        Part::None => None,
        Part::Additive => Some(Kind::Additive),
        Part::Multiplicative => Some(Kind::Multiplicative),
    };
    let (terms, rest) = match kind {
        None => (Vec::new(), series.to_vec()),
        Some(kind) => {
            let mut terms = seasonal_terms(series, season, kind)?;
            if kind == Kind::Multiplicative {
                terms.iter_mut().for_each(|term| *term = term.max(LEAST_FACTOR));
                let mean = terms.iter().sum::<f64>() / season as f64;
                terms.iter_mut().for_each(|term| *term /= mean);
            }
            let rest = adjusted(series, &terms, kind);
            (terms, rest)
        }
    };
    let first = &rest[..ROWS.max(2 * season).min(rest.len())];
    let (level, growth) = match form.trend {
        Part::None => (first.iter().sum::<f64>() / first.len() as f64, 0.0),
        Part::Additive => line(first),
        Part::Multiplicative => {
            let (before, slope) = line(first);
            let growth = ((before + slope) / before).clamp(GROWTH_RANGE.0, GROWTH_RANGE.1);
            if before > 0.0 { (before, growth) } else { (first.first().copied()?, 1.0) }
        }
    };
    let start = Components { level, growth, season: terms };
    start.finite().then_some(start)
}

/// Value one step before the first, and slope, of the least-squares line.
fn line(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let centre = (n + 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / n;
    let (mut product, mut square) = (0.0, 0.0);
    for (i, y) in values.iter().enumerate() {
        let x = i as f64 + 1.0 - centre;
        product += x * (y - mean);
        square += x * x;
    }
    let slope = if square > 0.0 { product / square } else { 0.0 };
    (mean - slope * centre, slope)
}

/// The smoothing parameters of the grid, best first.
pub(super) fn smoothings(form: Form, start: &Components, target: &[f64], passed: &mut Passed) -> Vec<Smoothing> {
    let trend = form.trend != Part::None;
    let smoothing = |(alpha, beta, gamma): (f64, f64, f64)| Smoothing {
        alpha,
        beta: if trend { beta * alpha } else { 0.0 },
        gamma: if form.season == Part::None { 0.0 } else { gamma * (1.0 - alpha) },
        phi: if form.damped { 0.95 } else { 1.0 },
    };
    let mut tried: Vec<(f64, Smoothing)> = GRID
        .into_iter()
        .map(smoothing)
        .filter_map(|smoothing| Some((passed.forward(form, &smoothing, start, target)?, smoothing)))
        .collect();
    tried.sort_by(|a, b| a.0.total_cmp(&b.0));
    tried.into_iter().map(|(_, smoothing)| smoothing).collect()
}
