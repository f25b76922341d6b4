//! Reads relocations: which words of a program the start code fills with addresses.

use super::sections::{SHT_REL, SHT_RELA, Section};
use super::{Class, Data, Layout};

/// What has an address, and which (ELF gABI, "Relocation").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relocation {
    /// `r_offset`: the address of the word.
    pub place: u64,
    /// The type, the processor's own.
    pub kind: u32,
    /// `r_addend`; `None` where the word itself has it.
    pub addend: Option<u64>,
}

/// The size of an entry of `section`, in bytes; `None` if it holds no relocations.
#[must_use]
pub fn relocation_size(section: &Section, class: Class) -> Option<usize> {
    Some(match (section.kind, class) {
        (SHT_REL, Class::Elf32) => 8,
        (SHT_RELA, Class::Elf32) => 12,
        (SHT_REL, Class::Elf64) => 16,
        (SHT_RELA, Class::Elf64) => 24,
        _ => return None,
    })
}

/// The relocations in `raw`, which is the content of `section`.
pub fn relocations<'a>(
    section: &Section,
    raw: &'a [u8],
    class: Class,
    data: Data,
) -> impl Iterator<Item = Relocation> + 'a {
    let size = relocation_size(section, class);
    raw.chunks_exact(size.unwrap_or(usize::MAX)).filter_map(move |entry| {
        let mut fields = Layout { class, data }.fields(entry);
        let (place, info) = (fields.wide()?, fields.wide()?);
        let kind = match class {
            Class::Elf32 => info & 0xff,
            Class::Elf64 => info & 0xffff_ffff,
        };
        Some(Relocation { place, kind: u32::try_from(kind).ok()?, addend: fields.wide() })
    })
}
