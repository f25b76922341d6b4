//! Where two files differ: for programs, in which section, and at which place of it.
//!
//! A text that has grown moves all that follows, and what leads there changes too. So sections are compared with
//! their like, each from its own start, and the one that is named is the one that others follow: constants before
//! code, code before what the linker writes of both.

use crate::elf::{self, ReadAt, Section};
use crate::interrupt;
use memchr::memmem::Finder;
use std::io;

/// What is compared at once, in bytes.
const CHUNK: usize = 1 << 20;
/// What is looked at before and behind a place, in bytes.
const AROUND: u64 = 128;

/// A place where two files differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// The section, in a program.
    pub section: Option<String>,
    /// Where it is in each of the two files.
    pub at: [u64; 2],
    /// Its address in the second one, where it has one.
    pub address: Option<u64>,
    /// How many bytes differ, in all of the file.
    pub bytes: u64,
    /// Whether the section has the same bytes in another order.
    pub reordered: bool,
}

/// How two ranges of bytes differ.
struct Part {
    first: u64,
    bytes: u64,
    reordered: bool,
}

impl Spot {
    /// The first place where `a` and `b` differ; `None` if they are equal.
    ///
    /// # Errors
    /// They cannot be read, or a signal arrived.
    pub fn between<R: ReadAt + ?Sized>(a: &R, b: &R) -> io::Result<Option<Self>> {
        let (sizes, none) = ([a.size()?, b.size()?], Vec::new());
        let whole = compared((a, 0, sizes[0]), (b, 0, sizes[1]))?;
        let Some(whole) = whole else { return Ok(None) };
        let usual =
            Spot { at: [whole.first; 2], bytes: whole.bytes, reordered: whole.reordered, ..Spot::default() };
        let (of_a, of_b) = (elf::sections(a).unwrap_or(none.clone()), elf::sections(b).unwrap_or(none));
        let (mut best, mut bytes): (Option<(usize, Spot)>, u64) = (None, 0);
        for (one, other) in pairs(&of_a, &of_b) {
            let part = compared((a, one.offset, one.file_size()), (b, other.offset, other.file_size()))?;
            let Some(part) = part else { continue };
            bytes += part.bytes;
            let rank = rank(one);
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                let spot = Spot {
                    section: Some(one.name.clone()),
                    at: [one.offset + part.first, other.offset + part.first],
                    address: other.is_alloc().then(|| other.address.saturating_add(part.first)),
                    bytes: 0,
                    reordered: part.reordered,
                };
                best = Some((rank, spot));
            }
        }
        Ok(Some(best.map_or(usual, |(_, spot)| Spot { bytes, ..spot })))
    }

    /// The same at the offset `at` of `b`, for a place that was found in another way.
    #[must_use]
    pub fn moved<R: ReadAt + ?Sized>(self, b: &R, at: u64) -> Self {
        let sections = elf::sections(b).unwrap_or_default();
        let holds = |section: &&Section| {
            section.file_size() > 0
                && (section.offset..section.offset.saturating_add(section.size)).contains(&at)
        };
        let section = sections.iter().find(holds);
        Spot {
            address: section
                .filter(|section| section.is_alloc())
                .map(|section| section.address.saturating_add(at - section.offset)),
            section: section.map(|section| section.name.clone()),
            at: [self.at[0], at],
            reordered: false,
            ..self
        }
    }
}

/// Sections of one name, in the order of the first file; the null section and those without bytes have nothing to say.
fn pairs<'a>(a: &'a [Section], b: &'a [Section]) -> Vec<(&'a Section, &'a Section)> {
    let mut rest: Vec<_> = b.iter().filter(|section| section.file_size() > 0).collect();
    let mut pairs = Vec::new();
    for one in a.iter().filter(|section| section.file_size() > 0) {
        if let Some(at) = rest.iter().position(|other| other.name == one.name) {
            pairs.push((one, rest.remove(at)));
        }
    }
    pairs
}

/// How much a section is a reason rather than a consequence; the lowest first.
fn rank(section: &Section) -> usize {
    let name = section.name.as_str();
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    match section {
        _ if starts(&[".data.rel.ro", ".got", ".eh_frame", ".gcc_except", ".note.gnu.build-id", ".rel"]) => 5,
        _ if starts(&[".rodata", ".data", ".lrodata", ".ldata", ".debug_str", ".debug_line_str"]) => 0,
        _ if starts(&[".text", ".ltext"]) => 1,
        _ if section.is_alloc() => 2,
        _ if starts(&[".debug"]) => 3,
        _ => 4,
    }
}

type Range<'a, R> = (&'a R, u64, u64);

