//! Tests that a program with one more section is the same program, to the kernel and to binutils.

use super::sample::Sample;
use super::{ReadAt, Section, Strip, View, add, read, report, sections, strip};
use std::io;

const CONTENT: &[u8] = b"the packages of a program";

/// All bytes of what `view` shows.
fn whole<R: ReadAt + ?Sized>(view: &R) -> Vec<u8> {
    let mut whole = Vec::new();
    let each = |_: u64, chunk: &[u8]| -> io::Result<()> {
        whole.extend_from_slice(chunk);
        Ok(())
    };
    super::chunks(view, |reason| reason, each).unwrap();
    whole
}

fn with_content(original: &[u8]) -> Option<Vec<u8>> {
    let added = add(original, ".dep-v0", CONTENT).unwrap()?;
    let bytes = whole(&View::new(original, &added));
    assert_eq!(bytes.len() as u64, added.size());
    Some(bytes)
}

fn content<'a>(file: &'a [u8], section: &Section) -> &'a [u8] {
    let start = usize::try_from(section.offset).unwrap();
    file.get(start..start + usize::try_from(section.file_size()).unwrap()).unwrap()
}

#[test]
fn every_layout_keeps_its_sections_their_numbers_and_all_that_is_loaded() {
    for sample in Sample::every_layout() {
        let mut sample = sample
            .section(".comment", 1, b"comment\0")
            .section(".symtab", 2, &[2; 48])
            .section(".strtab", 3, b"\0a\0");
        sample.sections[1].0.link = 3;
        sample.sections[1].0.align = 8;
        let original = sample.bytes();
        let bytes = with_content(&original).unwrap();
        assert_eq!(bytes[0x1000..0x2_0000], original[0x1000..0x2_0000]);
        assert_eq!(read(bytes.as_slice()).unwrap(), read(original.as_slice()).unwrap());

        let (before, after) = (sections(original.as_slice()).unwrap(), sections(bytes.as_slice()).unwrap());
        let names: Vec<_> = after.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["", ".comment", ".symtab", ".strtab", ".dep-v0", ".shstrtab"]);
        for (before, after) in before.iter().zip(&after).take(4).skip(1) {
            assert_eq!(content(&original, before), content(&bytes, after), "{}", before.name);
            assert_eq!((before.link, before.align), (after.link, after.align));
        }
        assert_eq!(content(&bytes, &after[4]), CONTENT);
        let new = Section { name: String::new(), offset: 0, ..after[4].clone() };
        let size = CONTENT.len() as u64;
        assert_eq!(new, Section { kind: 1, size, align: 1, ..Section::null() }, "not loaded");
        // the old table and names are not left behind
        let grown = bytes.len() - original.len();
        assert!(grown <= CONTENT.len() + ".dep-v0\0".len() + 64 + 2 * 8, "{grown}");
    }
}

#[test]
fn a_program_without_sections_gets_a_table_of_them() {
    for sample in Sample::every_layout() {
        let mut original = sample.bytes();
        // as some linkers leave it: of no sections, neither the size
        let at = if sample.layout().file_header_size() == 52 { 46 } else { 58 };
        original[at..at + 2].fill(0);
        let bytes = with_content(&original).unwrap();
        let all = sections(bytes.as_slice()).unwrap();
        let names: Vec<_> = all.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["", ".dep-v0", ".shstrtab"]);
        assert_eq!(content(&bytes, &all[1]), CONTENT);
        assert_eq!(bytes[0x1000..0x2_0000], original[0x1000..]);
    }
}

#[test]
fn what_a_program_carries_behind_its_sections_stays_its_end() {
    for sample in Sample::every_layout() {
        let mut original = sample.section(".comment", 1, b"comment\0").bytes();
        original.extend_from_slice(b"payload");
        assert_eq!(with_content(&original), None);
    }
    let mut original = Sample::default().bytes();
    original.push(0);
    assert_eq!(with_content(&original), None);
}

#[test]
fn sections_over_each_other_do_not_make_a_program_many_times_larger() {
    let mut sample = Sample::default();
    for _ in 0..1000 {
        let far = Section { size: Sample::SIZE + 1, ..super::sample::section(".over", 1) };
        sample.sections.push((far, Vec::new()));
    }
    assert_eq!(with_content(&sample.bytes()), None);
}

#[test]
fn a_stripped_program_with_a_section_is_told_by_the_original() {
    for sample in Sample::every_layout() {
        let sample = sample.section(".symtab", 2, &[1; 480]).section(".comment", 1, b"comment\0");
        let original = sample.bytes();
        let stripped = strip(original.as_slice(), Strip::All).unwrap().unwrap();
        let view = View::new(original.as_slice(), &stripped);
        let added = add(&view, ".dep-v0", CONTENT).unwrap().unwrap();
        let at_once = added.through(&stripped);
        assert_eq!(at_once.size(), added.size());
        let bytes = whole(&View::new(original.as_slice(), &at_once));
        assert!(bytes == whole(&View::new(&view, &added)));
        // and the other way round it is the same file
        let first = with_content(&original).unwrap();
        let then = strip(first.as_slice(), Strip::All).unwrap().unwrap();
        assert!(bytes == whole(&View::new(first.as_slice(), &then)));
        assert!(report(bytes.as_slice()).unwrap().stripped);
    }
}
