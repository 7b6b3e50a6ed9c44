//! Fits and paths of `naive` and `random_walk` without settings, bit by bit: a change here changes every stored row.

#![allow(clippy::unwrap_used)]

use almanac_models::{FitContext, Future, History, ModelSpec, Registry, StreamKey};
use rand_distr::{Distribution, StandardNormal};
use sha2::{Digest, Sha256};

/// Prices with single, double and long gaps; shifted below zero if `below`.
fn series(below: bool) -> Vec<f64> {
    let mut rng = StreamKey::new(3, "golden", "", "", 0).day(0);
    let mut level = 4.0;
    let mut price = |_| {
        let shock: f64 = StandardNormal.sample(&mut rng);
        level += 0.02 * shock + 0.0003;
        libm::exp(level) - if below { 55.0 } else { 0.0 }
    };
    let mut prices: Vec<f64> = (0..700).map(&mut price).collect();
    for t in [0, 17, 40, 41, 333, 334, 335, 336, 650, 699] {
        prices[t] = f64::NAN;
    }
    prices
}

/// Hash of the stored bytes, the parameters, the medians and the paths from two origins.
fn fingerprint(family: &str, target: &[f64]) -> String {
    let registry = Registry::default();
    let spec: ModelSpec = serde_json::from_value(serde_json::json!({ "name": family, "family": family })).unwrap();
    let days: Vec<i32> = (0..target.len() as i32).collect();
    let context = FitContext { seed: 42, horizon: 14, week: 5, cutoff: 599 };
    let window = History { days: &days[..600], target: &target[..600], regressors: &[] };
    let fitted = registry.model(&spec).unwrap().fit(&window, &context).unwrap();
    let mut hash = Sha256::new();
    hash.update(format!("{fitted:?}"));
    let loaded = registry.load(&fitted.format, &fitted.bytes).unwrap();
    let ahead: Vec<i32> = (1_000..1_014).collect();
    for end in [600, 700] {
        let history = History { days: &days[..end], target: &target[..end], regressors: &[] };
        let state = loaded.condition(&history, &Future { days: &ahead, regressors: &[] }).unwrap();
        let mut paths = vec![0.0_f32; 14 * 300];
        state.simulate(300, &StreamKey::new(42, "k", family, "v1", end as i32), &mut paths).unwrap();
        state.median().unwrap().iter().for_each(|value| hash.update(value.to_bits().to_le_bytes()));
        paths.iter().for_each(|value| hash.update(value.to_bits().to_le_bytes()));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn defaults_are_golden() {
    let cases = [("naive", false), ("naive", true), ("random_walk", false), ("random_walk", true)];
    let prints: Vec<String> = cases.iter().map(|(family, below)| fingerprint(family, &series(*below))).collect();
    assert_eq!(prints, ["528c427cc9d16939", "4d9265c0634396ac", "6f57151f43db18b6", "54ed7b9c6b1b0b67"]);
}
