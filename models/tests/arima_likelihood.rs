//! Likelihoods, forecasts and known answers against statsmodels, Stata and independent filters.
//! The data files are made by `oracle/arima.py`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;

use almanac_models::arima::{Effect, Order, Parameters, log_likelihood};
use almanac_models::{Fitted, Future, History};
use arima_common::{fit, known, load, numbers, parameters, spec};
use serde_json::{Value, json};

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

/// Akaike's criterion from the corrected one, both by what the fit reports: its coefficients, the variance, and the
/// observations of its likelihood.
fn reported_aic(fitted: &Fitted) -> f64 {
    let n = fitted.parameters["likelihood_observations"].as_f64().unwrap();
    let k = fitted.parameters["coefficients"].as_array().unwrap().len() as f64 + 1.0;
    fitted.aicc.unwrap() - 2.0 * k * (k + 1.0) / (n - k - 1.0)
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
    assert!((reported_aic(&fitted) + 483.393).abs() < 1e-3);
    let error = |i: usize| fitted.parameters["coefficients"][i]["standard_error"].as_f64().unwrap();
    assert!((error(0) - 0.0896442).abs() < 1e-4, "{}", error(0));
    assert!((error(1) - 0.0731055).abs() < 1e-4, "{}", error(1));
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
        assert!((got - want).abs() < 1e-4, "{errors:?}");
    }
}

/// ARMAX(1,1) of consumption on money.
fn armax([constant, coefficient, ar, ma, sigma]: [f64; 5]) -> Parameters {
    Parameters {
        order: Order { p: 1, q: 1, ..Order::default() },
        ar: vec![ar],
        ma: vec![ma],
        seasonal_ar: Vec::new(),
        seasonal_ma: Vec::new(),
        constant: Some(constant),
        effects: vec![Effect { column: "m2".into(), coefficient: Some(coefficient) }],
        fourier: None,
        variance: sigma * sigma,
    }
}

/// Stata's manual: at its parameters the likelihood to its last digit, and a maximum near them.
#[test]
fn consumption_and_money() {
    let (target, money) = (known("consump"), known("m2"));
    let published = armax([-36.09872, 1.122029, 0.9348486, 0.3090592, 9.655308]);
    let value = log_likelihood(&published, &[], &target, &[&money]).unwrap();
    assert!((value + 340.50774).abs() < 5e-6, "{value}");

    let model = spec(json!({"order": [1, 0, 1]}), 1);
    let (fitted, stored) = fit(&model, &target, &[&money]);
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

/// Quarters up to the first of 1978, whose fit the published predictions of consumption use.
const FITTED: usize = 77;

/// Consumption on money at the published parameters of a fit up to the first quarter of 1978 (Stata's `arima`, in
/// statsmodels' test results): the medians of all quarters after the first `cut`, with the money stock known.
fn predict_consumption(cut: usize) -> Vec<f64> {
    // none of the quarters is seen if what was seen is so far back that it is forgotten
    const FORGOTTEN: usize = 400;
    let stored = armax([0.66189, 1.037905, 0.8775207, 0.2770867, 5.630046]);
    let (consumption, money) = (known("consump"), known("m2"));
    let unseen = vec![f64::NAN; if cut == 0 { FORGOTTEN } else { 0 }];
    let first = &consumption[..usize::from(cut == 0)];
    let target = [first, &unseen, &consumption[..cut]].concat();
    let past = [&vec![money[0]; target.len() - cut][..], &money[..cut]].concat();
    let days: Vec<i32> = (0..(target.len() + money.len() - cut) as i32).collect();
    let (before, ahead) = days.split_at(target.len());
    let fitted = load(&stored);
    let history = History { days: before, target: &target, regressors: &[&past] };
    let state = fitted.condition(&history, &Future { days: ahead, regressors: &[&money[cut..]] }).unwrap();
    state.median().unwrap()
}

/// Published numbers have seven digits.
fn agree(what: &str, got: &[f64], want: &[f64]) {
    assert_eq!((got.len(), want.len()), (92, 92), "{what}");
    for (row, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() < 1e-3, "{what} of row {row}: {got} where Stata has {want}");
    }
}

#[test]
fn predictions_of_consumption_one_step_ahead() {
    let got: Vec<f64> = (0..92).map(|row| predict_consumption(row)[0]).collect();
    agree("prediction", &got, &known("friedman2_prediction"));
}

/// One step ahead for the quarters before, then from what was known before the first quarter of 1978, which Stata's
/// dynamic predictions no longer see.
#[test]
fn dynamic_predictions_of_consumption() {
    let mut got: Vec<f64> = (0..FITTED - 1).map(|row| predict_consumption(row)[0]).collect();
    got.extend(predict_consumption(FITTED - 1));
    agree("dynamic prediction", &got, &known("friedman2_dynamic_prediction"));
    agree("dynamic forecast", &got, &known("friedman2_dynamic_forecast"));
}

#[test]
fn forecasts_of_consumption() {
    let mut got: Vec<f64> = (0..FITTED).map(|row| predict_consumption(row)[0]).collect();
    got.extend(predict_consumption(FITTED));
    agree("forecast", &got, &known("friedman2_forecast"));
}
