//! The frame of the trees' stored forms, and what their bodies share; see [`crate::trees`].

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ModelError;
pub(crate) use crate::frame::corrupt;
use crate::trees::{Settings, Unit};

const MARK: &[u8; 4] = b"ALXG";

/// The bytes of a header and the body's parts.
pub(crate) fn write(header: &impl Serialize, parts: &[&[u8]]) -> Result<Vec<u8>, ModelError> {
    crate::frame::write(MARK, header, parts)
}

/// Header and body.
pub(crate) fn read<H: DeserializeOwned>(bytes: &[u8]) -> Result<(H, &[u8]), ModelError> {
    crate::frame::read(MARK, bytes)
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
