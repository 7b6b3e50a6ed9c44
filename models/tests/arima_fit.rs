//! Estimation: recovery of known processes, choice of order, fallbacks and refusals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;

use almanac_models::{Future, History, ModelError, Registry};
use arima_common::{fit, known, load, noise, paths, spec, try_fit};
use proptest::prelude::*;
use serde_json::json;

/// y = 2 + 0.8 x + ARMA(1,1) errors (0.7, 0.4), integrated `d` times.
fn process(n: usize, d: usize) -> (Vec<f64>, Vec<f64>) {
    let (e, x) = (noise(1, n), noise(2, n));
    let mut u = vec![0.0; n];
    for t in 1..n {
        u[t] = 0.7 * u[t - 1] + e[t] + 0.4 * e[t - 1];
    }
    for _ in 0..d {
        for t in 1..n {
            u[t] += u[t - 1];
        }
    }
    let y = (0..n).map(|t| 2.0 + 0.8 * x[t] + u[t]).collect();
    (y, x)
}

#[test]
fn parameters_of_a_known_process_are_recovered() {
    for d in 0..2 {
        let (y, x) = process(3_000, d);
        let (fitted, stored) = fit(&spec(json!({"order": [1, d, 1]}), 1), &y, &[&x]);
        assert!((stored.ar[0] - 0.7).abs() < 0.06, "{stored:?}");
        assert!((stored.ma[0] - 0.4).abs() < 0.06, "{stored:?}");
        assert!((stored.effects[0].coefficient.unwrap() - 0.8).abs() < 0.05, "{stored:?}");
        assert!((stored.variance - 1.0).abs() < 0.1, "{stored:?}");
        assert_eq!(fitted.model_type, format!("arima(1,{d},1)"));
        assert!(fitted.fallback.is_none());
    }
}

#[test]
fn the_search_finds_the_order_and_the_differences() {
    let (y, x) = process(2_000, 1);
    let (fitted, stored) = fit(&spec(json!({}), 1), &y, &[&x]);
    assert_eq!(stored.order.d, 1, "{}", fitted.parameters);
    let fixed = fit(&spec(json!({"order": [1, 1, 1]}), 1), &y, &[&x]).0;
    assert!(fitted.aicc.unwrap() <= fixed.aicc.unwrap() + 1e-6, "{} {}", fitted.parameters, fixed.parameters);
    let white = noise(5, 800);
    let (_, stored) = fit(&spec(json!({}), 0), &white, &[]);
    assert_eq!((stored.order.d, stored.order.coefficients()), (0, 0));
}

#[test]
fn gaps_change_estimates_little() {
    let (mut y, x) = process(1_500, 1);
    let complete = fit(&spec(json!({"order": [1, 1, 1]}), 1), &y, &[&x]).1;
    for t in [200, 201, 202, 700, 1_100] {
        y[t] = f64::NAN;
    }
    let (fitted, gappy) = fit(&spec(json!({"order": [1, 1, 1]}), 1), &y, &[&x]);
    assert!((complete.ar[0] - gappy.ar[0]).abs() < 0.02, "{complete:?} {gappy:?}");
    assert_eq!(fitted.parameters["likelihood_of"], "levels with gaps");
    assert_eq!(fitted.samples, 1_495);
    assert_eq!(fit(&spec(json!({}), 1), &y, &[&x]).1.order.d, 1);
}

