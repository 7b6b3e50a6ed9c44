//! The stored form with a law of the innovations: read again as it was written, refused where it is damaged.
#![allow(clippy::unwrap_used)]

mod trees_laws;
mod trees_support;

use almanac_models::trees::Stored;
use almanac_models::{Fitted, ModelError};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use trees_laws::{LAWS, drawn, header, header_end, settings};
use trees_support::{CONTEXT, fit, registry, simulate};

fn load(format: &str, bytes: &[u8]) -> Result<(), ModelError> {
    registry().load(format, bytes).map(|_| ())
}

fn is_corrupt(outcome: Result<(), ModelError>) -> bool {
    matches!(outcome, Err(ModelError::Corrupt(_)))
}

/// Stored bytes with another header, under a right checksum.
fn with_header(bytes: &[u8], header: &Value) -> Vec<u8> {
    let text = serde_json::to_vec(header).unwrap();
    let mut out = bytes[..4].to_vec();
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text);
    out.extend(&bytes[header_end(bytes)..bytes.len() - 32]);
    let checksum = Sha256::digest(&out);
    out.extend(checksum);
    out
}

#[test]
fn loaded_laws_are_the_stored_ones_again() {
    for law in LAWS {
        let series = drawn(law, 1_000);
        let fitted = fit(settings(law), &series.history(), &CONTEXT).unwrap();
        assert!(header(&fitted.bytes)["innovations"]["law"][law].is_object(), "{law}: {:?}", fitted.fallback);
        let again = Stored::decode(&fitted.bytes).unwrap().encode().unwrap();
        assert_eq!(again, fitted.bytes);
        let copy = Fitted { bytes: with_header(&again, &header(&again)), ..fitted.clone() };
        let paths = |fitted: &Fitted| simulate(fitted, &series.history(), 200, 14).unwrap();
        assert_eq!(paths(&copy), paths(&fitted));
    }
}

#[test]
fn damaged_laws_are_refused() {
    let fitted = fit(settings("garch"), &drawn("garch", 1_000).history(), &CONTEXT).unwrap();
    assert!(load("xgboost/3", &fitted.bytes).is_ok());
    let damage: [fn(&mut Value); 12] = [
        |header| header["innovations"]["law"]["garch"]["omega"] = json!(0.0),
        |header| header["innovations"]["law"]["garch"]["beta"] = json!(1.0),
        |header| header["innovations"]["law"]["garch"]["nu"] = json!(2.0),
        |header| header["innovations"]["law"] = json!({ "bootstrap": { "residuals": [0.1] } }),
        |header| header["innovations"]["law"] = json!({ "laplace": { "scale": 1.0 } }),
        |header| header["innovations"]["law"] = json!({ "student": { "scale": -1.0, "nu": 5.0 } }),
        |header| header["innovations"]["centre"] = json!(null),
        |header| header["innovations"]["cutoff"] = json!(1e12),
        |header| header["innovations"]["drift"] = json!(0.0),
        |header| header["innovations"] = json!(null),
        |header| header["settings"]["innovations"] = json!("bootstrap"),
        |header| header["settings"]["innovations"] = json!("student"),
    ];
    for (at, damage) in damage.iter().enumerate() {
        let mut header = header(&fitted.bytes);
        damage(&mut header);
        assert!(is_corrupt(load("xgboost/3", &with_header(&fitted.bytes, &header))), "damage {at}");
    }
    // a simpler law is what a fallback stores
    let mut header = header(&fitted.bytes);
    header["innovations"]["law"] = json!({ "student": { "scale": 0.02, "nu": 5.0 } });
    assert!(load("xgboost/3", &with_header(&fitted.bytes, &header)).is_ok());
    for keep in (0..fitted.bytes.len()).step_by(97) {
        assert!(is_corrupt(load("xgboost/3", &fitted.bytes[..keep])), "{keep} bytes");
    }
}

#[test]
fn each_form_refuses_the_others_bytes() {
    let series = drawn("normal", 400);
    let fitted = |law: &str| fit(settings(law), &series.history(), &CONTEXT).unwrap().bytes;
    let (plain, lawful) = (fitted("bootstrap"), fitted("normal"));
    assert!(load("xgboost/1", &plain).is_ok() && load("xgboost/3", &lawful).is_ok());
    for (format, bytes) in
        [("xgboost/3", &plain), ("xgboost/1", &lawful), ("xgboost/2", &plain), ("xgboost/2", &lawful)]
    {
        assert!(is_corrupt(load(format, bytes)), "{format}");
    }
    // a law that settings name and bytes lack
    let mut header = header(&plain);
    header["settings"]["innovations"] = json!("normal");
    assert!(is_corrupt(load("xgboost/1", &with_header(&plain, &header))));
}
