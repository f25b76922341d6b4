//! Makes a complete deflate stream one that another stream can follow.
//!
//! libdeflate is fast because it sees its whole input at once, and for the
//! same reason each call ends its stream: the last block carries BFINAL = 1
//! (RFC 1951 section 3.2.3) and a reader stops there. A gzip member (RFC 1952
//! section 2.3) holds exactly one such stream, so streams compressed apart can
//! share a member only when all but the last have lost that mark and stop on a
//! byte boundary.
//!
//! Two small edits do that. The BFINAL bit of the last block is cleared, and
//! an empty stored block (RFC 1951 section 3.2.4) is appended, whose header
//! ends with padding up to the next byte. No compressed bit moves, so there is
//! nothing to shift. The one difficulty is that deflate blocks record no
//! length: the last header can be found only by reading every symbol before
//! it, which is the job of the walker in `deflate/walk.rs`.

mod bits;
mod huffman;
mod walk;

use std::error::Error;
use std::fmt;

/// The most bytes that [`joinable`] can add to a stream.
pub const JOIN_OVERHEAD: usize = 5;

/// Edits the first `len` bytes of `stream`, one complete deflate stream that
/// inflates to `raw_len` bytes, so that the next stream of the member can be
/// appended to it. Returns its new length, of at most [`JOIN_OVERHEAD`] more,
/// for which there must be room.
///
/// # Errors
///
/// [`Malformed`] when the stream breaks RFC 1951, has anything after its last
/// block, inflates to another length, or has no room. It is then left
/// unchanged.
pub fn joinable(stream: &mut [u8], len: usize, raw_len: usize) -> Result<usize, Malformed> {
    let found = walk::walk(stream.get(..len).unwrap_or_default())?;
    let malformed = |what| Malformed::new(what, found.end);
    if found.produced != raw_len {
        return Err(malformed("inflates to another length"));
    }
    if found.end.div_ceil(8) != len {
        return Err(malformed("goes on after its last block"));
    }
    // A used part of 0 bits in the last byte stands for all 8 of them.
    let used = found.end % 8;
    let padding = len.checked_sub(1).and_then(|last| stream.get(last)).map_or(0, |last| last >> used);
    if used != 0 && padding != 0 {
        return Err(malformed("is not padded with zero bits"));
    }

    // BFINAL = 0 and BTYPE = 00 are three zero bits. They are there already if
    // the padding has room for them, and need a byte of their own otherwise.
    // Then come LEN = 0 and NLEN, its complement.
    let empty = [0x00, 0x00, 0x00, 0xff, 0xff];
    let block = if used == 0 || used > 5 { &empty[..] } else { &empty[1..] };
    let joined = len + block.len();
    let last_header = found.last_header;
    if stream.len() < joined || last_header / 8 >= len {
        return Err(malformed("has no room for another block"));
    }
    stream[last_header / 8] &= !(1 << (last_header % 8));
    stream[len..joined].copy_from_slice(block);
    Ok(joined)
}

/// Says why bytes are no deflate stream, and at which bit that was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    what: &'static str,
    bit: usize,
}

impl Malformed {
    fn new(what: &'static str, bit: usize) -> Self {
        Self { what, bit }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the deflate stream {} (at bit {})", self.what, self.bit)
    }
}

