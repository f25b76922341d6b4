//! Says in one line why bytes could not be read as an ELF file.

use std::error;
use std::fmt;
use std::io;

/// Why nothing can be said about a file.
#[derive(Debug)]
pub enum Error {
    /// The bytes could not be read at all.
    Io(io::Error),
    /// The bytes were read, and are not a sound ELF file.
    Malformed(Malformed),
}

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// The first four bytes are not `\x7fELF`.
    NotElf,
    /// `EI_CLASS` is neither `ELFCLASS32` nor `ELFCLASS64`.
    Class(u8),
    /// `EI_DATA` is neither `ELFDATA2LSB` nor `ELFDATA2MSB`.
    Data(u8),
    /// `EI_VERSION` or `e_version` is not `EV_CURRENT`.
    Version(u32),
    /// A header states a size that is not the one its class fixes.
    HeaderSize {
        /// The field: `e_ehsize`, `e_phentsize` or `e_shentsize`.
        field: &'static str,
        /// What it says.
        value: u16,
        /// What it must say.
        expected: u16,
    },
    /// `e_phnum` is 0 (nothing to load) or `PN_XNUM`, which the kernel does not follow.
    ProgramHeaderCount(u16),
    /// A part ends after the file does.
    Truncated {
        /// The part.
        part: Part,
        /// Where it ends.
        end: u64,
        /// Where the file ends.
        size: u64,
    },
    /// A part ends beyond every offset there is.
    EndOverflows(Part),
    /// `p_vaddr + p_memsz` is beyond the address space.
    AddressOverflows(usize),
    /// A `PT_LOAD` has `p_filesz > p_memsz`.
    FileLargerThanMemory(usize),
    /// A `PT_LOAD` whose `p_align` is no power of two, or whose offset and address disagree on it.
    Misaligned(usize),
    /// A `PT_LOAD` begins below the one before it.
    Unordered(usize),
    /// More than one of a segment a file has at most once.
    Repeated(&'static str),
    /// The path in `PT_INTERP` is one no kernel would take.
    Interpreter(&'static str),
    /// `PT_DYNAMIC` cannot be the table a loader would read.
    Dynamic(&'static str),
    /// More sections than a program has, or than can be written back.
    TooManySections(u64),
    /// A section's name is not in the section name table.
    SectionName(usize),
    /// The section name table is missing or absurdly large.
    SectionNames,
    /// An offset or a size that no file could have.
    TooLarge,
}

/// A part of an ELF file that lies somewhere in its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The file header, `Elf32_Ehdr` or `Elf64_Ehdr`.
    FileHeader,
    /// The table of program headers.
    ProgramHeaders,
    /// The bytes of one segment, by its index.
    Segment(usize),
    /// The path in `PT_INTERP`.
    Interpreter,
    /// The dynamic section, or a string it names.
    Dynamic,
    /// A note segment or section.
    Notes,
    /// The table of section headers.
    SectionHeaders,
    /// The bytes of one section, by its index.
    Section(usize),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot read the file: {error}"),
            Self::Malformed(why) => why.fmt(f),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf => f.write_str("not an ELF file"),
            Self::Class(class) => write!(f, "unknown ELF class {class}: neither 32 nor 64 bit"),
            Self::Data(data) => write!(f, "unknown ELF byte order {data}"),
            Self::Version(version) => write!(f, "unknown ELF version {version}"),
            Self::HeaderSize { field, value, expected } => write!(f, "{field} is {value}, not {expected}"),
            Self::ProgramHeaderCount(0) => f.write_str("no program headers: nothing can be loaded"),
            Self::ProgramHeaderCount(count) => write!(f, "{count} program headers: too many"),
            Self::Truncated { part, end, size } => {
                write!(f, "truncated: {part} ends at byte {end} of {size}")
            }
            Self::EndOverflows(part) => write!(f, "{part} ends beyond the largest offset"),
            Self::AddressOverflows(index) => {
                write!(f, "segment {index} ends beyond the address space")
            }
            Self::FileLargerThanMemory(index) => {
                write!(f, "segment {index} has more bytes in the file than in memory")
            }
            Self::Misaligned(index) => {
                write!(f, "segment {index} is not aligned as its p_align says")
            }
            Self::Unordered(index) => {
                write!(f, "segment {index} is loaded below the one before it")
            }
            Self::Repeated(kind) => write!(f, "more than one {kind} segment"),
            Self::Interpreter(why) => write!(f, "the interpreter path {why}"),
            Self::Dynamic(why) => write!(f, "the dynamic section {why}"),
            Self::TooManySections(count) => write!(f, "{count} sections: too many"),
            Self::SectionName(index) => write!(f, "section {index} has no readable name"),
            Self::SectionNames => f.write_str("the section name table cannot be read"),
            Self::TooLarge => f.write_str("a size is larger than any file"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FileHeader => f.write_str("the file header"),
            Self::ProgramHeaders => f.write_str("the program header table"),
            Self::Segment(index) => write!(f, "segment {index}"),
            Self::Interpreter => f.write_str("the interpreter path"),
            Self::Dynamic => f.write_str("the dynamic section"),
            Self::Notes => f.write_str("a note"),
            Self::SectionHeaders => f.write_str("the section header table"),
            Self::Section(index) => write!(f, "section {index}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Malformed(_) => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Malformed> for Error {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_one_clear_line() {
        let lines = [
            (Malformed::NotElf, "not an ELF file"),
            (
                Malformed::Truncated { part: Part::Segment(3), end: 900, size: 512 },
                "truncated: segment 3 ends at byte 900 of 512",
            ),
            (
                Malformed::HeaderSize { field: "e_phentsize", value: 55, expected: 56 },
                "e_phentsize is 55, not 56",
            ),
            (Malformed::Interpreter("is empty"), "the interpreter path is empty"),
        ];
        for (why, line) in lines {
            assert_eq!(Error::from(why).to_string(), line);
        }
    }
}
