//! Turns the code lengths of a block into a table that reads its symbols.
//!
//! A deflate code is canonical (RFC 1951 section 3.2.2): the lengths alone
//! define it. Nearly all symbols that occur have short codes, so a table of
//! [`FAST_BITS`] bits answers them in one load, together with what they stand
//! for and how many extra bits follow. Longer codes are rare by nature, as a
//! code of n bits is worth its place only at a share near 2^-n, and are read
//! bit by bit: that costs no second table and no time worth saving.

use super::Malformed;
use super::bits::BitReader;

/// The longest code that deflate allows (RFC 1951 section 3.2.7).
const MAX_BITS: usize = 15;
/// The longest code that the table answers directly.
const FAST_BITS: usize = 10;
/// The size of the largest alphabet, literals and lengths (section 3.2.6).
const MAX_SYMBOLS: usize = 288;

/// What the symbols of a code stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// The code lengths of a dynamic block; the base is the symbol.
    CodeLengths,
    /// Section 3.2.5: the base is 0 for the end of the block, 1 for a literal
    /// and otherwise the match length, of 3 or more, before its extra bits.
    Lengths,
    /// Section 3.2.5: the base is the distance before its extra bits.
    Distances,
}

/// What a symbol of the bulk of a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A literal byte, or a symbol of [`Alphabet::CodeLengths`].
    #[default]
    Plain,
    /// The first half of a match; a distance follows.
    Length,
    /// The second half of a match.
    Distance,
    /// The end of the block.
    End,
}

/// One symbol as read: a base value and the bits that it takes.
///
/// It holds the sum of its bits, not the extra bits alone: the place of the
/// next symbol depends on the sum, and that sets the pace of the walk. So does
/// finding the symbol in its table, which is quicker at a size of 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(align(8))]
pub struct Symbol {
    /// What the symbol is.
    pub kind: Kind,
    /// The base value, see [`Alphabet`].
    pub base: u16,
    /// The length of the code, 0 only where there is none.
    pub code_bits: u8,
    /// The length of the code and of the extra bits after it.
    pub all_bits: u8,
}

impl Symbol {
    /// The base plus the extra bits, given the word that starts with the code.
    #[inline(always)]
    pub fn value(self, word: u64) -> usize {
        let symbol = word & ((1 << self.all_bits) - 1);
        usize::from(self.base) + (symbol >> self.code_bits) as usize
    }
}

/// One Huffman code, ready to read.
pub struct Code {
    alphabet: Alphabet,
    fast: [Symbol; 1 << FAST_BITS],
    /// How many codes have each length.
    counts: [u16; MAX_BITS + 1],
    /// The symbols in the order of their codes.
    sorted: [u16; MAX_SYMBOLS],
}

impl Code {
    /// Builds the code in which symbol `i` has `lengths[i]` bits, 0 for none.
    ///
    /// A code must use up all bit patterns. Section 3.2.7 allows two others,
    /// for the distances of a block that has one or none: a single code of one
    /// bit, and no code at all.
    pub fn new(alphabet: Alphabet, lengths: &[u8], at: &BitReader<'_>) -> Result<Self, Malformed> {
        let bad = || at.malformed("has an impossible Huffman code");
        let mut code = Self {
            alphabet,
            fast: [Symbol::default(); 1 << FAST_BITS],
            counts: [0; MAX_BITS + 1],
            sorted: [0; MAX_SYMBOLS],
        };
        for length in lengths {
            *code.counts.get_mut(usize::from(*length)).ok_or_else(bad)? += 1;
        }
        code.counts[0] = 0;

        // Of each length: its first code, and that code's place in the order.
        let mut next = [(0_usize, 0_usize); MAX_BITS + 1];
        let (mut first, mut place) = (0, 0);
        for (count, next) in code.counts.iter().zip(&mut next) {
            first *= 2;
            *next = (first, place);
            first += usize::from(*count);
            place += usize::from(*count);
        }
        // By now `first` is the number of patterns of MAX_BITS that are taken.
        let lone = place <= 1 && usize::from(code.counts[1]) == place;
        if first != 1 << MAX_BITS && !lone {
            return Err(bad());
        }

        for (symbol, length) in (0_u16..).zip(lengths).filter(|(_, length)| **length > 0) {
            let (bits, place) = next.get_mut(usize::from(*length)).ok_or_else(bad)?;
            *code.sorted.get_mut(*place).ok_or_else(bad)? = symbol;
            code.fill(*bits, meaning(alphabet, symbol, *length));
            *bits += 1;
            *place += 1;
        }
        Ok(code)
    }

    /// Reads the symbol at the low end of `word`; `None` where no code fits or
    /// the symbol must not occur.
    #[inline(always)]
    pub fn read(&self, word: u64) -> Option<Symbol> {
        let index = word as usize % self.fast.len();
        match self.fast.get(index) {
            Some(symbol) if symbol.code_bits > 0 => Some(*symbol),
            _ => self.read_long(word),
        }
    }

