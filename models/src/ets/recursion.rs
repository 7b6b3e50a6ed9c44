//! The state recursion of all forms (Hyndman et al. 2008, tables 2.2 and 2.3), one step at a time.
//!
//! With g the trend's share of the forecast, q = l + g (or l·g), μ = q + s (or q·s) and d = y − μ, every form moves by
//! l ← q + αd/c, b ← damped b + βd/c (divided by l where the trend is multiplicative), s ← s + γd (divided by q where
//! the season is multiplicative), with c = s for a multiplicative season and 1 otherwise. The error's kind only
//! matters for likelihood and simulation.

use serde::{Deserialize, Serialize};

pub(super) const NONE: u8 = 0;
pub(super) const ADDITIVE: u8 = 1;
pub(super) const MULTIPLICATIVE: u8 = 2;

/// Calls a function generic over trend and season with those of a form.
macro_rules! with_parts {
    ($form:expr, $function:ident ( $($argument:expr),* $(,)? )) => {{
        use $crate::ets::form::Part::{Additive, Multiplicative, None};
        use $crate::ets::recursion::{ADDITIVE as A, MULTIPLICATIVE as M, NONE as N};
        match ($form.trend, $form.season) {
            (None, None) => $function::<N, N>($($argument),*),
            (None, Additive) => $function::<N, A>($($argument),*),
            (None, Multiplicative) => $function::<N, M>($($argument),*),
            (Additive, None) => $function::<A, N>($($argument),*),
            (Additive, Additive) => $function::<A, A>($($argument),*),
            (Additive, Multiplicative) => $function::<A, M>($($argument),*),
            (Multiplicative, None) => $function::<M, N>($($argument),*),
            (Multiplicative, Additive) => $function::<M, A>($($argument),*),
            (Multiplicative, Multiplicative) => $function::<M, M>($($argument),*),
        }
    }};
}
pub(super) use with_parts;

/// Smoothing parameters α, β, γ and damping φ (1 without damping). β and γ are those of the state equations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smoothing {
    /// Share of an innovation that stays in the level.
    pub alpha: f64,
    /// Share that stays in the growth; 0 without a trend.
    pub beta: f64,
    /// Share that stays in the season; 0 without one.
    pub gamma: f64,
    /// Damping of the growth; 1 without.
    pub phi: f64,
}

/// Level, growth and season before a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Components {
    /// The level.
    pub level: f64,
    /// Growth per session (a factor where the trend is multiplicative); 0 without a trend.
    pub growth: f64,
    /// Seasonal terms of the next sessions, the next one first; empty without a season.
    pub season: Vec<f64>,
}

impl Components {
    pub(super) fn finite(&self) -> bool {
        self.season.iter().chain([&self.level, &self.growth]).all(|value| value.is_finite())
    }
}

/// What one step starts from: level and growth, with the season's term beside them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pair {
    pub(super) level: f64,
    pub(super) growth: f64,
}

/// Forecast of a step: growth's share g, level and growth q, forecast μ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    pub(super) share: f64,
    pub(super) base: f64,
    pub(super) forecast: f64,
}

#[inline(always)]
pub(super) fn ahead<const T: u8, const S: u8>(state: Pair, season: f64, phi: f64) -> Ahead {
    let (share, base) = match T {
        ADDITIVE => {
            let share = phi * state.growth;
            (share, state.level + share)
        }
        MULTIPLICATIVE => {
            let share = if phi == 1.0 { state.growth } else { libm::pow(state.growth, phi) };
            (share, state.level * share)
        }
        _ => (0.0, state.level),
    };
    let forecast = match S {
        ADDITIVE => base + season,
        MULTIPLICATIVE => base * season,
        _ => base,
    };
    Ahead { share, base, forecast }
}

/// The step with deviation `d` from its forecast; gives the new pair and the season's new term.
#[inline(always)]
pub(super) fn moved<const T: u8, const S: u8>(
    state: Pair,
    season: f64,
    ahead: Ahead,
    smoothing: &Smoothing,
    d: f64,
) -> (Pair, f64) {
    let deseasoned = if S == MULTIPLICATIVE { d / season } else { d };
    let level = ahead.base + smoothing.alpha * deseasoned;
    let growth = match T {
        ADDITIVE => ahead.share + smoothing.beta * deseasoned,
        MULTIPLICATIVE => ahead.share + smoothing.beta * deseasoned / state.level,
        _ => 0.0,
    };
    let season = match S {
        ADDITIVE => season + smoothing.gamma * d,
        MULTIPLICATIVE => season + smoothing.gamma * d / ahead.base,
        _ => 0.0,
    };
    (Pair { level, growth }, season)
}
