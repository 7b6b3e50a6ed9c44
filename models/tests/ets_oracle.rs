//! Exponential smoothing against R's `ets`, statsmodels and statsforecast. The data files are made by
//! `oracle/smoothing.py`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod smoothing_common;

use almanac_models::ets::{Components, Filtered, Form, Part, Smoothing, filtered};
use serde_json::{Value, json};
use smoothing_common::{cases, fit, numbers};

fn known() -> Value {
    serde_json::from_str(include_str!("data/ets_known.json")).unwrap()
}

/// The pass of a case's series at the case's own parameters.
fn pass(case: &Value, target: &[f64]) -> Filtered {
    let number = |key: &str, otherwise: f64| case[key].as_f64().unwrap_or(otherwise);
    let smoothing = Smoothing {
        alpha: number("alpha", 0.0),
        beta: number("beta", 0.0),
        gamma: number("gamma", 0.0),
        phi: number("phi", 1.0),
    };
    let start = Components {
        level: number("level", f64::NAN),
        growth: number("growth", f64::NAN),
        season: numbers(&case["season"]),
    };
    filtered(form(case), &smoothing, &start, target).unwrap()
}

fn form(case: &Value) -> Form {
    Form::try_from(case["form"].as_str().unwrap().to_owned()).unwrap()
}

/// R leaves the constants out of its log-likelihood.
fn from_r(loglik: f64, n: usize) -> f64 {
    let n = n as f64;
    loglik - 0.5 * n * ((2.0 * std::f64::consts::PI / n).ln() + 1.0)
}

fn close(got: f64, want: f64, relative: f64, what: &str) {
    assert!((got - want).abs() <= relative * want.abs(), "{what}: {got}, not {want}");
}

/// Point forecasts from components, by hand.
fn points(form: Form, phi: f64, end: &Components, count: usize) -> Vec<f64> {
    let (mut level, mut growth) = (end.level, end.growth);
    let step = |h: usize| {
        match form.trend {
            Part::None => {}
            Part::Additive => {
                growth *= phi;
                level += growth;
            }
            Part::Multiplicative => {
                growth = growth.powf(phi);
                level *= growth;
            }
        }
        match form.season {
            Part::None => level,
            Part::Additive => level + end.season[h % end.season.len()],
            Part::Multiplicative => level * end.season[h % end.season.len()],
        }
    };
    (0..count).map(step).collect()
}

#[test]
fn at_its_own_parameters_everything_is_that_of_r() {
    let known = known();
    for case in known["cases"].as_array().unwrap() {
        let name = format!("{} {}", case["form"], case["series"]);
        let target = numbers(&known["series"][case["series"].as_str().unwrap()]);
        let pass = pass(case, &target);
        // R's parameters are published with 8 decimals
        close(pass.log_likelihood, from_r(case["loglik"].as_f64().unwrap(), target.len()), 1e-6, &name);
        // single values feel the rounding of the published parameters more
        for (got, want) in pass.forecasts.iter().zip(numbers(&case["fitted"])) {
            close(*got, want, 1e-5, &name);
        }
        // R's published forecasts of damped multiplicative forms are up to 4e-4 from its own last state's
        let damped_season = form(case).damped && form(case).season == Part::Multiplicative;
        let tolerance = if damped_season { 5e-4 } else { 1e-5 };
        let points = points(form(case), case["phi"].as_f64().unwrap_or(1.0), &pass.end, 4);
        for (got, want) in points.iter().zip(numbers(&case["forecast"])) {
            close(*got, want, tolerance, &name);
        }
    }
    assert_eq!(known["cases"].as_array().unwrap().len(), 19);
}

#[test]
fn every_forms_likelihood_is_that_of_statsmodels_or_the_book() {
    let known = known();
    let cases = cases(include_str!("data/ets_likelihood.json"));
    for case in &cases {
        let name = case["form"].to_string();
        let target = numbers(&known["series"][case["series"].as_str().unwrap()]);
        let pass = pass(case, &target);
        close(pass.log_likelihood, case["loglik"].as_f64().unwrap(), 1e-9, &name);
        for (got, want) in pass.forecasts.iter().zip(numbers(&case["fitted"])) {
            close(*got, want, 1e-9, &name);
        }
        let points = points(form(case), case["phi"].as_f64().unwrap(), &pass.end, 6);
        for (got, want) in points.iter().zip(numbers(&case["forecast"])) {
            close(*got, want, 1e-9, &name);
        }
    }
    assert_eq!(cases.len(), 30);
}

#[test]
fn no_maximum_is_below_that_of_r() {
    let known = known();
    for case in known["cases"].as_array().unwrap() {
        let target = numbers(&known["series"][case["series"].as_str().unwrap()]);
        let season = if case["season"].as_array().unwrap().is_empty() { json!("none") } else { json!(4) };
        let fitted = fit("ets", json!({ "model": case["form"], "season": season }), &target);
        let (got, want) = (fitted.log_likelihood.unwrap(), from_r(case["loglik"].as_f64().unwrap(), target.len()));
        println!("{} {got:.4} R {want:.4}", case["form"]);
        assert!(got >= want - 1e-4, "{}: {got} where R has {want}", case["form"]);
        assert_eq!(fitted.fallback, None);
    }
}

