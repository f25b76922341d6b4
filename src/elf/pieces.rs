//! Describes a file as ranges of another, its original, and a few new bytes.

use super::Malformed;

/// A run of bytes of a rewritten file.
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

    /// `len` bytes of it from `start`, which are inside it.
    fn part(&self, start: u64, len: u64) -> Option<Piece> {
        Some(match self {
            Self::Bytes(bytes) => {
                let (start, len) = (usize::try_from(start).ok()?, usize::try_from(len).ok()?);
                Self::Bytes(bytes.get(start..start.checked_add(len)?)?.to_vec())
            }
            Self::Source { offset, .. } => Self::Source { offset: offset.checked_add(start)?, len },
        })
    }
}

/// What a file becomes, so that a large program is stripped while it is read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    pieces: Vec<Piece>,
    size: u64,
}

impl Rewritten {
    /// The pieces, first to last.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The size of the rewritten file.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The same file told by the original of `base`, where `base` is the file that it was made from.
    #[must_use]
    pub fn through(&self, base: &Rewritten) -> Rewritten {
        let mut pieces = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(_) => pieces.push(piece.clone()),
                Piece::Source { offset, len } => pieces.extend(base.range(*offset, *len)),
            }
        }
        Rewritten { pieces, size: self.size }
    }

    /// The pieces of `len` bytes from `start`.
    fn range(&self, start: u64, len: u64) -> Vec<Piece> {
        let end = start.saturating_add(len);
        let (mut at, mut found) = (0_u64, Vec::new());
        for piece in &self.pieces {
            let behind = at.saturating_add(piece.size());
            let (from, until) = (start.max(at), end.min(behind));
            if from < until {
                found.extend(piece.part(from.saturating_sub(at), until.saturating_sub(from)));
            }
            at = behind;
        }
        found
    }
}

/// A rewritten file being put together.
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

    /// The finished file; `None` if it is larger than `most`.
    pub(super) fn finish(self, most: u64) -> Option<Rewritten> {
        (self.size <= most).then_some(Rewritten { pieces: self.pieces, size: self.size })
    }

    /// The finished file; `None` if it is not smaller than the original.
    pub(super) fn finish_smaller(self, original: u64) -> Option<Rewritten> {
        self.finish(original.checked_sub(1)?)
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
        let stripped = pieces.finish(18).unwrap();
        assert_eq!(stripped.size(), 18);
        let source = Piece::Source { offset: 100, len: 10 };
        let bytes = [b"abc".to_vec(), vec![0; 5]].map(Piece::Bytes);
        assert_eq!(stripped.pieces(), [&bytes[..], &[source]].concat());
    }

    #[test]
    fn a_file_that_would_not_shrink_is_not_stripped() {
        let mut pieces = Pieces::default();
        pieces.source(0, u64::MAX).unwrap();
        assert_eq!(pieces.source(0, 1), Err(Malformed::TooLarge));
        assert_eq!(pieces.finish_smaller(u64::MAX), None);
    }

    #[test]
    fn a_file_made_of_a_rewritten_one_is_told_by_the_original() {
        let mut base = Pieces::default();
        base.bytes(b"<<".to_vec()).unwrap();
        base.source(100, 10).unwrap();
        base.bytes(b">>".to_vec()).unwrap();
        let base = base.finish(14).unwrap();
        let mut pieces = Pieces::default();
        pieces.source(1, 4).unwrap();
        pieces.bytes(b"new".to_vec()).unwrap();
        pieces.source(11, 2).unwrap();
        let told = pieces.finish(9).unwrap().through(&base);
        let bytes = |bytes: &[u8]| Piece::Bytes(bytes.to_vec());
        let source = |offset, len| Piece::Source { offset, len };
        let expected = [bytes(b"<"), source(100, 3), bytes(b"new"), source(109, 1), bytes(b">")];
        assert_eq!((told.pieces(), told.size()), (&expected[..], 9));
    }
}
