//! Random numbers: one stream per forecast and day, addressed by what the forecast is, never by when it runs.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::Day;

/// The 256-bit key of one forecast's random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamKey([u8; 32]);

impl StreamKey {
    /// Hashes (seed, key, model name, model version, origin); fields are length-prefixed so that no two tuples
    /// collide.
    pub fn new(seed: u64, key: &str, model_name: &str, model_version: &str, origin: Day) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        for text in [key, model_name, model_version] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(origin.to_le_bytes());
        Self(hash.finalize().into())
    }

    /// The key of a named part of the forecast, such as one member of a combination: its numbers have nothing to do with
    /// the whole's or another part's.
    #[must_use]
    pub fn part(&self, name: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(name.as_bytes());
        Self(hash.finalize().into())
    }

    /// The key as 64 hexadecimal digits, to be shown.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The generator of day `h` (from 0). Successive draws belong to paths 0, 1, 2, …
    pub fn day(&self, h: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.0);
        rng.set_stream(h as u64);
        rng
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    /// The words are those of `tests/oracle/streams.py`; the normals are rand_distr 0.6's. A change here changes
    /// every stored path.
    #[test]
    fn streams_are_golden() {
        let key = StreamKey::new(42, "Coffee", "naive", "v1", 17_532);
        let first: Vec<u64> = (0..3).map(|h| key.day(h).next_u64()).collect();
        assert_eq!(first, [4_203_162_752_020_456_787, 7_383_963_634_227_459_948, 14_858_628_054_071_204_707]);
        let mut day = key.day(13);
        let words: Vec<u64> = (0..4).map(|_| day.next_u64()).collect();
        let golden = [
            12_092_789_962_452_451_026,
            8_006_708_302_146_697_928,
            12_378_971_653_509_008_166,
            17_448_815_944_387_809_477,
        ];
        assert_eq!(words, golden);
        let mut day = key.day(0);
        let normals: Vec<f64> = (0..4).map(|_| StandardNormal.sample(&mut day)).collect();
        assert_eq!(normals, [-1.013481624051434, 0.3654798254194064, 0.04250292205075321, 1.1198497760477117]);
    }

    /// Every part of the key matters, and the order of asking does not.
    #[test]
    fn streams_differ_by_what_the_forecast_is() {
        let key =
            |seed, key, model, version, origin| StreamKey::new(seed, key, model, version, origin).day(0).next_u64();
        let base = key(42, "Coffee", "naive", "v1", 17_532);
        assert_eq!(base, key(42, "Coffee", "naive", "v1", 17_532));
        for other in [
            key(43, "Coffee", "naive", "v1", 17_532),
            key(42, "Sugar", "naive", "v1", 17_532),
            key(42, "Coffee", "random_walk", "v1", 17_532),
            key(42, "Coffee", "naive", "v2", 17_532),
            key(42, "Coffee", "naive", "v1", 17_533),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn parts_differ_from_the_whole_and_each_other() {
        let whole = StreamKey::new(42, "Coffee", "naive", "v1", 17_532);
        let first = |key: StreamKey| key.day(0).next_u64();
        assert_eq!(first(whole.part("a")), first(whole.part("a")));
        assert_ne!(first(whole.part("a")), first(whole.part("b")));
        assert_ne!(first(whole.part("")), first(whole));
    }

    #[test]
    fn field_boundaries_matter() {
        assert_ne!(StreamKey::new(1, "ab", "c", "v", 0), StreamKey::new(1, "a", "bc", "v", 0));
    }
}
