//! A series times a factor, plus a constant: forecasts and paths move alike, for the families whose law says so.

#![allow(clippy::unwrap_used)]

mod smoothing_common;

use almanac_models::Fitted;
use proptest::prelude::*;
use serde_json::{Value, json};
use smoothing_common::{at, fit, median, noise, paths};

/// Relative to the largest value: an optimum found in other numbers differs in the last digits only.
const TOLERANCE: f64 = 1e-9;
/// Paths are stored in single precision.
const STORED: f64 = 2e-6;

/// A walk that crosses zero, so that no family takes logarithms.
fn walk(seed: u64, rows: usize) -> Vec<f64> {
    let mut level = 0.0;
    let steps = noise(seed, rows);
    steps
        .iter()
        .enumerate()
        .map(|(t, step)| {
            level += 0.05 + step;
            level + 0.5 * f64::from((t % 3) as u8)
        })
        .collect()
}

fn moves(family: &str, settings: &Value, target: &[f64], scale: f64, shift: f64) -> Result<(), TestCaseError> {
    let moved: Vec<f64> = target.iter().map(|y| scale * y + shift).collect();
    let (one, other) = (fit(family, settings.clone(), target), fit(family, settings.clone(), &moved));
    let size = target.iter().fold(0.0_f64, |most, y| most.max(y.abs())) * scale + shift.abs();
    for (a, b) in median(&one, target, 14).iter().zip(median(&other, &moved, 14)) {
        prop_assert!(
            (scale * a + shift - b).abs() <= TOLERANCE * size,
            "{family} {settings}: {} {b}",
            scale * a + shift
        );
    }
    let drawn = |fitted: &Fitted, target: &[f64]| at(fitted, 0, target, 14, |state| paths(state, 3, 14, 40));
    for (a, b) in drawn(&one, target).iter().zip(drawn(&other, &moved)) {
        let wanted = scale * f64::from(*a) + shift;
        prop_assert!((wanted - f64::from(b)).abs() <= STORED * (size + wanted.abs()), "{family}: path {wanted} {b}");
    }
    Ok(())
}

/// Factors, and constants in units of them.
const MOVES: [(f64, f64); 5] = [(0.01, 0.0), (1.0, 137.0), (98.7, -170.3), (0.37, 3.3), (7.77, 0.0)];
const ORDERS: [[u8; 3]; 4] = [[1, 0, 0], [0, 1, 1], [1, 1, 1], [2, 1, 0]];

fn arima(order: [u8; 3]) -> Value {
    json!({ "order": order, "constant": order[1] == 0 })
}

/// Among them ridges on which the parts nearly cancel, levels that hardly return, and a moving average whose root lies
/// on the unit circle (247).
#[test]
fn arima_moves_with_every_series() {
    for seed in 0..500 {
        let (scale, shift) = MOVES[seed as usize % MOVES.len()];
        for order in ORDERS {
            moves("arima", &arima(order), &walk(seed, 200), scale, scale * shift).unwrap();
        }
    }
    for (scale, shift) in MOVES {
        moves("arima", &arima([1, 1, 1]), &walk(247, 200), scale, scale * shift).unwrap();
    }
}

/// What is chosen does not depend on unit and level, nor then what is forecast.
#[test]
fn a_searched_order_moves_with_the_series() {
    for seed in 0..10 {
        let (scale, shift) = MOVES[seed as usize % MOVES.len()];
        moves("arima", &json!({ "order": "auto" }), &walk(seed, 200), scale, scale * shift).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn walks_move_with_the_series(seed in 0_u64..500, scale in 0.01_f64..100.0, shift in -5.0_f64..5.0) {
        // shifts small enough that values stay on both sides of zero
        let target: Vec<f64> = walk(seed, 200).iter().enumerate().map(|(t, y)| if t < 2 { 20.0 - 40.0 * t as f64 } else { *y }).collect();
        for (family, settings) in [
            ("naive", json!({})),
            ("random_walk", json!({})),
            ("seasonal_naive", json!({ "season": 5 })),
            ("window_average", json!({ "window": 10 })),
        ] {
            moves(family, &settings, &target, scale, scale * shift)?;
        }
    }

    #[test]
    fn arima_moves_with_the_series(
        seed in 0_u64..500,
        scale in 0.01_f64..100.0,
        shift in -200.0_f64..200.0,
        order in prop::sample::select(ORDERS.to_vec()),
    ) {
        moves("arima", &arima(order), &walk(seed, 200), scale, scale * shift)?;
    }

    /// In logarithms only the scale is free.
    #[test]
    fn logarithmic_walks_move_with_the_scale(seed in 0_u64..500, scale in 0.01_f64..100.0) {
        let target: Vec<f64> = walk(seed, 200).iter().map(|y| libm::exp(0.02 * y)).collect();
        for family in ["naive", "random_walk", "window_average"] {
            moves(family, &json!({}), &target, scale, 0.0)?;
        }
    }
}
