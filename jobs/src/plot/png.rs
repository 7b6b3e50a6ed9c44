//! Pixels as PNG: one compressed block of lines without filters. Written here because the crates for it compile the
//! checksum of the engine's files anew with other features.

use std::io::Write;

use almanac_engine::{EngineError, Result};
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Eight bits for each of red, green and blue; no interlacing.
const KIND: [u8; 5] = [8, 2, 0, 0, 0];

/// Averages squares of `side` pixels; three bytes per pixel.
pub(super) fn averaged(pixels: &[u8], (width, height): (u32, u32), side: u32) -> Vec<u8> {
    let (width, side) = (width as usize, side as usize);
    let (columns, rows) = (width / side, height as usize / side);
    let mut averages = Vec::with_capacity(columns * rows * 3);
    for row in 0..rows {
        for column in 0..columns {
            for colour in 0..3 {
                let lines = (0..side).map(|dy| ((row * side + dy) * width + column * side) * 3 + colour);
                let sum: usize = lines
                    .flat_map(|start| (0..side).map(move |dx| start + dx * 3))
                    .map(|at| usize::from(pixels[at]))
                    .sum();
                averages.push((sum / (side * side)) as u8);
            }
        }
    }
    averages
}

/// A picture of `width` times `height` pixels of three bytes.
///
/// # Errors
/// `Internal` if it cannot be compressed.
pub(super) fn encode(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>> {
    let refused = |error: std::io::Error| EngineError::Internal(format!("a picture could not be compressed: {error}"));
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for line in pixels.chunks(width as usize * 3) {
        // 0: no filter
        encoder.write_all(&[0]).and_then(|()| encoder.write_all(line)).map_err(refused)?;
    }
    let data = encoder.finish().map_err(refused)?;
    let mut bytes = SIGNATURE.to_vec();
    chunk(&mut bytes, b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &KIND].concat());
    chunk(&mut bytes, b"IDAT", &data);
    chunk(&mut bytes, b"IEND", &[]);
    Ok(bytes)
}

fn chunk(bytes: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    bytes.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let mut sum = Crc::new();
    sum.update(name);
    sum.update(data);
    bytes.extend(name);
    bytes.extend(data);
    bytes.extend(sum.sum().to_be_bytes());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_averaged() {
        let pixels: Vec<u8> = (0..48).collect();
        // 4 by 4 pixels of three bytes: the upper left square holds 0, 3, 12 and 15 of red
        assert_eq!(averaged(&pixels, (4, 4), 2)[..3], [7, 8, 9]);
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        let bytes = encode(&[0, 0, 0], (1, 1)).unwrap();
        // the last chunk is the same in every file
        assert!(bytes.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
        assert_eq!(bytes[16..24], [0, 0, 0, 1, 0, 0, 0, 1]);
    }
}
