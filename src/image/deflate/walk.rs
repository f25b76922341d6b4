//! Finds where the last block of a deflate stream starts and where it ends.
//!
//! The walk reads every block header, code and extra bit of RFC 1951 section
//! 3.2, but copies nothing and so needs no window: it is an inflater without
//! its output. It still counts that output and checks every distance against
//! the count, so that it accepts what an inflater accepts and nothing else;
//! the count and the end of the stream then tell the caller that the walk was
//! right.

use std::hint::select_unpredictable;

use super::Malformed;
use super::bits::BitReader;
use super::huffman::{Alphabet, Code, Kind};

/// The places in a stream that [`walk`] looks for, in bits from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The BFINAL bit of the last block.
    pub last_header: usize,
    /// The first bit after the last block.
    pub end: usize,
    /// The number of bytes that the stream inflates to.
    pub produced: usize,
}

/// Walks the stream at the start of `stream`, which may be longer.
pub fn walk(stream: &[u8]) -> Result<Found, Malformed> {
    let mut bits = BitReader::new(stream);
    let mut produced = 0;
    loop {
        let last_header = bits.position();
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => produced += stored(&mut bits)?,
            1 => {
                let (lengths, distances) = fixed_codes(&bits)?;
                produced = symbols(&mut bits, &lengths, &distances, produced)?;
            }
            2 => {
                let (lengths, distances) = dynamic_codes(&mut bits)?;
                produced = symbols(&mut bits, &lengths, &distances, produced)?;
            }
            _ => return Err(bits.malformed("has a block of the reserved type")),
        }
        if last {
            return Ok(Found { last_header, end: bits.position(), produced });
        }
    }
}

/// Section 3.2.4: a block of bytes as they are.
fn stored(bits: &mut BitReader<'_>) -> Result<usize, Malformed> {
    bits.skip_bytes(0)?;
    let length = bits.take(16)?;
    if bits.take(16)? != length ^ 0xffff {
        return Err(bits.malformed("has a stored block of unclear length"));
    }
    bits.skip_bytes(length)?;
    Ok(length)
}

/// Section 3.2.3: symbols up to the end of the block, which are the bulk of
/// any stream.
///
/// Whether a literal or a match comes next cannot be predicted, so the loop
/// does not branch on it: it goes from symbol to symbol and selects the code
/// to read by. Two symbols fit one load, as a length takes 20 bits at most, a
/// distance 28, and no distance follows another.
fn symbols(
    outer: &mut BitReader<'_>,
    lengths: &Code,
    distances: &Code,
    produced: usize,
) -> Result<usize, Malformed> {
    // A copy that is not behind a reference stays in registers.
    let mut bits = outer.clone();
    // The last value is added a symbol late: a distance may reach over what
    // there was before its own length.
    let (mut produced, mut last) = (produced, 0);
    let mut code = lengths;
    loop {
        bits.check()?;
        bits.refill();
        for _ in 0..2 {
            let word = bits.ahead();
            let Some(symbol) = code.read(word) else {
                return Err(bits.malformed("has a bad symbol"));
            };
            bits.skip(symbol.all_bits.into());
            let value = symbol.value(word);
            let reach = select_unpredictable(symbol.kind == Kind::Distance, value, 0);
            if reach > produced {
                return Err(bits.malformed("refers to before its start"));
            }
            produced += last;
            last = value - reach;
            code = select_unpredictable(symbol.kind == Kind::Length, distances, lengths);
            if symbol.kind == Kind::End {
                *outer = bits;
                return outer.check().map(|()| produced);
            }
        }
    }
}

/// Section 3.2.6: the codes that a block need not carry.
fn fixed_codes(at: &BitReader<'_>) -> Result<(Code, Code), Malformed> {
    let mut lengths = [8; 288];
    lengths.iter_mut().skip(144).take(112).for_each(|length| *length = 9);
    lengths.iter_mut().skip(256).take(24).for_each(|length| *length = 7);
    let lengths = Code::new(Alphabet::Lengths, &lengths, at)?;
    Ok((lengths, Code::new(Alphabet::Distances, &[5; 32], at)?))
}

