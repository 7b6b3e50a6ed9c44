//! Whether a series has a season, and the series without it.

use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::decompose::{Kind, adjusted, seasonal_terms};

/// 95 % point of the standard normal law.
const SIGNIFICANT: f64 = 1.644_853_626_951_472_2;
/// Shortest season that is tested for.
const SHORTEST: usize = 4;
/// Least multiplicative term; a smaller one makes the decomposition additive.
const LEAST_FACTOR: f64 = 0.01;

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

/// Whether the autocorrelation at the season is significant (the 90 % test of the M3 and M4 competitions' theta).
fn significant(series: &[f64], season: usize) -> bool {
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let product = |lag: usize| -> f64 {
        series.iter().skip(lag).zip(series).map(|(later, earlier)| (later - mean) * (earlier - mean)).sum()
    };
    let variance = product(0);
    let shorter: f64 = (1..season).map(|lag| (product(lag) / variance) * (product(lag) / variance)).sum();
    let bound = SIGNIFICANT * ((1.0 + 2.0 * shorter) / n).sqrt();
    (product(season) / variance).abs() > bound
}

/// The seasonal terms of a series without gaps, and the series without them.
pub(super) fn deseasoned(series: &[f64], season: usize, settings: &Settings) -> (Terms, Vec<f64>) {
    let plain = || (Terms::NONE, series.to_vec());
    if season < SHORTEST || series.len() < 2 * season || !significant(series, season) {
        return plain();
    }
    let positive = series.iter().all(|y| *y > 0.0);
    let of = |kind: Kind| seasonal_terms(series, season, kind).map(|values| (kind, values));
    let factors = (settings.decomposition == Kind::Multiplicative && positive).then(|| of(Kind::Multiplicative));
    let factors = factors.flatten().filter(|(_, values)| values.iter().all(|term| *term >= LEAST_FACTOR));
    match factors.or_else(|| of(Kind::Additive)) {
        None => plain(),
        Some((kind, values)) => {
            let rest = adjusted(series, &values, kind);
            (Terms { multiplicative: kind == Kind::Multiplicative, values }, rest)
        }
    }
}
