//! The processes that the demo series come from. A fit on the files should find these numbers.
//!
//! Scales are standard deviations. "Session" processes step once per session, "daily" ones once per calendar day.

use chrono::NaiveDate;

/// First day on which there may be a session; 2012-01-02 is a holiday, so the first bar is 2012-01-03.
pub const FIRST_DAY: NaiveDate = ymd(2012, 1, 1);
/// First row of the weather, currency and sentiment files, early enough for [`WEATHER_LAG_DAYS`] before the first bar.
pub const FIRST_COVARIATE_DAY: NaiveDate = ymd(2011, 12, 19);
/// Last row of every file.
pub const LAST_DAY: NaiveDate = ymd(2025, 6, 30);

/// Coffee's close before its first session, US cents per pound.
pub const COFFEE_START: f64 = 180.0;
/// Scale of coffee's log return: ln(close t) = ln(close t−1) + N(0, scale²), each session. No drift, no memory: no model
/// can do better than the last close.
pub const COFFEE_LOG_SCALE: f64 = 0.012;

/// Sugar's errors before its first session, US cents per pound: high enough that the random walk in them stays five
/// standard deviations above zero over the whole range.
pub const SUGAR_START: f64 = 24.0;
/// Sugar: close t = β · weather t + n t, where n is ARIMA(1,1,1) and weather t the mean over sugar's regions of the row
/// dated [`WEATHER_LAG_DAYS`] calendar days before t. Order as in [`WEATHER_COLUMNS`]; units are cents per pound per
/// °C, per percent, per mm.
///
/// Small against [`SUGAR_SCALE`] on purpose: the weather of the days ahead is unknown at an origin, and intervals of
/// models that persist it would otherwise be too narrow by construction.
pub const SUGAR_WEATHER: [f64; 3] = [0.006, -0.0014, -0.002];
/// The columns that [`SUGAR_WEATHER`] multiplies.
pub const WEATHER_COLUMNS: [&str; 3] = ["temp_mean_c", "humidity_mean_pct", "precipitation_mm"];
/// Calendar days from a weather row's date until sugar's price knows it: the publication lag of the weather source.
pub const WEATHER_LAG_DAYS: u64 = 3;
/// φ of (1 − φL)(1 − L) n = (1 + θL) e.
pub const SUGAR_AR: f64 = 0.5;
/// θ of (1 − φL)(1 − L) n = (1 + θL) e.
pub const SUGAR_MA: f64 = 0.3;
/// Scale of the innovations e, cents per pound; normal, zero mean.
pub const SUGAR_SCALE: f64 = 0.03;

/// ln(VIX) reverts to ln of this: v t = m + ρ (v t−1 − m) + N(0, scale²), each session.
pub const VIX_MEDIAN: f64 = 18.0;
/// ρ of ln(VIX).
pub const VIX_AR: f64 = 0.96;
/// Scale of ln(VIX)'s innovations.
pub const VIX_LOG_SCALE: f64 = 0.06;

/// A currency: a geometric random walk without drift, one step per weekday.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Currency {
    /// Column of `macro.csv`: local units per US dollar.
    pub column: &'static str,
    /// Level before the first day.
    pub start: f64,
    /// Scale of the log return.
    pub log_scale: f64,
    /// Whether weekends repeat Friday's value; otherwise they are empty.
    pub weekends: bool,
}

/// The currencies of `macro.csv`.
pub const CURRENCIES: [Currency; 2] = [
    Currency { column: "cop_usd", start: 1_900.0, log_scale: 0.006, weekends: true },
    Currency { column: "brl_usd", start: 1.85, log_scale: 0.008, weekends: false },
];

/// A producing region's weather, daily. Each element is seasonal mean + AR(1) deviation; rain is the exponential of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Name in `weather.csv`.
    pub name: &'static str,
    /// Yearly mean temperature, °C.
    pub temperature: f64,
    /// Half the range between the warmest and the coldest day of the year, °C.
    pub season: f64,
    /// Day of year of the warmest day.
    pub warmest: f64,
    /// Yearly mean humidity, percent; the season runs opposite to temperature's.
    pub humidity: f64,
    /// Median daily rain, mm.
    pub rain: f64,
}

/// ρ of each element's deviation from its season: temperature, humidity, ln(rain), wind, sun.
pub const WEATHER_AR: [f64; 5] = [0.7, 0.7, 0.5, 0.4, 0.4];
/// Scale of each element's innovations: °C, percent, log mm, m/s, kWh/m²/day.
pub const WEATHER_SCALE: [f64; 5] = [0.9, 3.0, 0.8, 0.5, 0.5];
/// Percent of humidity per °C of season.
pub const HUMIDITY_PER_SEASON: f64 = -1.0;

/// A commodity and the invented regions that grow it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Commodity {
    /// Key in every keyed file.
    pub name: &'static str,
    /// Its regions.
    pub regions: [Region; 3],
}

/// The keys of the demo.
pub const COMMODITIES: [Commodity; 2] = [
    Commodity {
        name: "Coffee",
        regions: [
            Region { name: "Cloud_Ridge", temperature: 19.0, season: 2.0, warmest: 60.0, humidity: 74.0, rain: 3.0 },
            Region { name: "High_Plateau", temperature: 21.5, season: 4.0, warmest: 20.0, humidity: 68.0, rain: 2.0 },
            Region { name: "Old_Volcano", temperature: 18.0, season: 1.5, warmest: 110.0, humidity: 72.0, rain: 2.5 },
        ],
    },
    Commodity {
        name: "Sugar",
        regions: [
            Region { name: "Cane_Coast", temperature: 25.5, season: 3.0, warmest: 30.0, humidity: 73.0, rain: 3.0 },
            Region { name: "Red_Basin", temperature: 23.0, season: 5.0, warmest: 15.0, humidity: 66.0, rain: 1.5 },
            Region { name: "River_Delta", temperature: 27.0, season: 4.0, warmest: 150.0, humidity: 70.0, rain: 2.0 },
        ],
    },
];

/// Scale of the daily sentiment score before it is cut to −1 … 1; independent of everything, so a model that gains
/// from it is fitting noise.
pub const SENTIMENT_SCALE: f64 = 0.3;

const fn ymd(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}
