//! A seasonal random walk for the tests.
#![allow(clippy::unwrap_used, dead_code)]

pub(crate) struct Series {
    pub(crate) days: Vec<i32>,
    pub(crate) closes: Vec<f64>,
}

/// Log returns: noise, and a pull towards the mean of the last 30 sessions that trees can learn.
pub(crate) fn walk(sessions: usize, seed: u64) -> Series {
    let mut state = seed;
    let mut levels = vec![4.0_f64];
    for _ in 1..sessions {
        let mut noise = 0.0;
        for _ in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            noise += (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5;
        }
        let recent = &levels[levels.len().saturating_sub(30)..];
        let mean = recent.iter().sum::<f64>() / recent.len() as f64;
        let last = levels[levels.len() - 1];
        levels.push(last + 0.05 * (mean - last) + 0.02 * noise);
    }
    let days = (0..sessions as i32).map(|i| 14_000 + i / 5 * 7 + i % 5).collect();
    Series { days, closes: levels.iter().map(|level| level.exp()).collect() }
}

#[derive(serde::Deserialize)]
struct Entries {
    models: Vec<almanac_models::ModelSpec>,
}

/// The built-in models, as `engine/src/registry.toml` lists them.
pub(crate) fn registry_entries() -> Vec<almanac_models::ModelSpec> {
    toml::from_str::<Entries>(include_str!("../../../engine/src/registry.toml")).unwrap().models
}

/// The built-in model of a name.
pub(crate) fn registry_entry(name: &str) -> almanac_models::ModelSpec {
    registry_entries().into_iter().find(|spec| spec.name == name).unwrap()
}
