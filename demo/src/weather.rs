//! Daily weather of invented regions: a season and an autoregression for each element.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use crate::random::{Autoregression, Normals, Series};
use crate::table::{Table, date, number, rounded};
use crate::truth::{COMMODITIES, HUMIDITY_PER_SEASON, Region, WEATHER_AR, WEATHER_LAG_DAYS, WEATHER_SCALE};

/// Decimals of every weather value.
const DECIMALS: i32 = 2;

/// One region's day, rounded as in the file.
#[derive(Debug, Clone, Copy)]
struct Reading {
    temp_mean: f64,
    temp_max: f64,
    temp_min: f64,
    humidity: f64,
    rain: f64,
    wind: f64,
    sun: f64,
}

/// The weather of all regions of all commodities.
pub(crate) struct Weather {
    days: Vec<NaiveDate>,
    position: BTreeMap<NaiveDate, usize>,
    /// `[commodity][region][day]`
    readings: Vec<Vec<Vec<Reading>>>,
}

/// Simulates every region on `days`, which are consecutive.
pub(crate) fn simulate(days: &[NaiveDate], seed: u64) -> Weather {
    let readings = (0_u8..).zip(&COMMODITIES).map(|(commodity, entry)| {
        let regions = (0_u8..).zip(&entry.regions);
        regions.map(|(i, region)| of_region(region, days, &mut Series::Weather(commodity, i).normals(seed))).collect()
    });
    Weather {
        days: days.to_vec(),
        position: days.iter().enumerate().map(|(i, day)| (*day, i)).collect(),
        readings: readings.collect(),
    }
}

/// Deviation of `day` from the yearly mean as a share of the season, −1 … 1.
fn season(region: &Region, day: NaiveDate) -> f64 {
    let angle = std::f64::consts::TAU * (f64::from(day.ordinal()) - region.warmest) / 365.25;
    libm::cos(angle)
}

fn of_region(region: &Region, days: &[NaiveDate], normals: &mut Normals) -> Vec<Reading> {
    let mut element = |i: usize| Autoregression::new(WEATHER_AR[i], WEATHER_SCALE[i], normals);
    let (mut temperature, mut humidity, mut rain) = (element(0), element(1), element(2));
    let (mut wind, mut sun) = (element(3), element(4));
    let round = |value: f64| rounded(value, DECIMALS);
    days.iter()
        .map(|day| {
            let warm = region.season * season(region, *day);
            let temp_mean = region.temperature + warm + temperature.step(normals);
            let damp = region.humidity + HUMIDITY_PER_SEASON * warm + humidity.step(normals);
            let fall = region.rain * libm::exp(rain.step(normals));
            let breeze = 2.5 * libm::exp(0.3 * wind.step(normals));
            let shine = 5.5 + 0.15 * warm + sun.step(normals);
            let spread = 4.0 + 2.0 * normals.uniform();
            Reading {
                temp_mean: round(temp_mean),
                temp_max: round(temp_mean + spread),
                temp_min: round(temp_mean - spread),
                humidity: round(damp.clamp(0.0, 100.0)),
                rain: round(fall),
                wind: round(breeze),
                sun: round(shine.max(0.0)),
            }
        })
        .collect()
}

impl Weather {
    /// Mean over the commodity's regions of the columns in [`crate::truth::WEATHER_COLUMNS`], as known on `session`:
    /// the row dated [`WEATHER_LAG_DAYS`] earlier. `None` before the first such row.
    pub(crate) fn known_on(&self, commodity: usize, session: NaiveDate) -> Option<[f64; 3]> {
        let dated = session.checked_sub_days(Days::new(WEATHER_LAG_DAYS))?;
        let position = *self.position.get(&dated)?;
        let regions = self.readings.get(commodity)?;
        let mut mean = [0.0; 3];
        for region in regions {
            let reading = region.get(position)?;
            for (sum, value) in mean.iter_mut().zip([reading.temp_mean, reading.humidity, reading.rain]) {
                *sum += value;
            }
        }
        Some(mean.map(|sum| sum / regions.len() as f64))
    }

    /// `weather.csv`: date, region, seven elements, commodity.
    pub(crate) fn table(&self) -> Table {
        let mut rows = Vec::new();
        for (position, day) in self.days.iter().enumerate() {
            for (entry, regions) in COMMODITIES.iter().zip(&self.readings) {
                for (region, readings) in entry.regions.iter().zip(regions) {
                    rows.push(row(*day, region.name, &readings[position], entry.name));
                }
            }
        }
        Table {
            file_name: "weather.csv",
            header: vec![
                "date",
                "region",
                "temp_mean_c",
                "temp_max_c",
                "temp_min_c",
                "humidity_mean_pct",
                "precipitation_mm",
                "wind_speed_max_ms",
                "solar_kwh_m2_day",
                "commodity",
            ],
            rows,
        }
    }
}

fn row(day: NaiveDate, region: &str, r: &Reading, commodity: &str) -> Vec<String> {
    let values = [r.temp_mean, r.temp_max, r.temp_min, r.humidity, r.rain, r.wind, r.sun];
    let mut row = vec![date(day), region.to_owned()];
    row.extend(values.iter().map(|value| number(*value, DECIMALS as usize)));
    row.push(commodity.to_owned());
    row
}