    /// Puts a code into every table place that starts with it. Codes are
    /// packed from their highest bit (section 3.1.1), so they are reversed.
    fn fill(&mut self, bits: usize, symbol: Option<Symbol>) {
        let Some(symbol) = symbol else { return };
        let length = usize::from(symbol.code_bits);
        if length <= FAST_BITS {
            let start = bits.reverse_bits() >> (usize::BITS as usize - length);
            let places = self.fast.iter_mut().skip(start).step_by(1 << length);
            places.for_each(|place| *place = symbol);
        }
    }

    /// Reads any code bit by bit: the codes of one length are consecutive.
    #[cold]
    fn read_long(&self, word: u64) -> Option<Symbol> {
        let (mut bits, mut first, mut place) = (0, 0, 0);
        for (length, count) in (1_u8..).zip(self.counts.iter().skip(1)) {
            let count = usize::from(*count);
            bits = bits << 1 | (word >> (length - 1) & 1) as usize;
            first <<= 1;
            if bits < first + count {
                let symbol = self.sorted.get(place + bits - first)?;
                return meaning(self.alphabet, *symbol, length);
            }
            first += count;
            place += count;
        }
        None
    }
}

/// The tables of RFC 1951 section 3.2.5, as arithmetic.
fn meaning(alphabet: Alphabet, symbol: u16, code_bits: u8) -> Option<Symbol> {
    let (kind, base, extra) = match (alphabet, symbol) {
        (Alphabet::CodeLengths, _) => (Kind::Plain, symbol, 0),
        (Alphabet::Lengths, 0..=255) => (Kind::Plain, 1, 0),
        (Alphabet::Lengths, 256) => (Kind::End, 0, 0),
        (Alphabet::Lengths, 257..=264) => (Kind::Length, symbol - 254, 0),
        (Alphabet::Lengths, 265..=284) => {
            let extra = (symbol - 261) / 4;
            (Kind::Length, 3 + ((4 + (symbol - 265) % 4) << extra), extra)
        }
        (Alphabet::Lengths, 285) => (Kind::Length, 258, 0),
        (Alphabet::Distances, 0..=3) => (Kind::Distance, symbol + 1, 0),
        (Alphabet::Distances, 4..=29) => {
            let extra = symbol / 2 - 1;
            (Kind::Distance, 1 + ((2 + symbol % 2) << extra), extra)
        }
        _ => return None,
    };
    let all_bits = code_bits + extra as u8;
    Some(Symbol { kind, base, code_bits, all_bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(alphabet: Alphabet, lengths: &[u8]) -> Result<Code, Malformed> {
        Code::new(alphabet, lengths, &BitReader::new(&[]))
    }

    #[test]
    fn the_example_of_section_3_2_2_reads_back() {
        let code = build(Alphabet::CodeLengths, &[3, 3, 3, 3, 3, 2, 4, 4]).unwrap();
        let codes = ["010", "011", "100", "101", "110", "00", "1110", "1111"];
        for (symbol, bits) in (0..).zip(codes) {
            let word = bits.chars().rev().fold(0, |word, bit| word << 1 | u64::from(bit == '1'));
            let found = code.read(word).unwrap();
            assert_eq!((found.base, usize::from(found.all_bits)), (symbol, bits.len()));
        }
    }

    #[test]
    fn long_codes_read_like_short_ones() {
        // 0, 10, 110, ... and two codes of 15 bits.
        let lengths: Vec<u8> = (1..=15).chain([15]).collect();
        let code = build(Alphabet::CodeLengths, &lengths).unwrap();
        for (symbol, length) in (0..).zip(lengths) {
            let found = code.read((1 << symbol) - 1).unwrap();
            assert_eq!((found.base, found.code_bits), (symbol, length));
        }
    }

    #[test]
    fn only_whole_codes_and_the_two_exceptions_are_accepted() {
        let distances = |lengths: &[u8]| build(Alphabet::Distances, lengths);
        assert!(distances(&[0, 0]).unwrap().read(0).is_none());
        let single = distances(&[0, 1]).unwrap();
        assert_eq!(single.read(0b10).unwrap().base, 2);
        assert!(single.read(0b01).is_none());
        for bad in [&[1, 1, 1][..], &[2, 2, 2], &[2], &[1, 2], &[16, 1], &[1, 1, 15]] {
            assert!(distances(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn bases_and_extra_bits_follow_on_without_gaps() {
        let symbols = |alphabet, range: std::ops::RangeInclusive<u16>| {
            range.map(move |symbol| meaning(alphabet, symbol, 1).unwrap())
        };
        let mut next = 3;
        for symbol in symbols(Alphabet::Lengths, 257..=284) {
            assert_eq!(symbol.base, next);
            next += 1 << (symbol.all_bits - 1);
        }
        assert_eq!(next, 259);
        let mut next = 1;
        for symbol in symbols(Alphabet::Distances, 0..=29) {
            assert_eq!(symbol.base, next);
            next += 1 << (symbol.all_bits - 1);
        }
        assert_eq!(next, 32_769);
        assert!(meaning(Alphabet::Lengths, 286, 8).is_none());
        assert!(meaning(Alphabet::Distances, 30, 5).is_none());
    }
}
