//! Reads the program header table and refuses one no loader should be given.

use super::header::{FileHeader, check_size};
use super::layout::Layout;
use super::{Class, Error, Malformed, Part, ReadAt};

// Segment types and flags (ELF gABI, "Program Header"; the GNU ones: Linux `include/uapi/linux/elf.h`).
pub(super) const PT_TLS: u32 = 7;
pub(super) const PT_LOAD: u32 = 1;
pub(super) const PT_DYNAMIC: u32 = 2;
pub(super) const PT_INTERP: u32 = 3;
pub(super) const PT_NOTE: u32 = 4;
pub(super) const PT_GNU_STACK: u32 = 0x6474_e551;
pub(super) const PT_GNU_RELRO: u32 = 0x6474_e552;
pub(super) const PF_X: u32 = 1;

/// `PN_XNUM`: the count is in section 0. The kernel does not look there.
const PN_XNUM: u16 = 0xffff;

/// The smallest page of any Linux, in bytes.
const PAGE: u64 = 4096;

/// `Elf32_Phdr` or `Elf64_Phdr`.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "the names of the ELF gABI")]
pub(super) struct Segment {
    pub(super) p_type: u32,
    pub(super) p_flags: u32,
    pub(super) p_offset: u64,
    pub(super) p_vaddr: u64,
    pub(super) p_paddr: u64,
    pub(super) p_filesz: u64,
    pub(super) p_memsz: u64,
    pub(super) p_align: u64,
}

/// A checked program header table.
///
/// Kept as the bytes it came in and decoded on the way through: 65 534 headers
/// are 3.5 MiB once, not twice.
pub(super) struct Segments {
    layout: Layout,
    raw: Vec<u8>,
}

impl Segments {
    /// Reads the table in one read and checks every entry of it.
    pub(super) fn read<R: ReadAt + ?Sized>(bytes: &R, header: &FileHeader) -> Result<Self, Error> {
        let layout = header.layout;
        let entry = layout.program_header_size();
        if matches!(header.e_phnum, 0 | PN_XNUM) {
            return Err(Malformed::ProgramHeaderCount(header.e_phnum).into());
        }
        check_size("e_phentsize", header.e_phentsize, entry)?;
        let len = u64::from(header.e_phnum).saturating_mul(entry.into());
        let raw = Part::ProgramHeaders.read(bytes, header.e_phoff, len)?;
        let segments = Self { layout, raw };
        segments.check(bytes.size()?)?;
        Ok(segments)
    }

    /// The segments, in the order of the table.
    pub(super) fn iter(&self) -> impl Iterator<Item = Segment> {
        self.raw
            .chunks_exact(self.layout.program_header_size().into())
            // No chunk is too short to decode: each has the size of a record.
            .filter_map(|raw| decode(self.layout, raw))
    }

    /// The one segment of a type a file has at most once.
    pub(super) fn only(&self, p_type: u32, name: &'static str) -> Result<Option<Segment>, Malformed> {
        let mut all = self.iter().filter(|segment| segment.p_type == p_type);
        let first = all.next();
        match all.next() {
            Some(_) => Err(Malformed::Repeated(name)),
            None => Ok(first),
        }
    }

    /// Where in the file the byte loaded at an address is, and how many follow it.
    ///
    /// Where segments overlap the last one counts: the kernel maps them in
    /// order, each over what is there (`MAP_FIXED`).
    pub(super) fn file_range(&self, address: u64) -> Option<(u64, u64)> {
        self.iter()
            .filter_map(|segment| {
                let inner = segment.loaded_from_file(address)?;
                let offset = segment.p_offset.checked_add(inner)?;
                Some((offset, segment.p_filesz.checked_sub(inner)?))
            })
            .last()
    }

    fn check(&self, size: u64) -> Result<(), Malformed> {
        let mut lowest = 0;
        for (index, segment) in self.iter().enumerate() {
            segment.check(index, size, self.layout)?;
            if segment.p_type == PT_LOAD {
                // gABI, "Program Header": loadable entries ascend by p_vaddr.
                // The kernel sizes a PIE's whole mapping by the first and the
                // last, so it relies on the order without checking it.
                if segment.p_vaddr < lowest {
                    return Err(Malformed::Unordered(index));
                }
                lowest = segment.p_vaddr;
            }
        }
        Ok(())
    }
}

