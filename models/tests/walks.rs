//! The models whose level is earlier levels plus an innovation: known answers, medians, moments, equivariance, state.

#![allow(clippy::unwrap_used)]

use almanac_models::{FitContext, Fitted, Future, History, ModelSpec, Registry, StreamKey};
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use serde_json::{Value, json};

const HORIZON: usize = 14;
const PATHS: usize = 2_000;
const LAWS: [&str; 5] = ["normal", "bootstrap", "student", "laplace", "garch"];

/// Variance of a day ahead, in innovations', from the day's place and the deviation of the level it starts from.
type Variance<'a> = &'a dyn Fn(usize, f64) -> f64;

fn fit(family: &str, settings: &Value, target: &[f64]) -> Fitted {
    let spec = json!({ "name": family, "family": family, "settings": settings });
    let spec: ModelSpec = serde_json::from_value(spec).unwrap();
    let days: Vec<i32> = (0..target.len() as i32).collect();
    let context = FitContext { seed: 42, horizon: HORIZON, week: 5, cutoff: target.len() as i32 };
    let window = History { days: &days, target, regressors: &[] };
    Registry::default().model(&spec).unwrap().fit(&window, &context).unwrap()
}

struct Drawn {
    median: Option<Vec<f64>>,
    paths: Vec<f32>,
}

fn draw(fitted: &Fitted, target: &[f64], seed: u64) -> Drawn {
    let loaded = Registry::default().load(&fitted.format, &fitted.bytes).unwrap();
    let days: Vec<i32> = (0..target.len() as i32).collect();
    let ahead: Vec<i32> = (10_000..10_000 + HORIZON as i32).collect();
    let history = History { days: &days, target, regressors: &[] };
    let state = loaded.condition(&history, &Future { days: &ahead, regressors: &[] }).unwrap();
    let mut paths = vec![0.0; HORIZON * PATHS];
    state.simulate(PATHS, &StreamKey::new(seed, "k", "walk", "v1", 0), &mut paths).unwrap();
    Drawn { median: state.median(), paths }
}

/// Prices around 100 whose log returns have a standard deviation of 1.5 %.
fn prices(seed: u64, length: usize) -> Vec<f64> {
    let mut rng = StreamKey::new(seed, "prices", "", "", 0).day(0);
    let mut level = libm::log(100.0);
    let step = |_| {
        let shock: f64 = StandardNormal.sample(&mut rng);
        level += 0.015 * shock;
        libm::exp(level)
    };
    (0..length).map(step).collect()
}

fn near(got: f64, expected: f64, relative: f64) {
    assert!((got - expected).abs() <= relative * expected.abs(), "{got} is not {expected}");
}

/// Against statsforecast (`tests/oracle/innovations.py`).
#[test]
fn seasonal_naive_and_window_average_have_known_answers() {
    let oracle: Value = serde_json::from_str(include_str!("data/innovations.json")).unwrap();
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
    let series = numbers(&oracle["walks"]["series"]);
    for case in oracle["walks"]["seasonal"].as_array().unwrap() {
        let fitted = fit("seasonal_naive", &json!({ "season": case["season"] }), &series);
        near(fitted.parameters["scale"].as_f64().unwrap(), case["scale"].as_f64().unwrap(), 1e-12);
        for (got, expected) in draw(&fitted, &series, 1).median.unwrap().into_iter().zip(numbers(&case["mean"])) {
            near(got, expected, 1e-12);
        }
    }
    for case in oracle["walks"]["window"].as_array().unwrap() {
        let fitted = fit("window_average", &json!({ "window": case["window"] }), &series);
        near(fitted.parameters["one_day_error"].as_f64().unwrap(), case["scale"].as_f64().unwrap(), 1e-12);
        for (got, expected) in draw(&fitted, &series, 1).median.unwrap().into_iter().zip(numbers(&case["mean"])) {
            near(got, expected, 1e-12);
        }
    }
}

#[test]
fn a_week_is_the_calendars() {
    let series = prices(1, 60);
    let fitted = fit("seasonal_naive", &json!({}), &series);
    assert_eq!((fitted.parameters["season"].as_u64(), fitted.model_type.as_str()), (Some(5), "seasonal_naive(5)"));
    assert_eq!(fitted.bytes, fit("seasonal_naive", &json!({ "season": "week" }), &series).bytes);
}

