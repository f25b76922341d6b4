//! Tests that a twin holds what a debugger needs, where GNU binutils would look for it.

use super::sample::{Sample, section, segment};
use super::segments::{PT_LOAD, PT_NOTE};
use super::{ReadAt, Section, Strip, View, report, sections, strip, twin};
use std::fs::{self, File};
use std::io;

const NOTE: &[u8] = b"\x04\0\0\0\x02\0\0\0\x03\0\0\0GNU\0\xca\xfe\0\0";

/// The twin's bytes, if there is one.
fn twinned<R: ReadAt + ?Sized>(original: &R) -> Option<Vec<u8>> {
    let twin = twin(original).unwrap()?;
    let mut whole = Vec::new();
    let each = |_: u64, chunk: &[u8]| -> io::Result<()> {
        whole.extend_from_slice(chunk);
        Ok(())
    };
    super::chunks(&View::new(original, &twin), |reason| reason, each).unwrap();
    assert_eq!(whole.len() as u64, twin.size());
    Some(whole)
}

fn content<'a>(file: &'a [u8], section: &Section) -> &'a [u8] {
    let start = usize::try_from(section.offset).unwrap();
    file.get(start..start + usize::try_from(section.file_size()).unwrap()).unwrap()
}

/// A section over bytes of the sample that are loaded.
fn loaded(name: &str, kind: u32, offset: u64, size: u64) -> (Section, Vec<u8>) {
    let address = Sample::BASE + offset;
    (Section { flags: 2, address, offset, size, ..section(name, kind) }, Vec::new())
}

#[test]
fn every_layout_has_its_note_and_symbols_and_nothing_that_runs() {
    for mut sample in Sample::every_layout() {
        let note = match sample.data {
            super::Data::Little => NOTE.to_vec(),
            super::Data::Big => b"\0\0\0\x04\0\0\0\x02\0\0\0\x03GNU\0\xca\xfe\0\0".to_vec(),
        };
        sample.put(PT_NOTE, 0x200, &note);
        sample.sections.push(loaded(".note.gnu.build-id", 7, 0x200, note.len() as u64));
        sample.sections.push(loaded(".text", 1, 0x1000, 0x1_0000));
        let mut sample = sample
            .section(".debug_info", 1, &[7; 400])
            .section(".symtab", 2, &[3; 48])
            .section(".strtab", 3, b"\0a\0");
        sample.sections[3].0.link = 5;
        sample.sections[3].0.align = 8;
        let original = sample.bytes();
        let bytes = twinned(original.as_slice()).unwrap();
        assert!(bytes.len() < 0x1000);

        let (before, after) = (sections(original.as_slice()).unwrap(), sections(bytes.as_slice()).unwrap());
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((&before.name, before.address), (&after.name, after.address));
            assert_eq!((before.size, before.flags), (after.size, after.flags), "{}", after.name);
            match after.name.as_str() {
                ".text" => assert_eq!(after.kind, 8),
                ".shstrtab" => {}
                _ => assert_eq!(content(&original, before), content(&bytes, after), "{}", after.name),
            }
        }
        assert_eq!((after[4].link, after[4].offset % 8), (5, 0));
        let report = report(bytes.as_slice()).unwrap();
        assert_eq!(report.build_id.as_deref(), Some("cafe"));
        assert!(report.debug_info && !report.stripped);

        let header = super::header::FileHeader::read(bytes.as_slice()).unwrap();
        let all: Vec<_> =
            super::segments::Segments::read(bytes.as_slice(), &header).unwrap().iter().collect();
        let (load, note_at) = (all[0], all[1]);
        assert_eq!((load.p_type, load.p_offset, load.p_filesz), (PT_LOAD, 0, 0x200 + note.len() as u64));
        assert_eq!((load.p_vaddr, load.p_memsz), (Sample::BASE, Sample::SIZE));
        assert_eq!((note_at.p_offset, note_at.p_filesz), (0x200, note.len() as u64));
    }
}

#[test]
fn a_note_far_behind_the_headers_is_moved_up() {
    let mut sample = Sample::default();
    sample.put(PT_NOTE, 0x1_f000, NOTE);
    sample.sections.push(loaded(".note.gnu.build-id", 7, 0x1_f000, NOTE.len() as u64));
    let sample = sample.section(".symtab", 2, &[3; 48]);
    let bytes = twinned(sample.bytes().as_slice()).unwrap();
    assert!(bytes.len() < 0x1000);
    assert_eq!(report(bytes.as_slice()).unwrap().build_id.as_deref(), Some("cafe"));
}

#[test]
fn headers_that_do_not_follow_each_other_are_put_together() {
    let mut sample = Sample::default();
    sample.segments.extend(vec![segment(4, 4, 0, 0); 200]); // more than fits where they usually are
    let sample = sample.section(".symtab", 2, &[3; 48]);
    let bytes = twinned(sample.bytes().as_slice()).unwrap();
    let all = sections(bytes.as_slice()).unwrap();
    assert_eq!(content(&bytes, &all[1]), [3; 48]);
    assert!(!report(bytes.as_slice()).unwrap().stripped);
}

#[test]
fn what_describes_nothing_has_no_twin() {
    for mut sample in Sample::every_layout() {
        assert_eq!(twinned(sample.bytes().as_slice()), None);
        sample.sections.push(loaded(".text", 1, 0x1000, 0x1000));
        assert_eq!(twinned(sample.bytes().as_slice()), None);
    }
}

#[test]
fn sections_over_each_other_do_not_make_a_twin_larger_than_the_program() {
    let mut sample = Sample::default();
    for _ in 0..1000 {
        let whole = Section { size: Sample::SIZE, ..section(".debug_info", 1) };
        sample.sections.push((whole, Vec::new()));
    }
    assert_eq!(twinned(sample.bytes().as_slice()), None);
}

#[test]
fn this_programs_twin_and_stripped_program_have_all_of_it() {
    let original = File::open(std::env::current_exe().unwrap()).unwrap();
    let bytes = twinned(&original).unwrap();
    let stripped = strip(&original, Strip::All).unwrap().unwrap();
    let stripped = View::new(&original, &stripped);
    let whole = fs::read(std::env::current_exe().unwrap()).unwrap();
    let (left, beside) = (sections(&stripped).unwrap(), sections(bytes.as_slice()).unwrap());
    let mut covered = 0;
    for section in sections(&original).unwrap().iter().filter(|section| section.file_size() > 0) {
        let wanted = content(&whole, section);
        let same =
            |other: &&Section| (&other.name, other.file_size()) == (&section.name, section.file_size());
        let in_program = left.iter().find(same).is_some_and(|section| {
            let mut bytes = vec![0; wanted.len()];
            stripped.read_exact_at(&mut bytes, section.offset).unwrap();
            bytes == wanted
        });
        let in_twin = beside.iter().find(same).is_some_and(|section| content(&bytes, section) == wanted);
        assert!(section.name == ".shstrtab" || in_program || in_twin, "{}", section.name);
        covered += 1;
    }
    assert!(covered > 20, "{covered}");
}
