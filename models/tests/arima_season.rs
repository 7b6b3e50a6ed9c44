//! Seasons: tested, searched, given as orders or as Fourier terms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;

use almanac_models::arima::{Effect, Order, Parameters};
use almanac_models::{FitContext, Fitted, Future, History, ModelError, Registry};
use arima_common::{fit, known, load, noise, paths, spec, try_fit};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(fitted: &Fitted) -> Parameters {
    serde_json::from_slice(&fitted.bytes).unwrap()
}

/// AR(1) around a weekly pattern of the given height.
fn weekly(n: usize, height: f64) -> Vec<f64> {
    let mut level = 0.0;
    let pattern = [0.0, 1.0, 3.0, 2.0, -1.0, -4.0, -1.0];
    noise(41, n)
        .iter()
        .enumerate()
        .map(|(t, e)| {
            level = 0.5 * level + e;
            20.0 + height * pattern[t % 7] + level
        })
        .collect()
}

/// R's `auto.arima` gives (2,1,1)(0,1,0)12 with AICc 1018.17.
#[test]
fn airline_passengers_find_their_order() {
    let (fitted, stored) = fit(&spec(json!({"season": 12, "max_p": 5, "max_q": 5}), 0), &known("air2"), &[]);
    assert_eq!((stored.order.d, stored.order.seasonal_d), (1, 1), "{}", fitted.parameters);
    assert!(fitted.aicc.unwrap() <= 1018.17, "{}", fitted.parameters);
    assert!(fitted.parameters["seasonal_strength"].as_f64().unwrap() > 0.64);
}

#[test]
fn strong_seasons_are_differenced_and_absent_ones_are_not() {
    let strong = fit(&spec(json!({"season": 7}), 0), &weekly(400, 2.0), &[]).1;
    assert_eq!(strong.order.seasonal_d, 1);
    let (fitted, none) = fit(&spec(json!({"season": 7}), 0), &weekly(400, 0.0), &[]);
    assert_eq!(none.order.seasonal_d, 0, "{}", fitted.parameters);
    let fixed = fit(&spec(json!({"season": 7, "differences": [0, 0]}), 0), &weekly(400, 2.0), &[]).1;
    assert_eq!((fixed.order.d, fixed.order.seasonal_d), (0, 0));
    assert!(fixed.order.seasonal_p + fixed.order.seasonal_q > 0, "{}", fixed.order);
}

/// Searching the season too is never worse by its own criterion, with regressors as well.
#[test]
fn a_searched_season_is_worth_it() {
    let x = noise(43, 400);
    let y: Vec<f64> = weekly(400, 0.3).iter().zip(&x).map(|(y, x)| y + 0.7 * x).collect();
    let plain = fit(&spec(json!({"differences": [0, 0]}), 1), &y, &[&x]).0;
    let (seasonal, stored) = fit(&spec(json!({"season": "week", "differences": [0, 0]}), 1), &y, &[&x]);
    assert_eq!(stored.order.season, 5);
    assert!(seasonal.aicc.unwrap() <= plain.aicc.unwrap() + 1e-6);
    let (seasonal, stored) = fit(&spec(json!({"season": 7, "differences": [0, 0]}), 1), &y, &[&x]);
    assert!(seasonal.aicc.unwrap() < plain.aicc.unwrap() - 10.0, "{}", seasonal.parameters);
    assert!((stored.effects[0].coefficient.unwrap() - 0.7).abs() < 0.2);
}

#[test]
fn a_week_has_as_many_sessions_as_the_calendar_says() {
    let y = weekly(400, 0.3);
    let days: Vec<i32> = (0..400).collect();
    let window = History { days: &days, target: &y, regressors: &[] };
    let model =
        Registry::default().model(&spec(json!({"order": [1, 0, 0], "seasonal": [1, 0, 0], "season": "week"}), 0));
    let model = model.unwrap();
    for week in [5, 7] {
        let fitted = model.fit(&window, &FitContext { seed: 1, horizon: 14, week, cutoff: 400 }).unwrap();
        assert_eq!(read(&fitted).order.season, week);
        assert_eq!(fitted.model_type, format!("arima(1,0,0)(1,0,0){week}"));
    }
}

#[test]
fn the_parts_of_a_season_mean_the_same_in_both_forms() {
    let y = weekly(300, 1.0);
    let one = fit(&spec(json!({"order": [1, 0, 1], "seasonal_order": [0, 1, 1, 7]}), 0), &y, &[]).0;
    let two = fit(&spec(json!({"order": [1, 0, 1], "seasonal": [0, 1, 1], "season": 7}), 0), &y, &[]).0;
    assert_eq!(one, two);
}

