//! The frame of binary stored forms: mark, header, body, checksum.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::ModelError;

const CHECKSUM: usize = 32;

pub(crate) fn corrupt(what: &str) -> ModelError {
    ModelError::Corrupt(what.to_owned())
}

/// `mark | u32 LE: bytes of the header | header, JSON | parts | SHA-256 of all before`.
pub(crate) fn write(mark: &[u8; 4], header: &impl Serialize, parts: &[&[u8]]) -> Result<Vec<u8>, ModelError> {
    let unwritable = |e: String| ModelError::Numerical(format!("the stored header cannot be written: {e}"));
    let header = serde_json::to_vec(header).map_err(|e| unwritable(e.to_string()))?;
    let length = u32::try_from(header.len()).map_err(|e| unwritable(e.to_string()))?;
    let mut bytes = mark.to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(header);
    parts.iter().for_each(|part| bytes.extend(*part));
    let checksum = Sha256::digest(&bytes);
    bytes.extend(checksum);
    Ok(bytes)
}

/// Header and body.
pub(crate) fn read<'a, H: DeserializeOwned>(mark: &[u8; 4], bytes: &'a [u8]) -> Result<(H, &'a [u8]), ModelError> {
    let end = bytes.len().checked_sub(CHECKSUM).ok_or_else(|| corrupt("shorter than its checksum"))?;
    let (body, checksum) = bytes.split_at(end);
    if Sha256::digest(body)[..] != *checksum {
        return Err(corrupt("the checksum differs"));
    }
    let unmarked = || corrupt(&format!("the first four bytes are not {}", mark.escape_ascii()));
    let body = body.strip_prefix(mark).ok_or_else(unmarked)?;
    let (length, body) = body.split_first_chunk::<4>().ok_or_else(|| corrupt("the header is missing"))?;
    let (header, body) = body
        .split_at_checked(u32::from_le_bytes(*length) as usize)
        .ok_or_else(|| corrupt("the header is cut short"))?;
    let header = serde_json::from_slice(header).map_err(|e| corrupt(&format!("header: {e}")))?;
    Ok((header, body))
}
