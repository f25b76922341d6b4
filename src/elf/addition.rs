//! Plans what `objcopy --add-section` would make of a program: the same, and one more section that is not loaded.

use super::header::FileHeader;
use super::pieces::Rewritten;
use super::rewrite::{compact, finish, fixed_end};
use super::sections::{SHT_PROGBITS, Section, Table};
use super::segments::Segments;
use super::{Error, ReadAt};

/// The most bytes that the headers of a program grow by, with what aligns them; far more than one section needs.
const ROOM: u64 = 64 << 10;

/// The program with a section `name` that holds `content`, behind all others; it need not have had any.
///
/// `None` if it cannot be added for certain: something follows that no header describes, which
/// the program may look for at its own end, or sections that lie over each other.
///
/// All that is loaded stays where it is, as in [`strip()`](super::strip).
///
/// # Errors
///
/// [`Error::Malformed`] if the headers are not sound; [`Error::Io`] if the bytes
/// cannot be read.
pub fn add<R: ReadAt + ?Sized>(bytes: &R, name: &str, content: &[u8]) -> Result<Option<Rewritten>, Error> {
    let header = FileHeader::read(bytes)?;
    let segments = Segments::read(bytes, &header)?;
    let table = Table::read(bytes, &header)?;
    let size = bytes.size()?;
    if described(&header, &segments, &table) < size {
        return Ok(None);
    }
    let (mut body, mut kept) = compact(&header, &segments, &table, &vec![false; table.sections.len()])?;
    if kept.is_empty() {
        kept.push(Section::null());
    }
    kept.push(Section {
        name: name.to_owned(),
        kind: SHT_PROGBITS,
        offset: body.size(),
        size: content.len() as u64,
        align: 1,
        ..Section::null()
    });
    body.bytes(content.to_vec())?;
    let most = size.saturating_add(content.len() as u64).saturating_add(ROOM);
    Ok(finish(header, body, kept)?.finish(most))
}

/// The end of all that the headers say is in the file.
fn described(header: &FileHeader, segments: &Segments, table: &Table) -> u64 {
    let headers = (table.sections.len() as u64).saturating_mul(header.e_shentsize.into());
    let sections = table.sections.iter().filter(|section| section.file_size() > 0);
    sections
        .map(|section| section.offset.saturating_add(section.size))
        .chain([header.e_shoff.saturating_add(headers), fixed_end(header, segments, &table.sections)])
        .fold(0, u64::max)
}
