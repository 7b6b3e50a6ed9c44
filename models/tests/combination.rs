//! Weights, spreads and what is refused or left out, with members whose forecasts are known.

#![allow(clippy::unwrap_used, clippy::panic)]

mod combination_support;

use almanac_models::combination::{members, resolved};
use almanac_models::{Day, FitContext, Fitted, Future, History, ModelError, ModelSpec, State, StreamKey};
use combination_support::{expert, noise, registry, signal};
use serde_json::{Value, json};
use statrs::distribution::{ContinuousCDF, Normal};

const ROWS: usize = 1_000;
const HORIZON: usize = 14;

fn combination(members: Value, settings: Value) -> ModelSpec {
    let mut spec = json!({ "name": "c", "family": "combination", "settings": settings });
    spec["settings"]["members"] = members;
    serde_json::from_value(spec).unwrap()
}

/// The signal with noise of a deviation.
fn series(deviation: f64) -> Vec<f64> {
    (0..ROWS as Day).map(|day| signal(day) + deviation * noise(99, day)).collect()
}

fn fit(spec: &ModelSpec, target: &[f64]) -> Result<Fitted, ModelError> {
    let days: Vec<Day> = (0..target.len() as Day).collect();
    let context = FitContext { seed: 42, horizon: HORIZON, week: 7, cutoff: target.len() as Day - 1 };
    registry().model(spec)?.fit(&History { days: &days, target, regressors: &[] }, &context)
}

/// Weights by member, in order.
fn weights(fitted: &Fitted) -> Vec<f64> {
    fitted.parameters["members"].as_array().unwrap().iter().map(|m| m["weight"].as_f64().unwrap()).collect()
}

/// What is done with the state after the rows.
fn at_origin<T>(fitted: &Fitted, horizon: usize, then: impl FnOnce(&dyn State) -> T) -> T {
    let (days, target): (Vec<Day>, Vec<f64>) = ((0..ROWS as Day).collect(), series(1.0));
    let ahead: Vec<Day> = (ROWS as Day..(ROWS + horizon) as Day).collect();
    let loaded = registry().load(&fitted.format, &fitted.bytes).unwrap();
    let history = History { days: &days, target: &target, regressors: &[] };
    let state = loaded.condition(&history, &Future { days: &ahead, regressors: &[] }).unwrap();
    then(state.as_ref())
}

fn draw(state: &dyn State, paths: usize, horizon: usize, stream: i32) -> Vec<f32> {
    let mut out = vec![f32::NAN; paths * horizon];
    state.simulate(paths, &StreamKey::new(42, "k", "c", "v1", stream), &mut out).unwrap();
    out
}

#[test]
fn weights_are_those_of_independent_errors() {
    // forecast errors of deviations 1 and 2, and of 3: shares 1/1 : 1/4 : 1/9
    let experts = [("a", 1, 1.0), ("b", 2, 2.0), ("c", 3, 3.0)];
    let experts = experts.map(|(name, seed, error)| expert(name, json!({ "seed": seed, "error": error })));
    let truth = [1.0, 0.25, 1.0 / 9.0].map(|share| share / (1.0 + 0.25 + 1.0 / 9.0));
    for method in ["inverse_error", "nnls"] {
        let spec = combination(json!(experts), json!({ "method": method, "origins": 35 }));
        let fitted = fit(&spec, &series(0.0)).unwrap();
        let found = weights(&fitted);
        // 490 errors: weights are known to a few hundredths
        assert!(found.iter().zip(truth).all(|(w, t)| (w - t).abs() < 0.08), "{method} {found:?} {truth:?}");
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12 && found.iter().all(|w| *w >= 0.0));
        // the combination is better than its best member, and not by averaging members' figures
        let own = fitted.parameters["members"][0]["inner_rmse"].as_f64().unwrap();
        let combined = fitted.training_loss.unwrap();
        let expected = (1.0 / (1.0 + 0.25 + 1.0 / 9.0_f64)).sqrt();
        assert!(combined < 0.95 * own && (combined - expected).abs() < 0.08, "{combined} {own} {expected}");
    }
}

