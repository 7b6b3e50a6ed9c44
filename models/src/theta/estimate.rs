//! Least squares for one kind. For a given α the errors are linear in the first level and in w, which are solved for;
//! α is a zero of the derivative of what remains.

use super::recursion::{Kind, Rule, Seen, vanishing};

/// Range of α, as in statsforecast.
const ALPHA: (f64, f64) = (0.1, 0.99);
/// Values of α tried before the derivative is followed to its zero.
const GRID: usize = 24;
/// Halvings of the interval that holds the zero.
const HALVINGS: usize = 48;
/// Largest w, a θ of 10¹⁰.
const MAX_WEIGHT: f64 = 1.0 - 1e-10;
/// w of the standard models, θ = 2.
const STANDARD: f64 = 0.5;
/// First errors that do not count, as in statsforecast.
pub(super) const BURN_IN: usize = 3;
/// Determinant, relative to the product of the diagonal, below which level and line cannot be told apart.
const COLLINEAR: f64 = 1e-12;

/// The least-squares fit of one kind, in units of the series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimate {
    pub(super) kind: Kind,
    pub(super) rule: Rule,
    pub(super) start: Seen,
    /// Σ of squared errors after the burn-in, in units of the scaled series.
    pub(super) square: f64,
}

impl Estimate {
    /// Corrected Akaike criterion of normal errors with `rows` squares, but for a constant of the series; infinite where
    /// these do not suffice.
    pub(super) fn aicc(&self, rows: usize) -> f64 {
        let (n, k) = (rows as f64, self.kind.estimated() as f64 + 1.0);
        if n > k + 1.0 { n * libm::log(self.square / n) + 2.0 * k * n / (n - k - 1.0) } else { f64::INFINITY }
    }
}

/// A series scaled to mean 0 and deviation 1, with the line of each session.
struct Scaled<'a> {
    series: Vec<f64>,
    seen: &'a [bool],
    /// Intercept and slope known before each session.
    lines: Vec<(f64, f64)>,
}

/// What an α comes to.
struct Profile {
    level: f64,
    weight: f64,
    square: f64,
    /// Derivative of `square` in α.
    slope: f64,
}

/// Least-squares line through a series at 1, 2, …: intercept and slope.
fn line(series: &[f64]) -> (f64, f64) {
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let centre = (n + 1.0) / 2.0;
    let product: f64 = series.iter().enumerate().map(|(i, y)| (i as f64 + 1.0 - centre) * (y - mean)).sum();
    let slope = if n > 1.0 { 12.0 * product / (n * (n * n - 1.0)) } else { 0.0 };
    (mean - centre * slope, slope)
}

/// Fits a kind to a series without gaps, of which the errors of `seen` rows count.
pub(super) fn estimate(kind: Kind, series: &[f64], seen: &[bool]) -> Option<Estimate> {
    let n = series.len() as f64;
    let centre = series.iter().sum::<f64>() / n;
    let scale = (series.iter().map(|y| (y - centre) * (y - centre)).sum::<f64>() / n).sqrt();
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let scaled = Scaled::new(kind, series.iter().map(|y| (y - centre) / scale).collect(), seen);
    let (low, high) = ALPHA;
    let at = |k: usize| low + (high - low) * k as f64 / (GRID - 1) as f64;
    let (mut best, mut alpha) = (scaled.profile(kind, low), low);
    let mut place = 0;
    for k in 1..GRID {
        let profile = scaled.profile(kind, at(k));
        if profile.square < best.square {
            (best, alpha, place) = (profile, at(k), k);
        }
    }
    // downhill from the best of the grid, to where the slope changes its sign
    let (mut left, mut right) = match best.slope > 0.0 {
        true => (at(place.saturating_sub(1)), alpha),
        false => (alpha, at((place + 1).min(GRID - 1))),
    };
    for _ in 0..HALVINGS {
        let middle = 0.5 * (left + right);
        let profile = scaled.profile(kind, middle);
        if profile.slope > 0.0 {
            right = middle;
        } else {
            left = middle;
        }
        if profile.square < best.square {
            (best, alpha) = (profile, middle);
        }
    }
    let last = scaled.profile(kind, 0.5 * (left + right));
    if last.square <= best.square * (1.0 + 1e-13) {
        (best, alpha) = (last, 0.5 * (left + right));
    }
    let weight = best.weight;
    let first = series.first().copied()?;
    let (intercept, slope) = if kind.dynamic() { (first, 0.0) } else { line(series) };
    // moving the series by c moves the first level by c (1 − w)
    let level = scale * best.level + centre * (1.0 - weight);
    let start = Seen { level, mean: first, intercept, slope, sessions: 0 };
    let rule = Rule { alpha, weight, dynamic: kind.dynamic() };
    (start.finite() && best.square.is_finite()).then_some(Estimate { kind, rule, start, square: best.square })
}

