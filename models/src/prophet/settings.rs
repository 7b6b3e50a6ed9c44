//! Settings of the family.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::component::{MAX_ORDER, MAX_WINDOW};
use crate::{Day, FutureRegressor, ModelError, ModelSpec};

/// Most changepoints.
pub(super) const MAX_CHANGEPOINTS: usize = 200;
/// Most regressors.
const MAX_REGRESSORS: usize = 100;
/// Most holidays, each of which has a column per day of its window.
const MAX_HOLIDAYS: usize = 50;

/// The trend's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// Piecewise linear.
    Linear,
    /// A constant.
    Flat,
}

/// Whether a season is part of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Season {
    /// Where the training window is long enough, with the usual order.
    Auto,
    /// With this order; none for the usual one.
    On(Option<usize>),
    Off,
}

/// A holiday of the settings, with its dates read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Holiday {
    pub(super) name: String,
    pub(super) dates: Vec<Day>,
    /// First and last day of its window, counted from its date.
    pub(super) window: (i32, i32),
    pub(super) prior_scale: f64,
}

/// What a specification says of the model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) growth: Growth,
    pub(super) changepoints: usize,
    pub(super) changepoint_range: f64,
    pub(super) changepoint_prior_scale: f64,
    pub(super) weekly: Season,
    pub(super) yearly: Season,
    pub(super) multiplicative: bool,
    pub(super) seasonality_prior_scale: f64,
    pub(super) holidays: Vec<Holiday>,
    pub(super) regressor_prior_scale: f64,
    pub(super) anchor: bool,
}

/// A holiday as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    dates: Vec<chrono::NaiveDate>,
    #[serde(default)]
    lower_window: i32,
    #[serde(default)]
    upper_window: i32,
    prior_scale: Option<f64>,
}

const KNOWN: &str = "growth, n_changepoints, changepoint_range, changepoint_prior_scale, weekly_seasonality, \
    yearly_seasonality, seasonality_mode, seasonality_prior_scale, holidays, holidays_prior_scale, \
    regressor_prior_scale and anchor";

impl Settings {
    /// Reads every setting of the module's list.
    pub(super) fn read(spec: &ModelSpec) -> Result<Self, ModelError> {
        let refuse = |setting: &str, message: String| spec.refuse(setting, message);
        let mut settings = Self {
            growth: Growth::Linear,
            changepoints: 25,
            changepoint_range: 0.8,
            changepoint_prior_scale: 0.05,
            weekly: Season::Auto,
            yearly: Season::Auto,
            multiplicative: false,
            seasonality_prior_scale: 10.0,
            holidays: Vec::new(),
            regressor_prior_scale: 10.0,
            anchor: true,
        };
        let (mut holidays_prior, mut regressor_prior, mut written) = (10.0, None, Vec::new());
        for (setting, value) in &spec.settings {
            let wrong = |accepted: &str| refuse(setting, format!("{value} is not {accepted}"));
            let scale = || positive(value).ok_or_else(|| wrong("a positive number"));
            let few = |most: usize| parse::<usize>(value).filter(|count| *count <= most);
            match setting.as_str() {
                "growth" => settings.growth = parse(value).ok_or_else(|| wrong("\"linear\" or \"flat\""))?,
                "n_changepoints" => {
                    let accepted = format!("a whole number up to {MAX_CHANGEPOINTS}");
                    settings.changepoints = few(MAX_CHANGEPOINTS).ok_or_else(|| wrong(&accepted))?;
                }
                "changepoint_range" => {
                    let share = positive(value).filter(|share| *share <= 1.0);
                    settings.changepoint_range = share.ok_or_else(|| wrong("above 0 and at most 1"))?;
                }
                "changepoint_prior_scale" => settings.changepoint_prior_scale = scale()?,
                "weekly_seasonality" => settings.weekly = season(value).ok_or_else(|| wrong(&orders()))?,
                "yearly_seasonality" => settings.yearly = season(value).ok_or_else(|| wrong(&orders()))?,
                "seasonality_mode" => {
                    settings.multiplicative = match value.as_str() {
                        Some("additive") => false,
                        Some("multiplicative") => true,
                        _ => return Err(wrong("\"additive\" or \"multiplicative\"")),
                    }
                }
                "seasonality_prior_scale" => settings.seasonality_prior_scale = scale()?,
                "holidays_prior_scale" => holidays_prior = scale()?,
                "regressor_prior_scale" => regressor_prior = Some(scale()?),
                "anchor" => settings.anchor = value.as_bool().ok_or_else(|| wrong("true or false"))?,
                "holidays" => {
                    let accepted = "a list of { name, dates, lower_window, upper_window, prior_scale }";
                    written = parse::<Vec<Written>>(value).ok_or_else(|| wrong(accepted))?;
                }
                _ => return Err(refuse(setting, format!("unknown; prophet has {KNOWN}"))),
            }
        }
        settings.regressor_prior_scale = regressor_prior.unwrap_or(holidays_prior);
        settings.holidays = holidays(written, holidays_prior).map_err(|message| refuse("holidays", message))?;
        if spec.regressors.len() > MAX_REGRESSORS {
            return Err(refuse("regressors", format!("at most {MAX_REGRESSORS} regressors are possible")));
        }
        if let Some(column) = spec.regressors.iter().find(|r| r.future == FutureRegressor::None) {
            let message = "prophet needs its future values: choose persist, seasonal, linear or known";
            return Err(refuse(&format!("regressor {}", column.column), message.into()));
        }
        Ok(settings)
    }
}

