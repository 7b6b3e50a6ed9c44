//! What a specification says.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::order::{MAX_ORDERED_SEASON, MAX_REGRESSORS, Order};
use crate::lately::{Lately, repetitions};
use crate::{FutureRegressor, ModelError, ModelSpec};

/// Longest season that Fourier terms are made for.
const MAX_FOURIER_SEASON: usize = 1_000;
/// Most Fourier terms unless `max_fourier` says otherwise.
const DEFAULT_FOURIER: usize = 10;

/// Whether a constant is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Constant {
    /// Where it is identified, by the criterion if the order is searched.
    Auto,
    Yes,
    No,
}

/// How long a season is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Season {
    None,
    /// The sessions of a week, which the calendar decides.
    Week,
    Sessions(usize),
}

/// What is done about a season.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seasonality {
    None,
    /// Orders (P, D, Q) that are given.
    Fixed {
        seasonal: [usize; 3],
        season: usize,
    },
    /// Orders that are searched.
    Searched {
        season: usize,
    },
    /// Fourier terms of a season too long for orders.
    Fourier {
        season: usize,
    },
}

/// What a specification says of the order.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Fixed (p, d, q), or none: searched.
    pub(super) fixed: Option<[usize; 3]>,
    pub(super) max_p: usize,
    pub(super) max_q: usize,
    pub(super) max_d: usize,
    pub(super) max_seasonal_p: usize,
    pub(super) max_seasonal_q: usize,
    pub(super) max_seasonal_d: usize,
    /// Fixed (P, D, Q), or none: searched where there is a season.
    seasonal: Option<[usize; 3]>,
    season: Season,
    /// Fixed (d, D) of a searched order, or none: tested.
    pub(super) differences: Option<[usize; 2]>,
    /// Most Fourier terms.
    pub(super) max_fourier: usize,
    /// Last repetitions of a season of Fourier terms that are fitted.
    pub(super) seasons: usize,
    pub(super) constant: Constant,
}

impl Settings {
    /// Reads the settings and refuses unknown ones, values out of range, and ones that contradict each other.
    pub(super) fn read(spec: &ModelSpec) -> Result<Self, ModelError> {
        let refuse = |setting: &str, message: String| spec.refuse(setting, message);
        let mut settings = Self {
            fixed: None,
            max_p: 3,
            max_q: 3,
            max_d: 2,
            max_seasonal_p: 2,
            max_seasonal_q: 2,
            max_seasonal_d: 1,
            seasonal: None,
            season: Season::None,
            differences: None,
            max_fourier: DEFAULT_FOURIER,
            seasons: Lately::default().seasons,
            constant: Constant::Auto,
        };
        for (setting, value) in &spec.settings {
            settings.set(setting, value).map_err(|message| refuse(setting, message))?;
        }
        settings.contradiction(&spec.settings).map_or(Ok(()), |(setting, message)| Err(refuse(setting, message)))?;
        if spec.regressors.len() > MAX_REGRESSORS {
            return Err(refuse("regressors", format!("at most {MAX_REGRESSORS} regressors are possible")));
        }
        if let Some(column) = spec.regressors.iter().find(|r| r.future == FutureRegressor::None) {
            let message = "arima needs its future values: choose persist, seasonal, linear or known";
            return Err(refuse(&format!("regressor {}", column.column), message.into()));
        }
        Ok(settings)
    }

    /// Takes over one setting; the message says what is wrong with it.
    fn set(&mut self, setting: &str, value: &Value) -> Result<(), String> {
        let auto = value.as_str() == Some("auto");
        match setting {
            "order" if auto => self.fixed = None,
            "order" => self.fixed = Some(parse(value, "\"auto\" or [p, d, q]")?),
            "max_p" => self.max_p = parse(value, "a whole number")?,
            "max_q" => self.max_q = parse(value, "a whole number")?,
            "max_d" => self.max_d = parse(value, "a whole number")?,
            "max_P" => self.max_seasonal_p = parse(value, "a whole number")?,
            "max_Q" => self.max_seasonal_q = parse(value, "a whole number")?,
            "max_D" => self.max_seasonal_d = parse(value, "a whole number")?,
            "differences" if auto => self.differences = None,
            "differences" => self.differences = Some(parse(value, "\"auto\" or [d, D]")?),
            "seasonal" if auto => self.seasonal = None,
            "seasonal" => self.seasonal = Some(parse(value, "\"auto\" or [P, D, Q]")?),
            "season" if value.as_str() == Some("week") => self.season = Season::Week,
            "season" => self.season = Season::Sessions(parse(value, "\"week\" or a whole number")?),
            "seasonal_order" => {
                let [p, d, q, season] = parse::<[usize; 4]>(value, "[P, D, Q, s]")?;
                self.seasonal = Some([p, d, q]);
                self.season = if season == 0 { Season::None } else { Season::Sessions(season) };
            }
            "max_fourier" => self.max_fourier = parse(value, "a whole number")?,
            "seasons" => {
                self.seasons = repetitions(value).map_err(|accepted| format!("{value} is not {accepted}"))?;
            }
            "constant" if auto => self.constant = Constant::Auto,
            "constant" => {
                let wanted: bool = parse(value, "true, false or \"auto\"")?;
                self.constant = if wanted { Constant::Yes } else { Constant::No };
            }
            _ => {
                let known = "order, max_p, max_q, max_d, seasonal, season, seasonal_order, max_P, max_Q, max_D, \
                             differences, max_fourier, seasons and constant";
                return Err(format!("unknown; arima has {known}"));
            }
        }
        Ok(())
    }

