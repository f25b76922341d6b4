//! Tables for unwinding, shared among the functions that they are about.
//!
//! Sources: LSB Core, "Exception Frames" (`.eh_frame`, `.eh_frame_hdr`); the language's own part is in
//! `.gcc_except_table`.

use super::ledger::{Area, Ledger};
use super::spans::Spans;
use crate::elf::{Class, Data, Facts, Section};
use gimli::{BaseAddresses, CieOrFde, EhFrame, Pointer, RunTimeEndian, UnwindSection};

/// An entry of the table for searching: two words of 32 bits.
const SEARCHED: u64 = 8;

/// Enters what the sections for unwinding of `image` have for functions of a known owner.
pub fn share(image: &[(&Section, Vec<u8>)], facts: &Facts, spans: &Spans, ledger: &mut Ledger) {
    let find = |name: &str| {
        let is =
            |(section, _): &&(&Section, Vec<u8>)| section.name == name && Area::of(section) == Area::Tables;
        image.iter().find(is)
    };
    let Some((section, bytes)) = find(".eh_frame") else { return };
    let endian = match facts.data {
        Data::Little => RunTimeEndian::Little,
        Data::Big => RunTimeEndian::Big,
    };
    let mut frames = EhFrame::new(bytes, endian);
    frames.set_address_size(if facts.class == Class::Elf32 { 4 } else { 8 });
    let mut bases = BaseAddresses::default().set_eh_frame(section.address);
    if let Some((text, _)) = find(".text") {
        bases = bases.set_text(text.address);
    }
    if let Some((got, _)) = find(".got") {
        bases = bases.set_got(got.address);
    }

    let mut index = find(".eh_frame_hdr").map_or(0, |(_, bytes)| bytes.len() as u64);
    let mut details = Vec::new();
    let mut entries = frames.entries(&bases);
    while let Ok(Some(entry)) = entries.next() {
        let CieOrFde::Fde(partial) = entry else { continue };
        let Ok(frame) = partial.parse(EhFrame::cie_from_offset) else { continue };
        let Some(owner) = spans.owner(frame.initial_address()) else { continue };
        // the length does not count itself: four bytes
        let size = (frame.entry_len() as u64).saturating_add(4);
        let searched = SEARCHED.min(index);
        index -= searched;
        ledger.add(owner, Area::Tables, size + searched);
        if let Some(Pointer::Direct(at)) = frame.lsda() {
            details.push((at, owner));
        }
    }

    // each function's part of the language's table ends where the next one begins
    details.sort_unstable_by_key(|(at, _)| *at);
    details.dedup_by_key(|(at, _)| *at);
    let Some((table, _)) = find(".gcc_except_table") else { return };
    let end = table.address.saturating_add(table.size);
    let inside = details.iter().filter(|(at, _)| (table.address..end).contains(at));
    let inside: Vec<_> = inside.collect();
    for (index, (at, owner)) in inside.iter().enumerate() {
        let size = inside.get(index + 1).map_or(end, |(next, _)| *next) - at;
        ledger.add(owner, Area::Tables, size);
    }
}
