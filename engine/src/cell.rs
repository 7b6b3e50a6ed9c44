//! The unit of commitment: a cell of the fixed grid.

use almanac_models::Day;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One cell (model, version, key bucket, window). Depends on configuration only, never on what is left to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// Registry name.
    pub model_name: String,
    /// Version of the model's rows.
    pub model_version: String,
    /// Bucket of the key; see [`key_bucket`].
    pub key_bucket: i32,
    /// The day before the window's start.
    pub training_cutoff_date: Day,
}

impl Cell {
    /// A whole bucket of keys, of tables that know no models.
    pub(crate) fn bucket(key_bucket: i32) -> Self {
        Self { model_name: String::new(), model_version: String::new(), key_bucket, training_cutoff_date: 0 }
    }

    /// The Delta application id under which this cell's commits are counted.
    pub fn app_id(&self, config_hash: &str) -> String {
        let mut hash = hash_of(&[config_hash, &self.model_name, &self.model_version]);
        hash.update(self.key_bucket.to_le_bytes());
        hash.update(self.training_cutoff_date.to_le_bytes());
        format!("almanac-{}", hex(&hash.finalize()[..16]))
    }
}

/// The Delta application id under which a model version is claimed for the settings that made it.
pub(crate) fn claim_id(model_name: &str, model_version: &str) -> String {
    format!("almanac-settings-{}", hex(&hash_of(&[model_name, model_version]).finalize()[..16]))
}

/// Of the texts one after the other, each after its length.
fn hash_of(texts: &[&str]) -> Sha256 {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash
}

/// Bucket of a key: the first eight bytes of its SHA-256, modulo the number of buckets.
pub fn key_bucket(key: &str, buckets: u32) -> i32 {
    let digest = Sha256::digest(key.as_bytes());
    let mut head = [0_u8; 8];
    head.copy_from_slice(&digest[..8]);
    (u64::from_le_bytes(head) % u64::from(buckets.max(1))) as i32
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
