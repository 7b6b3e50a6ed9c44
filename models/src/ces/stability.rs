//! The admissible region: an old innovation's influence on forecasts dies out. Innovations are those of an ARMA process
//! whose moving-average polynomial θ must have its roots outside the unit circle (for the form without season these are
//! the three inequalities of Svetunkov, Kourentzes and Ord 2022).
//!
//! Level and seasonal terms must each be so alone. Together they are redundant, since a constant may stand in either:
//! where the level grows (α₁ > 1) that is a root just inside the circle, and strictly taken no seasonal form could
//! follow a trend. So the influence of their start may grow, e-fold over the window and no more.

use super::dual::Number;
use super::form::{Form, Rule, Smoothing};

/// Coefficients of B and B² in φ, the polynomial of a complex component, and in δ, that of its filter.
fn polynomials<T: Number>(real: T, imaginary: T) -> ([T; 2], [T; 2]) {
    let (one, two) = (T::constant(1.0), T::constant(2.0));
    let phi = [real - two, two - real - imaginary];
    let delta = [two * real - imaginary - two, (one - real) * (two - real) - imaginary * (one - imaginary)];
    (phi, delta)
}

/// The coefficients of θ after the leading 1. In the simple form it is a polynomial in Bᵐ; its degree 2 is enough.
fn moving_average<T: Number>(rule: &Rule<T>, season: usize) -> Vec<T> {
    let [alpha_0, alpha_1, beta_0, beta_1] = rule.parameters;
    let (phi, delta) = polynomials(alpha_0, alpha_1);
    // θ = δ(B) first(Bᵐ) + φ(B) second(Bᵐ), with the coefficients of Bᵐ, B²ᵐ
    let (first, second) = match rule.form {
        Form::None | Form::Simple => return delta.to_vec(),
        Form::Partial => (vec![T::constant(-1.0)], vec![beta_0]),
        Form::Full => {
            let (phi, delta) = polynomials(beta_0, beta_1);
            (phi.to_vec(), vec![delta[0] - phi[0], delta[1] - phi[1]])
        }
    };
    let one = T::constant(1.0);
    let mut theta = vec![T::constant(0.0); first.len() * season + 2];
    theta[..2].copy_from_slice(&delta);
    for (power, (first, second)) in first.into_iter().zip(second).enumerate() {
        let at = (power + 1) * season - 1;
        for (lag, (phi, delta)) in [(one, one), (phi[0], delta[0]), (phi[1], delta[1])].into_iter().enumerate() {
            theta[at + lag] = theta[at + lag] + delta * first + phi * second;
        }
    }
    theta
}

/// How far the parameters are from the edge of the region in which level and seasonal terms each forget their start,
/// and both together let it grow by no more than a share per session: 0 at most, −∞ at the edge, none outside.
pub(super) fn slack<T: Number>(rule: &Rule<T>, season: usize, growth: f64) -> Option<T> {
    let [alpha_0, alpha_1, beta_0, beta_1] = rule.parameters;
    let level = inside(polynomials(alpha_0, alpha_1).1.to_vec())?;
    let term = match rule.form {
        Form::None | Form::Simple => return Some(level),
        Form::Partial => inside(vec![beta_0 - T::constant(1.0)])?,
        Form::Full => inside(polynomials(beta_0, beta_1).1.to_vec())?,
    };
    let mut theta = moving_average(rule, season);
    let mut shrunk = 1.0;
    for coefficient in &mut theta {
        shrunk /= 1.0 + growth;
        *coefficient = *coefficient * T::constant(shrunk);
    }
    Some(level + term + inside(theta)?)
}

/// Σ ln(1 − k²) over the partial coefficients of a polynomial, given after its leading 1 (Schur and Cohn; Durbin's
/// recursion backwards); none if a root is not outside the unit circle.
fn inside<T: Number>(mut polynomial: Vec<T>) -> Option<T> {
    let one = T::constant(1.0);
    let mut sum = T::constant(0.0);
    let mut lower = Vec::with_capacity(polynomial.len());
    while let Some(k) = polynomial.pop() {
        let rest = one - k * k;
        if !(rest.value() > 0.0 && k.value().is_finite()) {
            return None;
        }
        sum = sum + rest.log();
        let scale = one / rest;
        lower.clear();
        let mirrored = polynomial.iter().rev();
        lower.extend(polynomial.iter().zip(mirrored).map(|(c, mirrored)| (*c - k * *mirrored) * scale));
        std::mem::swap(&mut polynomial, &mut lower);
    }
    Some(sum)
}

