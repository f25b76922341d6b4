//! Reads a rewritten file without ever writing it.

use super::ReadAt;
use super::pieces::{Piece, Rewritten};
use std::io;

/// A rewritten file, read through its original.
///
/// A proof made on it is a proof of the bytes that are packed, not of those they
/// came from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a, R: ?Sized> {
    original: &'a R,
    rewritten: &'a Rewritten,
}

impl<'a, R: ReadAt + ?Sized> View<'a, R> {
    /// The view of `original` that `rewritten`, which came from it, describes.
    #[must_use]
    pub const fn new(original: &'a R, rewritten: &'a Rewritten) -> Self {
        Self { original, rewritten }
    }
}

impl<R: ReadAt + ?Sized> ReadAt for View<'_, R> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.rewritten.size())
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let mut skip = offset;
        let mut buf = buf;
        // A rewritten file has some dozens of pieces: finding the first of a
        // range by walking costs nothing next to reading it.
        for piece in self.rewritten.pieces() {
            if buf.is_empty() {
                break;
            }
            let Some(available) = piece.size().checked_sub(skip).filter(|left| *left > 0) else {
                skip = skip.saturating_sub(piece.size());
                continue;
            };
            let take = usize::try_from(available).map_or(buf.len(), |left| left.min(buf.len()));
            let (now, later) = buf.split_at_mut_checked(take).ok_or(io::ErrorKind::UnexpectedEof)?;
            match piece {
                Piece::Bytes(bytes) => bytes.as_slice().read_exact_at(now, skip)?,
                Piece::Source { offset, .. } => {
                    let from = offset.checked_add(skip).ok_or_else(past_the_end)?;
                    self.original.read_exact_at(now, from)?;
                }
            }
            buf = later;
            skip = 0;
        }
        if buf.is_empty() {
            return Ok(());
        }
        Err(past_the_end())
    }
}

fn past_the_end() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

#[cfg(test)]
mod tests {
    use super::super::chunks;
    use super::super::pieces::Pieces;
    use super::*;

    const ORIGINAL: &[u8] = b"0123456789abcdef";

    fn stripped() -> Rewritten {
        let mut pieces = Pieces::default();
        pieces.bytes(b"<".to_vec()).unwrap();
        pieces.source(4, 3).unwrap();
        pieces.bytes(b">".to_vec()).unwrap();
        pieces.source(10, 2).unwrap();
        pieces.finish(16).unwrap()
    }

    #[test]
    fn every_range_reads_as_a_file_of_the_pieces_would() {
        let stripped = stripped();
        let view = View::new(ORIGINAL, &stripped);
        let whole = b"<456>ab";
        assert_eq!(view.size().unwrap(), 7);
        for start in 0..=whole.len() {
            for end in start..=whole.len() + 1 {
                let mut buf = vec![0; end - start];
                let read = view.read_exact_at(&mut buf, start as u64);
                match whole.get(start..end) {
                    Some(part) => assert_eq!((read.is_ok(), buf.as_slice()), (true, part)),
                    None => assert!(read.is_err()),
                }
            }
        }
    }

    #[test]
    fn chunks_are_the_file_in_order() {
        let stripped = stripped();
        let mut all = Vec::new();
        let each = |_: u64, chunk: &[u8]| -> io::Result<()> {
            all.extend_from_slice(chunk);
            Ok(())
        };
        chunks(&View::new(ORIGINAL, &stripped), |reason| reason, each).unwrap();
        assert_eq!(all, b"<456>ab");
    }

    #[test]
    fn an_error_ends_the_chunks() {
        let stripped = stripped();
        let mut calls = 0;
        let each = |_: u64, _: &[u8]| -> io::Result<()> {
            calls += 1;
            Err(io::ErrorKind::StorageFull.into())
        };
        let result = chunks(&View::new(ORIGINAL, &stripped), |reason| reason, each);
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(calls, 1);
        let cut = View::new(&ORIGINAL[..5], &stripped);
        assert!(chunks(&cut, |reason| reason, |_, _| io::Result::Ok(())).is_err());
    }
}