#[test]
fn a_perfect_member_has_all_the_weight() {
    let experts = json!([
        expert("wrong", json!({ "bias": 3.0 })),
        expert("perfect", json!({})),
        expert("noisy", json!({ "seed": 5, "error": 2.0 })),
    ]);
    for method in ["inverse_error", "nnls"] {
        let spec = combination(experts.clone(), json!({ "method": method }));
        assert_eq!(weights(&fit(&spec, &series(0.0)).unwrap()), [0.0, 1.0, 0.0], "{method}");
        // with noise that no member can know, nearly all
        let found = weights(&fit(&spec, &series(0.2)).unwrap());
        assert!(found[1] > 0.95, "{method} {found:?}");
    }
    // opposite biases cancel: only least squares can see it
    let opposite = json!([expert("high", json!({ "bias": 3.0 })), expert("low", json!({ "bias": -1.0 }))]);
    let found = weights(&fit(&combination(opposite, json!({ "method": "nnls" })), &series(0.0)).unwrap());
    assert!((found[0] - 0.25).abs() < 1e-9, "{found:?}");
}

#[test]
fn a_member_that_knows_its_window_by_heart_gets_no_weight() {
    let by_heart = json!({ "name": "h", "family": "by_heart" });
    let honest = expert("e", json!({ "seed": 1, "error": 1.0 }));
    let target = series(0.0);
    for method in ["inverse_error", "nnls"] {
        let spec = combination(json!([by_heart, honest]), json!({ "method": method }));
        assert_eq!(weights(&fit(&spec, &target).unwrap()), [0.0, 1.0], "{method}");
    }
    // on days that its fit has seen it makes no error: weights in sample would be one
    let spec: ModelSpec = serde_json::from_value(by_heart).unwrap();
    let fitted = fit(&spec, &target).unwrap();
    let loaded = registry().load(&fitted.format, &fitted.bytes).unwrap();
    let (days, ahead): (Vec<Day>, Vec<Day>) = ((0..900).collect(), (900..914).collect());
    let history = History { days: &days, target: &target[..900], regressors: &[] };
    let state = loaded.condition(&history, &Future { days: &ahead, regressors: &[] }).unwrap();
    assert_eq!(state.median().unwrap(), target[900..914]);
}

#[test]
fn inner_origins_end_a_horizon_before_the_cutoff() {
    let experts = json!([expert("a", json!({})), expert("b", json!({ "bias": 1.0 }))]);
    let inner = |settings: Value| {
        let fitted = fit(&combination(experts.clone(), settings), &series(1.0)).unwrap();
        let inner = fitted.parameters["inner"].clone();
        let day = |value: &Value| -> Day {
            let date: chrono::NaiveDate = value.as_str().unwrap().parse().unwrap();
            (date - chrono::NaiveDate::default()).num_days() as Day
        };
        let origins: Vec<Day> = inner["origins"].as_array().unwrap().iter().map(day).collect();
        assert_eq!(day(&inner["fitted_to"]), origins[0]);
        assert_eq!(day(&inner["last_target"]), origins[origins.len() - 1] + HORIZON as Day);
        origins
    };
    assert_eq!(inner(json!({ "method": "nnls", "origins": 3 })), [957, 971, 985]);
    assert_eq!(inner(json!({ "method": "nnls", "origins": 3, "spacing": 100 })), [785, 885, 985]);
    // half of the window is left for the inner fit
    let most = inner(json!({ "method": "inverse_error", "origins": 1_000 }));
    assert_eq!((most.len(), most[0]), (35, 509));
}

/// Three normal members of different medians and deviations, always the same.
fn three() -> (Vec<(f64, f64)>, Value) {
    let laws = vec![(0.0, 1.0), (1.5, 2.0), (-0.8, 0.5)];
    let member = |(i, (bias, deviation)): (usize, &(f64, f64))| {
        expert(&format!("m{i}"), json!({ "bias": bias, "deviation": deviation, "constant": true }))
    };
    let members = laws.iter().enumerate().map(member).collect();
    (laws, members)
}

/// Around the combination's point, normal, with the mean (or median) of the members' deviations times the root of the share
/// of their mean variance that their disagreement leaves.
#[test]
fn paths_lie_around_the_point_by_what_disagreement_leaves() {
    let (laws, experts) = three();
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| laws.iter().map(of).sum::<f64>() / 3.0;
    let middle = mean(&|l| l.0);
    let (variance, disagreement) = (mean(&|l| l.1 * l.1), mean(&|l| (l.0 - middle).powi(2)));
    for (method, point, common, off) in [("mean", middle, mean(&|l| l.1), 0.0), ("median", 0.0, 1.0, middle * middle)] {
        let deviation = common * (1.0 - (disagreement - off) / variance).sqrt();
        let fitted = fit(&combination(experts.clone(), json!({ "method": method })), &series(1.0)).unwrap();
        assert_eq!(fitted.fallback, None);
        at_origin(&fitted, 2, |state| {
            let told = state.median().unwrap();
            assert!(told.iter().all(|m| (m - point).abs() < 1e-12), "{method} {told:?}");
            let paths = 20_000;
            let drawn = draw(state, paths, 2, 0);
            let law = Normal::new(point, deviation).unwrap();
            for day in drawn.chunks_exact(paths) {
                // reference samples of 1,365 paths know a deviation to 3 percent
                for probability in [0.025, 0.1, 0.5, 0.9, 0.975] {
                    let end = law.inverse_cdf(probability);
                    let below = day.iter().filter(|x| f64::from(**x) < end).count() as f64 / paths as f64;
                    assert!((below - probability).abs() < 0.02, "{method} {probability} {below}");
                }
            }
        });
    }
}

