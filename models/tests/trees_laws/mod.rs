//! Series with innovations of a known law, and the header of the form that stores one.
#![allow(clippy::unwrap_used, dead_code)]

use serde_json::{Value, json};

use crate::trees_support::Series;

/// Laws that take the place of resampling.
pub(crate) const LAWS: [&str; 4] = ["normal", "student", "laplace", "garch"];
/// Deviation of one session's return of [`drawn`].
pub(crate) const DEVIATION: f64 = 0.02;

/// Settings whose only feature is the return of the session before.
pub(crate) fn settings(law: &str) -> Value {
    json!({ "rounds": 20, "lags": [1], "windows": [], "calendar": false, "innovations": law })
}

/// Uniform numbers strictly between 0 and 1.
struct Uniform(u64);

impl Uniform {
    fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }
}

/// A number of variance 1; of `student` and `garch` by Bailey's method for 8 degrees of freedom.
fn standard(law: &str, uniform: &mut Uniform) -> f64 {
    let (u, v) = (uniform.draw(), uniform.draw());
    let angle = libm::cos(std::f64::consts::TAU * v);
    match law {
        "normal" => (-2.0 * libm::log(u)).sqrt() * angle,
        "laplace" => (libm::log(u) - libm::log(v)) / 2.0_f64.sqrt(),
        _ => (6.0 * (libm::pow(u, -0.25) - 1.0)).sqrt() * angle,
    }
}

/// A log random walk of innovations of a law; those of `garch` have variances that follow one another.
pub(crate) fn drawn(law: &str, sessions: usize) -> Series {
    let mut uniform = Uniform(7);
    let long_run = DEVIATION * DEVIATION;
    let (mut level, mut variance) = (4.0, long_run);
    let mut close = || {
        let innovation = variance.sqrt() * standard(law, &mut uniform);
        if law == "garch" {
            variance = 0.05 * long_run + 0.15 * innovation * innovation + 0.8 * variance;
        }
        level += innovation;
        libm::exp(level)
    };
    let closes = (0..sessions).map(|_| close()).collect();
    Series { days: (0..sessions as i32).map(|i| 14_000 + i / 5 * 7 + i % 5).collect(), closes }
}

/// The header of stored bytes.
pub(crate) fn header(bytes: &[u8]) -> Value {
    serde_json::from_slice(&bytes[8..header_end(bytes)]).unwrap()
}

pub(crate) fn header_end(bytes: &[u8]) -> usize {
    8 + u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize
}
