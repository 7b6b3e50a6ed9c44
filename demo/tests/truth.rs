//! Simple estimators on the files find the parameters that made them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod least_squares;

use std::collections::BTreeMap;
use std::path::Path;

use almanac_demo::truth;
use chrono::{Days, NaiveDate};
use least_squares::solve;

/// Standard errors within which an estimate must lie.
const TOLERANCE: f64 = 3.0;

struct Files {
    directory: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        almanac_demo::generate(directory.path(), 42).unwrap();
        Self { directory }
    }

    /// Rows of a file as maps from column to text.
    fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let path: &Path = self.directory.path();
        csv::Reader::from_path(path.join(name)).unwrap().deserialize().map(Result::unwrap).collect()
    }

    fn bars(&self, commodity: &str) -> Vec<(NaiveDate, f64)> {
        let rows = self.rows("market.csv").into_iter().filter(|row| row["commodity"] == commodity);
        rows.map(|row| (row["date"].parse().unwrap(), row["close"].parse().unwrap())).collect()
    }
}

fn near(what: &str, estimate: f64, truth: f64, standard_error: f64) {
    let distance = (estimate - truth) / standard_error;
    assert!(distance.abs() < TOLERANCE, "{what}: {estimate} is {distance:.2} standard errors from {truth}");
}

/// Mean 0, the scale, and no autocorrelation at lags 1 to 5.
fn is_white_noise(what: &str, noise: &[f64], scale: f64) {
    let n = noise.len() as f64;
    let square = noise.iter().map(|x| x * x).sum::<f64>() / n;
    near(&format!("{what}: mean"), noise.iter().sum::<f64>() / n, 0.0, scale / n.sqrt());
    near(&format!("{what}: scale"), square.sqrt(), scale, scale / (2.0 * n).sqrt());
    for lag in 1..=5 {
        let product = noise.iter().zip(&noise[lag..]).map(|(a, b)| a * b).sum::<f64>() / n;
        near(&format!("{what}: autocorrelation at {lag}"), product / square, 0.0, 1.0 / n.sqrt());
    }
}

fn log_returns(levels: &[f64]) -> Vec<f64> {
    levels.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect()
}

#[test]
fn coffee_is_a_geometric_random_walk() {
    let closes: Vec<f64> = Files::new().bars("Coffee").into_iter().map(|(_, close)| close).collect();
    let returns = log_returns(&closes);
    is_white_noise("coffee", &returns, truth::COFFEE_LOG_SCALE);
    let n = returns.len() as f64;
    let beyond = returns.iter().filter(|r| r.abs() > 1.959_964 * truth::COFFEE_LOG_SCALE).count() as f64 / n;
    near("coffee: share beyond the 95 % interval", beyond, 0.05, (0.05 * 0.95 / n).sqrt());
}

/// Sugar's differences and the differences of the weather that its price knows.
fn sugar(files: &Files) -> (Vec<f64>, Vec<[f64; 3]>) {
    let mut regions: BTreeMap<NaiveDate, Vec<[f64; 3]>> = BTreeMap::new();
    for row in files.rows("weather.csv").into_iter().filter(|row| row["commodity"] == "Sugar") {
        let values = truth::WEATHER_COLUMNS.map(|column| row[column].parse().unwrap());
        regions.entry(row["date"].parse().unwrap()).or_default().push(values);
    }
    let known = |session: NaiveDate| {
        let present = &regions[&session.checked_sub_days(Days::new(truth::WEATHER_LAG_DAYS)).unwrap()];
        [0, 1, 2].map(|i| present.iter().map(|values| values[i]).sum::<f64>() / present.len() as f64)
    };
    let bars = files.bars("Sugar");
    let weather: Vec<[f64; 3]> = bars.iter().map(|(session, _)| known(*session)).collect();
    let differences = bars.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    let changes = weather.windows(2).map(|pair| [0, 1, 2].map(|i| pair[1][i] - pair[0][i])).collect();
    (differences, changes)
}

/// Innovations of the differenced series and their derivatives by (β, φ, θ), conditional on zeros before the start.
fn innovations(y: &[f64], x: &[[f64; 3]], parameters: &[f64; 5]) -> (Vec<f64>, Vec<[f64; 5]>) {
    let [b0, b1, b2, phi, theta] = *parameters;
    let u: Vec<f64> = y.iter().zip(x).map(|(y, x)| y - b0 * x[0] - b1 * x[1] - b2 * x[2]).collect();
    let (mut errors, mut slopes) = (Vec::new(), Vec::new());
    let (mut error, mut slope) = (0.0, [0.0; 5]);
    for t in 0..y.len() {
        let (before, x_before) = if t == 0 { (0.0, [0.0; 3]) } else { (u[t - 1], x[t - 1]) };
        let mut next = [0, 1, 2].map(|i| -(x[t][i] - phi * x_before[i]) - theta * slope[i]).to_vec();
        next.push(-before - theta * slope[3]);
        next.push(-error - theta * slope[4]);
        error = u[t] - phi * before - theta * error;
        slope = next.try_into().unwrap();
        errors.push(error);
        slopes.push(slope);
    }
    (errors, slopes)
}