/// A combination of members with independent errors errs less than they do; its intervals say so, those of a mixture do
/// not. Points are noise around nothing, and so is the target.
#[test]
fn intervals_cover_what_the_combination_misses() {
    let members = [1, 2, 3, 4].map(|seed| {
        // each errs by its own noise and by that of the target: variance 1 + 1
        expert(&format!("m{seed}"), json!({ "seed": seed, "error": 1.0, "deviation": 2.0_f64.sqrt() }))
    });
    let target = series(1.0);
    let fitted = fit(&combination(json!(members), json!({ "origins": 35 })), &target[..700]).unwrap();
    let spread = fitted.parameters["spread"].as_f64().unwrap();
    // a mean of four leaves 1 + 1/4 of 2
    assert!((spread - (1.25_f64 / 2.0).sqrt()).abs() < 0.03, "{spread}");
    let days: Vec<Day> = (0..ROWS as Day).collect();
    let loaded = registry().load(&fitted.format, &fitted.bytes).unwrap();
    let (mut inside, mut count) = (0, 0);
    for origin in (700..ROWS - HORIZON).step_by(HORIZON) {
        let history = History { days: &days[..origin], target: &target[..origin], regressors: &[] };
        let future = Future { days: &days[origin..origin + HORIZON], regressors: &[] };
        let state = loaded.condition(&history, &future).unwrap();
        for (day, y) in draw(state.as_ref(), 2_000, HORIZON, origin as i32).chunks_exact(2_000).zip(&target[origin..]) {
            let mut day = day.to_vec();
            day.sort_by(f32::total_cmp);
            inside += usize::from((f64::from(day[200])..f64::from(day[1_800])).contains(y));
            count += 1;
        }
    }
    // 80 percent of 294 days, known to 2.3; a mixture of the paths would cover 94
    let share = f64::from(inside as u32) / f64::from(count);
    assert!(count == 294 && (share - 0.8).abs() < 0.05, "{share} of {count}");
}

/// |median of paths − point| within 4 standard errors, at the default number of paths, over 50 streams and two days: at
/// most one outside. Also with members that tell no exact median, where the point is the median of the paths.
#[test]
fn the_median_of_paths_is_the_point() {
    let (laws, experts) = three();
    let fitted = fit(&combination(experts, json!({})), &series(1.0)).unwrap();
    at_origin(&fitted, 2, |state| {
        let point = state.median().unwrap()[0];
        let paths = 2_000;
        let outside = (0..50).flat_map(|stream| {
            let drawn = draw(state, paths, 2, stream);
            drawn
                .chunks_exact(paths)
                .map(|day| day.iter().filter(|x| f64::from(**x) < point).count())
                .collect::<Vec<_>>()
        });
        let far = |below: &usize| (*below as f64 - paths as f64 / 2.0).abs() > 4.0 * 0.5 * (paths as f64).sqrt();
        assert!(outside.filter(far).count() <= 1);
    });
    let blind = |name: &str, bias: f64| expert(name, json!({ "bias": bias, "exact": false, "constant": true }));
    let fitted = fit(&combination(json!([blind("a", 0.0), blind("b", 1.0)]), json!({})), &series(1.0)).unwrap();
    at_origin(&fitted, 2, |state| {
        assert_eq!(state.median(), None);
        let drawn = draw(state, 20_000, 1, 0);
        let below = drawn.iter().filter(|x| f64::from(**x) < 0.5).count() as f64 / 20_000.0;
        assert!((below - 0.5).abs() < 0.03, "{below}");
    });
    assert_eq!(laws.len(), 3);
}