impl Smoothing {
    /// Whether level and seasonal terms each forget their start, and together, with a season of so many sessions, let it
    /// grow by no more than this share per session.
    #[must_use]
    pub fn admissible(&self, form: Form, season: usize, growth: f64) -> bool {
        slack(&Rule::new(form, self.all()), season, growth).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ces::recursion::{Components, Pair};

    /// The filter's own answer: what is left of a start after many innovations that follow from zeros.
    fn forgotten(rule: &Rule<f64>, season: usize) -> f64 {
        let one = Pair { level: 1.0, information: 1.0 };
        let season = if rule.form.seasonal() { vec![one; season] } else { Vec::new() };
        let level = if rule.form == Form::Simple { Pair::default() } else { one };
        let mut components = Components { level, season };
        rule.pass(&mut components, std::iter::repeat_n(0.0, 40_000), |_, _| {});
        // beyond the largest number differences of infinities are no numbers
        let size = |pair: &Pair| match pair.level.abs() + pair.information.abs() {
            size if size.is_nan() => f64::INFINITY,
            size => size,
        };
        components.season.iter().map(size).fold(size(&components.level), f64::max)
    }

    #[test]
    fn the_region_is_where_the_filter_forgets() {
        let mut counts = [0_usize; 2];
        let mut check = |form: Form, point: [f64; 4], season: usize| {
            let rule = Rule::new(form, point);
            let left = forgotten(&rule, season);
            // neither forgotten nor grown: too close to the edge to tell
            if (1e-6..1e6).contains(&left) {
                return;
            }
            let inside = inside(moving_average(&rule, season)).is_some();
            assert_eq!(inside, left < 1e-6, "{form:?} {point:?} season {season}: {left}");
            counts[usize::from(inside)] += 1;
        };
        let values = [0.3, 0.9, 1.05, 1.4, 1.9];
        for a in values {
            for b in [0.7, 0.95, 1.0, 1.06, 1.4] {
                check(Form::None, [a, b, 0.0, 0.0], 1);
                check(Form::Simple, [a, b, 0.0, 0.0], 3);
                for c in [-0.1, 0.05, 0.4, 0.9] {
                    check(Form::Partial, [a, b, c, 0.0], 4);
                }
                for c in values {
                    for d in [0.8, 1.0, 1.1] {
                        check(Form::Full, [a, b, c, d], 3);
                        check(Form::Full, [a, b, c, d], 2);
                    }
                }
            }
        }
        assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
    }

    /// A growing level beside seasonal terms is admitted within the allowance; seasonal terms that diverge are not.
    #[test]
    fn only_the_redundant_start_may_grow() {
        let growing = Smoothing { alpha_0: 1.2, alpha_1: 1.001, beta_0: 0.1, beta_1: 0.0 };
        assert!(!growing.admissible(Form::Partial, 7, 0.0) && growing.admissible(Form::Partial, 7, 1e-3));
        let diverging = Smoothing { beta_0: -0.001, ..growing };
        assert!(!diverging.admissible(Form::Partial, 7, 1e-3));
        let growing = Smoothing { beta_0: 1.1, beta_1: 1.0, ..growing };
        assert!(!growing.admissible(Form::Full, 7, 0.0) && growing.admissible(Form::Full, 7, 1e-3));
        let diverging = Smoothing { beta_0: 0.999, ..growing };
        assert!(!diverging.admissible(Form::Full, 7, 1e-3));
    }

    #[test]
    fn without_season_it_is_that_of_the_paper() {
        for i in 0..60 {
            for j in 0..60 {
                let (a, b) = (f64::from(i) / 20.0, f64::from(j) / 20.0 - 0.51);
                let paper = (a - 2.5) * (a - 2.5) + b * b > 1.25
                    && (a - 0.5) * (a - 0.5) + (b - 1.0) * (b - 1.0) > 0.25
                    && (a - 1.5) * (a - 1.5) + (b - 0.5) * (b - 0.5) < 1.5;
                let inside = slack(&Rule::new(Form::None, [a, b, 0.0, 0.0]), 1, 0.0).is_some();
                assert_eq!(inside, paper, "{a} {b}");
            }
        }
    }
}