#[test]
fn a_window_too_short_for_its_season_has_none() {
    let y = noise(7, 45);
    let (fitted, stored) = fit(&spec(json!({"season": 24}), 0), &y, &[]);
    assert!(fitted.fallback.unwrap().contains("fewer than 2 seasons"), "{}", fitted.parameters);
    assert_eq!(stored.order.season, 0);
    let (fitted, stored) = fit(&spec(json!({"season": 365}), 0), &y, &[]);
    assert!(fitted.fallback.is_some() && stored.fourier.is_none() && fitted.format == "arima/1");
    assert!(matches!(
        try_fit(&spec(json!({"order": [1, 1, 1], "seasonal": [1, 1, 1], "season": 24}), 0), &y, &[]),
        Err(ModelError::TooShort { .. })
    ));
}

/// Three years of days: two harmonics of a year, AR(1) errors and a regressor.
fn yearly() -> (Vec<i32>, Vec<f64>, Vec<f64>) {
    let n = 1_200;
    let x = noise(51, n);
    let days: Vec<i32> = (18_000..18_000 + n as i32).collect();
    let mut level = 0.0;
    let shocks = noise(52, n);
    let y = (0..n).map(|t| {
        level = 0.6 * level + shocks[t];
        50.0 + season_of(days[t]) + 0.8 * x[t] + level
    });
    let y = y.collect();
    (days, y, x)
}

fn season_of(day: i32) -> f64 {
    let angle = std::f64::consts::TAU * f64::from(day) / 365.0;
    6.0 * angle.sin() + 3.0 * (2.0 * angle + 1.0).sin()
}

#[test]
fn a_long_season_has_the_fourier_terms_it_needs() {
    let (days, y, x) = yearly();
    let model = Registry::default().model(&spec(json!({"season": 365, "differences": [0, 0]}), 1)).unwrap();
    let context = FitContext { seed: 1, horizon: 14, week: 7, cutoff: days[999] };
    let window = History { days: &days[..1_000], target: &y[..1_000], regressors: &[&x[..1_000]] };
    let fitted = model.fit(&window, &context).unwrap();
    let stored = read(&fitted);
    let fourier = stored.fourier.clone().unwrap();
    assert_eq!((fourier.period, fitted.format.as_str()), (365.0, "arima/2"));
    assert!((2..=4).contains(&fourier.terms.len()), "{}", fitted.parameters);
    assert!((fourier.terms[0][0] - 6.0).abs() < 0.5 && fourier.terms[0][1].abs() < 0.5, "{}", fitted.parameters);
    assert!((stored.effects[0].coefficient.unwrap() - 0.8).abs() < 0.1, "{}", fitted.parameters);
    assert!(fitted.parameters["coefficients"].to_string().contains("sin.2"));
    assert_eq!(fitted, model.fit(&window, &context).unwrap());

    // forecasts half a year ahead follow the season, whatever row the history starts with
    let loaded = Registry::default().load(&fitted.format, &fitted.bytes).unwrap();
    let future = Future { days: &days[1_000..], regressors: &[&x[1_000..]] };
    let medians: Vec<Vec<f64>> = [0, 37]
        .map(|first| {
            let history =
                History { days: &days[first..1_000], target: &y[first..1_000], regressors: &[&x[first..1_000]] };
            loaded.condition(&history, &future).unwrap().median().unwrap()
        })
        .to_vec();
    for (h, (a, b)) in medians[0].iter().zip(&medians[1]).enumerate() {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
        let truth = 50.0 + season_of(days[1_000 + h]) + 0.8 * x[1_000 + h];
        assert!(h < 10 || (a - truth).abs() < 1.5, "day {h}: {a} {truth}");
    }
    let damaged = String::from_utf8(fitted.bytes).unwrap().replace("\"period\":365.0", "\"period\":0.0");
    assert!(matches!(Registry::default().load("arima/2", damaged.as_bytes()).map(|_| ()), Err(ModelError::Corrupt(_))));
}

