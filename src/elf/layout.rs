//! Decodes and encodes the fields of ELF records, whose width and byte order a file chooses.

/// The width of addresses and offsets: `EI_CLASS` (ELF gABI, "ELF Identification").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `ELFCLASS32`.
    Elf32,
    /// `ELFCLASS64`.
    Elf64,
}

impl Class {
    /// The width of an address, in bits.
    pub fn bits(self) -> u8 {
        match self {
            Class::Elf32 => 32,
            Class::Elf64 => 64,
        }
    }
}

/// The order of bytes in a field: `EI_DATA` (ELF gABI, "ELF Identification").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// `ELFDATA2LSB`.
    Little,
    /// `ELFDATA2MSB`.
    Big,
}

/// How one file lays out its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) class: Class,
    pub(super) data: Data,
}

impl Layout {
    /// `sizeof(Elf32_Ehdr)` or `sizeof(Elf64_Ehdr)`.
    pub(super) const fn file_header_size(self) -> u16 {
        self.pick(52, 64)
    }

    /// `sizeof(Elf32_Phdr)` or `sizeof(Elf64_Phdr)`.
    pub(super) const fn program_header_size(self) -> u16 {
        self.pick(32, 56)
    }

    /// `sizeof(Elf32_Shdr)` or `sizeof(Elf64_Shdr)`.
    pub(super) const fn section_header_size(self) -> u16 {
        self.pick(40, 64)
    }

    /// `sizeof(Elf32_Dyn)` or `sizeof(Elf64_Dyn)`.
    pub(super) const fn dynamic_entry_size(self) -> u16 {
        self.pick(8, 16)
    }

    /// The alignment of an address, and so of a table of records.
    pub(super) const fn table_alignment(self) -> u16 {
        self.pick(4, 8)
    }

    /// The last address there is.
    pub(super) fn last_address(self) -> u64 {
        match self.class {
            Class::Elf32 => u64::from(u32::MAX),
            Class::Elf64 => u64::MAX,
        }
    }

    /// The fields of a record, first to last.
    pub(super) const fn fields(self, raw: &[u8]) -> Fields<'_> {
        Fields { layout: self, rest: raw }
    }

    /// An empty record, to be filled first field to last.
    pub(super) const fn record(self) -> Record {
        Record { layout: self, raw: Vec::new() }
    }

    const fn pick(self, elf32: u16, elf64: u16) -> u16 {
        match self.class {
            Class::Elf32 => elf32,
            Class::Elf64 => elf64,
        }
    }
}

/// What is left to decode of a record; every read is `None` once it runs out.
pub(super) struct Fields<'a> {
    layout: Layout,
    rest: &'a [u8],
}

impl Fields<'_> {
    /// `Half`: 16 bits in both classes.
    pub(super) fn half(&mut self) -> Option<u16> {
        let raw = self.take()?;
        Some(match self.layout.data {
            Data::Little => u16::from_le_bytes(raw),
            Data::Big => u16::from_be_bytes(raw),
        })
    }

    /// `Word`: 32 bits in both classes.
    pub(super) fn word(&mut self) -> Option<u32> {
        let raw = self.take()?;
        Some(match self.layout.data {
            Data::Little => u32::from_le_bytes(raw),
            Data::Big => u32::from_be_bytes(raw),
        })
    }

    /// `Addr`, `Off`, and what is `Word` in ELF32 and `Xword` in ELF64: as wide as the class.
    pub(super) fn wide(&mut self) -> Option<u64> {
        if self.layout.class == Class::Elf32 {
            return self.word().map(u64::from);
        }
        let raw = self.take()?;
        Some(match self.layout.data {
            Data::Little => u64::from_le_bytes(raw),
            Data::Big => u64::from_be_bytes(raw),
        })
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*field)
    }
}

/// A record being encoded: the inverse of [`Fields`].
pub(super) struct Record {
    layout: Layout,
    raw: Vec<u8>,
}

impl Record {
    /// Bytes as they are, such as `e_ident`.
    pub(super) fn bytes(&mut self, raw: &[u8]) {
        self.raw.extend_from_slice(raw);
    }

    /// `Half`: 16 bits in both classes.
    pub(super) fn half(&mut self, value: u16) {
        match self.layout.data {
            Data::Little => self.bytes(&value.to_le_bytes()),
            Data::Big => self.bytes(&value.to_be_bytes()),
        }
    }

    /// `Word`: 32 bits in both classes.
    pub(super) fn word(&mut self, value: u32) {
        match self.layout.data {
            Data::Little => self.bytes(&value.to_le_bytes()),
            Data::Big => self.bytes(&value.to_be_bytes()),
        }
    }

    /// As wide as the class; `None` if the value is wider.
    pub(super) fn wide(&mut self, value: u64) -> Option<()> {
        match (self.layout.class, self.layout.data) {
            (Class::Elf32, _) => self.word(u32::try_from(value).ok()?),
            (Class::Elf64, Data::Little) => self.bytes(&value.to_le_bytes()),
            (Class::Elf64, Data::Big) => self.bytes(&value.to_be_bytes()),
        }
        Some(())
    }

    /// The record's bytes.
    pub(super) fn finish(self) -> Vec<u8> {
        self.raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_to_the_same() {
        for class in [Class::Elf32, Class::Elf64] {
            for data in [Data::Little, Data::Big] {
                let layout = Layout { class, data };
                let mut record = layout.record();
                record.half(0x1234);
                record.word(0x5678_9abc);
                record.wide(0xfedc_ba98).unwrap();
                let raw = record.finish();
                let mut fields = layout.fields(&raw);
                assert_eq!(fields.half(), Some(0x1234));
                assert_eq!(fields.word(), Some(0x5678_9abc));
                assert_eq!(fields.wide(), Some(0xfedc_ba98));
                assert_eq!(fields.half(), None);
            }
        }
    }

    #[test]
    fn a_value_too_wide_for_its_class_is_not_cut() {
        let (class, data) = (Class::Elf32, Data::Big);
        assert_eq!(Layout { class, data }.record().wide(1 << 32), None);
    }
}
