//! Random moments and choices that can be repeated.

use std::time::SystemTime;

/// A small generator of random numbers (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    /// Seeded by `ALMANAC_TEST_SEED`, else by the clock; printed for a repetition.
    pub(crate) fn new(stream: u64) -> Self {
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
        let seed = std::env::var("ALMANAC_TEST_SEED").map_or(clock, |text| text.parse().unwrap());
        println!("ALMANAC_TEST_SEED={seed}");
        Self::seeded(seed ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Always the same numbers.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform in [0, 1).
    pub(crate) fn next(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
