//! Encoded bytes on their way to the store.

use std::io::{Result, Write};

use bytes::Bytes;

/// Bytes of a block.
const BLOCK_BYTES: usize = 256 << 10;

/// Takes what an encoder writes into blocks of one size: one growing buffer would be copied as it doubles, and keep up to
/// twice the memory until its last part is sent.
#[derive(Default)]
pub(super) struct Blocks {
    full: Vec<Bytes>,
    open: Vec<u8>,
}

impl Blocks {
    /// Takes the full blocks, in order.
    pub(super) fn take_full(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.full)
    }

    /// Takes all blocks, in order.
    pub(super) fn take_all(&mut self) -> Vec<Bytes> {
        if !self.open.is_empty() {
            self.full.push(std::mem::take(&mut self.open).into());
        }
        self.take_full()
    }
}

impl Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.open.capacity() == 0 {
            self.open.reserve_exact(BLOCK_BYTES);
        }
        let taken = bytes.len().min(BLOCK_BYTES - self.open.len());
        self.open.extend_from_slice(&bytes[..taken]);
        if self.open.len() == BLOCK_BYTES {
            self.full.push(std::mem::take(&mut self.open).into());
        }
        Ok(taken)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;

    use super::{BLOCK_BYTES, Blocks};

    #[test]
    fn bytes_come_out_in_order_and_blocks_are_of_one_size() {
        let mut blocks = Blocks::default();
        let all: Vec<u8> = (0..3 * BLOCK_BYTES + 17).map(|i| (i % 251) as u8).collect();
        let mut out = Vec::new();
        for piece in all.chunks(100_003) {
            blocks.write_all(piece).unwrap();
            let full = blocks.take_full();
            assert!(full.iter().all(|block| block.len() == BLOCK_BYTES));
            out.extend(full);
        }
        out.extend(blocks.take_all());
        assert_eq!((out.len(), out.concat()), (4, all));
        assert!(blocks.take_all().is_empty());
    }
}
