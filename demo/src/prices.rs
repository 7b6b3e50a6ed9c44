//! Daily bars: coffee as a geometric random walk, sugar as a regression on weather with ARIMA(1,1,1) errors.

use chrono::NaiveDate;

use crate::random::{Normals, Series};
use crate::table::{Table, date, number, rounded};
use crate::truth::{
    COFFEE_LOG_SCALE, COFFEE_START, COMMODITIES, SUGAR_AR, SUGAR_MA, SUGAR_SCALE, SUGAR_START, SUGAR_WEATHER,
};
use crate::weather::Weather;

/// Decimals of prices.
const DECIMALS: i32 = 4;
/// Draws thrown away before sugar's first session, so that its differences start in their stationary distribution.
const BURN_IN: usize = 200;
/// Relative size of the moves within a session; decoration, no model reads it.
const INTRADAY_SCALE: f64 = 0.004;
/// Median of the daily volume in contracts.
const VOLUME_MEDIAN: f64 = 20_000.0;
/// Position of sugar in [`COMMODITIES`].
const SUGAR: usize = 1;

/// `market.csv`: date, commodity, open, high, low, close, volume; one commodity after the other.
pub(crate) fn market(sessions: &[NaiveDate], weather: &Weather, seed: u64) -> Table {
    let mut rows = Vec::new();
    for (i, commodity) in (0_u8..).zip(&COMMODITIES) {
        let mut normals = Series::Prices(i).normals(seed);
        let closes = match usize::from(i) {
            SUGAR => sugar(sessions, weather, &mut normals),
            _ => coffee(sessions.len(), &mut normals),
        };
        let mut previous = None;
        for (session, close) in sessions.iter().zip(closes) {
            rows.push(bar(*session, commodity.name, previous, close, &mut normals));
            previous = Some(close);
        }
    }
    Table { file_name: "market.csv", header: vec!["date", "commodity", "open", "high", "low", "close", "volume"], rows }
}

fn coffee(sessions: usize, normals: &mut Normals) -> Vec<f64> {
    let mut log = libm::log(COFFEE_START);
    let mut next = || {
        log += COFFEE_LOG_SCALE * normals.normal();
        libm::exp(log)
    };
    (0..sessions).map(|_| next()).collect()
}

fn sugar(sessions: &[NaiveDate], weather: &Weather, normals: &mut Normals) -> Vec<f64> {
    let (mut difference, mut innovation) = (0.0, 0.0);
    let mut step = || {
        let new = SUGAR_SCALE * normals.normal();
        difference = SUGAR_AR * difference + new + SUGAR_MA * innovation;
        innovation = new;
        difference
    };
    for _ in 0..BURN_IN {
        step();
    }
    let mut errors = SUGAR_START;
    let mut known = [0.0; 3];
    let mut close = |session: &NaiveDate| {
        known = weather.known_on(SUGAR, *session).unwrap_or(known);
        errors += step();
        errors + SUGAR_WEATHER.iter().zip(known).map(|(beta, value)| beta * value).sum::<f64>()
    };
    sessions.iter().map(&mut close).collect()
}

fn bar(session: NaiveDate, commodity: &str, previous: Option<f64>, close: f64, normals: &mut Normals) -> Vec<String> {
    let mut move_by = || 1.0 + INTRADAY_SCALE * normals.normal();
    let close = rounded(close, DECIMALS);
    let open = rounded(previous.unwrap_or(close) * move_by(), DECIMALS);
    let high = open.max(close) * move_by().max(1.0);
    let low = open.min(close) * move_by().min(1.0);
    let volume = VOLUME_MEDIAN * libm::exp(0.3 * normals.normal());
    let mut row = vec![date(session), commodity.to_owned()];
    row.extend([open, high, low, close].map(|price| number(price, DECIMALS as usize)));
    row.push(number(libm::round(volume), 1));
    row
}