/// How two ranges, each with its first byte and size, differ; `None` if they are equal.
fn compared<R: ReadAt + ?Sized>(a: Range<'_, R>, b: Range<'_, R>) -> io::Result<Option<Part>> {
    let (shared, longer) = (a.2.min(b.2), a.2.max(b.2));
    let mut part = Part { first: shared, bytes: longer - shared, reordered: false };
    let mut counts = [[0_u64; 256]; 2];
    let (mut one, mut other) = (vec![0; CHUNK], vec![0; CHUNK]);
    let mut at = 0;
    while at < shared {
        interrupt::check().map_err(|error| io::Error::other(error.what().to_owned()))?;
        let length = usize::try_from(shared - at).map_or(CHUNK, |rest| rest.min(CHUNK));
        let (one, other) = (&mut one[..length], &mut other[..length]);
        a.0.read_exact_at(one, a.1 + at)?;
        b.0.read_exact_at(other, b.1 + at)?;
        if one != other {
            let differing = one.iter().zip(&*other).enumerate().filter(|(_, (a, b))| a != b);
            for (index, (a, b)) in differing {
                if part.first == shared {
                    part.first = at + index as u64;
                }
                part.bytes += 1;
                counts[0][usize::from(*a)] += 1;
                counts[1][usize::from(*b)] += 1;
            }
        }
        at += length as u64;
    }
    part.reordered = a.2 == b.2 && part.bytes > 1 && counts[0] == counts[1];
    Ok((part.bytes > 0).then_some(part))
}

/// Where `needle` is in `bytes` for the first time.
///
/// # Errors
/// They cannot be read, or a signal arrived.
pub fn find<R: ReadAt + ?Sized>(bytes: &R, needle: &[u8]) -> io::Result<Option<u64>> {
    let finder = Finder::new(needle);
    elf::search(bytes, needle.len(), |start, window| {
        interrupt::check().map_err(|error| io::Error::other(error.what().to_owned()))?;
        Ok(finder.find(window).map(|at| start + at as u64))
    })
}

/// The bytes around the offset `at`, and where in them it is.
///
/// # Errors
/// They cannot be read.
pub fn around<R: ReadAt + ?Sized>(bytes: &R, at: u64) -> io::Result<(Vec<u8>, usize)> {
    let (start, end) = (at.saturating_sub(AROUND), at.saturating_add(AROUND).min(bytes.size()?));
    let mut around = vec![0; usize::try_from(end.saturating_sub(start)).unwrap_or(0)];
    bytes.read_exact_at(&mut around, start)?;
    Ok((around, usize::try_from(at - start).unwrap_or(0)))
}

/// The text that goes through the byte at `at` of `bytes`, if it is one.
pub fn text_at(bytes: &[u8], at: usize) -> Option<String> {
    let fits = |byte: &&u8| (0x20..0x7f).contains(*byte) || **byte >= 0x80;
    let at = at.min(bytes.len());
    let before = bytes[..at].iter().rev().take_while(fits).count();
    let after = bytes[at..].iter().take_while(fits).count();
    let text = std::str::from_utf8(&bytes[at - before..at + after]).ok()?;
    (text.len() >= 4).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_have_no_spot_and_others_the_first_byte_that_differs() {
        assert_eq!(Spot::between(&b"abc"[..], &b"abc"[..]).unwrap(), None);
        let spot = |a: &[u8], b: &[u8]| Spot::between(a, b).unwrap().unwrap();
        assert_eq!((spot(b"abcd", b"abxd").at, spot(b"abcd", b"abxd").bytes), ([2, 2], 1));
        assert_eq!((spot(b"ab", b"abcd").at, spot(b"ab", b"abcd").bytes), ([2, 2], 2));
        assert!(spot(b"abcd", b"adcb").reordered && !spot(b"abcd", b"abcx").reordered);
        let (mut one, mut other) = (vec![0; 3 * CHUNK], vec![0; 3 * CHUNK]);
        (one[2 * CHUNK + 5], other[2 * CHUNK + 5]) = (1, 2);
        one[2 * CHUNK + 9] = 1;
        assert_eq!(spot(&one, &other).at, [2 * CHUNK as u64 + 5; 2]);
        assert_eq!(spot(&one, &other).bytes, 2);
    }

    #[test]
    fn a_needle_is_found_wherever_chunks_end() {
        for at in [0, CHUNK - 3, CHUNK, 2 * CHUNK - 1] {
            let mut bytes = vec![b'.'; 3 * CHUNK];
            bytes[at..at + 6].copy_from_slice(b"needle");
            assert_eq!(find(&bytes[..], b"needle").unwrap(), Some(at as u64));
        }
        assert_eq!(find(&b"need"[..], b"needle").unwrap(), None);
    }

    #[test]
    fn a_text_ends_where_its_characters_do() {
        assert_eq!(text_at(b"\0\0/a/b.rs\0x", 4).as_deref(), Some("/a/b.rs"));
        assert_eq!(text_at(b"\0ab\0", 1), None);
        assert_eq!(text_at(b"", 9), None);
    }
}
