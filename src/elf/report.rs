//! Says what a file carries besides the program: for people, never for a proof.

use super::header::FileHeader;
use super::notes::Notes;
use super::sections::{SHT_NOTE, SHT_SYMTAB, Section, Table};
use super::segments::{PT_NOTE, Segments};
use super::{Error, Part, ReadAt};

/// Bounds on notes: a program has two or three, of some dozen bytes each.
const MAX_NOTES: usize = 64;
const MAX_NOTE: u64 = 64 << 10;

/// What can be seen in a file's sections and notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// There is no symbol table but the one a dynamic loader needs.
    pub stripped: bool,
    /// There are debug sections.
    pub debug_info: bool,
    /// The sections by the bytes they take in the file, largest first.
    pub sections: Vec<Section>,
    /// The build id, in hexadecimal.
    pub build_id: Option<String>,
    /// There is a GNU ABI tag: the program was linked against glibc's start files.
    pub glibc_abi_tag: bool,
}

/// Looks at the sections and notes of a file.
///
/// # Errors
///
/// [`Error`] if the headers cannot be read or lead outside the file.
pub fn report<R: ReadAt + ?Sized>(bytes: &R) -> Result<Report, Error> {
    let header = FileHeader::read(bytes)?;
    let mut sections = Table::read(bytes, &header)?.sections;
    let notes = notes(bytes, &header, &sections);
    let named = |prefix| sections.iter().any(|s| !s.is_alloc() && s.name.starts_with(prefix));
    let debug_info = named(".debug_") || named(".zdebug_");
    let stripped = !sections.iter().any(|s| s.kind == SHT_SYMTAB);
    // Stable, so that equal sizes stay in the order of the file.
    sections.sort_by_key(|section| std::cmp::Reverse(section.file_size()));
    sections.retain(|section| section.size > 0);
    Ok(Report {
        stripped,
        debug_info,
        sections,
        build_id: notes.build_id,
        glibc_abi_tag: notes.glibc_abi_tag,
    })
}

/// From the segments, which stripping the section table leaves, then the sections.
fn notes<R: ReadAt + ?Sized>(bytes: &R, header: &FileHeader, sections: &[Section]) -> Notes {
    let mut ranges = Vec::new();
    // Object files have no segments; their notes are in sections alone.
    if let Ok(segments) = Segments::read(bytes, header) {
        let all = segments.iter().filter(|s| s.p_type == PT_NOTE);
        ranges.extend(all.map(|s| (s.p_offset, s.p_filesz, s.p_align)).take(MAX_NOTES));
    }
    let all = sections.iter().filter(|s| s.kind == SHT_NOTE);
    ranges.extend(all.map(|s| (s.offset, s.size, s.align)).take(MAX_NOTES));

    let mut notes = Notes::default();
    for (offset, size, align) in ranges {
        if let Ok(raw) = Part::Notes.read(bytes, offset, size.min(MAX_NOTE)) {
            notes.add(header.layout, &raw, align);
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    fn of(sample: Sample) -> Report {
        report(sample.bytes().as_slice()).unwrap()
    }

    #[test]
    fn a_file_without_sections_is_stripped() {
        let report = of(Sample::default());
        assert!(report.stripped && !report.debug_info && report.sections.is_empty());
    }

    #[test]
    fn symbols_and_debug_sections_are_told_apart() {
        let debug = Sample::default().section(".zdebug_info", 1, b"info");
        let report = of(debug.clone());
        assert!(report.stripped && report.debug_info);
        let report = of(debug.section(".symtab", SHT_SYMTAB, &[0; 24]));
        assert!(!report.stripped && report.debug_info);
        let loaded = Sample::default().section(".debug_gdb_scripts", 1, b"x");
        let mut loaded = loaded;
        loaded.sections[0].0.flags = 2;
        assert!(!of(loaded).debug_info);
    }

    #[test]
    fn the_largest_section_comes_first() {
        let report =
            of(Sample::default().section(".a", 1, b"a").section(".c", 1, &[0; 300]).section(".b", 1, b"b"));
        let names: Vec<_> = report.sections.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, [".c", ".shstrtab", ".a", ".b"]);
    }

    #[test]
    fn a_build_id_is_found_in_a_segment_and_in_a_section() {
        let note = b"\x04\0\0\0\x02\0\0\0\x03\0\0\0GNU\0\xca\xfe\0\0";
        let section = Sample::default().section(".note.gnu.build-id", SHT_NOTE, note);
        assert_eq!(of(section).build_id.as_deref(), Some("cafe"));
        let mut segment = Sample::default();
        segment.put(PT_NOTE, 0x2000, note);
        assert_eq!(of(segment).build_id.as_deref(), Some("cafe"));
    }
}