#[test]
fn a_path_is_one_members_on_every_day() {
    // a member without spread stays at the point: its paths are known by that
    let members = json!([
        expert("still", json!({ "deviation": 0.0, "constant": true })),
        expert("one", json!({ "constant": true })),
        expert("two", json!({ "constant": true })),
    ]);
    let fitted = fit(&combination(members, json!({})), &series(1.0)).unwrap();
    at_origin(&fitted, 5, |state| {
        let drawn = draw(state, 600, 5, 1);
        for path in 0..600 {
            let still = (0..5).filter(|h| drawn[h * 600 + path] == 0.0).count();
            assert!(still == 0 || still == 5, "{still} of 5 days");
        }
        assert!((195..=205).contains(&drawn[..600].iter().filter(|x| **x == 0.0).count()));
        // fewer paths and days are a prefix
        let fewer = draw(state, 100, 3, 1);
        assert!((0..3).all(|h| fewer[h * 100..(h + 1) * 100] == drawn[h * 600..h * 600 + 100]));
    });
}

/// Where members agree nothing is taken away, so that a combination with itself is the member.
#[test]
fn members_that_agree_keep_their_spread() {
    let same = ["a", "b"].map(|name| expert(name, json!({ "deviation": 3.0, "constant": true })));
    let fitted = fit(&combination(json!(same), json!({})), &series(1.0)).unwrap();
    assert_eq!(fitted.parameters["spread"], 1.0);
    at_origin(&fitted, 1, |state| {
        let drawn = draw(state, 4_000, 1, 0);
        let square = drawn.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 4_000.0;
        assert_eq!(state.median().unwrap(), [0.0]);
        assert!((square / 9.0 - 1.0).abs() < 0.1, "{square}");
    });
}

#[test]
fn without_inner_origins_the_spread_is_the_members() {
    let experts = json!([expert("a", json!({})), expert("b", json!({ "bias": 1.0 }))]);
    let fitted = fit(&combination(experts, json!({})), &series(1.0)[..20]).unwrap();
    assert_eq!(fitted.parameters["spread"], 1.0);
    assert_eq!(fitted.fallback.as_deref(), Some("full spread: the window is too short for inner origins"));
    let old = registry().load("combination/1", &fitted.bytes);
    assert!(matches!(old, Err(ModelError::Corrupt(_))));
}

#[test]
fn members_without_a_fit_are_left_out_and_told() {
    let good = |name: &str, bias: f64| expert(name, json!({ "bias": bias }));
    let members = json!([good("a", 1.0), expert("long", json!({ "need": 5_000 })), good("b", -1.0)]);
    let fitted = fit(&combination(members, json!({})), &series(1.0)).unwrap();
    assert_eq!(weights(&fitted), [0.5, 0.5]);
    assert_eq!(fitted.fallback.as_deref(), Some("without long: 1000 usable observations, the model needs 5000"));
    assert_eq!(fitted.parameters["left_out"][0]["name"], "long");
    // fitted on the whole window, not on what precedes the inner origins
    let members = json!([good("a", 1.0), expert("long", json!({ "need": 900 })), good("b", -1.0)]);
    let fitted = fit(&combination(members, json!({ "method": "nnls" })), &series(0.0)).unwrap();
    let found = weights(&fitted);
    assert!(found.len() == 2 && (found[0] - 0.5).abs() < 1e-9, "{found:?}");
    assert!(fitted.fallback.unwrap().starts_with("without long: "));
    let none = json!([expert("x", json!({ "need": 5_000 })), expert("y", json!({ "need": 6_000 }))]);
    let error = fit(&combination(none, json!({})), &series(1.0)).unwrap_err();
    assert_eq!(error, ModelError::TooShort { have: ROWS, need: 5_000 });
}

#[test]
fn without_inner_errors_weights_are_equal() {
    let experts = json!([expert("a", json!({})), expert("b", json!({ "bias": 1.0 }))]);
    let short = &series(1.0)[..20];
    let fitted = fit(&combination(experts.clone(), json!({ "method": "nnls" })), short).unwrap();
    assert_eq!(weights(&fitted), [0.5, 0.5]);
    let short = "the window is too short for inner origins";
    assert_eq!(fitted.fallback, Some(format!("equal weights: {short}; full spread: {short}")));
    let late = json!([expert("a", json!({ "need": 900 })), expert("b", json!({ "need": 950, "bias": 1.0 }))]);
    let fitted = fit(&combination(late, json!({ "method": "nnls" })), &series(1.0)).unwrap();
    assert_eq!(weights(&fitted), [0.5, 0.5]);
    assert!(fitted.fallback.unwrap().starts_with("equal weights: no member has inner forecasts"));
    let mut absent = series(1.0);
    absent[600..].fill(f64::NAN);
    let fitted = fit(&combination(experts, json!({ "method": "inverse_error" })), &absent).unwrap();
    assert!(fitted.fallback.unwrap().contains("no value after an inner origin"));
}

