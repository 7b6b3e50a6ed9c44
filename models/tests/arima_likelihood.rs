//! Likelihoods, forecasts and known answers against statsmodels, Stata and independent filters.
//! The data files are made by `oracle/arima.py`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;

use almanac_models::arima::{Effect, Order, Parameters, log_likelihood};
use almanac_models::{Future, History};
use arima_common::{fit, known, load, spec};
use serde_json::{Value, json};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn size(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn parameters(case: &Value) -> Parameters {
    let (order, seasonal) = (&case["order"], &case["seasonal"]);
    let effects = numbers(&case["beta"]).into_iter().enumerate();
    Parameters {
        order: Order {
            p: size(&order[0]),
            d: size(&order[1]),
            q: size(&order[2]),
            seasonal_p: size(&seasonal[0]),
            seasonal_d: size(&seasonal[1]),
            seasonal_q: size(&seasonal[2]),
            season: size(&seasonal[3]),
        },
        ar: numbers(&case["ar"]),
        ma: numbers(&case["ma"]),
        seasonal_ar: numbers(&case["seasonal_ar"]),
        seasonal_ma: numbers(&case["seasonal_ma"]),
        constant: case["constant"].as_f64(),
        effects: effects.map(|(i, b)| Effect { column: format!("x{i}"), coefficient: Some(b) }).collect(),
        fourier: None,
        variance: case["variance"].as_f64().unwrap(),
    }
}

fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str::<Value>(text).unwrap()["cases"].as_array().unwrap().clone()
}

/// Random specifications of all kinds.
fn mixed() -> Vec<Value> {
    cases(include_str!("data/arima_likelihood.json"))
}

/// Random seasonal specifications with regressors.
fn seasonal() -> Vec<Value> {
    cases(include_str!("data/arima_seasonal.json"))
}

fn likelihoods_agree(cases: &[Value]) {
    for (index, case) in cases.iter().enumerate() {
        let regressors: Vec<Vec<f64>> = case["regressors"].as_array().unwrap().iter().map(numbers).collect();
        let columns: Vec<&[f64]> = regressors.iter().map(Vec::as_slice).collect();
        let got = log_likelihood(&parameters(case), &[], &numbers(&case["target"]), &columns).unwrap();
        let want = case["log_likelihood"].as_f64().unwrap();
        assert!(((got - want) / want).abs() < 1e-6, "case {index}: {got} where statsmodels has {want}");
    }
}

fn count(cases: &[Value], what: impl Fn(&Value) -> bool) -> usize {
    cases.iter().filter(|case| what(case)).count()
}

#[test]
fn likelihood_equals_statsmodels() {
    let cases = mixed();
    likelihoods_agree(&cases);
    assert!(cases.len() >= 60 && count(&cases, |case| case["gaps"] == true) >= 25);
}

#[test]
fn likelihood_of_seasonal_models_with_regressors_equals_statsmodels() {
    let cases = seasonal();
    likelihoods_agree(&cases);
    let with_regressors = |case: &Value| !case["regressors"].as_array().unwrap().is_empty() && case["seasonal"][3] != 0;
    assert_eq!(count(&cases, with_regressors), 50);
    assert_eq!(count(&cases, |case| case["gaps"] == true), 25);
    for part in 0..3 {
        assert!(count(&cases, |case| case["seasonal"][part] != 0) >= 15, "{part}");
    }
}

#[test]
fn forecasts_and_their_deviations_equal_statsmodels() {
    for (index, case) in mixed().iter().chain(&seasonal()).enumerate() {
        let regressors: Vec<Vec<f64>> = case["regressors"].as_array().unwrap().iter().map(numbers).collect();
        let columns: Vec<&[f64]> = regressors.iter().map(Vec::as_slice).collect();
        let target = numbers(&case["target"]);
        let days: Vec<i32> = (0..target.len() as i32 + 14).collect();
        let (past, ahead) = days.split_at(target.len());
        let persist: Vec<Vec<f64>> = columns.iter().map(|column| vec![*column.last().unwrap(); 14]).collect();
        let persist: Vec<&[f64]> = persist.iter().map(Vec::as_slice).collect();
        let fitted = load(&parameters(case));
        let history = History { days: past, target: &target, regressors: &columns };
        let state = fitted.condition(&history, &Future { days: ahead, regressors: &persist }).unwrap();
        let mean = state.median().unwrap();
        let deviations = numbers(&case["deviation"]);
        for (h, want) in numbers(&case["mean"]).iter().enumerate() {
            let off = (mean[h] - want).abs() / deviations[h];
            assert!(off < 1e-5, "case {index}, day {h}: {} where statsmodels has {want}", mean[h]);
        }
        let analytic = arima_common::deviations(state.as_ref(), 14);
        for (h, want) in deviations.iter().enumerate() {
            assert!((analytic[h] / want - 1.0).abs() < 0.05, "case {index}, day {h}: {} {want}", analytic[h]);
        }
    }
}

/// Box and Jenkins' airline model on the logarithms (Stata's `arima`, in statsmodels' test results).
#[test]
fn airline_model() {
    let logs: Vec<f64> = known("air2").iter().map(|y| libm::log(*y)).collect();
    let model = spec(json!({"order": [0, 1, 1], "seasonal_order": [0, 1, 1, 12]}), 0);
    let (fitted, stored) = fit(&model, &logs, &[]);
    assert!((stored.ma[0] + 0.4018324).abs() < 1e-4, "{stored:?}");
    assert!((stored.seasonal_ma[0] + 0.5569342).abs() < 1e-4, "{stored:?}");
    assert!((stored.variance.sqrt() - 0.0367167).abs() < 1e-5);
    let value = fitted.log_likelihood.unwrap();
    assert!((value - 244.69651).abs() < 1e-4, "{value}");
    let aic = -2.0 * fitted.log_likelihood.unwrap() + 2.0 * 3.0;
    assert!((aic + 483.393).abs() < 1e-3);
    let error = |i: usize| fitted.parameters["coefficients"][i]["standard_error"].as_f64().unwrap();
    assert!((error(0) - 0.0896442).abs() < 1e-3, "{}", error(0));
    assert!((error(1) - 0.0731055).abs() < 1e-3, "{}", error(1));
}