/// Section 3.2.7: the codes at the start of a dynamic block, whose lengths are
/// run-length coded and Huffman coded themselves.
fn dynamic_codes(bits: &mut BitReader<'_>) -> Result<(Code, Code), Malformed> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    let length_count = bits.take(5)? + 257;
    let total = length_count + bits.take(5)? + 1;
    let code_length_count = bits.take(4)? + 4;
    if length_count > 286 || total > length_count + 30 {
        return Err(bits.malformed("has too many codes"));
    }

    let mut code_lengths = [0; ORDER.len()];
    for symbol in ORDER.into_iter().take(code_length_count) {
        let length = bits.take(3)? as u8;
        if let Some(place) = code_lengths.get_mut(symbol) {
            *place = length;
        }
    }
    let code_lengths = Code::new(Alphabet::CodeLengths, &code_lengths, bits)?;

    let mut all: Vec<u8> = Vec::with_capacity(total);
    while all.len() < total {
        bits.refill();
        let Some(symbol) = code_lengths.read(bits.ahead()) else {
            return Err(bits.malformed("has a bad code length"));
        };
        bits.skip(symbol.all_bits.into());
        let (length, times) = match (symbol.base, all.last()) {
            (16, Some(previous)) => (*previous, 3 + bits.take(2)?),
            (17, _) => (0, 3 + bits.take(3)?),
            (18, _) => (0, 11 + bits.take(7)?),
            (length @ 0..=15, _) => (length as u8, 1),
            _ => return Err(bits.malformed("repeats a code length before any")),
        };
        all.extend(std::iter::repeat_n(length, times));
    }
    bits.check()?;
    match all.split_at_checked(length_count) {
        Some((lengths, distances)) if all.len() == total && lengths.get(256) != Some(&0) => {
            let lengths = Code::new(Alphabet::Lengths, lengths, bits)?;
            Ok((lengths, Code::new(Alphabet::Distances, distances, bits)?))
        }
        _ => Err(bits.malformed("has code lengths that do not add up")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 3.2.4 by hand: a stored block of `raw`, byte aligned.
    fn stored_block(last: bool, raw: &[u8]) -> Vec<u8> {
        let len = raw.len() as u16;
        let header = [&[u8::from(last)][..], &len.to_le_bytes(), &(!len).to_le_bytes()];
        [&header.concat(), raw].concat()
    }

    #[test]
    fn the_last_of_several_blocks_is_found() {
        let stream = [stored_block(false, b"one"), stored_block(true, b"and two")].concat();
        let found = Found { last_header: 64, end: 64 + 40 + 56, produced: 10 };
        assert_eq!(walk(&stream), Ok(found));
        assert_eq!(walk(&[&stream[..], b"more"].concat()), Ok(found));
    }

    #[test]
    fn an_empty_fixed_block_ends_at_bit_ten() {
        let found = Found { last_header: 0, end: 10, produced: 0 };
        assert_eq!(walk(&[0x03, 0x00]), Ok(found));
    }

    #[test]
    fn a_match_must_not_reach_before_the_start() {
        // Fixed codes: the literal 0 (0x30), then length 3 (0000001) at a
        // distance of 1 (00000) or 2 (00001), then the end (0000000).
        let good = bits("1 10 00110000 0000001 00000 0000000");
        assert_eq!(walk(&good).map(|found| found.produced), Ok(4));
        let bad = bits("1 10 00110000 0000001 00001 0000000");
        assert!(walk(&bad).is_err());
    }

    #[test]
    fn symbols_that_must_not_occur_are_refused() {
        // Length symbols 286 and 287, then distance symbol 30, of fixed codes.
        for code in ["11000110", "11000111", "00110000 0000001 11110"] {
            assert!(walk(&bits(&format!("1 10 {code} 0000000 0000000"))).is_err());
        }
        assert!(walk(&bits("1 11 0000000000")).is_err());
        assert!(walk(&[]).is_err());
    }

    /// Packs bits in the order written, spaces aside.
    fn bits(text: &str) -> Vec<u8> {
        let bits: Vec<u8> = text.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        let pack = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit);
        bits.chunks(8).map(pack).collect()
    }
}