impl Segment {
    /// The header's bytes; `None` if a field is too wide for the class.
    pub(super) fn encode(&self, layout: Layout) -> Option<Vec<u8>> {
        let mut record = layout.record();
        record.word(self.p_type);
        if layout.class == Class::Elf64 {
            record.word(self.p_flags);
        }
        for value in [self.p_offset, self.p_vaddr, self.p_paddr, self.p_filesz, self.p_memsz] {
            record.wide(value)?;
        }
        if layout.class == Class::Elf32 {
            record.word(self.p_flags);
        }
        record.wide(self.p_align)?;
        Some(record.finish())
    }

    /// How far into this segment an address is, if it is loaded there from the file.
    pub(super) fn loaded_from_file(&self, address: u64) -> Option<u64> {
        let inner = address.checked_sub(self.p_vaddr)?;
        (self.p_type == PT_LOAD && inner < self.p_filesz).then_some(inner)
    }

    fn check(&self, index: usize, size: u64, layout: Layout) -> Result<(), Malformed> {
        if self.p_filesz > 0 {
            Part::Segment(index).inside(self.p_offset, self.p_filesz, size)?;
        }
        self.p_vaddr
            .checked_add(self.p_memsz)
            .filter(|end| *end <= layout.last_address())
            .ok_or(Malformed::AddressOverflows(index))?;
        if self.p_type != PT_LOAD {
            return Ok(());
        }
        if self.p_filesz > self.p_memsz {
            return Err(Malformed::FileLargerThanMemory(index));
        }
        if !self.is_congruent() {
            return Err(Malformed::Misaligned(index));
        }
        Ok(())
    }

    /// gABI, "Program Header", `p_align`: 0 and 1 mean none, else a power of
    /// two by which `p_vaddr` and `p_offset` leave the same remainder.
    fn is_congruent(&self) -> bool {
        // the kernel maps whole pages of the file, whatever p_align says (fs/binfmt_elf.c, elf_map)
        if self.p_filesz > 0 && self.p_vaddr % PAGE != self.p_offset % PAGE {
            return false;
        }
        if self.p_align <= 1 {
            return true;
        }
        self.p_align.is_power_of_two()
            && self.p_vaddr.checked_rem(self.p_align) == self.p_offset.checked_rem(self.p_align)
    }
}

/// `None` if the record is too short. The two classes order the fields differently.
fn decode(layout: Layout, raw: &[u8]) -> Option<Segment> {
    let mut fields = layout.fields(raw);
    let p_type = fields.word()?;
    let early_flags = match layout.class {
        Class::Elf64 => Some(fields.word()?),
        Class::Elf32 => None,
    };
    let p_offset = fields.wide()?;
    let p_vaddr = fields.wide()?;
    let p_paddr = fields.wide()?;
    let p_filesz = fields.wide()?;
    let p_memsz = fields.wide()?;
    let p_flags = match early_flags {
        Some(flags) => flags,
        None => fields.word()?,
    };
    let p_align = fields.wide()?;
    Some(Segment { p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align })
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    fn segments(sample: &Sample) -> Segments {
        let raw = sample.bytes();
        let header = FileHeader::read(raw.as_slice()).unwrap();
        Segments::read(raw.as_slice(), &header).unwrap()
    }

    #[test]
    fn both_classes_and_orders_decode_to_the_same_segments() {
        for sample in Sample::every_layout() {
            let load = segments(&sample).iter().next().unwrap();
            assert_eq!((load.p_type, load.p_flags), (PT_LOAD, 5));
            assert_eq!((load.p_offset, load.p_vaddr), (0, Sample::BASE));
            assert_eq!((load.p_filesz, load.p_memsz), (Sample::SIZE, Sample::SIZE));
            assert_eq!(load.p_align, 0x1000);
            assert_eq!(load.encode(sample.layout()).unwrap(), segments(&sample).raw);
        }
    }

    #[test]
    fn an_address_is_found_in_the_file_only_where_the_file_is_mapped() {
        let mut sample = Sample::default();
        sample.segments[0].p_memsz += 0x100;
        let segments = segments(&sample);
        assert_eq!(segments.file_range(Sample::BASE + 8), Some((8, Sample::SIZE - 8)));
        assert_eq!(segments.file_range(Sample::BASE - 1), None);
        assert_eq!(segments.file_range(Sample::BASE + Sample::SIZE), None);
    }

    #[test]
    fn where_segments_overlap_the_last_one_is_what_is_mapped() {
        let mut sample = Sample::default();
        let mut over = sample.segments[0];
        over.p_offset = 0x1000;
        over.p_filesz = 0x10;
        sample.segments.push(over);
        assert_eq!(segments(&sample).file_range(Sample::BASE + 4), Some((0x1004, 12)));
    }
}
