//! Plans what `strip` would leave of a program.

use super::header::FileHeader;
use super::keep;
use super::pieces::Rewritten;
use super::rewrite::{compact, finish};
use super::sections::{Section, Table};
use super::segments::Segments;
use super::{Error, ReadAt};

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
pub fn strip<R: ReadAt + ?Sized>(bytes: &R, what: Strip) -> Result<Option<Rewritten>, Error> {
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
    let (body, kept) = compact(&header, &segments, &table, &dropped)?;
    Ok(finish(header, body, kept)?.finish_smaller(bytes.size()?))
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
