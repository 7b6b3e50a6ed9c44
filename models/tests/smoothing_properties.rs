//! What holds for the smoothing families whatever the series: equivariance, laws of paths, gaps, stored states,
//! fallbacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod smoothing_common;

use almanac_models::State;
use almanac_models::ets;
use proptest::prelude::*;
use serde_json::{Value, json};
use smoothing_common::{at, fit, median, noise, paths, seeds_outside, try_fit, try_fit_with_week};

/// A level that wanders, a weekly season, noise.
fn weekly(seed: u64, rows: usize) -> Vec<f64> {
    let season = [4.0, 2.0, 0.0, -1.0, -2.0, -3.0, 0.0];
    let (steps, noise) = (noise(seed, rows), noise(seed + 1_000, rows));
    let mut level = 100.0;
    (0..rows)
        .map(|t| {
            level += 0.02 + 0.3 * steps[t];
            level + season[t % 7] + noise[t]
        })
        .collect()
}

/// Relative to the largest value: an optimum found in other numbers differs in the last digits only.
const TOLERANCE: f64 = 1e-9;
const ADDITIVE: [&str; 6] = ["ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA"];
const THETAS: [&str; 4] = ["STM", "OTM", "DSTM", "DOTM"];

fn equivariant(family: &str, settings: Value, target: &[f64], scale: f64, shift: f64) -> Result<(), TestCaseError> {
    let moved: Vec<f64> = target.iter().map(|y| scale * y + shift).collect();
    let before = median(&fit(family, settings.clone(), target), target, 14);
    let after = median(&fit(family, settings, &moved), &moved, 14);
    let spread = target.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
    for (a, b) in before.iter().zip(&after) {
        let error = ((scale * a + shift) - b).abs() / (scale * spread);
        prop_assert!(error < TOLERANCE, "{} {} {error:e}", scale * a + shift, b);
    }
    Ok(())
}

fn additive_ets(model: &str) -> Value {
    json!({ "model": model, "season": 7 })
}

fn additive_theta(model: &str) -> Value {
    json!({ "model": model, "season": 7, "decomposition": "additive" })
}

/// Among them likelihoods flat in some direction (a damped trend) and maxima at the ends of every range.
#[test]
fn additive_forms_move_with_every_series() {
    const MOVES: [(f64, f64); 5] = [(0.01, 0.0), (1.0, 137.0), (98.7, -170.3), (0.37, 3.3), (7.77, 0.0)];
    for seed in 0..500 {
        let (scale, shift) = MOVES[seed as usize % MOVES.len()];
        let target = weekly(seed, 200);
        for model in ADDITIVE {
            equivariant("ets", additive_ets(model), &target, scale, scale * shift).unwrap();
        }
        for model in THETAS {
            equivariant("theta", additive_theta(model), &target, scale, scale * shift).unwrap();
        }
    }
}

/// So does the form that is chosen, where values on both sides of zero leave the additive ones.
#[test]
fn a_chosen_additive_form_moves_with_the_series() {
    const MOVES: [(f64, f64); 3] = [(0.01, 0.0), (98.7, -20.3), (0.37, -3.3)];
    for seed in 0..9 {
        let (scale, shift) = MOVES[seed as usize % MOVES.len()];
        let target: Vec<f64> = weekly(seed, 200).iter().map(|y| y - 100.0).collect();
        equivariant("ets", additive_ets("auto"), &target, scale, scale * shift).unwrap();
    }
}

/// The factors of a season are the same in another unit, though not on another level.
#[test]
fn theta_with_a_season_of_factors_moves_with_the_scale() {
    for seed in 0..9 {
        let (target, scale) = (weekly(seed, 200), [0.01, 98.7, 7.77][seed as usize % 3]);
        for model in THETAS.into_iter().chain(["auto"]) {
            let settings = json!({ "model": model, "season": 7 });
            let kind = fit("theta", settings.clone(), &target).model_type;
            assert!(kind.ends_with("multiplicative"), "{kind}");
            equivariant("theta", settings, &target, scale, 0.0).unwrap();
        }
    }
}

