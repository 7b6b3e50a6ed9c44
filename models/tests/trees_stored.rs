//! Damaged bytes are refused as damaged, whatever the damage.
#![allow(clippy::unwrap_used)]

mod trees_support;

use std::sync::OnceLock;

use almanac_models::trees::{Ensemble, Instructions, Stored};
use almanac_models::{FittedModel, Future, ModelError, StreamKey};
use proptest::prelude::*;
use serde_json::json;
use trees_support::{CONTEXT, fit, registry, simulate, walk};

fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let settings = json!({ "rounds": 5, "lags": [1, 2], "windows": [3] });
        fit(settings, &walk(200, 1).history(), &CONTEXT).unwrap().bytes
    })
}

fn is_corrupt<T>(outcome: Result<T, ModelError>) -> bool {
    matches!(outcome, Err(ModelError::Corrupt(_)))
}

#[test]
fn a_newer_version_is_named() {
    assert!(matches!(registry().load("xgboost/4", good()), Err(ModelError::Newer { newest: 3, .. })));
    assert!(registry().load("xgboost/1", good()).is_ok());
}

#[test]
fn paths_are_the_same_by_any_instructions() {
    let series = walk(200, 1);
    let draw = |loaded: &dyn FittedModel| {
        let ahead: Vec<i32> = (1..=5).map(|h| series.days[199] + h).collect();
        let state = loaded.condition(&series.history(), &Future { days: &ahead, regressors: &[] }).unwrap();
        let mut out = vec![0.0; 100 * 5];
        state.simulate(100, &StreamKey::new(1, "key", "trees", "v1", 0), &mut out).unwrap();
        out
    };
    let fastest = draw(registry().load("xgboost/1", good()).unwrap().as_ref());
    for instructions in Instructions::available() {
        let loaded = Stored::decode(good()).unwrap().loaded(instructions).unwrap();
        assert_eq!(draw(loaded.as_ref()), fastest, "{}", instructions.name());
    }
}

#[test]
fn trees_over_other_columns_are_refused() {
    let mut stored = Stored::decode(good()).unwrap();
    stored.settings.lags.push(9);
    assert!(is_corrupt(registry().load("xgboost/1", &stored.encode().unwrap())));
    stored = Stored::decode(good()).unwrap();
    stored.residuals.clear();
    assert!(is_corrupt(registry().load("xgboost/1", &stored.encode().unwrap())));
    stored = Stored::decode(good()).unwrap();
    stored.settings.depth = 99;
    assert!(is_corrupt(Stored::decode(&stored.encode().unwrap())));
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for format in ["xgboost/1", "xgboost/2", "xgboost/3"] {
            prop_assert!(is_corrupt(registry().load(format, &bytes)));
        }
        prop_assert!(is_corrupt(Ensemble::parse(&bytes)));
    }

    #[test]
    fn one_changed_byte_is_refused(at in 0..10_000_usize, bit in 0..8_u32) {
        let mut bytes = good().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(is_corrupt(registry().load("xgboost/1", &bytes)));
    }

    #[test]
    fn a_shortened_form_is_refused(keep in 0..10_000_usize) {
        let keep = keep % good().len();
        prop_assert!(is_corrupt(registry().load("xgboost/1", &good()[..keep])));
    }

    /// Damage under a right checksum: whatever still loads also simulates, or says why not.
    #[test]
    fn damaged_trees_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut stored = Stored::decode(good()).unwrap();
        for (at, byte) in changes {
            let at = at.index(stored.model.len());
            stored.model[at] = byte;
        }
        let series = walk(200, 1);
        let mut fitted = fit(json!({ "rounds": 1, "lags": [1], "windows": [] }), &series.history(), &CONTEXT).unwrap();
        fitted.bytes = stored.encode().unwrap();
        match simulate(&fitted, &series.history(), 70, 3) {
            Ok(out) => prop_assert!(out.iter().all(|x| x.is_finite())),
            Err(error) => prop_assert!(matches!(error, ModelError::Corrupt(_) | ModelError::Numerical(_)), "{error}"),
        }
    }
}
