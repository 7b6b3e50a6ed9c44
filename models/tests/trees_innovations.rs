//! Laws of the trees' innovations: what is drawn, and GARCH's state at an origin.
#![allow(clippy::unwrap_used)]

mod trees_laws;
mod trees_support;

use almanac_models::trees::{Ensemble, Stored};
use almanac_models::{FitContext, Fitted, ModelError};
use serde_json::json;
use trees_laws::{DEVIATION, LAWS, drawn, header, settings};
use trees_support::{CONTEXT, Series, fit, registry, simulate, spec, walk};

const PATHS: usize = 20_000;

/// The first sessions of a series.
fn until(series: &Series, sessions: usize) -> Series {
    Series { days: series.days[..sessions].to_vec(), closes: series.closes[..sessions].to_vec() }
}

fn levels(series: &Series) -> Vec<f64> {
    series.closes.iter().map(|&close| libm::log(close)).collect()
}

/// What the trees say of session t, whose only feature is the return before it.
fn predicted(trees: &Ensemble, levels: &[f64], t: usize) -> f32 {
    trees.predict(&[(levels[t - 1] - levels[t - 2]) as f32])
}

fn trees(fitted: &Fitted) -> Ensemble {
    Ensemble::parse(&Stored::decode(&fitted.bytes).unwrap().model).unwrap()
}

/// One-day log returns of paths from the end of a series.
fn returns(fitted: &Fitted, series: &Series) -> Vec<f64> {
    let last = libm::log(series.closes[series.closes.len() - 1]);
    let paths = simulate(fitted, &series.history(), PATHS, 1).unwrap();
    paths.iter().map(|&close| libm::log(f64::from(close)) - last).collect()
}

/// Central moment of a power.
fn moment(values: &[f64], power: i32) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / count
}

/// How far off mean and variance are, in standard errors.
fn errors(values: &[f64], mean: f64, variance: f64) -> [f64; 2] {
    let count = values.len() as f64;
    let (second, fourth) = (moment(values, 2), moment(values, 4));
    let spread = (second - variance) / ((fourth - second * second) / count).sqrt();
    [(values.iter().sum::<f64>() / count - mean) / (variance / count).sqrt(), spread].map(f64::abs)
}

#[test]
fn one_day_paths_have_the_moments_of_the_law() {
    for law in ["normal", "student", "laplace"] {
        let series = drawn(law, 1_500);
        let fitted = fit(settings(law), &series.history(), &CONTEXT).unwrap();
        assert_eq!((fitted.format.as_str(), fitted.fallback.as_deref()), ("xgboost/3", None));
        assert!(fitted.model_type.ends_with(&format!(", {law} innovations")), "{}", fitted.model_type);
        let number = |name: &str| fitted.parameters["innovations"][name].as_f64().unwrap();
        let variance = number("scale").powi(2)
            * match law {
                "normal" => 1.0,
                "laplace" => 2.0,
                _ => number("nu") / (number("nu") - 2.0),
            };
        // that of the series, as far as 1,250 residuals can tell
        assert!((variance.sqrt() / DEVIATION - 1.0).abs() < 0.15, "{law}: {}", variance.sqrt());
        let mean = f64::from(predicted(&trees(&fitted), &levels(&series), series.closes.len()));
        let errors = errors(&returns(&fitted, &series), mean, variance);
        assert!(errors.iter().all(|error| *error < 4.0), "{law}: {errors:?} standard errors");
    }
}

#[test]
fn fewer_paths_and_days_are_a_prefix_under_every_law() {
    for law in LAWS {
        let series = drawn(law, 1_000);
        let fitted = fit(settings(law), &series.history(), &CONTEXT).unwrap();
        assert!(fitted.model_type.ends_with(&format!(", {law} innovations")), "{}", fitted.model_type);
        let all = simulate(&fitted, &series.history(), 333, 14).unwrap();
        for (paths, days) in [(1, 1), (64, 7), (100, 3), (333, 5)] {
            let some = simulate(&fitted, &series.history(), paths, days).unwrap();
            for h in 0..days {
                assert_eq!(some[h * paths..][..paths], all[h * 333..][..paths], "{law}: {paths} paths, day {h}");
            }
        }
    }
}

/// The next session's variance by another filter: over the stored residuals, then over those after the cutoff.
fn filtered(fitted: &Fitted, series: &Series) -> f64 {
    let header = header(&fitted.bytes);
    let own = &header["innovations"];
    let [omega, alpha, beta] = ["omega", "alpha", "beta"].map(|name| own["law"]["garch"][name].as_f64().unwrap());
    let (centre, cutoff) = (own["centre"].as_f64().unwrap(), own["cutoff"].as_i64().unwrap());
    let (trees, levels) = (trees(fitted), levels(series));
    let stored = Stored::decode(&fitted.bytes).unwrap().residuals;
    let mut residuals: Vec<f64> = stored.into_iter().map(f64::from).collect();
    for t in (2..levels.len()).filter(|&t| i64::from(series.days[t]) > cutoff) {
        let target = (levels[t] - levels[t - 1]) as f32;
        residuals.push(f64::from(target - predicted(&trees, &levels, t)) - centre);
    }
    // the average of the first 75 squares starts the recursion
    let weights: Vec<f64> = (0..75).map(|k| 0.94_f64.powi(k)).collect();
    let squares: f64 = weights.iter().zip(&residuals).map(|(weight, x)| weight * x * x).sum();
    let first = omega + (alpha + beta) * squares / weights.iter().sum::<f64>();
    residuals.iter().fold(first, |variance, x| omega + alpha * x * x + beta * variance)
}