impl Error for Malformed {}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Decompress, FlushDecompress, Status};
    use libdeflater::{CompressionLvl, Compressor};
    use proptest::prelude::*;

    /// Ends a joined stream: an empty block of fixed codes with BFINAL set.
    const END: [u8; 2] = [0x03, 0x00];

    fn deflate(level: i32, raw: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
        let mut stream = vec![0; compressor.deflate_compress_bound(raw.len())];
        let len = compressor.deflate_compress(raw, &mut stream).unwrap();
        stream.truncate(len);
        stream
    }

    /// The same with a stream that has the length of its vector.
    fn join(stream: &mut Vec<u8>, raw_len: usize) -> Result<(), Malformed> {
        let len = stream.len();
        stream.resize(len + JOIN_OVERHEAD, 0x55);
        let joined = joinable(stream, len, raw_len);
        stream.truncate(joined.unwrap_or(len));
        joined.map(drop)
    }

    /// What a second implementation makes of one stream: the bytes, and how
    /// many bytes of input it read to get them.
    fn inflate(stream: &[u8]) -> Option<(Vec<u8>, usize)> {
        let mut decoder = Decompress::new(false);
        let mut raw = Vec::with_capacity(1 << 20);
        loop {
            let rest = &stream[decoder.total_in() as usize..];
            let before = (decoder.total_in(), decoder.total_out());
            let status = decoder.decompress_vec(rest, &mut raw, FlushDecompress::None);
            match status {
                Ok(Status::StreamEnd) => return Some((raw, decoder.total_in() as usize)),
                Ok(_) if before != (decoder.total_in(), decoder.total_out()) => {}
                _ => return None,
            }
            raw.reserve(1 << 20);
        }
    }

    /// Text with long matches, short matches and plain literals.
    fn prose(len: usize) -> Vec<u8> {
        let lines = (0_u64..).flat_map(|i| {
            let mixed = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            format!("line {i} of the text says {mixed:x}; ").into_bytes()
        });
        lines.take(len).collect()
    }

    #[test]
    fn streams_of_every_level_join() {
        for level in 1..=12 {
            let mut joined = Vec::new();
            let parts = [prose(150_000), vec![], vec![7; 70_000], prose(9)];
            for part in &parts {
                let mut stream = deflate(level, part);
                let before = stream.len();
                join(&mut stream, part.len()).unwrap();
                assert!(stream.len() <= before + JOIN_OVERHEAD);
                joined.extend(stream);
            }
            joined.extend(END);
            let expected = Some((parts.concat(), joined.len()));
            assert!(inflate(&joined) == expected, "level {level}");
        }
    }

    #[test]
    fn a_stream_cut_short_or_followed_by_anything_is_refused_unchanged() {
        let raw = prose(3_000);
        let whole = deflate(6, &raw);
        for len in 0..whole.len() {
            let mut cut = whole[..len].to_vec();
            assert!(join(&mut cut, raw.len()).is_err(), "{len}");
            assert_eq!(cut, whole[..len]);
        }
        let mut longer = [&whole[..], &[0]].concat();
        assert!(join(&mut longer, raw.len()).is_err());
        let mut other = whole.clone();
        assert!(join(&mut other, raw.len() + 1).is_err());
        assert_eq!(other, whole);
    }

    /// The walker must see in `bytes` exactly what an inflater sees, but for
    /// the one fault that flate2's default backend lets pass.
    fn agrees_with_an_inflater(bytes: &[u8]) -> Result<(), TestCaseError> {
        let expected = inflate(bytes);
        let found = match walk::walk(bytes) {
            Ok(found) => found,
            Err(error) => {
                let lenient = error.what == "refers to before its start";
                prop_assert!(expected.is_none() || lenient, "{}", error);
                return Ok(());
            }
        };
        let used = found.end.div_ceil(8);
        prop_assert_eq!(
            expected.as_ref().map(|(raw, used)| (raw.len(), *used)),
            Some((found.produced, used))
        );
        let mut joined = bytes[..used].to_vec();
        if join(&mut joined, found.produced).is_ok() {
            joined.extend(END);
            let expected = expected.map(|(raw, _)| (raw, joined.len()));
            prop_assert!(inflate(&joined) == expected);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2_000, failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn random_bytes_are_read_as_an_inflater_reads_them(
            bytes in prop::collection::vec(any::<u8>(), 0..200)
        ) {
            agrees_with_an_inflater(&bytes)?;
        }

        #[test]
        fn damaged_streams_are_read_as_an_inflater_reads_them(
            len in 0_usize..3_000, level in 1..=12, bit in any::<prop::sample::Index>()
        ) {
            let mut bytes = deflate(level, &prose(len));
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            agrees_with_an_inflater(&bytes)?;
        }
    }
}