    /// The first setting that contradicts others or leaves its range, and why.
    fn contradiction(&self, given: &serde_json::Map<String, Value>) -> Option<(&'static str, String)> {
        let has = |name: &str| given.contains_key(name);
        if has("seasonal_order") && (has("seasonal") || has("season")) {
            return Some(("seasonal_order", "it says what seasonal and season say: use one form".into()));
        }
        if has("seasonal") && self.season == Season::None {
            return Some(("seasonal", "season is missing: \"week\" or a number of sessions".into()));
        }
        let seasonal = self.seasonal.is_some_and(|orders| orders != [0; 3]);
        match self.season {
            Season::Sessions(season) if !(2..=MAX_FOURIER_SEASON).contains(&season) && (seasonal || has("season")) => {
                return Some(("season", format!("{season} is not between 2 and {MAX_FOURIER_SEASON}")));
            }
            Season::Sessions(season) if season > MAX_ORDERED_SEASON && self.seasonal.is_some() => {
                let message = format!("seasons above {MAX_ORDERED_SEASON} are Fourier terms: give season alone");
                return Some(("season", message));
            }
            Season::Week | Season::Sessions(2..=MAX_ORDERED_SEASON)
                if self.fixed.is_some() && self.seasonal.is_none() =>
            {
                return Some(("seasonal", "a fixed order with a season needs [P, D, Q]".into()));
            }
            _ => {}
        }
        if self.differences.is_some() && self.fixed.is_some() {
            return Some(("differences", "a fixed order has its own".into()));
        }
        if self.season == Season::None && self.differences.is_some_and(|[_, seasonal_d]| seasonal_d > 0) {
            return Some(("differences", "D needs a season".into()));
        }
        if self.differences.is_some_and(|[_, seasonal_d]| self.seasonal.is_some_and(|[_, d, _]| d != seasonal_d)) {
            return Some(("differences", "D differs from that of the seasonal order".into()));
        }
        let [p, d, q] = self.fixed.unwrap_or([self.max_p, self.max_d, self.max_q]);
        let [d, seasonal_d] = self.differences.unwrap_or([d, self.max_seasonal_d]);
        let [seasonal_p, seasonal_d, seasonal_q] =
            self.seasonal.unwrap_or([self.max_seasonal_p, seasonal_d, self.max_seasonal_q]);
        // the largest order that can come of it, with any season that orders are made for
        let season = if self.season == Season::None { 0 } else { MAX_ORDERED_SEASON };
        let [seasonal_p, seasonal_d, seasonal_q] =
            if season == 0 { self.seasonal.unwrap_or([0; 3]) } else { [seasonal_p, seasonal_d, seasonal_q] };
        let largest = Order { p, d, q, seasonal_p, seasonal_d, seasonal_q, season };
        if let Some(message) = largest.problem() {
            return Some(("order", message));
        }
        let fixed = self.fixed.is_some() && self.constant == Constant::Yes;
        (fixed && !largest.allows_constant()).then(|| ("constant", "a constant needs d + D of at most 1".into()))
    }

    /// What is done about the season where a week has `week` sessions.
    pub(super) fn seasonality(&self, week: usize) -> Seasonality {
        let season = match self.season {
            Season::None => 0,
            Season::Week => week,
            Season::Sessions(season) => season,
        };
        match self.seasonal {
            _ if season < 2 => Seasonality::None,
            None if season > MAX_ORDERED_SEASON => Seasonality::Fourier { season },
            Some(seasonal) => Seasonality::Fixed { seasonal, season },
            None => Seasonality::Searched { season },
        }
    }
}

fn parse<T: DeserializeOwned>(value: &Value, accepted: &str) -> Result<T, String> {
    serde_json::from_value(value.clone()).map_err(|_| format!("{value} is not {accepted}"))
}
