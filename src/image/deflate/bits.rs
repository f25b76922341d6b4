//! Reads a byte slice as the bit string that RFC 1951 section 3.1.1 describes.
//!
//! Bits are taken from the lowest bit of each byte upwards. A word of them is
//! kept at hand, so that the walker can read two symbols after one load. Past
//! the end there are zero bits and looking at them is no error: the loop over
//! the symbols need not care how much is left, and asks with
//! [`BitReader::check`] now and then whether it has left the data.

use super::Malformed;

/// A position in a bit string.
#[derive(Clone)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    /// The first byte that does not count as loaded.
    next: usize,
    /// The bits after the position. Above the loaded ones there may be a part
    /// of the next byte, which its own load then finds unchanged.
    ahead: u64,
    /// How many bits count as loaded, at most 63.
    loaded: usize,
}

impl<'a> BitReader<'a> {
    /// Starts at the first bit of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0, ahead: 0, loaded: 0 }
    }

    /// The number of bits that were read or skipped.
    #[inline(always)]
    pub fn position(&self) -> usize {
        self.next * 8 - self.loaded
    }

    /// Loads whole bytes until there are 56 bits or more.
    #[inline(always)]
    pub fn refill(&mut self) {
        let rest = self.bytes.get(self.next..).unwrap_or_default();
        let word = match rest.first_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => short_word(rest),
        };
        self.ahead |= word << self.loaded;
        self.next += (63 - self.loaded) / 8;
        self.loaded |= 0b11_1000; // at least 56 bits: what it was, and all whole bytes that fit above
    }

    /// The loaded bits, the first of them lowest.
    #[inline(always)]
    pub fn ahead(&self) -> u64 {
        self.ahead
    }

    /// Moves on by `count` bits, which must be loaded.
    #[inline(always)]
    pub fn skip(&mut self, count: usize) {
        self.ahead >>= count;
        self.loaded -= count;
    }

    /// Fails once the position is past the end.
    #[inline(always)]
    pub fn check(&self) -> Result<(), Malformed> {
        if self.position() > self.bytes.len() * 8 {
            return Err(self.malformed("ends too early"));
        }
        Ok(())
    }

    /// Reads a number of `count` bits, at most 16.
    pub fn take(&mut self, count: usize) -> Result<usize, Malformed> {
        self.refill();
        let value = self.ahead & ((1 << count) - 1);
        self.skip(count);
        self.check()?;
        Ok(value as usize)
    }

    /// Moves to the next byte boundary, unless already at one, and then on by
    /// `count` bytes.
    pub fn skip_bytes(&mut self, count: usize) -> Result<(), Malformed> {
        let next = self.position().div_ceil(8) + count;
        *self = Self { bytes: self.bytes, next, ahead: 0, loaded: 0 };
        self.check()
    }

    /// An error at the current position.
    #[cold]
    pub fn malformed(&self, what: &'static str) -> Malformed {
        Malformed::new(what, self.position())
    }
}

/// The last few bytes of the data, with zeros after them.
#[cold]
fn short_word(rest: &[u8]) -> u64 {
    let bytes = rest.iter().rev();
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
        reader.skip_bytes(0).unwrap();
        reader.skip_bytes(0).unwrap();
        assert_eq!(reader.position(), 16);
        assert!(reader.take(1).is_err());
    }

    #[test]
    fn bytes_are_skipped_from_a_boundary_and_not_past_the_end() {
        let bytes: Vec<u8> = (0..20).collect();
        let mut reader = BitReader::new(&bytes);
        reader.take(9).unwrap();
        reader.skip_bytes(7).unwrap();
        assert_eq!(reader.take(8), Ok(9));
        assert!(reader.clone().skip_bytes(11).is_err());
        reader.skip_bytes(10).unwrap();
        assert_eq!(reader.position(), 160);
    }

    #[test]
    fn looking_past_the_end_shows_zeros_and_going_there_fails() {
        let bytes = [0xff; 11];
        let mut reader = BitReader::new(&bytes);
        for position in 0..=88 {
            reader.refill();
            let shown = reader.ahead() & ((1 << 56) - 1);
            assert_eq!(shown.count_ones(), (88 - position).min(56));
            assert_eq!(reader.position(), position as usize);
            assert!(reader.check().is_ok());
            reader.skip(1);
        }
        assert!(reader.check().is_err());
        for _ in 0..100 {
            reader.refill();
            assert_eq!(reader.ahead(), 0);
            reader.skip(56);
        }
    }
}
