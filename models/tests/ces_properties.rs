//! What holds for complex exponential smoothing whatever the series: equivariance under scale, the law of paths, known
//! truth, fallbacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod smoothing_common;

use almanac_models::ces::{Form, Parameters, Smoothing};
use almanac_models::{Fitted, ModelError, Registry};
use proptest::prelude::*;
use serde_json::{Value, json};
use smoothing_common::{at, fit, median, noise, seeds_outside, try_fit};

const FORMS: [&str; 4] = ["N", "S", "P", "F"];
const WEEK: [f64; 7] = [4.0, 2.0, 0.0, -1.0, -2.0, -3.0, 0.0];

/// A level that wanders, a weekly season, noise.
fn weekly(seed: u64, rows: usize) -> Vec<f64> {
    let (steps, noise) = (noise(seed, rows), noise(seed + 1_000, rows));
    let mut level = 100.0;
    (0..rows)
        .map(|t| {
            level += 0.3 * steps[t];
            level + WEEK[t % 7] + noise[t]
        })
        .collect()
}

fn stored(fitted: &Fitted) -> Parameters {
    serde_json::from_slice(&fitted.bytes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The recursions and their start are linear in the series, with no constant: a multiple, negative ones too, has
    /// the same parameters.
    #[test]
    fn scales_with_the_series(
        seed in 0_u64..500,
        scale in prop_oneof![0.01_f64..100.0, -100.0_f64..-0.01],
        form in prop::sample::select(FORMS.to_vec()),
    ) {
        let settings = json!({ "model": form, "season": 7 });
        let target = weekly(seed, 200);
        let moved: Vec<f64> = target.iter().map(|y| scale * y).collect();
        let before = median(&fit("ces", settings.clone(), &target), &target, 14);
        let after = median(&fit("ces", settings, &moved), &moved, 14);
        for (a, b) in before.iter().zip(&after) {
            let error = (scale * a - b).abs() / (scale.abs() * 100.0);
            prop_assert!(error < 1e-6, "{} {} {error:e}", scale * a, b);
        }
    }
}

/// The first coefficients of δ(B) / φ(B), the response of a complex component to an innovation.
fn response(real: f64, imaginary: f64, count: usize) -> Vec<f64> {
    let phi = [real - 2.0, 2.0 - real - imaginary];
    let delta = [1.0, 2.0 * real - imaginary - 2.0, (1.0 - real) * (2.0 - real) - imaginary * (1.0 - imaginary)];
    let mut out: Vec<f64> = Vec::new();
    for j in 0..count {
        let mut value = delta.get(j).copied().unwrap_or(0.0);
        for (lag, phi) in phi.iter().enumerate() {
            value -= phi * j.checked_sub(lag + 1).map_or(0.0, |i| out[i]);
        }
        out.push(value);
    }
    out
}

/// Response of the series to an innovation, by the polynomials of its ARMA process rather than by the recursion.
fn responses(form: Form, smoothing: &Smoothing, season: usize, count: usize) -> Vec<f64> {
    let Smoothing { alpha_0, alpha_1, beta_0, beta_1 } = *smoothing;
    let level = response(alpha_0, alpha_1, count);
    let seasonal = |values: &[f64], j: usize| if j.is_multiple_of(season) { values[j / season] } else { 0.0 };
    let beta = response(beta_0, beta_1, count);
    let at = |j: usize| match form {
        Form::None => level[j],
        Form::Simple => seasonal(&level, j),
        Form::Partial => level[j] + if j > 0 && j.is_multiple_of(season) { beta_0 } else { 0.0 },
        Form::Full => level[j] + if j > 0 { seasonal(&beta, j) } else { 0.0 },
    };
    (0..count).map(at).collect()
}

#[test]
fn paths_have_the_exact_law() {
    let target = weekly(5, 300);
    for model in FORMS {
        let fitted = fit("ces", json!({ "model": model, "season": 7 }), &target);
        let stored = stored(&fitted);
        let mut variance = 0.0;
        let deviations: Vec<f64> = responses(stored.form, &stored.smoothing, 7, 15)
            .iter()
            .map(|weight| {
                variance += weight * weight;
                stored.deviation * f64::sqrt(variance)
            })
            .collect();
        let outside = at(&fitted, 0, &target, 15, |state| seeds_outside(state, &state.median().unwrap(), &deviations));
        println!("{model}: {outside} of 50 seeds");
        assert!(outside <= 1, "{model}: {outside} of 50 seeds");
    }
}

/// A series made by a form's own process has its parameters.
#[test]
fn known_parameters_are_found() {
    let rows = 3_000;
    for (form, truth) in [
        (Form::None, Smoothing { alpha_0: 1.4, alpha_1: 0.9, beta_0: 0.0, beta_1: 0.0 }),
        (Form::Partial, Smoothing { alpha_0: 1.3, alpha_1: 0.9, beta_0: 0.2, beta_1: 0.0 }),
    ] {
        let weights = responses(form, &truth, 7, rows);
        let e = noise(21, rows);
        let series: Vec<f64> = (0..rows).map(|t| (0..=t).map(|j| weights[j] * e[t - j]).sum()).collect();
        let fitted = fit("ces", json!({ "model": form, "season": 7 }), &series);
        let found = stored(&fitted);
        println!("{form:?} {:?} {}", found.smoothing, found.deviation);
        for (got, want) in [
            (found.smoothing.alpha_0, truth.alpha_0),
            (found.smoothing.alpha_1, truth.alpha_1),
            (found.smoothing.beta_0, truth.beta_0),
            (found.deviation, 1.0),
        ] {
            assert!((got - want).abs() < 0.1, "{form:?} {:?} {}", found.smoothing, found.deviation);
        }
        // a season that is there is seen
        let chosen = fit("ces", json!({ "season": 7 }), &series);
        let seasonal = matches!(stored(&chosen).form, Form::Partial | Form::Full);
        assert!(seasonal || form == Form::None, "{}", chosen.parameters["models_tried"]);
    }
}

#[test]
fn fallbacks_are_recorded() {
    let target = weekly(9, 200);
    let reason = |settings: Value, target: &[f64]| fit("ces", settings, target).fallback.unwrap();
    assert!(
        reason(json!({ "model": "P", "season": 7 }), &target[..13]).starts_with("no season: fewer than two seasons")
    );
    assert_eq!(fit("ces", json!({ "model": "N", "season": 7 }), &target[..13]).fallback, None);
    assert_eq!(reason(json!({}), &[3.0; 40]), "constant");
    assert_eq!(median(&fit("ces", json!({}), &[3.0; 40]), &[3.0; 40], 14), [3.0; 14]);
    let repeated: Vec<f64> = (0..70).map(|t| 10.0 + WEEK[t % 7]).collect();
    assert!(reason(json!({ "season": 7 }), &repeated).contains("exactly"));
    assert_eq!(try_fit("ces", json!({}), &target[..7]).unwrap_err().code(), "too_short");
}

/// Bytes whose filter would not forget its start are not loaded.
#[test]
fn parameters_outside_the_admissible_region_are_refused() {
    let fitted = fit("ces", json!({ "model": "F", "season": 7 }), &weekly(10, 200));
    let mut parameters = stored(&fitted);
    let load = |parameters: &Parameters| {
        Registry::default().load("ces/1", &serde_json::to_vec(parameters).unwrap()).map(|_| ())
    };
    assert_eq!(load(&parameters), Ok(()));
    parameters.smoothing.alpha_0 = 3.5;
    let refused = load(&parameters).unwrap_err();
    assert!(matches!(&refused, ModelError::Corrupt(why) if why.contains("not admissible")), "{refused}");
}

/// A season of a year is fitted like any other.
#[test]
fn long_seasons_do_not_break() {
    let e = noise(11, 1_500);
    let year = |t: usize| 10.0 * libm::sin(t as f64 / 365.0 * std::f64::consts::TAU);
    let series: Vec<f64> = (0..1_500).map(|t| 100.0 + year(t) + e[t]).collect();
    for model in ["S", "P", "F"] {
        let fitted = fit("ces", json!({ "model": model, "season": 365 }), &series[..1_400]);
        assert!(fitted.fallback.is_none());
        let forecast = median(&fitted, &series[..1_400], 100);
        let error = forecast.iter().enumerate().map(|(h, value)| (value - 100.0 - year(1_400 + h)).abs()).sum::<f64>();
        println!("{model}: mean error {:.3}", error / 100.0);
        assert!(error / 100.0 < 2.0, "{model}: {}", error / 100.0);
    }
}