/// Least squares by Gauss and Newton, with standard errors. The start differs from zero in one coefficient, because
/// at φ = θ their derivatives are equal.
#[test]
fn sugar_is_a_regression_with_arima_errors() {
    let (y, x) = sugar(&Files::new());
    let mut parameters = [0.0, 0.0, 0.0, 0.2, 0.0];
    let mut standard_errors = [f64::INFINITY; 5];
    for _ in 0..50 {
        let (errors, slopes) = innovations(&y, &x, &parameters);
        let variance = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
        let (step, inverse) = solve(&slopes, &errors);
        for i in 0..5 {
            parameters[i] -= step[i];
            standard_errors[i] = (variance * inverse[i]).sqrt();
        }
    }
    let [b0, b1, b2] = truth::SUGAR_WEATHER;
    let expected = [b0, b1, b2, truth::SUGAR_AR, truth::SUGAR_MA];
    for (i, name) in ["temperature", "humidity", "rain", "ar", "ma"].iter().enumerate() {
        near(&format!("sugar: {name}"), parameters[i], expected[i], standard_errors[i]);
        let significance = (expected[i] / standard_errors[i]).abs();
        assert!(significance > 2.0 * TOLERANCE, "sugar: {name} could be zero: {significance:.1} standard errors");
    }
    is_white_noise("sugar", &innovations(&y, &x, &expected).0, truth::SUGAR_SCALE);
}

#[test]
fn vix_reverts_to_its_median() {
    let rows = Files::new().rows("vix.csv");
    let level = |row: &BTreeMap<String, String>| (row["vix"].parse::<f64>().unwrap() / truth::VIX_MEDIAN).ln();
    let logs: Vec<f64> = rows.iter().map(level).collect();
    let pairs = || logs.windows(2).map(|pair| (pair[0], pair[1]));
    let square = pairs().map(|(before, _)| before * before).sum::<f64>();
    let rho = pairs().map(|(before, after)| before * after).sum::<f64>() / square;
    near("vix: ar", rho, truth::VIX_AR, truth::VIX_LOG_SCALE / square.sqrt());
    let noise: Vec<f64> = pairs().map(|(before, after)| after - truth::VIX_AR * before).collect();
    is_white_noise("vix", &noise, truth::VIX_LOG_SCALE);
}

#[test]
fn currencies_are_geometric_random_walks() {
    let rows = Files::new().rows("macro.csv");
    for currency in truth::CURRENCIES {
        let quoted: Vec<f64> = rows.iter().filter_map(|row| row[currency.column].parse().ok()).collect();
        let returns = log_returns(&quoted).into_iter().filter(|r| !currency.weekends || *r != 0.0).collect::<Vec<_>>();
        is_white_noise(currency.column, &returns, currency.log_scale);
    }
}

#[test]
fn temperature_is_a_season_and_an_autoregression() {
    use chrono::Datelike;
    let rows = Files::new().rows("weather.csv");
    for region in truth::COMMODITIES.iter().flat_map(|commodity| commodity.regions) {
        let deviation = |row: &BTreeMap<String, String>| {
            let day: NaiveDate = row["date"].parse().unwrap();
            let angle = std::f64::consts::TAU * (f64::from(day.ordinal()) - region.warmest) / 365.25;
            row["temp_mean_c"].parse::<f64>().unwrap() - region.temperature - region.season * angle.cos()
        };
        let deviations: Vec<f64> = rows.iter().filter(|row| row["region"] == region.name).map(deviation).collect();
        let noise: Vec<f64> = deviations.windows(2).map(|pair| pair[1] - truth::WEATHER_AR[0] * pair[0]).collect();
        is_white_noise(region.name, &noise, truth::WEATHER_SCALE[0]);
    }
}

#[test]
fn bars_are_bars() {
    for row in Files::new().rows("market.csv") {
        let [open, high, low, close] = ["open", "high", "low", "close"].map(|c| row[c].parse::<f64>().unwrap());
        assert!(low <= open.min(close) && open.max(close) <= high, "{row:?}");
        assert!(low > 5.0 && row["volume"].parse::<f64>().unwrap() > 0.0, "{row:?}");
    }
}
