//! Golden values: a fit and its paths, bit for bit. A change here changes rows that are stored.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arima_common;

use almanac_models::{Future, History, Registry};
use arima_common::{fit, noise, paths, spec};
use serde_json::{Value, json};

/// FNV-1a (Fowler, Noll and Vo), 64 bits.
fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// A walk with autocorrelated steps and effects of three slow columns.
fn series(n: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let columns: Vec<Vec<f64>> = (0..3)
        .map(|i| {
            let mut level = 20.0;
            noise(20 + i, n)
                .iter()
                .map(|e| {
                    level = 20.0 + 0.9 * (level - 20.0) + e;
                    level
                })
                .collect()
        })
        .collect();
    let shocks = noise(11, n);
    let mut level = 120.0;
    let y = (0..n).map(|t| {
        level += shocks[t] + if t > 0 { 0.4 * shocks[t - 1] } else { 0.0 };
        level + 0.3 * columns[0][t] - 0.1 * columns[2][t]
    });
    (y.collect(), columns)
}

fn hashes(settings: Value, gaps: &[usize]) -> (String, u64, u64) {
    let (mut y, columns) = series(620);
    gaps.iter().for_each(|&t| y[t] = f64::NAN);
    let past: Vec<&[f64]> = columns.iter().map(|column| &column[..600]).collect();
    let (fitted, _) = fit(&spec(settings, 3), &y[..600], &past);
    let days: Vec<i32> = (0..634).collect();
    let known: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let last: Vec<[f64; 14]> = columns.iter().map(|column| [column[619]; 14]).collect();
    let ahead: Vec<&[f64]> = last.iter().map(<[f64; 14]>::as_slice).collect();
    let loaded = Registry::default().load(&fitted.format, &fitted.bytes).unwrap();
    let history = History { days: &days[..620], target: &y, regressors: &known };
    let state = loaded.condition(&history, &Future { days: &days[620..], regressors: &ahead }).unwrap();
    let drawn = paths(state.as_ref(), 14, 200);
    let stored = hash(fitted.bytes.iter().copied().chain(fitted.parameters.to_string().into_bytes()));
    (fitted.model_type, stored, hash(drawn.iter().flat_map(|v| v.to_bits().to_le_bytes())))
}

#[test]
fn fits_and_paths_are_golden() {
    let searched = json!({"order": "auto", "max_p": 3, "max_q": 3, "max_d": 2});
    let seasonal = json!({"order": [1, 1, 1], "seasonal_order": [1, 0, 1, 5]});
    let found = [hashes(searched.clone(), &[]), hashes(searched, &[100, 101, 330]), hashes(seasonal, &[])];
    let golden = [
        ("arima(0,1,1)", 16_168_233_521_473_415_591, 16_382_076_947_809_077_371),
        ("arima(0,1,1)", 10_692_639_867_238_002_335, 8_509_884_115_810_470_322),
        ("arima(1,1,1)(1,0,1)5", 13_802_732_366_970_828_886, 5_650_086_542_732_787_501),
    ];
    assert_eq!(found, golden.map(|(order, stored, drawn)| (order.to_owned(), stored, drawn)));
}
