//! Reads a byte slice as the bit string that RFC 1951 section 3.1.1 describes.
//!
//! Bits are taken from the lowest bit of each byte upwards. The reader keeps
//! nothing but a bit position and loads a fresh word for every look: the
//! position is what the walker is after, and it cannot drift from the data as
//! the state of a separate bit buffer could. Past the end there are zero bits,
//! so that the hot loop may look ahead freely; [`BitReader::check`] tells when
//! the position itself has left the data.

use super::Malformed;

/// A position in a bit string.
#[derive(Clone)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    /// Starts at the first bit of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The number of bits that were read or skipped.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The next 57 bits or more, the first of them lowest: eight bytes, less
    /// the part of the first that was read.
    #[inline(always)]
    pub fn peek(&self) -> u64 {
        let ahead = self.bytes.get(self.position / 8..).unwrap_or_default();
        let word = match ahead.first_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => short_word(ahead),
        };
        word >> (self.position % 8)
    }

    /// Moves on by `count` bits, which may lead past the end.
    #[inline(always)]
    pub fn skip(&mut self, count: usize) {
        self.position += count;
    }

    /// Fails once the position is past the end.
    #[inline(always)]
    pub fn check(&self) -> Result<(), Malformed> {
        if self.position > self.bytes.len() * 8 {
            return Err(self.malformed("ends too early"));
        }
        Ok(())
    }

    /// Reads a number of `count` bits, at most 16.
    pub fn take(&mut self, count: usize) -> Result<usize, Malformed> {
        let value = self.peek() & ((1 << count.min(16)) - 1);
        self.skip(count);
        self.check()?;
        Ok(value as usize)
    }

    /// Moves to the next byte boundary, unless already at one.
    pub fn align(&mut self) {
        self.position = self.position.next_multiple_of(8);
    }

    /// An error at the current position.
    #[cold]
    pub fn malformed(&self, what: &'static str) -> Malformed {
        Malformed::new(what, self.position)
    }
}

/// The last few bytes of the data, with zeros after them.
#[cold]
fn short_word(ahead: &[u8]) -> u64 {
    let bytes = ahead.iter().rev();
    bytes.fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_lowest_first_and_cross_bytes() {
        let mut reader = BitReader::new(&[0b1010_0110, 0b0000_0001]);
        assert_eq!(reader.take(1), Ok(0));
        assert_eq!(reader.take(3), Ok(0b011));
        assert_eq!(reader.take(5), Ok(0b1_1010));
        assert_eq!(reader.position(), 9);
        reader.align();
        reader.align();
        assert_eq!(reader.position(), 16);
        assert!(reader.take(1).is_err());
    }

    #[test]
    fn looking_past_the_end_shows_zeros_and_going_there_fails() {
        let bytes = [0xff; 11];
        let mut reader = BitReader::new(&bytes);
        for position in 0..=88 {
            let left = 88 - position;
            let shown = reader.peek() & ((1 << 57) - 1);
            assert_eq!(shown.count_ones() as usize, left.min(57));
            assert!(reader.check().is_ok());
            reader.skip(1);
        }
        assert!(reader.check().is_err());
        reader.skip(1_000);
        assert_eq!(reader.peek(), 0);
    }
}