impl<'a> Scaled<'a> {
    fn new(kind: Kind, series: Vec<f64>, seen: &'a [bool]) -> Self {
        let lines = if kind.dynamic() {
            let first = series.first().copied().unwrap_or(0.0);
            let rule = Rule { alpha: 0.5, weight: 0.5, dynamic: true };
            let mut state = Seen { level: 0.0, mean: first, intercept: first, slope: 0.0, sessions: 0 };
            let line = |y: &f64| {
                let before = (state.intercept, state.slope);
                state.step(&rule, *y);
                before
            };
            series.iter().map(line).collect()
        } else {
            vec![line(&series); series.len()]
        };
        Self { series, seen, lines }
    }

    /// Whether a row's error counts.
    fn counts(&self, row: usize) -> bool {
        row >= BURN_IN && self.seen[row]
    }

    fn profile(&self, kind: Kind, alpha: f64) -> Profile {
        let q = 1.0 - alpha;
        // normal equations of the error in the first level (column u = qᵗ) and in w (column f)
        let (mut uu, mut uf, mut ff, mut ur, mut fr) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut base, mut u) = (0.0, 1.0);
        for (row, (y, (a, b))) in self.series.iter().zip(&self.lines).enumerate() {
            if self.counts(row) {
                let f = a * u + b * (1.0 - u * q) / alpha;
                let r = y - base;
                uu += u * u;
                uf += u * f;
                ff += f * f;
                ur += u * r;
                fr += f * r;
            }
            base = alpha * y + q * base;
            u = vanishing(u * q);
        }
        let determinant = uu * ff - uf * uf;
        let mut weight = STANDARD;
        if kind.optimised() && determinant > COLLINEAR * uu * ff {
            weight = ((uu * fr - uf * ur) / determinant).clamp(0.0, MAX_WEIGHT);
        }
        let level = if uu > 0.0 { (ur - weight * uf) / uu } else { 0.0 };
        let (mut square, mut slope) = (0.0, 0.0);
        let (mut state, mut by_alpha) = (level, 0.0);
        // u and its derivative −t qᵗ⁻¹
        let (mut u, mut du) = (1.0, 0.0);
        for (row, (y, (a, b))) in self.series.iter().zip(&self.lines).enumerate() {
            let (next, next_du) = (vanishing(u * q), vanishing(du * q - u));
            if self.counts(row) {
                let reach = (1.0 - next) / alpha;
                let e = y - state - weight * (a * u + b * reach);
                let forecast_by_alpha = by_alpha + weight * (a * du + b * (-next_du - reach) / alpha);
                square += e * e;
                slope -= 2.0 * e * forecast_by_alpha;
            }
            by_alpha = y - state + q * by_alpha;
            state = alpha * y + q * state;
            (u, du) = (next, next_du);
        }
        Profile { level, weight, square, slope }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_profile() {
        let series: Vec<f64> = (0..60).map(|t| 0.02 * f64::from(t) + libm::sin(1.3 * f64::from(t))).collect();
        let seen: Vec<bool> = (0..60).map(|t| t != 20).collect();
        for kind in Kind::ALL {
            let scaled = Scaled::new(kind, series.clone(), &seen);
            let at = |alpha: f64| scaled.profile(kind, alpha);
            let numeric = (at(0.4 + 1e-6).square - at(0.4 - 1e-6).square) / 2e-6;
            let exact = at(0.4).slope;
            assert!((exact - numeric).abs() < 1e-6 * (1.0 + numeric.abs()), "{kind:?}: {exact} {numeric}");
        }
    }

    #[test]
    fn the_line_is_exact() {
        let (intercept, slope) = line(&[5.0, 7.0, 9.0, 11.0]);
        assert!((intercept - 3.0).abs() < 1e-12 && (slope - 2.0).abs() < 1e-12);
    }
}
