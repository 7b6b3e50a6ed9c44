//! Standard errors with regressors against statsmodels: those of the observed information of all parameters
//! (`cov_params_approx`). The data file is made by `oracle/arima_errors.py`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;

use arima_common::{fit, numbers, spec};
use serde_json::{Value, json};

/// Largest difference of standard errors, relative, and of estimates, in standard errors.
const TOLERANCE: f64 = 1e-3;

fn cases() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("data/arima_errors.json")).unwrap();
    file["cases"].as_array().unwrap().clone()
}

#[test]
fn standard_errors_equal_statsmodels() {
    for case in cases() {
        let mut settings = json!({ "order": case["order"] });
        if case["seasonal"][3] != 0 {
            settings["seasonal_order"] = case["seasonal"].clone();
        }
        let regressors: Vec<Vec<f64>> = case["regressors"].as_array().unwrap().iter().map(numbers).collect();
        let columns: Vec<&[f64]> = regressors.iter().map(Vec::as_slice).collect();
        let (fitted, _) = fit(&spec(settings, columns.len()), &numbers(&case["target"]), &columns);
        let (got, want) = (fitted.log_likelihood.unwrap(), case["log_likelihood"].as_f64().unwrap());
        assert!((got - want).abs() < 1e-5, "{}: {got} where statsmodels has {want}", fitted.model_type);

        // the constant, the regressors, then the coefficients of the orders, in both
        let told = fitted.parameters["coefficients"].as_array().unwrap();
        let (values, errors) = (numbers(&case["values"]), numbers(&case["standard_errors"]));
        assert_eq!((told.len(), errors.len()), (values.len(), values.len()), "{}", fitted.parameters);
        for (i, one) in told.iter().enumerate() {
            let what = format!("{} {} ({})", fitted.model_type, one["name"], case["names"][i]);
            let (value, error) = (one["value"].as_f64().unwrap(), one["standard_error"].as_f64().unwrap());
            let (off, ratio) = ((value - values[i]) / errors[i], error / errors[i]);
            assert!(off.abs() < TOLERANCE, "{what}: {value} where statsmodels has {}", values[i]);
            assert!((ratio - 1.0).abs() < TOLERANCE, "{what}: error {error} where statsmodels has {}", errors[i]);
        }
    }
}

/// The cases are what they are called, and would notice errors of a regression that takes the process as known.
#[test]
fn the_cases_tell_one_kind_of_error_from_another() {
    let cases = cases();
    let count = |what: &dyn Fn(&Value) -> bool| cases.iter().filter(|case| what(case)).count();
    assert!(count(&|case| case["seasonal"][3] != 0) >= 2 && count(&|case| case["constant"] == true) >= 1);
    assert!(count(&|case| case["target"].as_array().unwrap().contains(&Value::Null)) >= 1);
    assert!(count(&|case| case["regressors"].as_array().unwrap().len() == 3) >= 2);
    for case in &cases {
        let errors = numbers(&case["standard_errors"]);
        let known = numbers(&case["known"]);
        assert!(
            known.len() >= 2 && known.iter().zip(&errors).any(|(known, error)| known / error < 1.0 - 2.0 * TOLERANCE)
        );
    }
}
