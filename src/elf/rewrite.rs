//! Writes a file anew around the sections that are kept of it: they move up, then come their names and headers, in the
//! order GNU binutils writes them.

use super::Malformed;
use super::header::FileHeader;
use super::names;
use super::pieces::Pieces;
use super::sections::{SHT_NULL, SHT_STRTAB, Section, Table};
use super::segments::Segments;

/// `SHN_LORESERVE`: from here on a section index no longer fits its field.
const SHN_LORESERVE: usize = 0xff00;

/// The most a section that is not loaded is aligned to in the file. No larger
/// alignment has a use there, and one from a broken file could ask for gigabytes.
const MAX_ALIGN: u16 = 4096;

/// What stays without the sections that are `dropped`, but for the name table: all that any segment or loaded section
/// covers, where it is, and behind it what is not loaded.
pub(super) fn compact(
    header: &FileHeader,
    segments: &Segments,
    table: &Table,
    dropped: &[bool],
) -> Result<(Pieces, Vec<Section>), Malformed> {
    let fixed = fixed_end(header, segments, &table.sections);
    let mut kept = kept(table, dropped)?;
    let mut body = Pieces::default();
    let after = u64::from(header.e_ehsize);
    body.source(0, after)?;
    body.source(after, fixed.saturating_sub(after))?;
    for section in kept.iter_mut().skip(1) {
        place(section, fixed, &mut body)?;
    }
    Ok((body, kept))
}

/// The sections that stay, but for the name table, with their links renumbered.
pub(super) fn kept(table: &Table, dropped: &[bool]) -> Result<Vec<Section>, Malformed> {
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

/// The end of all that must not move: headers, segments, and loaded sections.
pub(super) fn fixed_end(header: &FileHeader, segments: &Segments, sections: &[Section]) -> u64 {
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

/// Puts a section of the original behind what is there.
pub(super) fn moved(section: &mut Section, body: &mut Pieces) -> Result<(), Malformed> {
    if let Ok(align @ 1..=MAX_ALIGN) = u16::try_from(section.align) {
        body.align(align)?;
    }
    let from = section.offset;
    section.offset = body.size();
    body.source(from, section.file_size())
}

/// Adds the section name table and the headers of all sections, and puts the file's own header, which says where they
/// are, in the place of the first piece.
pub(super) fn finish(
    header: FileHeader,
    mut body: Pieces,
    mut kept: Vec<Section>,
) -> Result<Pieces, Malformed> {
    const NAME: &str = ".shstrtab";
    let layout = header.layout;
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
    let e_shnum = u16::try_from(kept.len()).map_err(|_| Malformed::TooLarge)?;
    let e_shstrndx = e_shnum.saturating_sub(1);
    let e_shentsize = layout.section_header_size();
    let header = FileHeader { e_shoff: body.size(), e_shentsize, e_shnum, e_shstrndx, ..header };
    body.replace_first(header.encode().ok_or(Malformed::TooLarge)?);
    body.bytes(raw)?;
    Ok(body)
}
