//! One block of input with all that is needed to compress it anywhere.
//!
//! A block owns its buffers and its compressor, so it can move to a thread and
//! back without sharing anything, and is used again instead of allocated again.
//! It is compressed without the history of the blocks before it: that costs a
//! little size, and is what lets blocks be compressed in any order.

use std::io;

use libdeflater::{CompressionLvl, Compressor};

use crate::image::deflate::{JOIN_OVERHEAD, joinable};

/// Where in the member a block goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Another block follows.
    Inner,
    /// The block ends the deflate stream.
    Last,
}

/// A piece of input and, later on, its compressed form.
pub struct Block {
    compressor: Compressor,
    raw: Vec<u8>,
    /// Room for what does not compress. It is not written to beforehand, as
    /// what is never written to takes no memory.
    packed: Vec<u8>,
    /// How much of that is the compressed form.
    packed_len: usize,
}

impl Block {
    /// The number of input bytes in every block but the last. The compressed
    /// bytes depend on it, so a change alters the digest of every layer. Half
    /// of it would cost 0.2 % of size, twice as much a megabyte a thread.
    pub const SIZE: usize = 1 << 19;

    /// An empty block.
    pub fn new(level: CompressionLvl) -> Self {
        let compressor = Compressor::new(level);
        Self { compressor, raw: Vec::with_capacity(Self::SIZE), packed: Vec::new(), packed_len: 0 }
    }

    /// Takes as much of `data` as fits and returns how much that was.
    pub fn fill(&mut self, data: &[u8]) -> usize {
        let room = Self::SIZE.saturating_sub(self.raw.len());
        let taken = data.get(..room).unwrap_or(data);
        self.raw.extend_from_slice(taken);
        taken.len()
    }

    /// Whether nothing more fits.
    pub fn is_full(&self) -> bool {
        self.raw.len() >= Self::SIZE
    }

    /// The input.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The compressed form, empty before [`compress`](Self::compress).
    pub fn packed(&self) -> &[u8] {
        self.packed.get(..self.packed_len).unwrap_or_default()
    }

    /// Forgets the content and keeps the buffers.
    pub fn clear(&mut self) {
        self.raw.clear();
        self.packed_len = 0;
    }

    /// Compresses the input into a piece of a deflate stream.
    ///
    /// # Errors
    ///
    /// None that the input can cause. An error means that libdeflate did not
    /// keep to its own documentation or to RFC 1951.
    pub fn compress(&mut self, place: Place) -> io::Result<()> {
        if self.packed.is_empty() {
            let bound = self.compressor.deflate_compress_bound(Self::SIZE);
            self.packed = vec![0; bound + JOIN_OVERHEAD];
        }
        let len = self.compressor.deflate_compress(&self.raw, &mut self.packed);
        self.packed_len = len.map_err(io::Error::other)?;
        if place == Place::Inner {
            let joined = joinable(&mut self.packed, self.packed_len, self.raw.len());
            self.packed_len = joined.map_err(io::Error::other)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_its_size_and_no_more() {
        let mut block = Block::new(CompressionLvl::default());
        let data = vec![1; Block::SIZE - 1];
        assert_eq!(block.fill(&data), data.len());
        assert!(!block.is_full());
        assert_eq!(block.fill(b"ab"), 1);
        assert!(block.is_full());
        assert_eq!(block.fill(b"b"), 0);
        assert_eq!(block.raw().last(), Some(&b'a'));
    }

    #[test]
    fn a_block_used_again_gives_the_same_bytes_from_the_same_buffers() {
        let noise = |mut state: u64| {
            let step = std::iter::repeat_with(move || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 24) as u8
            });
            step.take(Block::SIZE).collect::<Vec<u8>>()
        };
        let mut block = Block::new(CompressionLvl::default());
        block.fill(&noise(1));
        block.compress(Place::Inner).unwrap();
        let (first, room) = (block.packed().to_vec(), block.packed.as_ptr());
        assert!(first.len() > Block::SIZE, "noise should not compress");

        block.clear();
        block.fill(&noise(2));
        block.compress(Place::Last).unwrap();
        assert_ne!(block.packed(), first);

        block.clear();
        assert!(block.raw().is_empty() && block.packed().is_empty());
        block.fill(&noise(1));
        block.compress(Place::Inner).unwrap();
        assert!(block.packed() == first);
        assert_eq!(block.packed.as_ptr(), room);
    }
}
