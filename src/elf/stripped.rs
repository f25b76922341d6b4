//! Tests that a stripped program runs, holds what it must, and is what GNU strip makes of it.

use super::sample::Sample;
use super::{ReadAt, Section, Strip, View, read, report, sections, strip};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A new directory of this test's own, removed when it is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = format!("elf-stripped-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(dir);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn program(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The stripped bytes, if there was anything to strip.
fn stripped<R: ReadAt + ?Sized>(original: &R) -> Option<Vec<u8>> {
    stripped_of(original, Strip::All)
}

fn stripped_of<R: ReadAt + ?Sized>(original: &R, what: Strip) -> Option<Vec<u8>> {
    let stripped = strip(original, what).unwrap()?;
    let view = View::new(original, &stripped);
    let mut whole = Vec::new();
    let each = |_: u64, chunk: &[u8]| -> io::Result<()> {
        whole.extend_from_slice(chunk);
        Ok(())
    };
    super::chunks(&view, |reason| reason, each).unwrap();
    assert_eq!(whole.len() as u64, stripped.size());
    assert!(stripped.size() < original.size().unwrap());
    let mut at_once = vec![0; whole.len()];
    view.read_exact_at(&mut at_once, 0).unwrap();
    assert!(whole == at_once, "a view reads as its chunks do");
    Some(whole)
}

/// What a program says to `--help`.
///
/// A test on another thread that starts a program of its own may hold a copy of
/// the descriptor this one was written through, until its `exec`. So wait.
fn help(program: &Path) -> Output {
    loop {
        match Command::new(program).arg("--help").output() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(5));
            }
            output => return output.unwrap(),
        }
    }
}

fn this_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

#[test]
fn a_stripped_program_runs_and_says_the_same_of_itself() {
    let original = File::open(this_program()).unwrap();
    let bytes = stripped(&original).unwrap();
    let scratch = Scratch::new("runs");
    let path = scratch.program("program", &bytes);
    let output = help(&path);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Usage"));
    let (before, after) = (read(&original).unwrap(), read(bytes.as_slice()).unwrap());
    assert_eq!(before, after);
    let report = report(bytes.as_slice()).unwrap();
    assert!(report.stripped && !report.debug_info);
    assert_eq!(stripped(bytes.as_slice()), None, "stripped once is enough");
}

#[test]
fn every_layout_keeps_its_segments_and_renumbers_its_links() {
    for sample in Sample::every_layout() {
        let mut sample = sample
            .section(".symtab", 2, &[1; 48])
            .section(".linked", 1, b"linked")
            .section(".strtab", 3, b"\0a\0")
            .section(".rela.kept", 9, &[2; 24])
            .section(".comment", 1, b"comment\0");
        sample.sections[0].0.link = 3;
        sample.sections[1].0.link = 5;
        sample.sections[3].0.info = 5;
        sample.sections[4].0.align = 64;
        let original = sample.bytes();
        let bytes = stripped(original.as_slice()).unwrap();
        assert_eq!(bytes[0x1000..0x2_0000], original[0x1000..0x2_0000]);
        let all = sections(bytes.as_slice()).unwrap();
        let names: Vec<_> = all.iter().map(|s| s.name.as_str()).collect();
        let expected = ["", ".linked", ".rela.kept", ".comment", ".shstrtab"];
        assert_eq!(names, expected);
        assert_eq!((all[1].link, all[2].info), (3, 3));
        assert_eq!(all[3].offset % 64, 0);
        assert_eq!(content(&bytes, &all[3]), b"comment\0");
    }
}

#[test]
fn sections_keep_their_numbers_where_symbols_stay() {
    for sample in Sample::every_layout() {
        let mut sample = sample
            .section(".debug_info", 1, &[1; 480])
            .section(".symtab", 2, &[2; 48])
            .section(".strtab", 3, b"\0a\0");
        sample.sections[1].0.link = 3;
        let original = sample.bytes();
        let bytes = stripped_of(original.as_slice(), Strip::Debug).unwrap();
        let all = sections(bytes.as_slice()).unwrap();
        let names: Vec<_> = all.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["", "", ".symtab", ".strtab", ".shstrtab"]);
        assert_eq!((&all[1], all[2].link), (&Section::null(), 3));
        assert_eq!(content(&bytes, &all[2]), [2; 48]);
    }
}

#[test]
fn a_program_without_its_debug_information_runs_and_has_its_symbols() {
    let original = File::open(this_program()).unwrap();
    let bytes = stripped_of(&original, Strip::Debug).unwrap();
    let scratch = Scratch::new("debug");
    assert!(help(&scratch.program("program", &bytes)).status.success());
    let report = report(bytes.as_slice()).unwrap();
    assert!(!report.stripped && !report.debug_info);
}

#[test]
fn nothing_to_strip_is_said() {
    for sample in Sample::every_layout() {
        assert_eq!(stripped(sample.bytes().as_slice()), None);
        let kept = sample.section(".comment", 1, b"comment\0");
        assert_eq!(stripped(kept.bytes().as_slice()), None);
    }
}

#[test]
fn gnu_strip_leaves_the_same() {
    let scratch = Scratch::new("gnu");
    let theirs = scratch.0.join("gnu");
    let program = this_program();
    let mut gnu = Command::new("strip");
    gnu.arg("-s").arg("-o").arg(&theirs).arg(&program);
    // Not every machine has binutils; nothing else here depends on it.
    if !gnu.status().is_ok_and(|status| status.success()) {
        return;
    }
    compare(&program, &theirs);
}

/// The bytes may differ between sections, where GNU strip writes zeros.
fn compare(program: &Path, theirs: &Path) {
    let ours = stripped(&File::open(program).unwrap()).unwrap();
    let theirs = fs::read(theirs).unwrap();
    let (our_sections, their_sections) =
        (sections(ours.as_slice()).unwrap(), sections(theirs.as_slice()).unwrap());
    assert_eq!(our_sections.len(), their_sections.len());
    for (our, their) in our_sections.iter().zip(&their_sections) {
        let there = Section {
            // GNU strip closes gaps a segment leaves, and so may move what follows.
            offset: our.offset,
            // It also fills in the size of an entry where lld leaves it out:
            // SHT_INIT_ARRAY, SHT_FINI_ARRAY and SHT_PREINIT_ARRAY.
            entry_size: match their.kind {
                14..=16 => our.entry_size,
                _ => their.entry_size,
            },
            ..their.clone()
        };
        assert_eq!(*our, there);
        assert!(content(&ours, our) == content(&theirs, their), "{our:?}");
    }
}

fn content<'a>(file: &'a [u8], section: &Section) -> &'a [u8] {
    let start = usize::try_from(section.offset).unwrap();
    let len = usize::try_from(section.file_size()).unwrap();
    file.get(start..start + len).unwrap_or_default()
}