/// More terms are allowed one by one: the criterion never gets worse, and does get better where they are needed.
#[test]
fn the_number_of_terms_is_the_criterions() {
    let (_, y, _) = yearly();
    for (series, season, needed) in [(&y, 365, 2), (&noise(61, 800), 200, 0)] {
        let fits: Vec<(f64, usize)> = (0..=5)
            .map(|most| {
                let settings = json!({"order": [1, 0, 0], "season": season, "max_fourier": most});
                let (fitted, stored) = fit(&spec(settings, 0), series, &[]);
                (fitted.aicc.unwrap(), stored.fourier.map_or(0, |fourier| fourier.terms.len()))
            })
            .collect();
        for (most, pair) in fits.windows(2).enumerate() {
            let [(before, terms), (after, _)] = [pair[0], pair[1]];
            assert!(terms <= most && after <= before + 1e-6, "{fits:?}");
            assert!(most >= needed || after < before - 10.0, "{fits:?}");
        }
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (settings, setting) in [
        (json!({"order": [1, 0, 1], "season": 7}), "seasonal"),
        (json!({"order": [1, 0, 1], "season": "week"}), "seasonal"),
        (json!({"seasonal": [1, 0, 1]}), "seasonal"),
        (json!({"season": 7, "seasonal_order": [1, 0, 1, 7]}), "seasonal_order"),
        (json!({"season": 1}), "season"),
        (json!({"season": 0}), "season"),
        (json!({"season": 1_001}), "season"),
        (json!({"season": "year"}), "season"),
        (json!({"season": 52, "seasonal": [1, 0, 0]}), "season"),
        (json!({"season": 7, "max_P": 4}), "order"),
        (json!({"season": 7, "max_D": 3}), "order"),
        (json!({"differences": [0, 1]}), "differences"),
        (json!({"differences": [3, 0]}), "order"),
        (json!({"order": [1, 0, 1], "differences": [0, 0]}), "differences"),
        (json!({"season": 7, "seasonal": [1, 0, 1], "differences": [1, 1]}), "differences"),
        (json!({"max_fourier": -1}), "max_fourier"),
    ] {
        match Registry::default().model(&spec(settings.clone(), 0)).map(|_| ()) {
            Err(ModelError::Setting { setting: named, .. }) => assert_eq!(named, setting, "{settings}"),
            other => panic!("{settings}: {other:?}"),
        }
    }
}

#[test]
fn standard_errors_of_seasonal_coefficients_shrink_with_the_sample() {
    let errors = |n: usize| -> Vec<f64> {
        let (fitted, _) =
            fit(&spec(json!({"order": [1, 0, 0], "seasonal": [1, 0, 0], "season": 7}), 0), &weekly(n, 0.2), &[]);
        let coefficients = fitted.parameters["coefficients"].as_array().unwrap().clone();
        coefficients.iter().map(|c: &Value| c["standard_error"].as_f64().unwrap()).collect()
    };
    for (few, many) in errors(400).iter().zip(errors(1_600)) {
        assert!((0.35..0.75).contains(&(many / few)), "{few} {many}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    /// y ↦ a·y + b with parameters moved alike: forecasts and paths move alike.
    #[test]
    fn forecasts_shift_and_scale(
        seed in 0_u64..100, a in 0.01_f64..100.0, b in -1e3_f64..1e3, d in 0_usize..2, seasonal_d in 0_usize..2, gap: bool,
    ) {
        let constant = (d + seasonal_d <= 1).then_some(0.3);
        let stored = Parameters {
            order: Order { p: 1, d, q: 1, seasonal_p: 1, seasonal_d, seasonal_q: 1, season: 7 },
            ar: vec![0.5],
            ma: vec![-0.2],
            seasonal_ar: vec![0.3],
            seasonal_ma: vec![-0.5],
            constant,
            effects: vec![Effect { column: "x0".into(), coefficient: Some(0.4) }],
            fourier: None,
            variance: 1.3,
        };
        let shift = if d + seasonal_d == 0 { b } else { 0.0 };
        let moved = Parameters {
            constant: constant.map(|c| a * c + shift),
            effects: vec![Effect { column: "x0".into(), coefficient: Some(0.4 * a) }],
            variance: 1.3 * a * a,
            ..stored.clone()
        };
        let (mut y, x) = (noise(seed, 150), noise(seed + 1, 164));
        if gap {
            y[77] = f64::NAN;
        }
        let days: Vec<i32> = (0..164).collect();
        let forecast = |parameters: &Parameters, y: &[f64]| {
            let loaded = load(parameters);
            let history = History { days: &days[..150], target: y, regressors: &[&x[..150]] };
            let state = loaded.condition(&history, &Future { days: &days[150..], regressors: &[&x[150..]] }).unwrap();
            (state.median().unwrap(), paths(state.as_ref(), 14, 20))
        };
        let (median, drawn) = forecast(&stored, &y);
        let (moved_median, moved_drawn) = forecast(&moved, &y.iter().map(|v| a * v + b).collect::<Vec<_>>());
        for (m, n) in median.iter().zip(&moved_median) {
            prop_assert!((a * m + b - n).abs() < 1e-9 * (a * m.abs() + b.abs() + a), "{m} {n}");
        }
        for (m, n) in drawn.iter().zip(&moved_drawn) {
            let (m, n) = (f64::from(*m), f64::from(*n));
            prop_assert!((a * m + b - n).abs() < 1e-6 * (a * m.abs() + b.abs() + a), "{m} {n}");
        }
    }
}
