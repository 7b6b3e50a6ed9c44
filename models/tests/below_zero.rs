//! A price below zero that came after a fit on prices above: what models on logarithms and of products do instead, and
//! that they tell.
#![allow(clippy::unwrap_used)]

mod smoothing_common;

use serde_json::{Value, json};
use smoothing_common::{at, fit, noise, paths};

const AHEAD: usize = 14;
const DIFFERENCES: &str = "differences: a price after the fit is zero or negative";

fn prices() -> Vec<f64> {
    let mut price = 50.0;
    let step = |shock: f64| {
        price *= libm::exp(0.02 * shock);
        price
    };
    noise(5, 300).into_iter().map(step).collect()
}

/// Paths of a fit on the prices, after some more of them, and what is told with these.
fn after(family: &str, settings: &Value, more: &[f64]) -> (Vec<f32>, Option<String>) {
    let known = prices();
    let fitted = fit(family, settings.clone(), &known);
    let target = [known.as_slice(), more].concat();
    at(&fitted, 0, &target, AHEAD, |state| (paths(state, 1, AHEAD, 200), state.fallback()))
}

/// The same draws are factors above zero, and below it additions in units of the price's size.
#[test]
fn walks_add_what_they_would_have_multiplied_by() {
    for family in ["naive", "random_walk"] {
        let (above, nothing) = after(family, &json!({}), &[4.0]);
        let (below, told) = after(family, &json!({}), &[-4.0]);
        assert_eq!((nothing, told.as_deref()), (None, Some(DIFFERENCES)), "{family}");
        for (above, below) in above.into_iter().zip(below) {
            let (factor, step) = (libm::log(f64::from(above) / 4.0), (f64::from(below) + 4.0) / 4.0);
            assert!((factor - step).abs() < 1e-5, "{family}: {factor} {step}");
        }
    }
}

#[test]
fn a_form_of_products_passes_over_the_price() {
    let form = |model: &str| json!({ "season": "none", "model": model });
    let [(below, told), (absent, nothing)] = [-4.0, f64::NAN].map(|price| after("ets", &form("MNN"), &[price, 51.0]));
    assert_eq!(below, absent);
    assert_eq!((told.as_deref(), nothing), (Some("absent: a price after the fit is zero or negative"), None));
    // one of sums takes it as it is
    assert_eq!(after("ets", &form("ANN"), &[-4.0]).1, None);
}

#[test]
fn a_combination_names_the_member() {
    let ets = json!({ "name": "e", "family": "ets", "settings": { "season": "none", "model": "ANN" } });
    let settings = json!({ "members": [{ "name": "n", "family": "naive" }, ets] });
    let (drawn, told) = after("combination", &settings, &[-4.0]);
    assert!(drawn.iter().all(|price| price.is_finite()));
    assert_eq!(told, Some(format!("n: {DIFFERENCES}")));
    assert_eq!(after("combination", &settings, &[4.0]).1, None);
}