/// ARIMA(1,1,1) with a constant on the wholesale price index (Stata manual).
#[test]
fn wholesale_prices() {
    let model = spec(json!({"order": [1, 1, 1], "constant": true}), 0);
    let (fitted, stored) = fit(&model, &known("wpi1"), &[]);
    assert!((stored.ar[0] - 0.8742288).abs() < 1e-4, "{stored:?}");
    assert!((stored.ma[0] + 0.4120458).abs() < 1e-4);
    assert!((stored.constant.unwrap() - 0.7498197).abs() < 1e-4);
    assert!((stored.variance.sqrt() - 0.7250436).abs() < 1e-5);
    assert!((fitted.log_likelihood.unwrap() + 135.35131).abs() < 1e-5);
    let errors: Vec<f64> =
        (0..3).map(|i| fitted.parameters["coefficients"][i]["standard_error"].as_f64().unwrap()).collect();
    for (got, want) in errors.iter().zip([0.2920992, 0.0637705, 0.1220756]) {
        assert!((got - want).abs() < 2e-3, "{errors:?}");
    }
}

/// ARMAX(1,1) of consumption on money (Stata manual).
#[test]
fn consumption_and_money() {
    let model = spec(json!({"order": [1, 0, 1]}), 1);
    let (fitted, stored) = fit(&model, &known("consump"), &[&known("m2")]);
    assert!((stored.constant.unwrap() + 36.09872).abs() < 0.05, "{stored:?}");
    assert!((stored.effects[0].coefficient.unwrap() - 1.122029).abs() < 1e-4);
    assert!((stored.ar[0] - 0.9348486).abs() < 1e-4);
    assert!((stored.ma[0] - 0.3090592).abs() < 1e-4);
    let (sigma, value) = (stored.variance.sqrt(), fitted.log_likelihood.unwrap());
    // published after convergence within a tolerance: the difference costs 3e-6 of log-likelihood
    assert!((sigma - 9.655308).abs() < 2e-3, "{sigma}");
    assert!((value + 340.50774).abs() < 1e-5, "{value}");
}

#[test]
fn maxima_are_not_below_those_of_statsmodels() {
    let file: Value = serde_json::from_str(include_str!("data/arima_fits.json")).unwrap();
    for case in file["fits"].as_array().unwrap() {
        let mut settings = json!({"order": case["order"]});
        if case["seasonal"][3] != 0 {
            settings["seasonal_order"] = case["seasonal"].clone();
        }
        let regressors: Vec<Vec<f64>> = case["regressors"].as_array().unwrap().iter().map(numbers).collect();
        let columns: Vec<&[f64]> = regressors.iter().map(Vec::as_slice).collect();
        let (fitted, stored) = fit(&spec(settings, 2), &numbers(&case["target"]), &columns);
        let (got, want) = (fitted.log_likelihood.unwrap(), case["log_likelihood"].as_f64().unwrap());
        assert!(got > want - 0.01, "{}: {got} where statsmodels has {want}", fitted.model_type);
        // the stored parameters have the likelihood that was reported
        let again = log_likelihood(&stored, &[], &numbers(&case["target"]), &columns).unwrap();
        assert!((again - got).abs() < 1e-6, "{again} {got}");
    }
}

/// Consumption on money up to the first quarter of 1978: predictions of the next quarters with the money stock known,
/// at the published parameters (Stata's `arima`, in statsmodels' test results).
#[test]
fn predictions_of_consumption() {
    const FORECAST: [f64; 15] = [
        1384.148, 1412.057, 1432.403, 1452.703, 1486.975, 1520.77, 1539.393, 1565.588, 1593.582, 1641.19, 1666.628,
        1704.415, 1737.75, 1776.62, 1825.897,
    ];
    // predictions one step ahead of rows 1 to 10
    const NEXT: [f64; 10] =
        [314.699, 318.3328, 322.1395, 324.1479, 329.3138, 338.3326, 334.2127, 340.1221, 340.1285, 345.7686];
    let stored = Parameters {
        order: Order { p: 1, q: 1, ..Order::default() },
        ar: vec![0.8775207],
        ma: vec![0.2770867],
        seasonal_ar: Vec::new(),
        seasonal_ma: Vec::new(),
        constant: Some(0.66189),
        effects: vec![Effect { column: "m2".into(), coefficient: Some(1.037905) }],
        fourier: None,
        variance: 5.630046 * 5.630046,
    };
    let (consumption, money) = (known("consump"), known("m2"));
    let days: Vec<i32> = (0..consumption.len() as i32).collect();
    let fitted = load(&stored);
    let predict = |cut: usize| {
        let history = History { days: &days[..cut], target: &consumption[..cut], regressors: &[&money[..cut]] };
        let state = fitted.condition(&history, &Future { days: &days[cut..], regressors: &[&money[cut..]] }).unwrap();
        state.median().unwrap()
    };
    for (got, want) in predict(consumption.len() - 15).iter().zip(FORECAST) {
        assert!((got - want).abs() < 2e-3, "{got} {want}");
    }
    for (row, want) in NEXT.iter().enumerate() {
        let got = predict(row + 1)[0];
        assert!((got - want).abs() < 2e-3, "{got} {want}");
    }
}
