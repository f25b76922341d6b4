//! Reads and writes section headers, for reports and for stripping.

use super::header::{FileHeader, check_size};
use super::layout::Layout;
use super::{Error, Malformed, Part, ReadAt};

// Section types, flags and indices (ELF gABI, "Sections").
pub(super) const SHT_NULL: u32 = 0;
pub(super) const SHT_PROGBITS: u32 = 1;
pub(super) const SHT_SYMTAB: u32 = 2;
pub(super) const SHT_STRTAB: u32 = 3;
pub(super) const SHT_RELA: u32 = 4;
pub(super) const SHT_NOTE: u32 = 7;
pub(super) const SHT_NOBITS: u32 = 8;
pub(super) const SHT_REL: u32 = 9;
/// Relocations as a map (ELF gABI, "Relative Relocation Table").
pub const SHT_RELR: u32 = 19;
pub(super) const SHT_GROUP: u32 = 17;
pub(super) const SHT_SYMTAB_SHNDX: u32 = 18;
const SHF_ALLOC: u64 = 2;
const SHF_INFO_LINK: u64 = 0x40;
const SHN_UNDEF: u16 = 0;
const SHN_XINDEX: u16 = 0xffff;

/// The name of the section with the list of a program's packages (cargo-auditable, PARSING.md).
pub const DEP_V0: &str = ".dep-v0";

/// Far above any program, which has some dozens.
const MAX_SECTIONS: u64 = 65_536;

/// A bound on the name table, and on all names together, which may share its bytes.
const MAX_NAMES: u64 = 16 << 20;