#[test]
fn collinear_and_constant_regressors_are_dropped_and_named() {
    let (y, x) = process(600, 1);
    let double: Vec<f64> = x.iter().map(|v| 2.0 * v + 1.0).collect();
    let constant = vec![3.0; 600];
    for settings in [json!({"order": [1, 1, 1]}), json!({}), json!({"order": [1, 0, 1]})] {
        let (fitted, stored) = fit(&spec(settings, 3), &y, &[&x, &constant, &double]);
        let kept: Vec<bool> = stored.effects.iter().map(|effect| effect.coefficient.is_some()).collect();
        assert_eq!(kept, [true, false, false], "{}", fitted.parameters);
        let dropped = fitted.parameters["dropped_regressors"].as_array().unwrap();
        assert_eq!(dropped.len(), 2);
        assert_eq!((&dropped[0]["column"], &dropped[1]["column"]), (&json!("x1"), &json!("x2")));
        assert_eq!(dropped[1]["reason"], "collinear with the constant or with columns before it");
        // with a mean in the model a constant column is collinear with it
        let constant = if stored.constant.is_some() && stored.order.d == 0 {
            "collinear with the constant or with columns before it"
        } else {
            "constant in the window"
        };
        assert_eq!(dropped[0]["reason"], constant);
        let collinear = "collinear with the constant or with columns before it";
        assert_eq!(fitted.fallback, Some(format!("without x1: {constant}; without x2: {collinear}")));
    }
}

#[test]
fn a_constant_series_keeps_its_value() {
    let (fitted, stored) = fit(&spec(json!({}), 1), &[5.5; 100], &[&noise(3, 100)]);
    assert_eq!(fitted.fallback.as_deref(), Some("constant"));
    let days: Vec<i32> = (0..107).collect();
    let nan = [f64::NAN; 100];
    let loaded = load(&stored);
    let history = History { days: &days[..100], target: &[7.25; 100], regressors: &[&nan] };
    let state = loaded.condition(&history, &Future { days: &days[100..], regressors: &[&nan[..7]] }).unwrap();
    assert_eq!(state.median().unwrap(), vec![7.25; 7]);
    assert!(paths(state.as_ref(), 7, 10).iter().all(|v| *v == 7.25));
}

#[test]
fn a_straight_line_is_continued_without_spread() {
    let line: Vec<f64> = (0..200).map(|t| 10.0 + 0.5 * f64::from(t)).collect();
    let (fitted, stored) = fit(&spec(json!({}), 0), &line, &[]);
    assert!(fitted.fallback.is_some(), "{}", fitted.parameters);
    let days: Vec<i32> = (0..205).collect();
    let loaded = load(&stored);
    let history = History { days: &days[..200], target: &line, regressors: &[] };
    let state = loaded.condition(&history, &Future { days: &days[200..], regressors: &[] }).unwrap();
    assert!((state.median().unwrap()[4] - 112.0).abs() < 1e-6);
}

#[test]
fn unusable_input_is_refused_by_name() {
    let good = noise(4, 200);
    let with = |value: f64| {
        let mut series = good.clone();
        series[50] = value;
        series
    };
    let unusable = |result: Result<_, ModelError>| matches!(result, Err(ModelError::Unusable { .. }));
    assert!(unusable(try_fit(&spec(json!({}), 0), &with(f64::INFINITY), &[])));
    assert!(unusable(try_fit(&spec(json!({}), 0), &with(1e308), &[])));
    assert!(unusable(try_fit(&spec(json!({}), 1), &good, &[&with(f64::NEG_INFINITY)])));
    assert!(unusable(try_fit(&spec(json!({}), 1), &good, &[&good[..100]])));
    assert!(unusable(try_fit(&spec(json!({}), 1), &good, &[])));
    for length in [0, 1, 5] {
        assert!(matches!(try_fit(&spec(json!({}), 0), &good[..length], &[]), Err(ModelError::TooShort { .. })));
    }
    assert!(matches!(try_fit(&spec(json!({}), 0), &[f64::NAN; 300], &[]), Err(ModelError::TooShort { .. })));
    let nan = [f64::NAN; 200];
    assert!(matches!(try_fit(&spec(json!({}), 1), &good, &[&nan]), Err(ModelError::TooShort { .. })));
}

