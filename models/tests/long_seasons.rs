//! How much of a series with a long season counts: `seasons` and `term_seasons`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod smoothing_common;

use serde_json::{Value, json};
use smoothing_common::{fit, noise, numbers, try_fit};

/// Sessions of the long season, and of the longest one that is not.
const LONG: usize = 30;
const SHORT: usize = 24;
/// Repetitions in the series.
const REPETITIONS: usize = 12;

/// A wave on a level, of a height that a repetition decides.
fn wave(season: usize, height: impl Fn(usize) -> f64) -> Vec<f64> {
    let angle = |t: usize| t as f64 * std::f64::consts::TAU / season as f64;
    let value = |(t, e): (usize, f64)| 100.0 + height(t / season) * libm::sin(angle(t)) + 0.5 * e;
    noise(3, REPETITIONS * season).into_iter().enumerate().map(value).collect()
}

fn with(settings: &Value, name: &str, repetitions: usize) -> Value {
    let mut settings = settings.clone();
    settings[name] = json!(repetitions);
    settings
}

#[test]
fn a_fit_sees_as_many_repetitions_as_it_is_told() {
    for family in ["arima", "ets", "theta", "ces"] {
        let (long, short) = (json!({ "season": LONG }), json!({ "season": SHORT }));
        let y = wave(LONG, |_| 5.0);
        assert_eq!(fit(family, long.clone(), &y).samples, 8 * LONG, "{family}");
        assert_eq!(fit(family, with(&long, "seasons", 3), &y).samples, 3 * LONG, "{family}");
        assert_eq!(fit(family, with(&long, "seasons", 100), &y).samples, REPETITIONS * LONG, "{family}");
        // of a season that lasts all count
        let y = wave(SHORT, |_| 5.0);
        assert_eq!(fit(family, with(&short, "seasons", 3), &y).samples, REPETITIONS * SHORT, "{family}");
        for wrong in [json!(1), json!(0), json!(2.5), json!(10_001), json!("all")] {
            let settings = json!({ "season": LONG, "seasons": wrong });
            assert_eq!(try_fit(family, settings, &y).unwrap_err().code(), "setting", "{family} {wrong}");
        }
    }
}

/// Of a wave that grows by one with each repetition, the terms of k repetitions are as high as their mean.
#[test]
fn terms_are_of_as_many_repetitions_as_they_are_told() {
    let y = wave(LONG, |repetition| 1.0 + repetition as f64);
    let height = |settings: Value| -> f64 {
        let fitted = fit("theta", settings, &y);
        let terms = numbers(&fitted.parameters["season"]);
        assert_eq!(terms.len(), LONG, "{}", fitted.parameters);
        terms.into_iter().fold(0.0, f64::max)
    };
    let plain = json!({ "season": LONG, "decomposition": "additive" });
    // the highest session of the last repetition is the last that a moving average reaches
    for (settings, repetitions) in [
        (plain.clone(), 5),
        (with(&plain, "term_seasons", 2), 2),
        (with(&with(&plain, "seasons", 100), "term_seasons", 8), 8),
    ] {
        let want = REPETITIONS as f64 - (repetitions as f64 - 1.0) / 2.0;
        let got = height(settings);
        assert!((got - want).abs() < 1.0, "{repetitions} repetitions: {got} where their mean is {want}");
    }
}

#[test]
fn smoothing_takes_terms_of_as_many_repetitions() {
    let y = wave(LONG, |_| 5.0);
    let terms = |settings: &Value| -> Vec<f64> {
        let fitted = fit("ets", settings.clone(), &y);
        assert!(fitted.fallback.clone().unwrap().starts_with("fixed season by moving averages"), "{fitted:?}");
        numbers(&fitted.parameters["components_before_window"]["season"])
    };
    let plain = json!({ "season": LONG, "model": "ANA" });
    assert_eq!(terms(&plain), terms(&with(&plain, "term_seasons", 5)));
    assert_ne!(terms(&plain), terms(&with(&plain, "term_seasons", 3)));
    let settings = with(&plain, "term_seasons", 1);
    assert_eq!(try_fit("ets", settings, &y).unwrap_err().code(), "setting");
}
