//! Complex exponential smoothing as a state space model (Svetunkov, Kourentzes and Ord 2022, *Naval Research Logistics*
//! 69; its seasonal forms in Svetunkov and Kourentzes 2018, *Complex exponential smoothing for seasonal time series*).
//!
//! A complex component is a level ℓ and its information potential c; with an innovation e it moves by
//! ℓ ← ℓ − (1 − α₁) c + (α₀ − α₁) e, c ← ℓ + (1 − α₀) c + (α₀ + α₁) e. The forecast is the sum of the level and of the
//! session's seasonal term.

use serde::{Deserialize, Serialize};

use super::dual::Number;
use super::form::{Form, Rotation, Rule};

/// A complex component.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair<T = f64> {
    /// The real part: a level or a seasonal term, in units of the series.
    pub level: T,
    /// The imaginary part, its information potential; zero for a real seasonal term.
    pub information: T,
}

/// A component that depends on nothing.
fn constant<T: Number>(pair: Pair) -> Pair<T> {
    Pair { level: T::constant(pair.level), information: T::constant(pair.information) }
}

impl<T: Number> Rotation<T> {
    /// A component after an innovation.
    #[inline(always)]
    fn moved(&self, pair: Pair<T>, e: T) -> Pair<T> {
        Pair {
            level: pair.level - self.from_information * pair.information + self.gain * e,
            information: pair.level + self.kept * pair.information + self.information_gain * e,
        }
    }
}

/// The components before a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Components<T = f64> {
    /// The level; zero in the simple seasonal form.
    pub level: Pair<T>,
    /// The seasonal terms, that of the next session first; empty without season.
    pub season: Vec<Pair<T>>,
}

impl Components {
    pub(super) fn finite(&self) -> bool {
        let finite = |pair: &Pair| pair.level.is_finite() && pair.information.is_finite();
        finite(&self.level) && self.season.iter().all(finite)
    }
}

impl<T: Number> Rule<T> {
    /// The forecast from a level and the session's seasonal term.
    #[inline(always)]
    pub(super) fn forecast(&self, level: Pair<T>, term: Pair<T>) -> T {
        match self.form {
            Form::None => level.level,
            Form::Simple => term.level,
            Form::Partial | Form::Full => level.level + term.level,
        }
    }

    /// Both after an innovation.
    #[inline(always)]
    pub(super) fn moved(&self, level: Pair<T>, term: Pair<T>, e: T) -> (Pair<T>, Pair<T>) {
        match self.form {
            Form::None => (self.level.moved(level, e), term),
            Form::Simple => (level, self.season.moved(term, e)),
            Form::Partial => {
                let term = Pair { level: term.level + self.parameters[2] * e, information: term.information };
                (self.level.moved(level, e), term)
            }
            Form::Full => (self.level.moved(level, e), self.season.moved(term, e)),
        }
    }

    /// Filters rows (NaN where missing: no innovation); gives the forecast and the innovation of each to `each`.
    pub(super) fn pass(
        &self,
        components: &mut Components<T>,
        rows: impl Iterator<Item = f64>,
        mut each: impl FnMut(T, Option<T>),
    ) {
        let zero = T::constant(0.0);
        let (mut level, mut place) = (components.level, 0);
        let mut none = [Pair { level: zero, information: zero }];
        let season = if components.season.is_empty() { none.as_mut_slice() } else { components.season.as_mut_slice() };
        for y in rows {
            let term = season[place];
            let forecast = self.forecast(level, term);
            let innovation = (!y.is_nan()).then(|| T::constant(y) - forecast);
            each(forecast, innovation);
            (level, season[place]) = self.moved(level, term, innovation.unwrap_or(zero));
            place = if place + 1 == season.len() { 0 } else { place + 1 };
        }
        components.level = level;
        season.rotate_left(place);
    }

    /// Turns the components after the last row into those before it, for a pass backwards in time: each moves on by
    /// one step without innovation.
    pub(super) fn turn(&self, components: &mut Components<T>) {
        let zero = T::constant(0.0);
        let level = components.level;
        components.level = self.moved(level, Pair { level: zero, information: zero }, zero).0;
        for term in &mut components.season {
            *term = self.moved(level, *term, zero).1;
        }
        components.season.reverse();
    }

    /// The components before the first row of a series, by a pass forwards and one back from a first guess
    /// (backcasting).
    pub(super) fn backcast(&self, guess: &Components, target: &[f64]) -> Components<T> {
        let season = guess.season.iter().map(|pair| constant(*pair)).collect();
        let mut components = Components { level: constant(guess.level), season };
        self.pass(&mut components, target.iter().copied(), |_, _| {});
        self.turn(&mut components);
        self.pass(&mut components, target.iter().rev().copied(), |_, _| {});
        self.turn(&mut components);
        components
    }
}
