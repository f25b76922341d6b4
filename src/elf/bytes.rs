//! Reads bytes at offsets, from wherever an ELF file happens to be.

use super::{Error, Malformed, Part};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes at offsets: a slice, an open file, or a stripped view of one.
///
/// Reading takes `&self`, as `pread` does: a proof and a copy of the same open
/// file do not disturb each other's position.
pub trait ReadAt {
    /// How many bytes there are.
    ///
    /// # Errors
    ///
    /// If that cannot be found out.
    fn size(&self) -> io::Result<u64>;

    /// Fills `buf` with the bytes from `offset` on.
    ///
    /// # Errors
    ///
    /// If not all of them can be read; what `buf` then holds is of no use.
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for [u8] {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let from = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..))
            .and_then(|rest| rest.get(..buf.len()))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(from);
        Ok(())
    }
}

impl ReadAt for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, buf, offset)
    }
}

impl Part {
    /// Where this part ends, once it is known to end inside a file of `size` bytes.
    pub(super) fn inside(self, offset: u64, len: u64, size: u64) -> Result<u64, Malformed> {
        let end = offset.checked_add(len).ok_or(Malformed::EndOverflows(self))?;
        if end > size {
            return Err(Malformed::Truncated { part: self, end, size });
        }
        Ok(end)
    }

    /// This part's bytes, in one read.
    ///
    /// The range is checked against the size of the file before anything is
    /// allocated, so no length a file claims costs more memory than the file has.
    pub(super) fn read<R: ReadAt + ?Sized>(self, bytes: &R, offset: u64, len: u64) -> Result<Vec<u8>, Error> {
        self.inside(offset, len, bytes.size()?)?;
        let len = usize::try_from(len).map_err(|_| Malformed::EndOverflows(self))?;
        let mut raw = vec![0; len];
        bytes.read_exact_at(&mut raw, offset)?;
        Ok(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_gives_what_it_has_and_no_more() {
        let bytes: &[u8] = b"abcdef";
        let mut two = [0; 2];
        bytes.read_exact_at(&mut two, 4).unwrap();
        assert_eq!(&two, b"ef");
        assert!(bytes.read_exact_at(&mut two, 5).is_err());
        assert!(bytes.read_exact_at(&mut two, u64::MAX).is_err());
        assert_eq!(bytes.size().unwrap(), 6);
    }

    #[test]
    fn a_file_reads_as_its_bytes_do() {
        let file = File::open(std::env::current_exe().unwrap()).unwrap();
        let mut magic = [0; 4];
        ReadAt::read_exact_at(&file, &mut magic, 0).unwrap();
        assert_eq!(&magic, b"\x7fELF");
        let size = file.size().unwrap();
        assert!(ReadAt::read_exact_at(&file, &mut magic, size).is_err());
    }

    #[test]
    fn a_range_ends_inside_the_file_or_is_refused() {
        let part = Part::Segment(3);
        assert_eq!(part.inside(500, 12, 512), Ok(512));
        assert_eq!(part.inside(500, 400, 512), Err(Malformed::Truncated { part, end: 900, size: 512 }));
        assert_eq!(part.inside(u64::MAX, 1, 512), Err(Malformed::EndOverflows(part)));
    }
}
