//! Reads and writes the file header (ELF gABI, "ELF Header").

use super::layout::Layout;
use super::{Class, Data, Error, Malformed, Part, ReadAt};

/// `EI_NIDENT`: the length of `e_ident`.
const EI_NIDENT: usize = 16;

/// `EV_CURRENT`: the one version of the format there has ever been.
const EV_CURRENT: u32 = 1;

/// `Elf32_Ehdr` or `Elf64_Ehdr`.
#[derive(Debug, Clone)]
pub(super) struct FileHeader {
    pub(super) layout: Layout,
    pub(super) e_ident: [u8; EI_NIDENT],
    pub(super) e_type: u16,
    pub(super) e_machine: u16,
    pub(super) e_version: u32,
    pub(super) e_entry: u64,
    pub(super) e_phoff: u64,
    pub(super) e_shoff: u64,
    pub(super) e_flags: u32,
    pub(super) e_ehsize: u16,
    pub(super) e_phentsize: u16,
    pub(super) e_phnum: u16,
    pub(super) e_shentsize: u16,
    pub(super) e_shnum: u16,
    pub(super) e_shstrndx: u16,
}

impl FileHeader {
    /// Reads the header and checks all that does not depend on the rest of the file.
    pub(super) fn read<R: ReadAt + ?Sized>(bytes: &R) -> Result<Self, Error> {
        let size = bytes.size()?;
        // Fewer bytes than e_ident: then only the magic can tell a cut ELF
        // file from a file of another kind, and neither has a class to go by.
        let ident_len = size.min(EI_NIDENT as u64);
        let ident = Part::FileHeader.read(bytes, 0, ident_len)?;
        if !ident.starts_with(b"\x7fELF") {
            return Err(Malformed::NotElf.into());
        }
        Part::FileHeader.inside(0, EI_NIDENT as u64, size)?;
        let layout = layout(&ident)?;
        let raw = Part::FileHeader.read(bytes, 0, layout.file_header_size().into())?;
        let header = decode(layout, &raw).ok_or(Malformed::NotElf)?;
        check_version(header.e_version)?;
        check_size("e_ehsize", header.e_ehsize, layout.file_header_size())?;
        Ok(header)
    }

    /// The header's bytes; `None` if an offset is too wide for the class.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let mut record = self.layout.record();
        record.bytes(&self.e_ident);
        record.half(self.e_type);
        record.half(self.e_machine);
        record.word(self.e_version);
        record.wide(self.e_entry)?;
        record.wide(self.e_phoff)?;
        record.wide(self.e_shoff)?;
        record.word(self.e_flags);
        record.half(self.e_ehsize);
        record.half(self.e_phentsize);
        record.half(self.e_phnum);
        record.half(self.e_shentsize);
        record.half(self.e_shnum);
        record.half(self.e_shstrndx);
        Some(record.finish())
    }

    /// `EI_OSABI`.
    pub(super) const fn osabi(&self) -> u8 {
        self.e_ident[7]
    }
}

/// Refuses a size field that is not what its class fixes.
///
/// The kernel takes the size of a program header from its own struct and
/// refuses every other (`fs/binfmt_elf.c`, `load_elf_phdrs`).
pub(super) fn check_size(field: &'static str, value: u16, expected: u16) -> Result<(), Malformed> {
    if value == expected {
        return Ok(());
    }
    Err(Malformed::HeaderSize { field, value, expected })
}

fn layout(ident: &[u8]) -> Result<Layout, Malformed> {
    let [_, _, _, _, class, data, version, ..] = *ident else {
        return Err(Malformed::NotElf);
    };
    let class = match class {
        1 => Class::Elf32,
        2 => Class::Elf64,
        other => return Err(Malformed::Class(other)),
    };
    let data = match data {
        1 => Data::Little,
        2 => Data::Big,
        other => return Err(Malformed::Data(other)),
    };
    check_version(version.into())?;
    Ok(Layout { class, data })
}

fn check_version(version: u32) -> Result<(), Malformed> {
    if version == EV_CURRENT {
        return Ok(());
    }
    Err(Malformed::Version(version))
}

/// `None` if the record is too short.
fn decode(layout: Layout, raw: &[u8]) -> Option<FileHeader> {
    let (e_ident, rest) = raw.split_first_chunk()?;
    let mut fields = layout.fields(rest);
    // A struct literal evaluates its fields in the order they are written in.
    Some(FileHeader {
        layout,
        e_ident: *e_ident,
        e_type: fields.half()?,
        e_machine: fields.half()?,
        e_version: fields.word()?,
        e_entry: fields.wide()?,
        e_phoff: fields.wide()?,
        e_shoff: fields.wide()?,
        e_flags: fields.word()?,
        e_ehsize: fields.half()?,
        e_phentsize: fields.half()?,
        e_phnum: fields.half()?,
        e_shentsize: fields.half()?,
        e_shnum: fields.half()?,
        e_shstrndx: fields.half()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    #[test]
    fn a_header_is_written_as_it_was_read() {
        for sample in Sample::every_layout() {
            let raw = sample.bytes();
            let header = FileHeader::read(raw.as_slice()).unwrap();
            let encoded = header.encode().unwrap();
            assert_eq!(encoded, raw[..encoded.len()]);
        }
    }

    #[test]
    fn a_cut_header_is_truncated_and_a_cut_magic_is_not_elf() {
        let raw = Sample::default().bytes();
        let why = |len: usize| match FileHeader::read(&raw[..len]) {
            Err(Error::Malformed(why)) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(0), Malformed::NotElf);
        assert_eq!(why(3), Malformed::NotElf);
        assert!(matches!(why(4), Malformed::Truncated { end: 16, .. }));
        assert!(matches!(why(63), Malformed::Truncated { end: 64, .. }));
    }
}