#[test]
fn a_season_longer_than_the_series_is_a_recorded_fallback() {
    let series = prices(1, 60);
    let fitted = fit("seasonal_naive", &json!({ "season": 60 }), &series);
    assert_eq!(fitted.fallback.as_deref(), Some("last value: no two values are 60 sessions apart"));
    let median = draw(&fitted, &series, 1).median.unwrap();
    assert!(median.iter().all(|value| (value / series[59] - 1.0).abs() < 1e-14));
}

/// A season of one and a window of one are the last value, path by path.
#[test]
fn naive_is_a_special_case() {
    let series = prices(2, 400);
    for law in LAWS {
        let naive = draw(&fit("naive", &json!({ "innovations": law }), &series), &series, 1);
        for (family, setting) in [("seasonal_naive", "season"), ("window_average", "window")] {
            // of one value, the mean has no error of its own
            let other = fit(family, &json!({ "innovations": law, setting: 1 }), &series);
            let other = draw(&other, &series, 1);
            let pairs = other.paths.iter().zip(&naive.paths);
            assert!(pairs.into_iter().all(|(a, b)| (a / b - 1.0).abs() < 1e-6), "{family} {law}");
            assert_eq!(other.median.is_some(), law != "bootstrap");
        }
    }
}

/// Days absent from a season take older seasons' values; sessions never seen take the last value.
#[test]
fn absent_sessions_are_stepped_over() {
    let mut series = prices(3, 60);
    series[57] = f64::NAN;
    (0..60).step_by(5).for_each(|t| series[t] = f64::NAN);
    let median = draw(&fit("seasonal_naive", &json!({}), &series), &series, 1).median.unwrap();
    for (h, row) in [59, 56, 52, 58, 59].into_iter().enumerate() {
        near(median[h], series[row], 1e-12);
        near(median[h + 5], series[row], 1e-12);
    }
}