fn parse<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

fn positive(value: &Value) -> Option<f64> {
    // beyond these a prior's precision has no finite value
    value.as_f64().filter(|number| (1e-6..=1e6).contains(number))
}

fn orders() -> String {
    format!("\"auto\", true, false or an order of 1 to {MAX_ORDER}")
}

fn season(value: &Value) -> Option<Season> {
    match (value.as_bool(), value.as_str()) {
        (Some(true), _) => return Some(Season::On(None)),
        (Some(false), _) => return Some(Season::Off),
        (None, Some("auto")) => return Some(Season::Auto),
        _ => {}
    }
    parse::<usize>(value).filter(|order| (1..=MAX_ORDER).contains(order)).map(|order| Season::On(Some(order)))
}

fn holidays(written: Vec<Written>, prior_scale: f64) -> Result<Vec<Holiday>, String> {
    if written.len() > MAX_HOLIDAYS {
        return Err(format!("at most {MAX_HOLIDAYS} holidays are possible"));
    }
    let mut read: Vec<Holiday> = Vec::new();
    for Written { name, dates, lower_window, upper_window, prior_scale: own } in written {
        if read.iter().any(|known| known.name == name) {
            return Err(format!("{name:?} is listed twice; give one entry all of its dates"));
        }
        if !(-MAX_WINDOW..=0).contains(&lower_window) || !(0..=MAX_WINDOW).contains(&upper_window) {
            let limits = format!("it must hold 0 and reach {MAX_WINDOW} days at most");
            return Err(format!("the window of {name:?} is {lower_window} to {upper_window}; {limits}"));
        }
        let prior_scale = own.unwrap_or(prior_scale);
        if !(1e-6..=1e6).contains(&prior_scale) {
            return Err(format!("the prior_scale of {name:?} is {prior_scale}, not a positive number"));
        }
        let mut dates: Vec<Day> = dates.into_iter().map(crate::civil::day).collect();
        dates.sort_unstable();
        dates.dedup();
        read.push(Holiday { name, dates, window: (lower_window, upper_window), prior_scale });
    }
    Ok(read)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: Value) -> Result<Settings, ModelError> {
        let spec = json!({ "name": "p", "family": "prophet", "settings": settings });
        Settings::read(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn settings_are_read() {
        let settings = read(json!({
            "growth": "flat", "weekly_seasonality": 2, "yearly_seasonality": false, "holidays_prior_scale": 3.0,
            "seasonality_mode": "multiplicative", "anchor": false,
            "holidays": [{ "name": "fair", "dates": ["1970-01-03", "1970-01-02"], "upper_window": 1 }],
        }))
        .unwrap();
        assert_eq!((settings.growth, settings.weekly), (Growth::Flat, Season::On(Some(2))));
        assert_eq!((settings.yearly, settings.regressor_prior_scale), (Season::Off, 3.0));
        assert!(settings.multiplicative && !settings.anchor);
        let fair = Holiday { name: "fair".into(), dates: vec![1, 2], window: (0, 1), prior_scale: 3.0 };
        assert_eq!(settings.holidays, [fair]);
    }

    #[test]
    fn unknown_and_impossible_settings_are_refused() {
        for settings in [
            json!({ "changepoints": 3 }),
            json!({ "growth": "logistic" }),
            json!({ "n_changepoints": -1 }),
            json!({ "n_changepoints": 201 }),
            json!({ "changepoint_range": 1.5 }),
            json!({ "changepoint_prior_scale": 0.0 }),
            json!({ "weekly_seasonality": 0 }),
            json!({ "weekly_seasonality": "yes" }),
            json!({ "seasonality_mode": "both" }),
            json!({ "anchor": 1 }),
            json!({ "holidays": [{ "name": "x", "dates": ["2020-02-30"] }] }),
            json!({ "holidays": [{ "name": "x", "dates": [], "lower_window": 1 }] }),
            json!({ "holidays": [{ "name": "x", "dates": [] }, { "name": "x", "dates": [] }] }),
            json!({ "holidays": [{ "name": "x", "dates": [], "prior_scale": -1.0 }] }),
        ] {
            let error = read(settings.clone()).unwrap_err();
            assert_eq!(error.code(), "setting", "{settings}");
        }
    }

    #[test]
    fn a_regressor_without_future_is_refused() {
        let spec = json!({ "name": "p", "family": "prophet", "regressors": [{ "column": "x", "future": "none" }] });
        assert!(Settings::read(&serde_json::from_value(spec).unwrap()).is_err());
    }
}