/// Numbers that R estimates: smoothing, first components (the last seasonal term follows from the others), variance.
fn estimated(case: &Value) -> f64 {
    let smoothing = ["alpha", "beta", "gamma", "phi"].iter().filter(|key| case[**key].is_f64()).count();
    let season = case["season"].as_array().unwrap().len().saturating_sub(1);
    let growth = usize::from(case["beta"].is_f64());
    (smoothing + 1 + growth + season + 1) as f64
}

/// At R's own parameters the variance is the one R publishes, by its degrees of freedom.
#[test]
fn variances_are_those_of_r() {
    let known = known();
    for case in known["cases"].as_array().unwrap() {
        let name = format!("{} {}", case["form"], case["series"]);
        let target = numbers(&known["series"][case["series"].as_str().unwrap()]);
        let relative = form(case).relative_error;
        let error = |(y, f): (&f64, &f64)| if relative { (y - f) / f } else { y - f };
        let square: f64 = target.iter().zip(&pass(case, &target).forecasts).map(error).map(|e| e * e).sum();
        let freedom = target.len() as f64 - (estimated(case) - 1.0);
        close(square / freedom, case["sigma2"].as_f64().unwrap(), 1e-5, &name);
    }
}

/// R publishes the log-likelihood, from which its criteria follow by the count of what it estimates; ours are those that
/// the fit reports. R's search stops short of the maximum of most forms: where it does not, parameters are its own too.
#[test]
fn fitted_parameters_and_criteria_are_those_of_r_or_better() {
    let known = known();
    let mut reached = Vec::new();
    for case in known["cases"].as_array().unwrap() {
        let name = format!("{} {}", case["form"].as_str().unwrap(), case["series"].as_str().unwrap());
        let target = numbers(&known["series"][case["series"].as_str().unwrap()]);
        let season = if case["season"].as_array().unwrap().is_empty() { json!("none") } else { json!(4) };
        let fitted = fit("ets", json!({ "model": case["form"], "season": season }), &target);
        let (n, k) = (target.len() as f64, estimated(case));
        let correction = 2.0 * k * (k + 1.0) / (n - k - 1.0);
        let (aic, of_r) = (fitted.aicc.unwrap() - correction, from_r(case["loglik"].as_f64().unwrap(), target.len()));
        let want = 2.0 * k - 2.0 * of_r;
        assert!(aic <= want + 2e-4, "{name}: AIC {aic}, R has {want}");
        if fitted.log_likelihood.unwrap() - of_r > 0.02 {
            continue;
        }
        assert!((aic - want).abs() < 0.04, "{name}: AIC {aic}, R has {want}");
        for key in ["alpha", "beta", "gamma", "phi"] {
            match (fitted.parameters[key].as_f64(), case[key].as_f64()) {
                (Some(got), Some(want)) => assert!((got - want).abs() < 0.005, "{name}: {key} {got}, R has {want}"),
                (got, want) => assert_eq!(got, want, "{name}: {key}"),
            }
        }
        let variance = fitted.parameters["sigma"].as_f64().unwrap().powi(2);
        close(variance, case["sigma2"].as_f64().unwrap(), 1e-3, &name);
        reached.push(name);
    }
    assert_eq!(reached, ["ANN oil", "MNN oil", "ANA austourists", "MNA austourists"]);
}

/// The automatic choice is that of statsforecast, or has a better criterion.
#[test]
fn the_automatic_choice_is_no_worse_than_that_of_statsforecast() {
    let mut same = 0;
    let cases = cases(include_str!("data/ets_auto.json"));
    for case in &cases {
        let target = numbers(&case["y"]);
        let fitted = fit("ets", json!({ "season": case["season"] }), &target);
        // both constants are those of R
        let n = target.len() as f64;
        let want = case["aicc"].as_f64().unwrap() + n * ((2.0 * std::f64::consts::PI / n).ln() + 1.0);
        let got = fitted.aicc.unwrap();
        let theirs: String = case["components"].as_str().unwrap().chars().collect();
        let letters =
            if &theirs[3..] == "N" { theirs[..3].to_owned() } else { format!("{}d{}", &theirs[..2], &theirs[2..3]) };
        println!("{} {} {got:.4} theirs {letters} {want:.4}", case["series"], fitted.model_type);
        assert!(got <= want + 0.05, "{}: {got} where statsforecast has {want}", case["series"]);
        same += usize::from(fitted.model_type.contains(&format!("({letters})")));
    }
    assert!(same >= cases.len() - 2, "{same} of {} choices are the same", cases.len());
}
