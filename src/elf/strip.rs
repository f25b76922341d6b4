//! Plans what `strip` would leave of a program.

use super::header::FileHeader;
use super::keep;
use super::pieces::{Pieces, Stripped};
use super::rewrite::{finish, kept, moved};
use super::sections::{SHT_NULL, Section, Table};
use super::segments::Segments;
use super::{Error, Malformed, ReadAt};

/// What is taken out of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strip {
    /// Debug information: `strip --strip-debug`.
    Debug,
    /// Symbols too: `strip --strip-all`.
    All,
}

/// What is left of a program without its debug information, or without its symbols too.
///
/// `None` if there is nothing to strip: no section headers, none that describe
/// symbols or source, or no byte to be saved.
///
/// All that any segment or loaded section covers stays where it is, so that the
/// program that runs is the same to the byte; what else is kept moves up behind it,
/// then the section names and headers, in the order GNU binutils writes them.
///
/// # Errors
///
/// [`Error::Malformed`] if the headers are not sound; [`Error::Io`] if the bytes
/// cannot be read.
pub fn strip<R: ReadAt + ?Sized>(bytes: &R, what: Strip) -> Result<Option<Stripped>, Error> {
    let header = FileHeader::read(bytes)?;
    let segments = Segments::read(bytes, &header)?;
    let mut table = Table::read(bytes, &header)?;
    let mut dropped = keep::dropped(&table.sections, table.names, what);
    if !dropped.contains(&true) {
        return Ok(None);
    }
    if what == Strip::Debug {
        disable(&mut table.sections, &mut dropped);
    }
    let fixed = fixed_end(&header, &segments, &table.sections);

    let mut kept = kept(&table, &dropped)?;
    let mut body = Pieces::default();
    let after = u64::from(header.e_ehsize);
    body.source(0, after)?;
    body.source(after, fixed.saturating_sub(after))?;
    for section in kept.iter_mut().skip(1) {
        place(section, fixed, &mut body)?;
    }
    Ok(finish(header, body, kept)?.finish(bytes.size()?))
}

/// Leaves the headers of what is dropped in their places, marked inactive (gABI, "Section Types", `SHT_NULL`): symbols
/// say the numbers of their sections.
fn disable(sections: &mut [Section], dropped: &mut [bool]) {
    for (section, drop) in sections.iter_mut().zip(dropped) {
        if std::mem::take(drop) {
            *section = Section::null();
        }
    }
}

/// The end of all that must not move: headers, segments, and loaded sections.
fn fixed_end(header: &FileHeader, segments: &Segments, sections: &[Section]) -> u64 {
    let table = u64::from(header.e_phnum).saturating_mul(header.e_phentsize.into());
    let headers = [u64::from(header.e_ehsize), header.e_phoff.saturating_add(table)];
    let loaded = sections.iter().filter(|s| s.is_alloc());
    // Each of these ends was checked to be inside the file when it was read.
    segments
        .iter()
        .filter(|s| s.p_filesz > 0)
        .map(|s| s.p_offset.saturating_add(s.p_filesz))
        .chain(loaded.filter(|s| s.file_size() > 0).map(|s| s.offset.saturating_add(s.size)))
        .chain(headers)
        .fold(0, u64::max)
}

/// Moves a section that is not loaded up behind what is.
fn place(section: &mut Section, fixed: u64, body: &mut Pieces) -> Result<(), Malformed> {
    let end = section.offset.saturating_add(section.file_size());
    let stays = section.is_alloc() || section.kind == SHT_NULL;
    if stays || (end <= fixed && section.file_size() > 0) {
        return Ok(());
    }
    moved(section, body)
}
