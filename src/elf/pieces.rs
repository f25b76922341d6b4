//! Describes a stripped file as ranges of the original and a few new bytes.

use super::Malformed;

/// A run of bytes of a stripped file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// New bytes.
    Bytes(Vec<u8>),
    /// Bytes of the original.
    Source {
        /// Where they begin in it.
        offset: u64,
        /// How many there are.
        len: u64,
    },
}

impl Piece {
    /// How many bytes this is.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Source { len, .. } => *len,
        }
    }
}

/// What is left of a file, so that a large program is stripped while it is read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripped {
    pieces: Vec<Piece>,
    size: u64,
    saved: u64,
}

impl Stripped {
    /// The pieces, first to last.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The size of the stripped file.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many bytes smaller than the original it is.
    #[must_use]
    pub fn saved(&self) -> u64 {
        self.saved
    }
}

/// A stripped file being put together.
#[derive(Default)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    size: u64,
}

impl Pieces {
    /// Where the next byte goes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Adds new bytes.
    pub(super) fn bytes(&mut self, bytes: Vec<u8>) -> Result<(), Malformed> {
        self.push(Piece::Bytes(bytes))
    }

    /// Adds bytes of the original.
    pub(super) fn source(&mut self, offset: u64, len: u64) -> Result<(), Malformed> {
        self.push(Piece::Source { offset, len })
    }

    /// Adds zeros up to a multiple of `align`, 0 meaning none.
    pub(super) fn align(&mut self, align: u16) -> Result<(), Malformed> {
        let over = self.size.checked_rem(align.into()).unwrap_or(0);
        if over == 0 {
            return Ok(());
        }
        let missing = u64::from(align).saturating_sub(over);
        let missing = usize::try_from(missing).map_err(|_| Malformed::TooLarge)?;
        self.bytes(vec![0; missing])
    }

    /// Puts other bytes of the same length in the place of the first piece.
    ///
    /// A file header says where the last table is, which is known only once all
    /// before it is placed.
    pub(super) fn replace_first(&mut self, bytes: Vec<u8>) {
        if let Some(first) = self.pieces.first_mut()
            && first.size() == bytes.len() as u64
        {
            *first = Piece::Bytes(bytes);
        }
    }

    /// The finished file; `None` if it is not smaller than the original.
    pub(super) fn finish(self, original: u64) -> Option<Stripped> {
        let saved = original.checked_sub(self.size).filter(|saved| *saved > 0)?;
        Some(Stripped { pieces: self.pieces, size: self.size, saved })
    }

    fn push(&mut self, piece: Piece) -> Result<(), Malformed> {
        let len = piece.size();
        if len > 0 {
            self.size = self.size.checked_add(len).ok_or(Malformed::TooLarge)?;
            self.pieces.push(piece);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up_and_empty_ones_are_left_out() {
        let mut pieces = Pieces::default();
        pieces.bytes(b"xyz".to_vec()).unwrap();
        pieces.replace_first(b"abcd".to_vec());
        pieces.replace_first(b"abc".to_vec());
        pieces.source(7, 0).unwrap();
        pieces.align(8).unwrap();
        pieces.align(8).unwrap();
        pieces.align(0).unwrap();
        pieces.source(100, 10).unwrap();
        assert_eq!(pieces.size(), 18);
        let stripped = pieces.finish(20).unwrap();
        assert_eq!((stripped.size(), stripped.saved()), (18, 2));
        let source = Piece::Source { offset: 100, len: 10 };
        let bytes = [b"abc".to_vec(), vec![0; 5]].map(Piece::Bytes);
        assert_eq!(stripped.pieces(), [&bytes[..], &[source]].concat());
    }

    #[test]
    fn a_file_that_would_not_shrink_is_not_stripped() {
        let mut pieces = Pieces::default();
        pieces.source(0, u64::MAX).unwrap();
        assert_eq!(pieces.source(0, 1), Err(Malformed::TooLarge));
        assert_eq!(pieces.finish(u64::MAX), None);
    }
}
