//! Builds small ELF files by hand, for the tests of this module.

use super::layout::Layout;
use super::names;
use super::sections::Section;
use super::segments::{PT_DYNAMIC, PT_INTERP, PT_LOAD, PT_NOTE, Segment};
use super::{Class, Data};

/// One `PT_LOAD` over a file of [`Sample::SIZE`] bytes, and whatever a test adds.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) class: Class,
    pub(super) data: Data,
    pub(super) entry: u64,
    pub(super) segments: Vec<Segment>,
    /// Each with its bytes; one without bytes keeps the offset and size it states.
    pub(super) sections: Vec<(Section, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sample {
    /// Where the file is loaded.
    pub(super) const BASE: u64 = 0x40_0000;
    /// The size of the file, without sections.
    pub(super) const SIZE: u64 = 0x2_0000;
    /// The address of a string table.
    pub(super) const STRTAB: u64 = Self::BASE + 0x3000;
    /// The offset of `libc.so.6` in it.
    pub(super) const LIBC: u64 = 1;

    const INTERPRETER: u64 = 0x1000;
    const DYNAMIC: u64 = 0x4000;

    /// The default sample in both classes and both byte orders.
    pub(super) fn every_layout() -> impl Iterator<Item = Self> {
        [Class::Elf32, Class::Elf64]
            .into_iter()
            .flat_map(|class| [Data::Little, Data::Big].map(|data| (class, data)))
            .map(|(class, data)| Self { class, data, ..Self::default() })
    }

    /// A file with something for every reader of this module.
    pub(super) fn rich() -> Vec<u8> {
        let note = b"\x04\0\0\0\x02\0\0\0\x03\0\0\0GNU\0\xca\xfe\0\0";
        let mut sample = Self::default()
            .interpreter(b"/lib/ld.so\0")
            .dynamic(&[(1, Self::LIBC), (5, Self::STRTAB), (24, 0), (0, 0)])
            .section(".symtab", 2, &[0; 480])
            .section(".strtab", 3, &[0; 200])
            .section(".comment", 1, b"made by hand\0")
            .section(".debug_info", 1, &[7; 400])
            .section(".rela.debug_info", 4, &[7; 48]);
        sample.sections[0].0.link = 2;
        sample.put(PT_NOTE, 0x2000, note);
        sample.bytes()
    }

    /// With this path in a `PT_INTERP`.
    pub(super) fn interpreter(mut self, path: &[u8]) -> Self {
        self.put(PT_INTERP, Self::INTERPRETER, path);
        self
    }

    /// With these entries in a `PT_DYNAMIC`.
    pub(super) fn dynamic(mut self, entries: &[(u64, u64)]) -> Self {
        let mut record = self.layout().record();
        for (tag, value) in entries {
            record.wide(*tag).unwrap();
            record.wide(*value).unwrap();
        }
        self.put(PT_DYNAMIC, Self::DYNAMIC, &record.finish());
        self
    }

    /// With a section of these bytes after all segments.
    pub(super) fn section(mut self, name: &str, kind: u32, bytes: &[u8]) -> Self {
        self.sections.push((section(name, kind), bytes.to_vec()));
        self
    }

    /// With bytes at an offset, which must be inside the file.
    pub(super) fn put(&mut self, p_type: u32, offset: u64, bytes: &[u8]) {
        let at = usize::try_from(offset).unwrap();
        self.body[at..at + bytes.len()].copy_from_slice(bytes);
        let size = bytes.len() as u64;
        self.segments.push(segment(p_type, 4, offset, size));
    }

    pub(super) fn layout(&self) -> Layout {
        let (class, data) = (self.class, self.data);
        Layout { class, data }
    }

    /// The file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let layout = self.layout();
        let mut file = self.body.clone();
        let (e_shoff, e_shnum) = self.append_sections(&mut file);
        let mut header = layout.record();
        header.bytes(b"\x7fELF");
        header.bytes(&[
            if self.class == Class::Elf32 { 1 } else { 2 },
            if self.data == Data::Little { 1 } else { 2 },
            1,
        ]);
        header.bytes(&[0; 9]);
        header.half(2);
        header.half(62);
        header.word(1);
        header.wide(self.entry).unwrap();
        let table: Vec<u8> =
            self.segments.iter().flat_map(|segment| segment.encode(layout).unwrap()).collect();
        // Behind all else where it would not fit before the first of the rest.
        let fits = table.len() < 0xf00;
        let e_phoff = if fits { layout.file_header_size().into() } else { file.len() as u64 };
        header.wide(e_phoff).unwrap();
        header.wide(e_shoff).unwrap();
        header.word(0);
        header.half(layout.file_header_size());
        header.half(layout.program_header_size());
        header.half(self.segments.len().try_into().unwrap());
        header.half(layout.section_header_size());
        header.half(e_shnum);
        header.half(e_shnum.saturating_sub(1));
        let mut start = header.finish();
        let place = if fits { &mut start } else { &mut file };
        place.extend(table);
        file[..start.len()].copy_from_slice(&start);
        file
    }

    fn append_sections(&self, file: &mut Vec<u8>) -> (u64, u16) {
        if self.sections.is_empty() {
            return (0, 0);
        }
        let mut all = vec![(section("", 0), Vec::new())];
        all.extend(self.sections.clone());
        all.push((section(".shstrtab", 3), Vec::new()));
        let strings: Vec<&str> = all.iter().map(|(s, _)| s.name.as_str()).collect();
        let table = names::table(&strings).unwrap();
        all.last_mut().unwrap().1 = table.raw.clone();
        let mut headers = Vec::new();
        for ((section, bytes), sh_name) in all.iter().zip(&table.offsets) {
            let mut section = section.clone();
            if !bytes.is_empty() {
                section.offset = file.len() as u64;
                section.size = bytes.len() as u64;
                file.extend(bytes);
            }
            headers.extend(section.encode(self.layout(), *sh_name).unwrap());
        }
        file.resize(file.len().next_multiple_of(8), 0);
        let e_shoff = file.len() as u64;
        file.extend(headers);
        (e_shoff, all.len().try_into().unwrap())
    }
}

impl Default for Sample {
    fn default() -> Self {
        let mut body = vec![0xaa; usize::try_from(Self::SIZE).unwrap()];
        body[0x3000..0x300b].copy_from_slice(b"\0libc.so.6\0");
        let mut load = segment(PT_LOAD, 5, 0, Self::SIZE);
        load.p_align = 0x1000;
        Self {
            class: Class::Elf64,
            data: Data::Little,
            entry: Self::BASE,
            segments: vec![load],
            sections: Vec::new(),
            body,
        }
    }
}

/// A segment loaded where the sample's one `PT_LOAD` puts it.
pub(super) fn segment(p_type: u32, p_flags: u32, offset: u64, size: u64) -> Segment {
    Segment {
        p_type,
        p_flags,
        p_offset: offset,
        p_vaddr: Sample::BASE + offset,
        p_paddr: Sample::BASE + offset,
        p_filesz: size,
        p_memsz: size,
        p_align: 1,
    }
}

/// A section with a name and a type.
pub(super) fn section(name: &str, kind: u32) -> Section {
    Section {
        name: name.to_owned(),
        kind,
        flags: 0,
        address: 0,
        offset: 0,
        size: 0,
        link: 0,
        info: 0,
        align: 1,
        entry_size: 0,
    }
}