#[test]
fn settings_are_checked() {
    for (settings, setting) in [
        (json!({"order": [1, 1]}), "order"),
        (json!({"order": [1, 3, 1]}), "order"),
        (json!({"order": [1, 2, 1], "constant": true}), "constant"),
        (json!({"seasonal_order": [1, 0, 1, 1]}), "season"),
        (json!({"max_q": "three"}), "max_q"),
        (json!({"lags": 3}), "lags"),
    ] {
        match Registry::default().model(&spec(settings, 0)).map(|_| ()) {
            Err(ModelError::Setting { setting: named, .. }) => assert_eq!(named, setting),
            other => panic!("{setting}: {other:?}"),
        }
    }
}

#[test]
fn damaged_bytes_are_refused() {
    let (fitted, _) = fit(&spec(json!({"order": [1, 0, 1]}), 0), &noise(9, 300), &[]);
    let text = String::from_utf8(fitted.bytes).unwrap();
    let registry = Registry::default();
    let refused = |bytes: &[u8]| matches!(registry.load("arima/1", bytes).map(|_| ()), Err(ModelError::Corrupt(_)));
    assert!(refused(&text.as_bytes()[..text.len() / 2]));
    assert!(refused(text.replace("\"p\":1", "\"p\":9").as_bytes()));
    assert!(refused(text.replace("\"p\":1", "\"p\":18446744073709551615").as_bytes()));
    assert!(refused(text.replace("\"variance\":", "\"variance\":-").as_bytes()));
    assert!(matches!(registry.load("arima/3", text.as_bytes()).map(|_| ()), Err(ModelError::Newer { .. })));
}

/// R's `auto.arima` settles on (2,1,1)(0,1,0)12 with AICc 1018.17.
#[test]
fn airline_passengers_reach_the_published_criterion() {
    let model = spec(json!({"order": [2, 1, 1], "seasonal_order": [0, 1, 0, 12]}), 0);
    let (fitted, _) = fit(&model, &known("air2"), &[]);
    assert!(fitted.aicc.unwrap() < 1018.18, "{:?}", fitted.aicc);
    let searched = spec(json!({"seasonal_order": [0, 1, 0, 12]}), 0);
    let (fitted, stored) = fit(&searched, &known("air2"), &[]);
    assert_eq!(stored.order.d, 1);
    assert!(fitted.aicc.unwrap() < 1018.18, "{}", fitted.parameters);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_input_makes_it_panic(
        seed in 0_u64..1_000,
        n in 0_usize..160,
        holes in proptest::collection::vec((0_usize..160, 0_usize..7), 0..6),
        exponent in -12_i32..12,
        season in 0_usize..8,
        search in any::<bool>(),
        d in 0_usize..3,
        steps in any::<bool>(),
    ) {
        let scale = 10_f64.powi(exponent);
        let mut y: Vec<f64> = noise(seed, n).iter().map(|v| v * scale).collect();
        if steps {
            y.iter_mut().for_each(|v| *v = v.signum() * scale);
        }
        let x = noise(seed + 1, n);
        let poison = [f64::NAN, 0.0, 1e300, f64::INFINITY, -1e140, 1e-300, f64::NAN];
        for (at, which) in holes {
            if at < n {
                y[at] = poison[which];
            }
        }
        let mut settings = json!({});
        if !search {
            settings["order"] = json!([2, d, 2]);
        }
        if season > 3 {
            settings["seasonal_order"] = json!([1, d.min(1), 1, season]);
        }
        let model = spec(settings, 1);
        if let Ok(fitted) = try_fit(&model, &y, &[&x]) {
            let loaded = Registry::default().load(&fitted.format, &fitted.bytes).unwrap();
            let days: Vec<i32> = (0..n as i32 + 5).collect();
            let history = History { days: &days[..n], target: &y, regressors: &[&x] };
            if let Ok(state) = loaded.condition(&history, &Future { days: &days[n..], regressors: &[&[0.0; 5]] }) {
                prop_assert!(state.median().unwrap().iter().all(|v| v.is_finite()));
                let mut out = vec![0.0; 50];
                let _whatever = state.simulate(10, &arima_common::stream(), &mut out);
            }
        }
    }
}