/// `"week"` fits the very model that the number of its sessions does.
#[test]
fn a_week_has_as_many_sessions_as_the_calendar_says() {
    let target = weekly(12, 200);
    for (family, settings) in [
        ("seasonal_naive", json!({})),
        ("ets", json!({ "model": "ANA" })),
        ("theta", json!({ "model": "STM" })),
        ("ces", json!({ "model": "P" })),
    ] {
        let fitted = |week: usize, season: Value| {
            let mut settings = settings.clone();
            settings["season"] = season;
            try_fit_with_week(week, family, settings, &target).unwrap()
        };
        let [five, seven] = [5, 7].map(|week| {
            let (told, counted) = (fitted(week, json!("week")), fitted(week, json!(week)));
            assert_eq!(told.model_type, counted.model_type, "{family}");
            assert_eq!(told.bytes, counted.bytes, "{family}");
            told
        });
        assert_ne!(five.bytes, seven.bytes, "{family}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn additive_ets_moves_with_the_series(
        seed in 0_u64..500,
        scale in 0.01_f64..100.0,
        shift in -200.0_f64..200.0,
        model in prop::sample::select(ADDITIVE.to_vec()),
    ) {
        equivariant("ets", additive_ets(model), &weekly(seed, 200), scale, scale * shift)?;
    }

    #[test]
    fn theta_moves_with_the_series(
        seed in 0_u64..500,
        scale in 0.01_f64..100.0,
        shift in -200.0_f64..200.0,
        model in prop::sample::select(THETAS.to_vec()),
    ) {
        equivariant("theta", additive_theta(model), &weekly(seed, 200), scale, scale * shift)?;
    }
}

/// σ² (1 + Σ c²) with c_j = α + β (φ + … + φʲ) + γ [j a multiple of the season] (Hyndman et al. 2008, table 6.1).
#[test]
fn paths_of_linear_ets_have_the_exact_law() {
    let target = weekly(5, 300);
    for model in ["ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA"] {
        let fitted = fit("ets", json!({ "model": model, "season": 7 }), &target);
        let stored: ets::Parameters = serde_json::from_slice(&fitted.bytes).unwrap();
        let s = stored.smoothing;
        let (mut variance, mut growth, mut damping) = (1.0, 0.0, 1.0);
        let deviations: Vec<f64> = (1..=14)
            .map(|j| {
                let deviation = stored.deviation * f64::sqrt(variance);
                damping *= s.phi;
                growth += damping;
                let c = s.alpha + s.beta * growth + if j % 7 == 0 { s.gamma } else { 0.0 };
                variance += c * c;
                deviation
            })
            .collect();
        let outside = at(&fitted, 0, &target, 14, |state| seeds_outside(state, &state.median().unwrap(), &deviations));
        assert!(outside <= 1, "{model}: {outside} of 50 seeds");
    }
}

/// σ² (1 + (h − 1) α²) where the line is fixed.
#[test]
fn paths_of_theta_have_the_exact_law() {
    let target: Vec<f64> = weekly(6, 300).iter().map(|y| y - 150.0).collect();
    for model in ["STM", "OTM"] {
        let fitted = fit("theta", json!({ "model": model, "season": 7 }), &target);
        let number = |key: &str| fitted.parameters[key].as_f64().unwrap();
        let (alpha, sigma) = (number("alpha"), number("sigma"));
        let deviations: Vec<f64> = (0..14).map(|h| sigma * (1.0 + f64::from(h) * alpha * alpha).sqrt()).collect();
        let outside = at(&fitted, 0, &target, 14, |state| seeds_outside(state, &state.median().unwrap(), &deviations));
        assert!(outside <= 1, "{model}: {outside} of 50 seeds");
    }
}

fn forms() -> Vec<(&'static str, Value)> {
    let ets = ["ANN", "AAdA", "MNM", "MAdM", "MAA", "MMN"].map(|form| ("ets", json!({ "model": form, "season": 7 })));
    let theta = ["STM", "OTM", "DSTM", "DOTM"].map(|kind| ("theta", json!({ "model": kind, "season": 7 })));
    let ces = ["N", "S", "P", "F"].map(|form| ("ces", json!({ "model": form, "season": 7 })));
    ets.into_iter().chain(theta).chain(ces).collect()
}

/// Paths drawn after a history that starts inside the window are bit for bit those after the whole history; in one
/// that starts after a gap of known length, those after the same history with the gap's sessions missing.
#[test]
fn where_a_history_starts_does_not_matter() {
    let target = weekly(7, 260);
    let mut with_gap = target.clone();
    with_gap[200..206].fill(f64::NAN);
    let draw = |state: &dyn State| paths(state, 1, 14, 50);
    for (family, settings) in forms() {
        let fitted = fit(family, settings, &target[..200]);
        let whole = at(&fitted, 0, &target, 14, draw);
        assert_eq!(whole, at(&fitted, 120, &target[120..], 14, draw), "{}", fitted.model_type);
        let gap = at(&fitted, 0, &with_gap, 14, draw);
        assert_eq!(gap, at(&fitted, 206, &target[206..], 14, draw), "{}", fitted.model_type);
        assert_ne!(whole, gap);
    }
}

#[test]
fn missing_sessions_are_filtered_over() {
    let mut target = weekly(8, 300);
    let complete = target.clone();
    for row in [40, 41, 90, 91, 92, 93, 150, 222] {
        target[row] = f64::NAN;
    }
    for (family, settings) in forms() {
        let fitted = fit(family, settings.clone(), &target);
        assert_eq!(fitted.samples, 292);
        let all = fit(family, settings, &complete);
        let mean = |fitted| at(fitted, 0, &complete, 14, |state| paths(state, 3, 14, 2_000));
        let average = |paths: Vec<f32>| paths.iter().map(|x| f64::from(*x)).sum::<f64>() / paths.len() as f64;
        let (a, b) = (average(mean(&fitted)), average(mean(&all)));
        assert!((a / b - 1.0).abs() < 0.02, "{}: {a} {b}", fitted.model_type);
    }
}

#[test]
fn fallbacks_are_recorded() {
    let target = weekly(9, 200);
    let below: Vec<f64> = target.iter().map(|y| y - 105.0).collect();
    let reason = |family: &str, settings: Value, target: &[f64]| fit(family, settings, target).fallback.unwrap();
    let multiplicative = json!({ "model": "MAM", "season": 7 });
    assert!(reason("ets", multiplicative.clone(), &below).starts_with("additive form"));
    assert!(fit("ets", json!({ "season": 7 }), &below).fallback.is_none());
    assert!(reason("ets", multiplicative, &target[..13]).starts_with("no season: fewer than two seasons"));
    assert_eq!(reason("ets", json!({}), &[3.0; 40]), "constant");
    assert_eq!(reason("theta", json!({}), &[3.0; 40]), "constant");
    let line: Vec<f64> = (0..40).map(|t| 10.0 + f64::from(t)).collect();
    assert!(reason("ets", json!({ "model": "AAN", "season": "none" }), &line).contains("exactly"));
    assert_eq!(try_fit("ets", json!({}), &target[..3]).unwrap_err().code(), "too_short");
    assert_eq!(try_fit("theta", json!({}), &target[..3]).unwrap_err().code(), "too_short");
}

/// Hourly data with a daily and a weekly shape: a season of 168 is fixed, and forecasts a week ahead are no worse than
/// the values a week before; where each week repeats the one before with a jump, those values are used.
#[test]
fn long_seasons_do_not_break() {
    let rows = 168 * 8;
    let e = noise(11, rows + 168);
    let shape = |t: usize| {
        let hour = (t % 24) as f64;
        let weekend = if t % 168 >= 120 { -8.0 } else { 0.0 };
        10.0 * libm::sin(hour / 24.0 * std::f64::consts::TAU) + weekend
    };
    let series: Vec<f64> = (0..rows + 168).map(|t| 100.0 + shape(t) + e[t]).collect();
    let fitted = fit("ets", json!({ "season": 168 }), &series[..rows]);
    assert!(fitted.fallback.as_ref().unwrap().starts_with("fixed season"), "{:?}", fitted.fallback);
    let forecast = median(&fitted, &series[..rows], 168);
    let error = |of: &dyn Fn(usize) -> f64| (0..168).map(|h| (series[rows + h] - of(h)).abs()).sum::<f64>();
    let (ours, naive) = (error(&|h| forecast[h]), error(&|h| series[rows + h - 168]));
    assert!(ours < naive, "{ours} {naive}");
    // seasonal random walks: every hour of the week wanders on its own
    let mut wandering = vec![100.0; rows];
    for t in 0..rows {
        wandering[t] = if t < 168 { 100.0 + 5.0 * e[t] } else { wandering[t - 168] + 5.0 * e[t] };
    }
    let fitted = fit("ets", json!({ "season": 168 }), &wandering);
    assert!(fitted.fallback.as_ref().unwrap().starts_with("seasonal naive"), "{:?}", fitted.fallback);
    let forecast = median(&fitted, &wandering, 168);
    for (got, want) in forecast.iter().zip(&wandering[rows - 168..]) {
        assert!((got - want).abs() < 1e-9, "{got} {want}");
    }
}

/// A year that grows with the level is taken out by factors, one that does not by summands: the likelier of both, by the
/// criterion of the stored form, which is computed anew.
#[test]
fn a_long_season_is_of_the_likelier_kind() {
    let rows = 52 * 8;
    let e = noise(13, rows);
    let wave = |t: usize| libm::sin(t as f64 / 52.0 * std::f64::consts::TAU);
    let growing = |t: usize| 100.0 * libm::exp(0.003 * t as f64) * (1.0 + 0.3 * wave(t));
    let steady = |t: usize| 100.0 + 0.6 * t as f64 + 30.0 * wave(t);
    let cases: [(&dyn Fn(usize) -> f64, bool); 2] = [(&growing, true), (&steady, false)];
    for (truth, multiplied) in cases {
        let error = |t: usize| if multiplied { truth(t) * 0.01 * e[t] } else { 2.0 * e[t] };
        let series: Vec<f64> = (0..rows).map(|t| truth(t) + error(t)).collect();
        let of = |model: &str| fit("ets", json!({ "model": model, "season": 52 }), &series);
        let [chosen, added, factors] = ["auto", "ZZA", "MZM"].map(of);
        let (better, worse) = if multiplied { (factors, added) } else { (added, factors) };
        assert!(better.aicc.unwrap() < worse.aicc.unwrap(), "{} {}", better.model_type, worse.model_type);
        assert_eq!((&chosen.model_type, chosen.aicc), (&better.model_type, better.aicc));
        assert_eq!(chosen.model_type.ends_with("M)52"), multiplied, "{}", chosen.model_type);
        let drawn = at(&chosen, 0, &series, 52, |state| paths(state, 3, 52, 500));
        for (h, day) in drawn.chunks(500).enumerate() {
            let forecast = day.iter().map(|y| f64::from(*y)).sum::<f64>() / 500.0;
            let truth = truth(rows + h);
            assert!((forecast / truth - 1.0).abs() < 0.1, "{h}: {forecast} {truth}");
        }
    }
}
