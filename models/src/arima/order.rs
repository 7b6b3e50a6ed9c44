//! Orders and the limits on them.

use serde::{Deserialize, Serialize};

use crate::decompose::LASTING;

/// Largest order of a non-seasonal polynomial.
pub(super) const MAX_ORDER: usize = 10;
/// Largest order of a seasonal polynomial.
pub(super) const MAX_SEASONAL_ORDER: usize = 3;
/// Most differences of either kind.
pub(super) const MAX_DIFFERENCES: usize = 2;
/// Longest season of a stored order: the state grows with it, and the filter of series with gaps with its square.
const MAX_SEASON: usize = 60;
/// Longest season that is modelled by seasonal orders; longer ones are Fourier terms.
pub(super) const MAX_ORDERED_SEASON: usize = LASTING;
/// Most regressors and Fourier columns, so that they, target and constant fit the widest filter.
pub(super) const MAX_REGRESSORS: usize = 30;

/// The order (p, d, q)(P, D, Q)s of a multiplicative seasonal ARIMA model; `season` is 0 without a seasonal part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Autoregressive order.
    pub p: usize,
    /// Differences.
    pub d: usize,
    /// Moving-average order.
    pub q: usize,
    /// Seasonal autoregressive order.
    pub seasonal_p: usize,
    /// Seasonal differences.
    pub seasonal_d: usize,
    /// Seasonal moving-average order.
    pub seasonal_q: usize,
    /// Sessions per season.
    pub season: usize,
}

impl Order {
    /// Observations lost to differencing, d + D·s.
    pub fn lost(&self) -> usize {
        self.d + self.seasonal_d * self.season
    }

    /// Coefficients of the four polynomials, p + q + P + Q.
    pub fn coefficients(&self) -> usize {
        self.p + self.q + self.seasonal_p + self.seasonal_q
    }

    /// Whether a constant is identified with a meaning: a mean, or a drift after one difference.
    pub fn allows_constant(&self) -> bool {
        self.d + self.seasonal_d <= 1
    }

    /// Why the order is out of range, if it is.
    pub(super) fn problem(&self) -> Option<String> {
        if self.p > MAX_ORDER || self.q > MAX_ORDER {
            return Some(format!("p and q are at most {MAX_ORDER}"));
        }
        if self.d > MAX_DIFFERENCES || self.seasonal_d > MAX_DIFFERENCES {
            return Some(format!("d and D are at most {MAX_DIFFERENCES}"));
        }
        if self.seasonal_p > MAX_SEASONAL_ORDER || self.seasonal_q > MAX_SEASONAL_ORDER {
            return Some(format!("P and Q are at most {MAX_SEASONAL_ORDER}"));
        }
        let seasonal = self.seasonal_p + self.seasonal_d + self.seasonal_q > 0;
        if seasonal && !(2..=MAX_SEASON).contains(&self.season) {
            return Some(format!("the season is {}, it must be 2 to {MAX_SEASON}", self.season));
        }
        (!seasonal && self.season > MAX_SEASON).then(|| format!("the season is at most {MAX_SEASON}"))
    }
}

impl std::fmt::Display for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "arima({},{},{})", self.p, self.d, self.q)?;
        if self.seasonal_p + self.seasonal_d + self.seasonal_q == 0 {
            return Ok(());
        }
        write!(f, "({},{},{}){}", self.seasonal_p, self.seasonal_d, self.seasonal_q, self.season)
    }
}
