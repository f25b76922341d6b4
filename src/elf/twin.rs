//! Plans what `objcopy --only-keep-debug` would leave of a program: all that describes it, and nothing of what runs.
//!
//! A debugger puts such a twin beside the stripped program by their common build id, and lays its sections over it by
//! their addresses (GDB's manual, "Separate Debug Files"). So all sections and segments keep their headers, but those
//! that are loaded lose their bytes; only notes keep them, as the build id is one.

use super::header::FileHeader;
use super::pieces::{Pieces, Rewritten};
use super::rewrite::{finish, kept, moved};
use super::sections::{SHT_NOBITS, SHT_NOTE, Section, Table};
use super::segments::{Segment, Segments};
use super::{Error, Malformed, ReadAt};

/// Notes that end here or earlier stay where they are: linkers write them behind the program headers, in the first page.
const HEAD: u64 = 64 << 10;

/// What a debugger needs beside the program without its symbols.
///
/// `None` if that is nothing: no section headers, or none but of what is loaded, or
/// no byte less than the original.
///
/// # Errors
///
/// [`Error::Malformed`] if the headers are not sound; [`Error::Io`] if the bytes
/// cannot be read.
pub fn twin<R: ReadAt + ?Sized>(bytes: &R) -> Result<Option<Rewritten>, Error> {
    let header = FileHeader::read(bytes)?;
    let segments = Segments::read(bytes, &header)?;
    let table = Table::read(bytes, &header)?;
    let described = |(index, section): (usize, &Section)| {
        index != table.names && !section.is_alloc() && section.file_size() > 0
    };
    if !table.sections.iter().enumerate().any(described) {
        return Ok(None);
    }

    let start = u64::from(header.e_ehsize);
    let headers = u64::from(header.e_phnum).saturating_mul(header.e_phentsize.into());
    let headers = start.saturating_add(headers);
    // what follows the headers can stay only if these do
    let same = if header.e_phoff == start { head(&table.sections, headers) } else { 0 };
    let head = same.max(headers);
    let mut body = Pieces::default();
    body.source(0, start)?;
    body.bytes(placed(&segments, &header, same).ok_or(Malformed::TooLarge)?)?;
    body.source(headers, head.saturating_sub(headers))?;

    // no section loses its number, which symbols say
    let mut kept = kept(&table, &vec![false; table.sections.len()])?;
    for section in kept.iter_mut().skip(1) {
        if !section.is_alloc() {
            moved(section, &mut body)?;
        } else if section.kind != SHT_NOTE {
            section.kind = SHT_NOBITS;
            section.offset = head;
        } else if !stays(section, headers, head) {
            moved(section, &mut body)?;
        }
    }
    let header = FileHeader { e_phoff: start, ..header };
    Ok(finish(header, body, kept)?.finish_smaller(bytes.size()?))
}

/// The end of the notes that are near the start of the file; `headers` is that of the program headers.
fn head(sections: &[Section], headers: u64) -> u64 {
    let notes = sections.iter().filter(|section| section.is_alloc() && section.kind == SHT_NOTE);
    notes
        .filter(|note| stays(note, headers, HEAD))
        .map(|note| note.offset.saturating_add(note.size))
        .fold(headers, u64::max)
}

/// Whether a section lies within what is kept as it is, from `headers` to `end`.
fn stays(section: &Section, headers: u64, end: u64) -> bool {
    section.offset >= headers && section.offset.saturating_add(section.size) <= end
}

/// The program headers: of each segment the file has what lies within its first `same` bytes. `None` if a field is
/// too wide for the class.
fn placed(segments: &Segments, header: &FileHeader, same: u64) -> Option<Vec<u8>> {
    let mut raw = Vec::new();
    for segment in segments.iter() {
        let left = same.saturating_sub(segment.p_offset).min(segment.p_filesz);
        let placed = match left {
            // where a loader could map it, if there were anything
            0 => Segment {
                p_offset: segment.p_vaddr.checked_rem(segment.p_align).unwrap_or(0),
                p_filesz: 0,
                ..segment
            },
            left => Segment { p_filesz: left, ..segment },
        };
        raw.extend(placed.encode(header.layout)?);
    }
    Some(raw)
}
