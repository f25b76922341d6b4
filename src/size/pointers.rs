//! Which data leads to other data, read off the relocations, or off the words of a program that has none.

use super::ledger::{Area, Ledger};
use super::spans::Spans;
use crate::elf::{Class, Data, Facts, SHT_RELR, Section, relocation_size, relocations};

/// The word at `at` holds the address `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pointer {
    /// Where the word is.
    pub at: u64,
    /// What it leads to.
    pub to: u64,
}

/// The section is written to, if only by relocation (ELF gABI, "Sections").
const SHF_WRITE: u64 = 1;

/// The type of a relocation that adds the load address and nothing else, by `e_machine` (each processor's supplement,
/// `R_*_RELATIVE`).
const RELATIVE: &[(u16, u32)] =
    &[(3, 8), (21, 22), (22, 12), (40, 23), (62, 8), (183, 1027), (243, 3), (258, 3)];

/// The pointers between the loaded sections, by the address of their word.
pub fn pointers(image: &[(&Section, Vec<u8>)], facts: &Facts) -> Vec<Pointer> {
    let relative = RELATIVE.iter().find(|(machine, _)| *machine == facts.machine).map(|(_, kind)| *kind);
    let mut pointers = Vec::new();
    let mut relocated = false;
    // a map of relocations leaves the addresses in the words
    let mapped = image.iter().any(|(section, _)| section.kind == SHT_RELR);
    for (section, bytes) in image {
        for one in relocations(section, bytes, facts.class, facts.data) {
            relocated = true;
            if Some(one.kind) == relative {
                let to = one.addend.or_else(|| word_at(image, one.place, facts));
                pointers.extend(to.map(|to| Pointer { at: one.place, to }));
            }
        }
    }
    if !relocated || mapped {
        // loaded where it was linked for: its words are the addresses themselves
        // what is never written has short texts too, and those can look like addresses
        let holds = |section: &Section| Area::of(section) == Area::Data && section.flags & SHF_WRITE != 0;
        for (section, bytes) in image.iter().filter(|(section, _)| holds(section)) {
            let step = width(facts);
            let words = (section.address..).step_by(step).zip(bytes.chunks_exact(step));
            pointers.extend(words.map(|(at, raw)| Pointer { at, to: value(raw, facts) }));
        }
    }
    pointers.sort_unstable();
    pointers
}

/// Enters the relocations of `section` under the owners of what they are about.
pub fn share(section: &Section, bytes: &[u8], facts: &Facts, spans: &Spans, ledger: &mut Ledger) {
    let size = relocation_size(section, facts.class).unwrap_or_default() as u64;
    for one in relocations(section, bytes, facts.class, facts.data) {
        if let Some(owner) = spans.owner(one.place) {
            ledger.add(owner, Area::Tables, size);
        }
    }
}

fn word_at(image: &[(&Section, Vec<u8>)], address: u64, facts: &Facts) -> Option<u64> {
    image.iter().find_map(|(section, bytes)| {
        let at = usize::try_from(address.checked_sub(section.address)?).ok()?;
        Some(value(bytes.get(at..at.checked_add(width(facts))?)?, facts))
    })
}

fn width(facts: &Facts) -> usize {
    match facts.class {
        Class::Elf32 => 4,
        Class::Elf64 => 8,
    }
}

fn value(raw: &[u8], facts: &Facts) -> u64 {
    let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    match facts.data {
        Data::Little => raw.iter().rev().fold(0, add),
        Data::Big => raw.iter().fold(0, add),
    }
}