/// With normal innovations the log level is normal: mean the median, and the variance of the recursion. Over 50 seeds
/// at most one of all days' means and deviations lies 4 standard errors off.
#[test]
fn moments_are_the_analytic_ones() {
    let series = prices(4, 500);
    let season = |h: usize, _: f64| (h / 5 + 1) as f64;
    let walk = |h: usize, start: f64| start * start + (h + 1) as f64;
    let cases: [(&str, Value, Variance<'_>); 4] = [
        ("naive", json!({}), &walk),
        ("random_walk", json!({}), &walk),
        ("seasonal_naive", json!({}), &season),
        ("window_average", json!({ "window": 4 }), &walk),
    ];
    for (family, settings, variance) in cases {
        let fitted = fit(family, &settings, &series);
        let scale = fitted.parameters["scale"].as_f64().unwrap();
        let start = fitted.parameters["start"].as_f64().map_or(0.0, |start| start / scale);
        assert_eq!(start > 0.0, family == "window_average");
        let mut outside = 0;
        for seed in 0..50 {
            let drawn = draw(&fitted, &series, seed);
            for (h, (day, median)) in drawn.paths.chunks(PATHS).zip(drawn.median.unwrap()).enumerate() {
                let n = PATHS as f64;
                let deviation = scale * variance(h, start).sqrt();
                let steps: Vec<f64> = day.iter().map(|x| (f64::from(*x) / median).ln()).collect();
                let mean = steps.iter().sum::<f64>() / n;
                let spread = (steps.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
                outside += usize::from(mean.abs() > 4.0 * deviation / n.sqrt());
                outside += usize::from((spread - deviation).abs() > 4.0 * deviation / (2.0 * n).sqrt());
            }
        }
        assert!(outside <= 1, "{family}: {outside} moments are off");
    }
}

/// GARCH's variance is state: after wild days paths spread more than after calm ones, and a history filtered from its
/// start gives what the fit's own recursion gives.
#[test]
fn garch_spreads_with_the_days_before() {
    let mut rng = StreamKey::new(9, "garch", "", "", 0).day(0);
    let (mut level, mut variance) = (4.0, 4e-4);
    let step = |_| {
        let shock: f64 = StandardNormal.sample(&mut rng);
        let innovation = f64::sqrt(variance) * shock;
        variance = 1e-5 + 0.15 * innovation * innovation + 0.82 * variance;
        level += innovation;
        libm::exp(level)
    };
    let series: Vec<f64> = (0..1_500).map(step).collect();
    for family in ["naive", "random_walk", "seasonal_naive", "window_average"] {
        let fitted = fit(family, &json!({ "innovations": "garch" }), &series);
        assert!(fitted.model_type.ends_with("garch innovations"), "{:?}", fitted.fallback);
        let spread = |wild: bool| {
            let mut history = series.clone();
            for t in 1_480..1_500 {
                let size = if wild { 0.08 } else { 0.001 };
                history[t] = history[t - 1] * libm::exp(if t % 2 == 0 { size } else { -size });
            }
            let last = history[1_499];
            let paths = draw(&fitted, &history, 1).paths;
            paths[..PATHS].iter().map(|x| (f64::from(*x) / last).ln().powi(2)).sum::<f64>().sqrt()
        };
        assert!(spread(true) > 1.5 * spread(false), "{family}");
    }
}

#[test]
fn parameters_and_fallbacks_are_readable() {
    let series = prices(5, 500);
    let fitted = fit("random_walk", &json!({ "innovations": "student" }), &series);
    let parameters = &fitted.parameters;
    assert!(parameters["drift"].is_f64() && parameters["innovations"]["law"] == "student", "{parameters}");
    assert!(fitted.log_likelihood.unwrap() > 0.0 && fitted.aicc.unwrap() < 0.0);
    let below: Vec<f64> = series[..60].iter().map(|y| y - 100.0).collect();
    let fitted = fit("naive", &json!({ "innovations": "garch" }), &below);
    let why = fitted.fallback.unwrap();
    assert!(why.starts_with("differences: a price is zero or negative; student innovations instead of garch"), "{why}");
    assert_eq!(fit("naive", &json!({ "innovations": "garch" }), &[7.0; 200]).fallback.as_deref(), Some("constant"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Prices in another unit: paths in that unit. Shifted differences: shifted paths.
    #[test]
    fn paths_move_with_the_prices(seed in 0_u64..1_000, factor in 0.01_f64..100.0, shift in -50.0_f64..50.0) {
        let series = prices(seed, 300);
        for family in ["naive", "random_walk", "seasonal_naive", "window_average"] {
            for law in ["normal", "bootstrap", "laplace", "student"] {
                let settings = json!({ "innovations": law });
                let scaled: Vec<f64> = series.iter().map(|y| factor * y).collect();
                let (plain, other) = (fit(family, &settings, &series), fit(family, &settings, &scaled));
                same(&plain, &other)?;
                let below: Vec<f64> = series.iter().map(|y| y - 1_000.0).collect();
                let shifted: Vec<f64> = below.iter().map(|y| y + shift).collect();
                let (plain, other) = (fit(family, &settings, &below), fit(family, &settings, &shifted));
                same(&plain, &other)?;
                if law == "normal" {
                    let (a, b) = (draw(&plain, &below, 1), draw(&other, &shifted, 1));
                    for (a, b) in a.median.unwrap().into_iter().zip(b.median.unwrap()) {
                        prop_assert!((a + shift - b).abs() < 1e-9 * 1_000.0);
                    }
                }
            }
        }
    }
}

/// Laws of equal names with equal numbers, or with equal likelihoods where an optimiser found them: normal returns do
/// not tell a great ν from a greater one.
fn same(one: &Fitted, other: &Fitted) -> Result<(), TestCaseError> {
    let likelihoods = (one.log_likelihood, other.log_likelihood);
    // naive and random_walk name no law by default
    let law = |fitted: &Fitted| fitted.parameters.get("innovations").unwrap_or(&fitted.parameters).clone();
    let (one, other) = (law(one), law(other));
    prop_assert_eq!(&one["law"], &other["law"]);
    if one["law"] == "student" {
        let (a, b) = (likelihoods.0.unwrap(), likelihoods.1.unwrap());
        prop_assert!((a - b).abs() <= 1e-6 * a.abs(), "log-likelihoods {a} {b}");
        return Ok(());
    }
    for (name, value) in one.as_object().unwrap().iter().filter(|(_, value)| value.is_f64()) {
        let (a, b) = (value.as_f64().unwrap(), other[name].as_f64().unwrap());
        prop_assert!((a - b).abs() <= 1e-9 * a.abs(), "{name} {a} {b} in {one} {other}");
    }
    Ok(())
}
