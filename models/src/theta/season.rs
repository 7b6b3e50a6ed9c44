//! Whether a series has a season, and the series without it.

use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::decompose::{Kind, LEAST_FACTOR, adjusted, recent_terms, significant};

/// Shortest season that is tested for.
const SHORTEST: usize = 4;

/// Seasonal terms, that of the window's first session first; empty without a season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Whether they multiply.
    pub multiplicative: bool,
    /// The terms.
    pub values: Vec<f64>,
}

impl Terms {
    /// Nothing.
    pub(super) const NONE: Self = Self { multiplicative: false, values: Vec::new() };

    fn at(&self, session: usize) -> Option<f64> {
        self.values.get(session % self.values.len().max(1)).copied()
    }

    /// Factor and summand that put the season back, at a session counted from the window's first.
    pub(super) fn restoring(&self, session: usize) -> (f64, f64) {
        match self.at(session) {
            None => (1.0, 0.0),
            Some(term) if self.multiplicative => (term, 0.0),
            Some(term) => (1.0, term),
        }
    }

    /// The values of a series without their season, from a session on.
    pub(super) fn removed(&self, value: f64, session: usize) -> f64 {
        let (factor, summand) = self.restoring(session);
        (value - summand) / factor
    }
}

/// A series without its season.
pub(super) struct Deseasoned {
    pub(super) terms: Terms,
    pub(super) rest: Vec<f64>,
    /// Why the season is not of the form asked for, if so.
    pub(super) fallback: Option<String>,
}

/// The seasonal terms of a series without gaps, and the series without them.
pub(super) fn deseasoned(series: &[f64], season: usize, settings: &Settings) -> Deseasoned {
    let plain = |fallback| Deseasoned { terms: Terms::NONE, rest: series.to_vec(), fallback };
    if season < SHORTEST {
        return plain(None);
    }
    if series.len() < 2 * season {
        return plain(Some(format!("no season: fewer than two seasons of {season} sessions")));
    }
    if !significant(series, season) {
        return plain(None);
    }
    let wanted = settings.decomposition == Kind::Multiplicative;
    let positive = series.iter().all(|y| *y > 0.0);
    let repetitions = settings.lately.term_seasons;
    let of = |kind: Kind| recent_terms(series, season, kind, repetitions).map(|values| (kind, values));
    let factors = (wanted && positive).then(|| of(Kind::Multiplicative));
    let factors = factors.flatten().filter(|(_, values)| values.iter().all(|term| *term >= LEAST_FACTOR));
    match factors.or_else(|| of(Kind::Additive)) {
        None => plain(None),
        Some((kind, values)) => {
            let why = if positive { "a factor is below 0.01" } else { "a price is zero or negative" };
            let fallback = (wanted && kind == Kind::Additive).then(|| format!("additive season: {why}"));
            let rest = adjusted(series, &values, kind);
            Deseasoned { terms: Terms { multiplicative: kind == Kind::Multiplicative, values }, rest, fallback }
        }
    }
}
