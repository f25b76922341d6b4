//! Bytes that are counted and hashed while somebody reads them, up to a limit.

use super::tar::Input;
use crate::image::digest::{Digest, Hashing};
use crate::interrupt;
use std::io::{self, BufRead, BufReader, Read, Sink, Write};

/// What is read between two looks for a signal, in bytes.
const PIECE: u64 = 32 << 20;

/// Reads through to `inner`. Beyond the limit it fails with [`io::ErrorKind::FileTooLarge`].
pub struct Measured<R> {
    inner: R,
    hash: Hashing<Sink>,
    size: u64,
    limit: u64,
}

impl<R: Read> Measured<R> {
    /// Nothing read yet.
    pub fn new(inner: R, limit: u64) -> Self {
        Measured { inner, hash: Hashing::new(io::sink()), size: 0, limit }
    }

    /// The bytes that were read.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The digest and the number of all that was read.
    pub fn finish(self) -> (Digest, u64) {
        let (digest, size, _) = self.hash.finish();
        (digest, size)
    }
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let before = self.size;
        self.size += read as u64;
        if self.size / PIECE > before / PIECE && interrupt::check().is_err() {
            return Err(io::Error::other("interrupted"));
        }
        if self.size > self.limit {
            let why = format!("it unpacks to more than {} bytes", self.limit);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        self.hash.write_all(&into[..read])?;
        Ok(read)
    }
}

impl<R: Read> Input for BufReader<Measured<R>> {
    fn skip(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let read = match self.fill_buf() {
                Ok([]) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(bytes) => usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len()),
                Err(reason) if reason.kind() == io::ErrorKind::Interrupted => continue,
                Err(reason) => return Err(reason),
            };
            self.consume(read);
            count -= read as u64;
        }
        Ok(())
    }
}
