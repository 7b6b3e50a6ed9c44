//! Where the search starts: a first guess of the components, as in statsforecast and R's `smooth`, and smoothing
//! parameters.

use super::form::Form;
use super::recursion::{Components, Pair};
use crate::decompose::{Kind, recent_terms};
use crate::lately::Lately;

/// Rows whose mean is the first level without season.
const ROWS: usize = 10;
/// A component over its information potential.
const RATIO: f64 = 1.1;

/// Smoothing parameters α tried first, in groups of which each best one is followed. At α₁ = 1 the level smooths by
/// α₀ − 1; below, it returns to zero.
const ALPHAS: [&[[f64; 2]]; 3] = [
    &[[1.02, 1.0], [1.1, 1.0]],
    &[[1.3, 1.0], [1.6, 1.0], [1.9, 1.0]],
    &[[1.1, 0.95], [1.5, 0.9], [1.0, 0.9], [0.8, 0.4]],
];
/// Those of the real seasonal term.
const PARTIAL_BETAS: [f64; 3] = [0.02, 0.1, 0.4];
/// Those of the complex seasonal term.
const FULL_BETAS: [[f64; 2]; 4] = [[1.02, 1.0], [1.1, 1.0], [1.4, 1.0], [1.1, 0.95]];

/// A guess of the components before the first row of a complete series of at least two seasons.
pub(super) fn guess(form: Form, series: &[f64], season: usize) -> Option<Components> {
    let pair = |value: f64| Pair { level: value, information: value / RATIO };
    let mean = |rows: usize| {
        let first = &series[..rows.min(series.len())];
        first.iter().sum::<f64>() / first.len() as f64
    };
    let level = match form {
        Form::None => pair(mean(ROWS)),
        Form::Simple => Pair::default(),
        Form::Partial | Form::Full => pair(mean(season)),
    };
    let season = match form {
        Form::None => Vec::new(),
        Form::Simple => series.get(..season)?.iter().map(|y| pair(*y)).collect(),
        Form::Partial | Form::Full => {
            let terms = recent_terms(series, season, Kind::Additive, Lately::default().term_seasons)?;
            let real = |term: &f64| Pair { level: *term, information: 0.0 };
            let complex = |term: &f64| pair(*term);
            if form == Form::Partial { terms.iter().map(real).collect() } else { terms.iter().map(complex).collect() }
        }
    };
    let components = Components { level, season };
    components.finite().then_some(components)
}

/// Points at which a search may start, in groups.
pub(super) fn points(form: Form) -> Vec<Vec<Vec<f64>>> {
    let betas: Vec<Vec<f64>> = match form {
        Form::None | Form::Simple => vec![Vec::new()],
        Form::Partial => PARTIAL_BETAS.iter().map(|beta| vec![*beta]).collect(),
        Form::Full => FULL_BETAS.iter().map(|beta| beta.to_vec()).collect(),
    };
    let with = |alpha: &[f64; 2]| betas.iter().map(|beta| [alpha.as_slice(), beta].concat()).collect::<Vec<_>>();
    ALPHAS.iter().map(|group| group.iter().flat_map(with).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ces::form::{Rule, Smoothing};
    use crate::ces::stability::slack;
    use crate::ets::MAX_SEASON;

    /// Of those whose level returns to zero some lie in the region itself, without the growth that a window allows: a
    /// search never lacks a start.
    #[test]
    fn every_form_has_a_start_in_its_region_whatever_the_season() {
        for form in Form::ALL {
            let last = points(form).pop().unwrap_or_default();
            for season in (2..=60).chain((61..MAX_SEASON).step_by(47)).chain([MAX_SEASON]) {
                let inside = |point: &Vec<f64>| {
                    let rule: Rule<f64> = Rule::new(form, Smoothing::at(point).all());
                    slack(&rule, season, 0.0).is_some()
                };
                assert!(last.iter().any(inside), "{form:?} {season} {last:?}");
            }
        }
    }
}
