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

    use super::*;

    #[test]
    fn streams_are_golden() {
        let key = StreamKey::new(42, "Coffee", "naive", "v1", 17_532);
        let draws: Vec<u64> = (0..2)
            .flat_map(|h| {
                let mut r = key.day(h);
                [r.next_u64(), r.next_u64()]
            })
            .collect();
        assert_eq!(draws.len(), 4);
        assert_ne!(draws[0], draws[2]);
    }

    #[test]
    fn field_boundaries_matter() {
        assert_ne!(StreamKey::new(1, "ab", "c", "v", 0), StreamKey::new(1, "a", "bc", "v", 0));
    }
}
