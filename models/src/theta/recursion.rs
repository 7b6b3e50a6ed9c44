//! The theta method as simple exponential smoothing plus a line (Fiorucci, Pellegrini, Louzada, Petropoulos and
//! Koehler 2016, *International Journal of Forecasting* 32, equations 5 to 11).
//!
//! With q = 1 − α, w = 1 − 1/θ and t sessions seen, the forecast is μ = ℓ + w (A qᵗ + B (1 − qᵗ⁺¹) / α); the level moves
//! by ℓ ← αy + qℓ. The line A, B is that of the whole training window, or in the dynamic models that of what has been
//! seen so far.

use serde::{Deserialize, Serialize};

/// The four models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Standard theta: θ is 2.
    #[serde(rename = "STM")]
    Standard,
    /// Optimised theta.
    #[serde(rename = "OTM")]
    Optimised,
    /// Standard theta with a line that is updated.
    #[serde(rename = "DSTM")]
    DynamicStandard,
    /// Optimised theta with a line that is updated.
    #[serde(rename = "DOTM")]
    DynamicOptimised,
}

impl Kind {
    /// In the order in which equal fits are preferred.
    pub(super) const ALL: [Self; 4] = [Self::Standard, Self::Optimised, Self::DynamicStandard, Self::DynamicOptimised];

    /// The usual abbreviation.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Standard => "STM",
            Self::Optimised => "OTM",
            Self::DynamicStandard => "DSTM",
            Self::DynamicOptimised => "DOTM",
        }
    }

    pub(super) fn dynamic(self) -> bool {
        matches!(self, Self::DynamicStandard | Self::DynamicOptimised)
    }

    /// Numbers that a fit estimates: α, the first level, and θ.
    pub(super) fn estimated(self) -> usize {
        if self.optimised() { 3 } else { 2 }
    }

    pub(super) fn optimised(self) -> bool {
        matches!(self, Self::Optimised | Self::DynamicOptimised)
    }
}

/// What a model has seen before a session.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The level ℓ.
    pub level: f64,
    /// Mean of the sessions.
    pub mean: f64,
    /// Value A of the line one session before the first.
    pub intercept: f64,
    /// Slope B of the line per session.
    pub slope: f64,
    /// Sessions since the first of the training window.
    pub sessions: u32,
}

/// α and w = 1 − 1/θ of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub(super) alpha: f64,
    pub(super) weight: f64,
    pub(super) dynamic: bool,
}

/// Below it a power changes no forecast.
const VANISHED: f64 = 1e-150;

/// A power, or nothing where it has vanished: repeated products end in denormal numbers and stay there, which take some
/// processors a hundred times as long.
#[inline(always)]
pub(super) fn vanishing(power: f64) -> f64 {
    if power.abs() < VANISHED { 0.0 } else { power }
}

impl Seen {
    pub(super) fn finite(&self) -> bool {
        [self.level, self.mean, self.intercept, self.slope].iter().all(|value| value.is_finite())
    }

    /// Powers qᵗ by which a rule's forecasts from here start.
    pub(super) fn power(&self, rule: &Rule) -> f64 {
        vanishing(libm::pow(1.0 - rule.alpha, f64::from(self.sessions)))
    }

    /// The forecast, given qᵗ. A dynamic model takes its first session as known.
    #[inline(always)]
    pub(super) fn forecast(&self, rule: &Rule, power: f64) -> f64 {
        if rule.dynamic && self.sessions == 0 {
            return self.intercept;
        }
        let ahead = (1.0 - power * (1.0 - rule.alpha)) / rule.alpha;
        self.level + rule.weight * (self.intercept * power + self.slope * ahead)
    }

    /// Moves on by a session with value `y`.
    #[inline(always)]
    pub(super) fn step(&mut self, rule: &Rule, y: f64) {
        let t = f64::from(self.sessions);
        self.level = rule.alpha * y + (1.0 - rule.alpha) * self.level;
        if rule.dynamic {
            let slope = ((t - 1.0) * self.slope + 6.0 * (y - self.mean) / (t + 1.0)) / (t + 2.0);
            self.slope = if self.sessions == 0 { 0.0 } else { slope };
            self.mean = (t * self.mean + y) / (t + 1.0);
            self.intercept = self.mean - self.slope * (t + 2.0) / 2.0;
        }
        self.sessions = self.sessions.saturating_add(1);
    }
}
