//! Settings of the family, and orders.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{FutureRegressor, ModelError, ModelSpec};

/// Largest order of a non-seasonal polynomial.
pub(super) const MAX_ORDER: usize = 10;
/// Largest order of a seasonal polynomial.
pub(super) const MAX_SEASONAL_ORDER: usize = 3;
/// Most differences of either kind.
pub(super) const MAX_DIFFERENCES: usize = 2;
/// Longest season: the state grows with it, and the filter of series with gaps with its square.
pub(super) const MAX_SEASON: usize = 60;
/// Most regressors, so that target, constant and regressors fit the widest filter.
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

/// Whether a constant is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Constant {
    /// Where it is identified, by the criterion if the order is searched.
    Auto,
    Yes,
    No,
}

/// What a specification says of the order.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Fixed (p, d, q), or none: searched.
    pub(super) fixed: Option<[usize; 3]>,
    pub(super) max_p: usize,
    pub(super) max_q: usize,
    pub(super) max_d: usize,
    /// (P, D, Q, s), zeros without a seasonal part.
    pub(super) seasonal: [usize; 4],
    pub(super) constant: Constant,
}

impl Settings {
    /// Reads `order`, `max_p`, `max_q`, `max_d`, `seasonal_order` and `constant`.
    pub(super) fn read(spec: &ModelSpec) -> Result<Self, ModelError> {
        let refuse = |setting: &str, message: String| ModelError::Setting {
            model: spec.name.clone(),
            setting: setting.to_owned(),
            message,
        };
        let mut settings =
            Self { fixed: None, max_p: 3, max_q: 3, max_d: 2, seasonal: [0; 4], constant: Constant::Auto };
        for (setting, value) in &spec.settings {
            let wrong = |accepted: &str| refuse(setting, format!("{value} is not {accepted}"));
            let auto = value.as_str() == Some("auto");
            match setting.as_str() {
                "order" if auto => settings.fixed = None,
                "order" => settings.fixed = Some(parse(value).ok_or_else(|| wrong("\"auto\" or [p, d, q]"))?),
                "max_p" => settings.max_p = parse(value).ok_or_else(|| wrong("a whole number"))?,
                "max_q" => settings.max_q = parse(value).ok_or_else(|| wrong("a whole number"))?,
                "max_d" => settings.max_d = parse(value).ok_or_else(|| wrong("a whole number"))?,
                "seasonal_order" => settings.seasonal = parse(value).ok_or_else(|| wrong("[P, D, Q, s]"))?,
                "constant" if auto => settings.constant = Constant::Auto,
                "constant" => {
                    let wanted = value.as_bool().ok_or_else(|| wrong("true, false or \"auto\""))?;
                    settings.constant = if wanted { Constant::Yes } else { Constant::No };
                }
                _ => {
                    let known = "order, max_p, max_q, max_d, seasonal_order and constant";
                    return Err(refuse(setting, format!("unknown; arima has {known}")));
                }
            }
        }
        let [p, d, q] = settings.fixed.unwrap_or([settings.max_p, settings.max_d, settings.max_q]);
        if let Some(message) = settings.order(p, d, q).problem() {
            return Err(refuse("order", message));
        }
        let fixed_order = settings.fixed.is_some();
        if fixed_order && settings.constant == Constant::Yes && !settings.order(p, d, q).allows_constant() {
            return Err(refuse("constant", "a constant needs d + D of at most 1".into()));
        }
        if spec.regressors.len() > MAX_REGRESSORS {
            return Err(refuse("regressors", format!("at most {MAX_REGRESSORS} regressors are possible")));
        }
        if let Some(column) = spec.regressors.iter().find(|r| r.future == FutureRegressor::None) {
            let message = "arima needs its future values: choose persist, seasonal, linear or known";
            return Err(refuse(&format!("regressor {}", column.column), message.into()));
        }
        Ok(settings)
    }

    /// The complete order with these non-seasonal parts.
    pub(super) fn order(&self, p: usize, d: usize, q: usize) -> Order {
        let [seasonal_p, seasonal_d, seasonal_q, season] = self.seasonal;
        Order { p, d, q, seasonal_p, seasonal_d, seasonal_q, season }
    }
}

fn parse<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}