/// One section, by its header: `Elf32_Shdr` or `Elf64_Shdr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The string `sh_name` leads to.
    pub name: String,
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`.
    pub flags: u64,
    /// `sh_addr`.
    pub address: u64,
    /// `sh_offset`.
    pub offset: u64,
    /// `sh_size`.
    pub size: u64,
    /// `sh_link`.
    pub link: u32,
    /// `sh_info`.
    pub info: u32,
    /// `sh_addralign`.
    pub align: u64,
    /// `sh_entsize`.
    pub entry_size: u64,
}

impl Section {
    /// A header that is inactive.
    pub(super) fn null() -> Self {
        Section {
            name: String::new(),
            kind: SHT_NULL,
            flags: 0,
            address: 0,
            offset: 0,
            size: 0,
            link: 0,
            info: 0,
            align: 0,
            entry_size: 0,
        }
    }

    /// One of a program's, of this many bytes at `address`, for tests.
    #[cfg(test)]
    pub fn loaded(flags: u64, address: u64, size: u64) -> Self {
        let name = if flags & 4 == 0 { ".rodata" } else { ".text" };
        Section {
            name: name.to_owned(),
            kind: 1,
            flags,
            address,
            offset: 0,
            size,
            link: 0,
            info: 0,
            align: 1,
            entry_size: 0,
        }
    }

    /// How many bytes of the file are this section's: none of a `.bss`.
    #[must_use]
    pub fn file_size(&self) -> u64 {
        match self.kind {
            SHT_NULL | SHT_NOBITS => 0,
            _ => self.size,
        }
    }

    /// The section is part of the running program.
    #[must_use]
    pub fn is_alloc(&self) -> bool {
        self.flags & SHF_ALLOC != 0
    }

    /// `sh_info` is the index of a section (gABI, "`sh_link` and `sh_info` Interpretation").
    pub(super) fn info_is_index(&self) -> bool {
        self.is_relocation() || self.flags & SHF_INFO_LINK != 0
    }

    /// The section holds relocations, of the section `sh_info`.
    pub(super) fn is_relocation(&self) -> bool {
        matches!(self.kind, SHT_REL | SHT_RELA)
    }

    /// The header's bytes; `None` if a field is too wide for the class.
    pub(super) fn encode(&self, layout: Layout, sh_name: u32) -> Option<Vec<u8>> {
        let mut record = layout.record();
        record.word(sh_name);
        record.word(self.kind);
        record.wide(self.flags)?;
        record.wide(self.address)?;
        record.wide(self.offset)?;
        record.wide(self.size)?;
        record.word(self.link);
        record.word(self.info);
        record.wide(self.align)?;
        record.wide(self.entry_size)?;
        Some(record.finish())
    }
}

/// All sections in the order of the table, the empty one at index 0 included.
///
/// No sections is an answer, not an error: a program needs none to run.
///
/// # Errors
///
/// [`Error::Malformed`] if the table or a section is not inside the file, or a
/// name cannot be read; [`Error::Io`] if the bytes cannot.
pub fn sections<R: ReadAt + ?Sized>(bytes: &R) -> Result<Vec<Section>, Error> {
    let header = FileHeader::read(bytes)?;
    Ok(Table::read(bytes, &header)?.sections)
}

/// The section header table.
#[derive(Default)]
pub(super) struct Table {
    pub(super) sections: Vec<Section>,
    /// The index of the section name table; 0 if there is none.
    pub(super) names: usize,
}

impl Table {
    /// Reads the table and the names; empty if `e_shoff` is 0.
    pub(super) fn read<R: ReadAt + ?Sized>(bytes: &R, header: &FileHeader) -> Result<Self, Error> {
        if header.e_shoff == 0 {
            return Ok(Self::default());
        }
        let layout = header.layout;
        let entry = layout.section_header_size();
        check_size("e_shentsize", header.e_shentsize, entry)?;
        let first = Part::SectionHeaders.read(bytes, header.e_shoff, entry.into())?;
        let (_, first) = decode(layout, &first).ok_or(Malformed::SectionNames)?;
        // gABI, "ELF Header": a count or an index too large for its field is
        // in the otherwise unused section 0.
        let count = match header.e_shnum {
            0 => first.size,
            count => count.into(),
        };
        let names = match header.e_shstrndx {
            SHN_XINDEX => first.link,
            index => index.into(),
        };
        if count > MAX_SECTIONS {
            return Err(Malformed::TooManySections(count).into());
        }
        let len = count.saturating_mul(entry.into());
        let raw = Part::SectionHeaders.read(bytes, header.e_shoff, len)?;
        let decoded = raw.chunks_exact(entry.into());
        let decoded: Vec<_> = decoded.filter_map(|raw| decode(layout, raw)).collect();
        let names = usize::try_from(names).map_err(|_| Malformed::SectionNames)?;
        let sections = named(bytes, decoded, names)?;
        Ok(Self { sections, names })
    }
}

/// `sh_name` and the rest; `None` if the record is too short.
fn decode(layout: Layout, raw: &[u8]) -> Option<(u32, Section)> {
    let mut fields = layout.fields(raw);
    let sh_name = fields.word()?;
    // A struct literal evaluates its fields in the order they are written in.
    let section = Section {
        name: String::new(),
        kind: fields.word()?,
        flags: fields.wide()?,
        address: fields.wide()?,
        offset: fields.wide()?,
        size: fields.wide()?,
        link: fields.word()?,
        info: fields.word()?,
        align: fields.wide()?,
        entry_size: fields.wide()?,
    };
    Some((sh_name, section))
}

/// The sections with their names, each checked to lie inside the file.
fn named<R: ReadAt + ?Sized>(
    bytes: &R,
    decoded: Vec<(u32, Section)>,
    names: usize,
) -> Result<Vec<Section>, Error> {
    let size = bytes.size()?;
    let table = match decoded.get(names) {
        _ if names == usize::from(SHN_UNDEF) => None,
        Some((_, table)) if table.kind == SHT_STRTAB && table.size <= MAX_NAMES => {
            Some(Part::Section(names).read(bytes, table.offset, table.size)?)
        }
        _ => return Err(Malformed::SectionNames.into()),
    };
    let mut left = MAX_NAMES;
    let mut sections = Vec::with_capacity(decoded.len());
    for (index, (sh_name, mut section)) in decoded.into_iter().enumerate() {
        if section.file_size() > 0 {
            Part::Section(index).inside(section.offset, section.size, size)?;
        }
        if let Some(table) = &table {
            section.name = name(table, sh_name).ok_or(Malformed::SectionName(index))?;
        }
        left = left.checked_sub(section.name.len() as u64).ok_or(Malformed::SectionNames)?;
        sections.push(section);
    }
    Ok(sections)
}

fn name(table: &[u8], sh_name: u32) -> Option<String> {
    let rest = table.get(usize::try_from(sh_name).ok()?..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    fn names(raw: &[u8]) -> Result<Vec<String>, String> {
        let sections = sections(raw).map_err(|error| error.to_string())?;
        Ok(sections.into_iter().map(|section| section.name).collect())
    }

    /// Writes a half of a 64-bit little-endian file header.
    fn half(raw: &mut [u8], at: usize, value: u16) {
        raw[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }

    #[test]
    fn sections_read_alike_in_every_layout() {
        for sample in Sample::every_layout() {
            assert_eq!(names(&sample.bytes()), Ok(vec![]));
            let raw = sample.section(".comment", 1, b"rustc\0").bytes();
            let all = sections(raw.as_slice()).unwrap();
            assert_eq!(all.len(), 3);
            assert_eq!((all[1].name.as_str(), all[1].size), (".comment", 6));
            assert_eq!((all[1].kind, all[1].offset), (1, Sample::SIZE));
        }
    }

    #[test]
    fn a_count_and_an_index_may_be_in_section_0() {
        let mut raw = Sample::default().section(".a", 1, b"a").bytes();
        let table = raw.len() - 3 * 64;
        half(&mut raw, 60, 0);
        half(&mut raw, 62, SHN_XINDEX);
        raw[table + 32] = 3;
        raw[table + 40] = 2;
        assert_eq!(names(&raw).unwrap(), ["", ".a", ".shstrtab"]);
        raw[table + 32..table + 40].copy_from_slice(&65_537_u64.to_le_bytes());
        assert_eq!(names(&raw).unwrap_err(), "65537 sections: too many");
    }

    #[test]
    fn a_table_or_a_name_that_is_not_there_is_refused() {
        let raw = Sample::default().section(".a", 1, b"a").bytes();
        let table = raw.len() - 3 * 64;
        let why = |at: usize, value: u16| {
            let mut raw = raw.clone();
            half(&mut raw, at, value);
            names(&raw).unwrap_err()
        };
        assert_eq!(why(58, 40), "e_shentsize is 40, not 64");
        assert!(why(60, 9).starts_with("truncated: the section header table"));
        assert!(why(62, 9).starts_with("the section name table"));
        assert!(why(62, 1).starts_with("the section name table"));
        assert!(why(table + 64, 999).starts_with("section 1 has no readable name"));
        assert!(why(table + 64 + 32 + 4, 1).starts_with("truncated: section 1 ends"));
    }
}