/// Another combination than the stored one would be another model.
#[test]
fn a_member_that_cannot_be_conditioned_fails_the_forecast() {
    let members = json!([expert("a", json!({})), expert("b", json!({ "history": 100 }))]);
    let fitted = fit(&combination(members, json!({})), &series(1.0)).unwrap();
    let loaded = registry().load(&fitted.format, &fitted.bytes).unwrap();
    let history = History { days: &[0, 1], target: &[1.0, 2.0], regressors: &[] };
    let error = loaded.condition(&history, &Future { days: &[2], regressors: &[] }).err().unwrap();
    assert_eq!(error, ModelError::TooShort { have: 2, need: 100 });
}

#[test]
fn names_become_entries_and_regressors_their_union() {
    let entry = |name: &str, columns: Value| -> ModelSpec {
        serde_json::from_value(json!({ "name": name, "family": "arima", "regressors": columns })).unwrap()
    };
    let known = |name: &str| match name {
        "a" => Ok(entry("a", json!([{ "column": "x" }, { "column": "y", "future": "seasonal" }]))),
        "b" => Ok(entry("b", json!([{ "column": "y" }, { "column": "x" }]))),
        _ => Err(ModelError::UnknownFamily { family: name.into(), known: "a, b".into() }),
    };
    let spec = combination(json!(["a", { "name": "n", "family": "naive" }, "b"]), json!({}));
    assert!(registry().model(&spec).is_err());
    let whole = resolved(&spec, known).unwrap();
    let columns: Vec<&str> = whole.regressors.iter().map(|r| r.column.as_str()).collect();
    assert_eq!(columns, ["x", "y", "y"]);
    assert_eq!(members(&whole).iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["a", "n", "b"]);
    assert!(registry().model(&whole).is_ok());
    assert_eq!(resolved(&whole, known).unwrap(), whole);
    assert!(resolved(&combination(json!(["a", "z"]), json!({})), known).is_err());
    let mut own = spec.clone();
    own.regressors = entry("o", json!([{ "column": "rain" }])).regressors;
    assert!(resolved(&own, known).unwrap_err().to_string().contains("regressor rain"));
    let other = entry("a", json!([{ "column": "x" }]));
    assert_eq!(resolved(&other, known).unwrap(), other);
}

#[test]
fn what_makes_no_combination_is_refused() {
    let good = || json!([expert("a", json!({})), expert("b", json!({}))]);
    let refused = |spec: &ModelSpec, why: &str| {
        let message = registry().model(spec).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(message.contains(why), "{message:?} does not hold {why:?}");
    };
    assert!(registry().model(&combination(good(), json!({}))).is_ok());
    refused(&combination(good(), json!({ "method": "best" })), "\"mean\", \"median\", \"inverse_error\", \"nnls\"");
    refused(&combination(good(), json!({ "method": "nnls", "origins": 0 })), "0 is not 1 to 1000");
    refused(&combination(good(), json!({ "alpha": 1 })), "unknown; combination has members");
    refused(&combination(json!([expert("a", json!({}))]), json!({})), "1 members, accepted are 2 to 16");
    refused(&combination(json!("a"), json!({})), "is not a list of models");
    refused(&combination(json!(["a", "b"]), json!({})), "\"a\" is not a whole registry entry");
    refused(&combination(json!([expert("a", json!({})), expert("a", json!({}))]), json!({})), "a is named twice");
    refused(
        &combination(json!([expert("a", json!({})), combination(good(), json!({}))]), json!({})),
        "itself a combination",
    );
    let unknown = json!([expert("a", json!({})), { "name": "z", "family": "zeta" }]);
    refused(&combination(unknown, json!({})), "unknown model family \"zeta\"");
    let mut spec = combination(good(), json!({}));
    spec.regressors = serde_json::from_value(json!([{ "column": "rain" }])).unwrap();
    refused(&spec, "no member uses it");
    let member = json!({ "name": "r", "family": "arima", "regressors": [{ "column": "rain" }] });
    refused(&combination(json!([expert("a", json!({})), member]), json!({})), "regressor rain of r");
}
