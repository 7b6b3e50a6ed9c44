//! The four forms and their parameters.

use serde::{Deserialize, Serialize};

use super::dual::Number;

/// Which components a form has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A complex level.
    #[serde(rename = "N")]
    None,
    /// A complex level for each session of the season.
    #[serde(rename = "S")]
    Simple,
    /// A complex level and a real seasonal term.
    #[serde(rename = "P")]
    Partial,
    /// A complex level and a complex seasonal term.
    #[serde(rename = "F")]
    Full,
}

impl Form {
    /// In the order in which equal fits are preferred.
    pub(super) const ALL: [Self; 4] = [Self::None, Self::Simple, Self::Partial, Self::Full];

    /// The usual letter.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "N",
            Self::Simple => "S",
            Self::Partial => "P",
            Self::Full => "F",
        }
    }

    pub(super) fn seasonal(self) -> bool {
        self != Self::None
    }

    /// Smoothing parameters that are estimated.
    pub(super) fn parameters(self) -> usize {
        match self {
            Self::None | Self::Simple => 2,
            Self::Partial => 3,
            Self::Full => 4,
        }
    }
}

/// The smoothing parameters α₀ + iα₁ and β₀ + iβ₁; zero where a form has none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smoothing {
    /// Real part of α.
    pub alpha_0: f64,
    /// Imaginary part of α.
    pub alpha_1: f64,
    /// Real part of β.
    pub beta_0: f64,
    /// Imaginary part of β.
    pub beta_1: f64,
}

impl Smoothing {
    /// From a point of the search: α₀, α₁, β₀, β₁ as far as a form has them.
    pub(super) fn at(point: &[f64]) -> Self {
        let number = |i: usize| point.get(i).copied().unwrap_or(0.0);
        Self { alpha_0: number(0), alpha_1: number(1), beta_0: number(2), beta_1: number(3) }
    }

    pub(super) fn all(&self) -> [f64; 4] {
        [self.alpha_0, self.alpha_1, self.beta_0, self.beta_1]
    }
}

/// How a complex component moves: its transition less the identity part, and its gains.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rotation<T> {
    /// 1 − α₁.
    pub(super) from_information: T,
    /// 1 − α₀.
    pub(super) kept: T,
    /// α₀ − α₁.
    pub(super) gain: T,
    /// α₀ + α₁.
    pub(super) information_gain: T,
}

impl<T: Number> Rotation<T> {
    fn new(real: T, imaginary: T) -> Self {
        let one = T::constant(1.0);
        Self {
            from_information: one - imaginary,
            kept: one - real,
            gain: real - imaginary,
            information_gain: real + imaginary,
        }
    }
}

/// A form with its parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule<T> {
    pub(super) form: Form,
    /// α₀, α₁, β₀, β₁.
    pub(super) parameters: [T; 4],
    pub(super) level: Rotation<T>,
    /// That of the seasonal terms: by α where there is no level, else by β.
    pub(super) season: Rotation<T>,
}

impl<T: Number> Rule<T> {
    pub(super) fn new(form: Form, parameters: [T; 4]) -> Self {
        let [alpha_0, alpha_1, beta_0, beta_1] = parameters;
        let level = Rotation::new(alpha_0, alpha_1);
        let season = if form == Form::Simple { level } else { Rotation::new(beta_0, beta_1) };
        Self { form, parameters, level, season }
    }
}
