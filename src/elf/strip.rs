//! Plans what `strip` would leave of a program.

use super::header::FileHeader;
use super::keep;
use super::layout::Layout;
use super::names;
use super::pieces::{Pieces, Stripped};
use super::sections::{SHT_NULL, SHT_STRTAB, Section, Table};
use super::segments::Segments;
use super::{Error, Malformed, ReadAt};

/// `SHN_LORESERVE`: from here on a section index no longer fits its field.
const SHN_LORESERVE: usize = 0xff00;

/// The most a section that is not loaded is aligned to in the file. No larger
/// alignment has a use there, and one from a broken file could ask for gigabytes.
const MAX_ALIGN: u16 = 4096;

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
    let headers = finish(header.layout, &mut body, kept)?;

    let header = FileHeader {
        e_shoff: body.size(),
        e_shnum: headers.count,
        e_shstrndx: headers.count.saturating_sub(1),
        ..header
    };
    body.replace_first(header.encode().ok_or(Malformed::TooLarge)?);
    body.bytes(headers.raw)?;
    Ok(body.finish(bytes.size()?))
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

/// The sections that stay, but for the name table, with their links renumbered.
fn kept(table: &Table, dropped: &[bool]) -> Result<Vec<Section>, Malformed> {
    let stays = |(index, drop): (usize, &bool)| !*drop && (index != table.names || index == 0);
    let mut number = vec![0_u32; table.sections.len()];
    let mut next = 0_u32;
    for (slot, stays) in number.iter_mut().zip(dropped.iter().enumerate().map(stays)) {
        if stays {
            *slot = next;
            next = next.checked_add(1).ok_or(Malformed::TooLarge)?;
        }
    }
    // The name table is written last, whatever its place was.
    if let Some(slot) = number.get_mut(table.names).filter(|_| table.names != 0) {
        *slot = next;
    }
    // What linked to a section that is gone links to none.
    let renumbered = |old: u32| {
        let new = usize::try_from(old).ok().and_then(|old| number.get(old));
        new.copied().unwrap_or(0)
    };
    let all = table.sections.iter().zip(dropped.iter().enumerate());
    Ok(all
        .filter(|(_, place)| stays(*place))
        .map(|(section, _)| Section {
            link: renumbered(section.link),
            info: if section.info_is_index() { renumbered(section.info) } else { section.info },
            ..section.clone()
        })
        .collect())
}

/// Moves a section that is not loaded up behind what is.
fn place(section: &mut Section, fixed: u64, body: &mut Pieces) -> Result<(), Malformed> {
    let end = section.offset.saturating_add(section.file_size());
    let stays = section.is_alloc() || section.kind == SHT_NULL;
    if stays || (end <= fixed && section.file_size() > 0) {
        return Ok(());
    }
    if let Ok(align @ 1..=MAX_ALIGN) = u16::try_from(section.align) {
        body.align(align)?;
    }
    let from = section.offset;
    section.offset = body.size();
    body.source(from, section.file_size())
}

/// The section header table, to be written at the end of what is there.
struct Headers {
    raw: Vec<u8>,
    count: u16,
}

/// Adds the section name table and encodes the headers of all sections.
fn finish(layout: Layout, body: &mut Pieces, mut kept: Vec<Section>) -> Result<Headers, Malformed> {
    const NAME: &str = ".shstrtab";
    // GNU binutils enters the table's own name before all others.
    let mut strings = vec![NAME];
    strings.extend(kept.iter().map(|section| section.name.as_str()));
    let table = names::table(&strings).ok_or(Malformed::TooLarge)?;
    kept.push(Section {
        name: NAME.to_owned(),
        kind: SHT_STRTAB,
        flags: 0,
        address: 0,
        offset: body.size(),
        size: table.raw.len() as u64,
        link: 0,
        info: 0,
        align: 1,
        entry_size: 0,
    });
    if kept.len() >= SHN_LORESERVE {
        return Err(Malformed::TooManySections(kept.len() as u64));
    }
    body.bytes(table.raw)?;
    body.align(layout.table_alignment())?;

    // The table's own name is first among the strings and last among the headers.
    let names = table.offsets.iter().skip(1).chain(table.offsets.first());
    let mut raw = Vec::new();
    for (index, (section, sh_name)) in kept.iter().zip(names).enumerate() {
        let encoded = match index {
            // All zero: its fields mean something only where a count overflows.
            0 => Some(vec![0; layout.section_header_size().into()]),
            _ => section.encode(layout, *sh_name),
        };
        raw.extend(encoded.ok_or(Malformed::TooLarge)?);
    }
    Ok(Headers { raw, count: u16::try_from(kept.len()).map_err(|_| Malformed::TooLarge)? })
}