#[test]
fn garch_goes_on_over_the_sessions_since_the_fit() {
    let series = drawn("garch", 1_400);
    let context = FitContext { cutoff: series.days[1_299], ..CONTEXT };
    let fitted = fit(settings("garch"), &series.history(), &context).unwrap();
    assert!(fitted.model_type.ends_with(", garch innovations"), "{} {:?}", fitted.model_type, fitted.fallback);
    assert_eq!(header(&fitted.bytes)["innovations"]["cutoff"], json!(series.days[1_299]));
    let (at_the_cutoff, mut calm, mut shaken) = (until(&series, 1_300), until(&series, 1_400), until(&series, 1_400));
    calm.closes[1_399] = calm.closes[1_398];
    shaken.closes[1_399] = shaken.closes[1_398] * 1.2;
    let mut found = Vec::new();
    for origin in [&at_the_cutoff, &calm, &shaken] {
        let mean = f64::from(predicted(&trees(&fitted), &levels(origin), origin.closes.len()));
        let (returns, exact) = (returns(&fitted, origin), filtered(&fitted, origin));
        let errors = errors(&returns, mean, exact);
        assert!(errors.iter().all(|error| *error < 4.0), "filtered {exact}: {errors:?} standard errors");
        found.push((moment(&returns, 2), exact));
    }
    let [(first, _), (calm, _), (shaken, _)] = found[..] else { unreachable!() };
    assert!(shaken > 2.0 * calm && first != calm, "{found:?}");
    // one stream: spreads differ by the state alone
    for (variance, exact) in &found[1..] {
        let (ratio, filtered) = ((variance / first).sqrt(), (exact / found[0].1).sqrt());
        assert!((ratio / filtered - 1.0).abs() < 1e-4, "spreads are as {ratio}, filtered {filtered}");
    }
}

/// Prices that have no logarithm, gaps and short histories leave a state to draw from.
#[test]
fn histories_after_the_cutoff_may_be_anything() {
    let series = drawn("garch", 1_400);
    let context = FitContext { cutoff: series.days[1_299], ..CONTEXT };
    let fitted = fit(settings("garch"), &series.history(), &context).unwrap();
    let finite = |series: &Series| simulate(&fitted, &series.history(), 200, 14).unwrap().iter().all(|x| x.is_finite());
    for session in [1_300, 1_350, 1_397, 1_398, 1_399] {
        for price in [0.0, -37.63, f64::NAN] {
            let mut other = until(&series, 1_400);
            other.closes[session] = price;
            assert!(finite(&other), "{price} in session {session}");
        }
        let mut other = until(&series, 1_400);
        other.closes[session] = 1e308;
        match simulate(&fitted, &other.history(), 200, 14) {
            Ok(out) => assert!(out.iter().all(|x| x.is_finite())),
            Err(error) => assert_eq!(error.code(), "numerical"),
        }
        other.closes[session] = f64::INFINITY;
        assert!(matches!(simulate(&fitted, &other.history(), 20, 2), Err(ModelError::Unusable { .. })));
    }
    for first in [1_250, 1_299, 1_301, 1_398] {
        let short = Series { days: series.days[first..].to_vec(), closes: series.closes[first..].to_vec() };
        assert!(finite(&short), "from session {first}");
    }
}

#[test]
fn the_default_is_stored_and_drawn_as_without_the_setting() {
    let series = walk(400, 1);
    let absent = fit(json!({}), &series.history(), &CONTEXT).unwrap();
    let given = fit(json!({ "innovations": "bootstrap" }), &series.history(), &CONTEXT).unwrap();
    assert_eq!(absent, given);
    assert_eq!((absent.format.as_str(), absent.parameters.get("innovations")), ("xgboost/1", None));
    let paths = |fitted: &Fitted| simulate(fitted, &series.history(), 200, 14).unwrap();
    assert_eq!(paths(&absent), paths(&given));
}

#[test]
fn direct_models_have_the_default_alone() {
    let model = |settings| registry().model(&spec(settings)).map(|_| ());
    assert!(model(json!({ "strategy": "direct", "innovations": "bootstrap" })).is_ok());
    let refused = model(json!({ "strategy": "direct", "innovations": "student" })).unwrap_err().to_string();
    assert!(refused.ends_with("setting innovations: \"bootstrap\" with strategy = \"direct\""), "{refused}");
    let unknown = model(json!({ "innovations": 3 })).unwrap_err().to_string();
    assert!(unknown.contains("setting innovations: 3 is not one of \"normal\", \"bootstrap\""), "{unknown}");
}

#[test]
fn the_law_is_told_where_it_is_not_the_default() {
    let told = |settings| registry().innovations(&spec(settings)).unwrap();
    assert_eq!(told(json!({})), "residuals out of fold");
    assert_eq!(told(json!({ "innovations": "bootstrap" })), "residuals out of fold");
    assert_eq!(told(json!({ "innovations": "garch" })), "garch");
}

/// No residual of a price that doubles every session is other than zero, and none of one that stays.
#[test]
fn residuals_without_spread_are_said_to_be() {
    let days = walk(400, 1).days;
    let doubling = Series { days: days.clone(), closes: (0..400).map(|t| libm::exp2(f64::from(t))).collect() };
    let fitted = fit(settings("student"), &doubling.history(), &CONTEXT).unwrap();
    let reason = "normal innovations instead of student: residuals have no spread";
    assert_eq!(fitted.fallback.as_deref(), Some(reason));
    let flat = Series { days, closes: vec![3.5; 400] };
    let fitted = fit(settings("student"), &flat.history(), &CONTEXT).unwrap();
    assert_eq!((fitted.format.as_str(), fitted.fallback.as_deref()), ("xgboost/3", Some("constant")));
    assert!(simulate(&fitted, &flat.history(), 10, 14).unwrap().iter().all(|&x| x == 3.5));
}
