//! Evidence: the very bytes that a proof was made on, to be found again in what is packed.
//!
//! A proof reads a few hundred bytes of a program: its headers and its dynamic section. Comparing just these while
//! the program streams by costs nothing and is exact, where a second digest of all of it would double the work.

use crate::elf::ReadAt;
use std::cell::RefCell;
use std::io;

/// Bytes, and the offsets at which they stood.
#[derive(Debug, Default)]
pub struct Evidence {
    parts: Vec<(u64, Vec<u8>)>,
}

impl Evidence {
    /// Whether `chunk`, which stands at `offset`, agrees with all of it that the proof has seen.
    pub fn agrees(&self, offset: u64, chunk: &[u8]) -> bool {
        let end = offset + chunk.len() as u64;
        self.parts.iter().all(|(start, bytes)| {
            let (from, to) = (offset.max(*start), end.min(start + bytes.len() as u64));
            if from >= to {
                return true;
            }
            let part = |base: u64, of: &[u8]| {
                let (from, to) = (usize::try_from(from - base).ok()?, usize::try_from(to - base).ok()?);
                of.get(from..to).map(<[u8]>::to_vec)
            };
            part(*start, bytes) == part(offset, chunk)
        })
    }
}

/// Reads through to `inner` and keeps what was read.
pub struct Recorder<'a, R: ?Sized> {
    inner: &'a R,
    read: RefCell<Evidence>,
}

impl<'a, R: ReadAt + ?Sized> Recorder<'a, R> {
    /// Nothing read yet.
    pub fn new(inner: &'a R) -> Self {
        Recorder { inner, read: RefCell::default() }
    }

    /// All that was read.
    pub fn evidence(self) -> Evidence {
        self.read.into_inner()
    }
}

impl<R: ReadAt + ?Sized> ReadAt for Recorder<'_, R> {
    fn size(&self) -> io::Result<u64> {
        self.inner.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.inner.read_exact_at(buf, offset)?;
        self.read.borrow_mut().parts.push((offset, buf.to_vec()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a10_a_byte_that_the_proof_saw_must_come_again_whatever_the_chunks() {
        let original: Vec<u8> = (0..=255).collect();
        let recorder = Recorder::new(&original[..]);
        for (offset, len) in [(0, 64), (100, 10), (250, 6)] {
            recorder.read_exact_at(&mut vec![0; len], offset).unwrap();
        }
        let evidence = recorder.evidence();
        let passes = |bytes: &[u8], size: usize| {
            bytes.chunks(size).enumerate().all(|(n, chunk)| evidence.agrees((n * size) as u64, chunk))
        };
        for size in [1, 7, 64, 256] {
            assert!(passes(&original, size));
            for changed in [0, 63, 100, 109, 255] {
                let mut other = original.clone();
                other[changed] ^= 1;
                assert!(!passes(&other, size), "byte {changed} in chunks of {size}");
            }
            let mut other = original.clone();
            other[64] ^= 1;
            assert!(passes(&other, size), "a byte that the proof did not look at");
        }
    }
}
