//! A program that passes by once, kept where it can be read at any place: a small one in memory, any other in a file
//! without a name.

use crate::elf::ReadAt;
use crate::error::{Code, Error};
use crate::image::digest::{Digest, Hashing};
use crate::temporary;
use std::fs::File;
use std::io::{self, Read, Write};

/// Programs up to here are kept in memory, in bytes.
const IN_MEMORY: u64 = 4 << 20;

/// A program that was kept.
#[derive(Debug)]
pub enum Kept {
    /// In memory.
    Memory(Vec<u8>),
    /// In a file without a name.
    File(File),
}

impl Kept {
    /// All of `content`, which should have `size` bytes, and its digest; `None` if it ends too early, which is the
    /// fault of what it comes from.
    ///
    /// # Errors
    /// No room for a temporary file.
    pub fn of(size: u64, content: &mut dyn Read) -> Result<Option<(Digest, Self)>, Error> {
        if size <= IN_MEMORY {
            // memory takes whatever is written to it
            return Ok(hashed(content, Vec::new())
                .unwrap_or(None)
                .map(|(digest, bytes)| (digest, Kept::Memory(bytes))));
        }
        let folder = temporary::large();
        let failed = |reason: io::Error| {
            Error::io(Code::Output, "write in", &folder, &reason)
                .help("set TMPDIR to a folder with more room")
        };
        let file = tempfile::tempfile_in(&folder).map_err(failed)?;
        Ok(hashed(content, file).map_err(failed)?.map(|(digest, file)| (digest, Kept::File(file))))
    }

    /// Whether it is what a linker makes programs of (`ET_REL`, in either byte order): nothing of it could be loaded.
    pub fn is_object(&self) -> bool {
        let mut kind = [0; 2];
        self.read_exact_at(&mut kind, 16).is_ok() && matches!(kind, [1, 0] | [0, 1])
    }
}

impl ReadAt for Kept {
    fn size(&self) -> io::Result<u64> {
        match self {
            Kept::Memory(bytes) => bytes.as_slice().size(),
            Kept::File(file) => file.size(),
        }
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        match self {
            Kept::Memory(bytes) => bytes.as_slice().read_exact_at(buf, offset),
            Kept::File(file) => ReadAt::read_exact_at(file, buf, offset),
        }
    }
}

/// All of `content`, in `to`, and its digest; nothing if it ends too early.
///
/// # Errors
/// `to` cannot take it.
pub fn hashed<W: Write>(content: &mut dyn Read, to: W) -> io::Result<Option<(Digest, W)>> {
    let (mut to, mut buffer) = (Hashing::new(to), vec![0; 64 << 10]);
    loop {
        let read = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(reason) if reason.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Ok(None),
        };
        to.write_all(&buffer[..read])?;
    }
    let (digest, _, to) = to.finish();
    Ok(Some((digest, to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_and_a_large_one_are_read_alike() {
        let bytes: Vec<u8> = (0..IN_MEMORY + 9).map(|n| (n % 251) as u8).collect();
        for size in [9, bytes.len()] {
            let (digest, kept) = Kept::of(size as u64, &mut &bytes[..size]).unwrap().unwrap();
            assert_eq!(matches!(kept, Kept::File(_)), size > 9);
            assert_eq!((digest, kept.size().unwrap()), (Digest::of(&bytes[..size]), size as u64));
            let mut end = [0; 4];
            kept.read_exact_at(&mut end, size as u64 - 4).unwrap();
            assert_eq!(end, bytes[size - 4..size]);
            assert!(kept.read_exact_at(&mut end, size as u64 - 3).is_err());
        }
    }

    #[test]
    fn what_ends_too_early_is_not_kept() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::InvalidData.into())
            }
        }
        for size in [9, IN_MEMORY + 1] {
            assert!(Kept::of(size, &mut b"x".chain(Broken)).unwrap().is_none());
        }
    }
}
