//! A blob: a part of the file that it was written to.

use crate::image::layer::CopyError;
use crate::interrupt;
use crate::progress::Progress;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// What is copied between two looks for a signal, in bytes.
const PIECE: u64 = 64 << 20;

/// A blob in the file that it was written to. Cheap to clone; its readers share no position.
#[derive(Clone, Debug)]
pub struct Blob {
    file: Arc<File>,
    offset: u64,
    size: u64,
    progress: Progress,
}

impl Blob {
    /// The `size` bytes of `file` from `offset`.
    pub fn new(file: Arc<File>, offset: u64, size: u64) -> Self {
        Blob { file, offset, size, progress: Progress::default() }
    }

    /// The same, with what is read of it as what is done.
    #[must_use]
    pub fn watched(self, progress: &Progress) -> Self {
        Blob { progress: progress.clone(), ..self }
    }

    /// Counts all of it as done, where it need not be read.
    pub fn pass(&self) {
        self.progress.add(self.size);
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where it stands in its file: the first byte, and how many.
    pub fn range(&self) -> (u64, u64) {
        (self.offset, self.size)
    }

    /// The rest of it from byte `start`.
    #[must_use]
    pub fn from(&self, start: u64) -> Self {
        let start = start.min(self.size);
        Blob { offset: self.offset + start, size: self.size - start, ..self.clone() }
    }

    /// At most its first `size` bytes.
    #[must_use]
    pub fn first(&self, size: u64) -> Self {
        Blob { size: size.min(self.size), ..self.clone() }
    }

    /// A reader of it from its start.
    pub fn reader(&self) -> BlobReader {
        BlobReader { blob: self.clone() }
    }

    /// All of it; for documents.
    ///
    /// # Errors
    /// The system's.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes all of it to `out`, where the kernel can, without a way through this process. One copy at a time: it
    /// moves the position that the clones of a file share.
    ///
    /// # Errors
    /// The system's, or a signal.
    pub fn copy_to(&self, mut out: &File) -> Result<(), CopyError> {
        let mut from = &*self.file;
        from.seek(SeekFrom::Start(self.offset))?;
        let mut rest = self.size;
        while rest > 0 {
            interrupt::check()?;
            rest -= match io::copy(&mut Read::take(from, rest.min(PIECE)), &mut out)? {
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                copied => copied,
            };
        }
        Ok(())
    }
}

/// Reads a [`Blob`].
#[derive(Debug)]
pub struct BlobReader {
    blob: Blob,
}

impl BlobReader {
    /// Moves on by `count` bytes; `false` if there are fewer.
    pub fn advance(&mut self, count: u64) -> bool {
        let there = count <= self.blob.size;
        self.blob = self.blob.from(count);
        there
    }
}

impl Read for BlobReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.blob.size).unwrap_or(usize::MAX).min(into.len());
        let read = self.blob.file.read_at(&mut into[..room], self.blob.offset)?;
        if read == 0 && room > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.blob = self.blob.from(read as u64);
        self.blob.progress.add(read as u64);
        Ok(read)
    }
}
