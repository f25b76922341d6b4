//! Reads the symbol table: the names of functions and data, for reports of where a program's bytes go.

use super::header::FileHeader;
use super::layout::Layout;
use super::sections::{SHT_SYMTAB, Section, Table};
use super::{Class, Error, Malformed, Part, ReadAt};

/// A bound on the table and on its names together: a program of 150 MB has a tenth of it.
const MAX_TABLE: u64 = 256 << 20;

/// The special section indices (ELF gABI, "Special Section Indexes") begin here: absolute and common symbols.
const SHN_LORESERVE: u16 = 0xff00;

/// What a symbol stands for (ELF gABI, "Symbol Table", `ELF64_ST_TYPE`), as far as a report tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    /// `STT_FUNC` and `STT_GNU_IFUNC`.
    Function,
    /// `STT_OBJECT` and `STT_COMMON`.
    Data,
    /// `STT_NOTYPE`: a label, as assemblers write it.
    Label,
}

/// A place in the program that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// The bytes of its name, mangled.
    pub name: &'a [u8],
    /// Its `st_value`, in a program an address.
    pub address: u64,
    /// Its `st_size`, 0 where nobody said it.
    pub size: u64,
    /// The index of its section.
    pub section: u16,
    /// What it stands for.
    pub kind: SymbolKind,
}

/// The symbol table of a file.
#[derive(Debug, Default)]
pub struct Symbols {
    layout: Option<Layout>,
    raw: Vec<u8>,
    names: Vec<u8>,
}

impl Symbols {
    /// Reads the table; an empty one if the file has none.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the headers are not sound or the table is not inside the file; [`Error::Io`] if the bytes
    /// cannot be read.
    pub fn read<R: ReadAt + ?Sized>(bytes: &R) -> Result<Self, Error> {
        let header = FileHeader::read(bytes)?;
        let table = Table::read(bytes, &header)?.sections;
        let Some(at) = table.iter().position(|section| section.kind == SHT_SYMTAB) else {
            return Ok(Self::default());
        };
        let content = |at: usize, section: &Section| {
            if section.size > MAX_TABLE {
                return Err(Error::from(Malformed::TooLarge));
            }
            Part::Section(at).read(bytes, section.offset, section.size)
        };
        let strings = usize::try_from(table[at].link).unwrap_or(0);
        let names = table.get(strings).map(|section| content(strings, section)).transpose()?;
        Ok(Self {
            layout: Some(header.layout),
            raw: content(at, &table[at])?,
            names: names.unwrap_or_default(),
        })
    }

    /// Every symbol that lies in a section of the file and has a name that can be read.
    pub fn iter(&self) -> impl Iterator<Item = Symbol<'_>> {
        let layout = self.layout;
        let size = layout.map_or(usize::MAX, |layout| match layout.class {
            Class::Elf32 => 16,
            Class::Elf64 => 24,
        });
        self.raw.chunks_exact(size).filter_map(move |raw| self.symbol(layout?, raw))
    }

    /// One entry; the two classes order its fields differently.
    fn symbol(&self, layout: Layout, raw: &[u8]) -> Option<Symbol<'_>> {
        let mut fields = layout.fields(raw);
        let name = fields.word()?;
        let (address, size, info, section);
        match layout.class {
            Class::Elf32 => {
                (address, size) = (fields.wide()?, fields.wide()?);
                info = *raw.get(12)?;
                section = layout.fields(raw.get(14..)?).half()?;
            }
            Class::Elf64 => {
                info = *raw.get(4)?;
                section = layout.fields(raw.get(6..)?).half()?;
                let mut fields = layout.fields(raw.get(8..)?);
                (address, size) = (fields.wide()?, fields.wide()?);
            }
        }
        let kind = match info & 0xf {
            0 => SymbolKind::Label,
            1 | 5 => SymbolKind::Data,
            2 | 10 => SymbolKind::Function,
            _ => return None, // a section's or a file's, or of thread-local data, which has no address
        };
        if section == 0 || section >= SHN_LORESERVE {
            return None;
        }
        let rest = self.names.get(usize::try_from(name).ok()?..)?;
        let end = memchr::memchr(0, rest)?;
        Some(Symbol { name: rest.get(..end)?, address, size, section, kind })
    }
}
