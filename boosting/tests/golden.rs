//! Stored rows of the `xgboost` entry stay what they were, bit for bit.
#![allow(clippy::unwrap_used)]
// the library's floating-point code is compiled per architecture; these numbers are x86-64's
#![cfg(target_arch = "x86_64")]

mod support;

use almanac_models::{FitContext, Future, History, StreamKey};
use sha2::{Digest, Sha256};
use support::registry_entry;

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Closes by arithmetic that every machine rounds alike.
fn closes(count: usize) -> Vec<f64> {
    let mut state = 11_u64;
    let mut close = 100.0;
    let step = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        close *= 1.0 + 0.04 * ((state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5);
        close
    };
    std::iter::repeat_with(step).take(count).collect()
}

/// A change here changes every stored tree model and its paths: fitted bytes, readable parameters, paths.
#[test]
fn the_xgboost_entry_is_golden() {
    let closes = closes(1_000);
    let days: Vec<i32> = (0..1_014).map(|i| 14_000 + i / 5 * 7 + i % 5).collect();
    let (known, ahead) = days.split_at(1_000);
    let history = History { days: known, target: &closes, regressors: &[] };
    let context = FitContext { seed: 42, horizon: 14, week: 5, cutoff: known[949] };
    let registry = almanac_boosting::registry();
    let fitted = registry.model(&registry_entry("xgboost")).unwrap().fit(&history, &context).unwrap();
    assert_eq!(fitted.format, "xgboost/1");
    let state = registry.load(&fitted.format, &fitted.bytes).unwrap();
    let mut paths = vec![0.0; 2_000 * 14];
    let stream = StreamKey::new(42, "key", "xgboost", "v1", known[999]);
    let future = Future { days: ahead, regressors: &[] };
    state.condition(&history, &future).unwrap().simulate(2_000, &stream, &mut paths).unwrap();
    let paths: Vec<u8> = paths.iter().flat_map(|x| x.to_le_bytes()).collect();
    let found = [&fitted.bytes, fitted.parameters.to_string().as_bytes(), &paths].map(digest);
    assert_eq!(found, ["09ad2b44c1c264dc", "1e709355facd50a7", "b5138cfe0f3368ab"]);
}
