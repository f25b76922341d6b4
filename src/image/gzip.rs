//! Writes one gzip member whose bytes depend on nothing but the content.
//!
//! The digest of an image layer is taken over its compressed bytes, so the
//! same files must give the same bytes on every machine. The input is cut into
//! blocks of a fixed size, each compressed alone by libdeflate and made to
//! join the next (see [`crate::image::deflate`]). How the caller chops its writes and
//! how many threads share the work cannot be told from the output, and memory
//! stays at a few blocks whatever the length of the input.
//!
//! The result is a single member of RFC 1952 section 2.3, as some readers of
//! layers stop after the first. Its header is constant: no time, no name, no
//! hint at the machine or the level.

mod block;
mod line;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::thread::available_parallelism;

use libdeflater::{CompressionLvl, Crc};

use block::{Block, Place};
use line::Line;

/// RFC 1952 section 2.3.1: the magic number, method 8 (deflate), no flags, no
/// time, no extra flags, and 255 for an unknown operating system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// More threads than this are of little use: the caller has to produce the
/// input meanwhile, and each thread holds a block in memory.
const MAX_WORKERS: usize = 4;

/// Compresses what is written to it into one gzip member on `W`.
///
/// The member is complete only after [`finish`](Self::finish). Inputs of up to
/// one block are compressed on the calling thread alone.
pub struct GzipWriter<W: Write> {
    inner: W,
    level: CompressionLvl,
    crc: Crc,
    /// The length of the input modulo 2^32, as the trailer wants it.
    length: u32,
    /// The block being filled.
    block: Block,
    /// The full blocks before it.
    line: Line,
    failed: bool,
}

impl<W: Write> GzipWriter<W> {
    /// Starts a member on `inner` with a libdeflate level of 1 to 12.
    ///
    /// # Errors
    ///
    /// Any error of `inner`, which gets the header at once, and
    /// [`io::ErrorKind::InvalidInput`] for another level.
    pub fn new(inner: W, level: u8) -> io::Result<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        Self::with_workers(inner, level, cores.min(MAX_WORKERS))
    }

    /// Like [`new`](Self::new), with a given number of threads, at least 1.
    fn with_workers(mut inner: W, level: u8, workers: usize) -> io::Result<Self> {
        // libdeflate knows a level 0 as well, which does not compress at all.
        let level = Some(level).filter(|level| *level > 0);
        let level = level.and_then(|level| CompressionLvl::new(level.into()).ok());
        let bad_level = || io::Error::new(io::ErrorKind::InvalidInput, "no such gzip level");
        let level = level.ok_or_else(bad_level)?;
        inner.write_all(&HEADER)?;
        Ok(Self {
            inner,
            level,
            crc: Crc::new(),
            length: 0,
            block: Block::new(level),
            line: Line::new(workers),
            failed: false,
        })
    }

    /// Ends the member and returns the writer below, which is not flushed.
    ///
    /// # Errors
    ///
    /// Any error of the writer below. A failed [`write`](Write::write) cannot
    /// be made good, so an error follows it here as well.
    pub fn finish(mut self) -> io::Result<W> {
        self.refuse_after_failure()?;
        self.count_block();
        self.block.compress(Place::Last)?;
        while let Some(block) = self.line.leave()? {
            self.inner.write_all(block.packed())?;
        }
        self.inner.write_all(self.block.packed())?;
        self.inner.write_all(&self.crc.sum().to_le_bytes())?;
        self.inner.write_all(&self.length.to_le_bytes())?;
        Ok(self.inner)
    }

    /// Sends the full block to the line and provides an empty one.
    ///
    /// The block that makes room for it becomes the next to fill. It is written
    /// only after the line is full again: that way no core waits for `inner`.
    fn turn_over(&mut self) -> io::Result<()> {
        self.count_block();
        let oldest = if self.line.is_full() { self.line.leave()? } else { None };
        let oldest = oldest.unwrap_or_else(|| Block::new(self.level));
        let full = std::mem::replace(&mut self.block, oldest);
        self.line.enter(full);
        self.inner.write_all(self.block.packed())?;
        self.block.clear();
        Ok(())
    }

    /// Adds the current block to the sums of the trailer.
    fn count_block(&mut self) {
        let raw = self.block.raw();
        self.crc.update(raw);
        self.length = self.length.wrapping_add(raw.len() as u32);
    }

    /// Fails if a block was lost to an earlier error.
    fn refuse_after_failure(&self) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write to this gzip member failed"));
        }
        Ok(())
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.refuse_after_failure()?;
        // A full block waits until there is more, as the last one of the
        // member is compressed differently.
        if self.block.is_full() && !data.is_empty() {
            self.turn_over().inspect_err(|_| self.failed = true)?;
        }
        Ok(self.block.fill(data))
    }

    /// Flushes the writer below. The block in work stays where it is: cutting
    /// it short would let the calls of the caller show in the bytes.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
