//! The frame of every stored form: mark, header, body, checksum; see [`crate::trees`].

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::ModelError;
use crate::trees::{Settings, Unit};

const MAGIC: &[u8; 4] = b"ALXG";
const CHECKSUM: usize = 32;

pub(crate) fn corrupt(what: &str) -> ModelError {
    ModelError::Corrupt(what.to_owned())
}

/// The bytes of a header and the body's parts.
pub(crate) fn write(header: &impl Serialize, parts: &[&[u8]]) -> Result<Vec<u8>, ModelError> {
    let unwritable = |e: String| ModelError::Numerical(format!("the stored header cannot be written: {e}"));
    let header = serde_json::to_vec(header).map_err(|e| unwritable(e.to_string()))?;
    let length = u32::try_from(header.len()).map_err(|e| unwritable(e.to_string()))?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(header);
    parts.iter().for_each(|part| bytes.extend(*part));
    let checksum = Sha256::digest(&bytes);
    bytes.extend(checksum);
    Ok(bytes)
}

/// Header and body.
pub(crate) fn read<H: DeserializeOwned>(bytes: &[u8]) -> Result<(H, &[u8]), ModelError> {
    let end = bytes.len().checked_sub(CHECKSUM).ok_or_else(|| corrupt("shorter than its checksum"))?;
    let (body, checksum) = bytes.split_at(end);
    if Sha256::digest(body)[..] != *checksum {
        return Err(corrupt("the checksum differs"));
    }
    let body = body.strip_prefix(MAGIC).ok_or_else(|| corrupt("the first four bytes are not ALXG"))?;
    let (length, body) = body.split_first_chunk::<4>().ok_or_else(|| corrupt("the header is missing"))?;
    let (header, body) = body
        .split_at_checked(u32::from_le_bytes(*length) as usize)
        .ok_or_else(|| corrupt("the header is cut short"))?;
    let header = serde_json::from_slice(header).map_err(|e| corrupt(&format!("header: {e}")))?;
    Ok((header, body))
}

/// The bytes of `f32` values, and back; `count` values and no more, all finite.
pub(crate) fn float_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// See [`float_bytes`].
pub(crate) fn floats(bytes: &[u8], count: usize) -> Result<Vec<f32>, ModelError> {
    if count.checked_mul(4) != Some(bytes.len()) {
        return Err(corrupt("the residuals are not as many as the header says"));
    }
    let values: Vec<f32> = bytes.chunks_exact(4).map(|x| f32::from_le_bytes([x[0], x[1], x[2], x[3]])).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(corrupt("a residual is not finite"));
    }
    Ok(values)
}

/// Refuses settings and units that no fit writes.
pub(crate) fn check(settings: &Settings, unit: Unit) -> Result<(), ModelError> {
    if let Some((name, accepted)) = settings.fault() {
        return Err(corrupt(&format!("setting {name} is out of range ({accepted})")));
    }
    if matches!(unit, Unit::Difference(scale) if !(scale > 0.0 && scale.is_finite())) {
        return Err(corrupt("the scale of differences is not positive"));
    }
    Ok(())
}
