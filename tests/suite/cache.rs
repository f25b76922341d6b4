//! The cache: what did not change is neither proven nor packed again, and no image differs from what a run without any
//! cache makes.

mod damage;
mod memos;
mod outputs;

use crate::support::{Archive, Fake, PLAIN, Run, alone};
use rustix::fs::inotify;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project with a file to copy; its image goes to `out.tar`.
fn project() -> Fake {
    let fake = Fake::new("app", "");
    fake.file("data", vec![7; 100 << 10]);
    fake
}

/// A build, with `words` too.
fn command(fake: &Fake, words: &[&str]) -> Command {
    let plain = if words.contains(&"--compression") { &PLAIN[..2] } else { &PLAIN[..] };
    let all = [plain, &["--copy", "data:/srv/data"], words].concat();
    alone(fake.command(all), fake)
}

fn build(fake: &Fake, words: &[&str]) -> Run {
    Run::of(command(fake, words))
}

/// Builds with `words` too; whether the archive was up to date.
#[track_caller]
fn fresh(fake: &Fake, words: &[&str]) -> bool {
    let run = build(fake, words);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.stdout.trim_end(), fake.path("out.tar").to_str().unwrap());
    let said = |verb: &str| run.stderr.lines().any(|line| line.trim_start().starts_with(verb));
    assert!(said("Verified app:"), "{}", run.stderr);
    assert_ne!(said("Fresh "), said("Packed "), "{}", run.stderr);
    said("Fresh ")
}

/// The archive and the documents beside it, as a run without a cache makes them.
#[track_caller]
fn anew(fake: &Fake, words: &[&str]) -> Vec<Vec<u8>> {
    let there = files(fake);
    let run = build(fake, &[words, &["--no-cache"]].concat());
    assert!(run.status == 0 && run.stderr.contains("Packed "), "{}", run.stderr);
    let made = files(fake);
    let keep = |(path, bytes): (&PathBuf, &Vec<u8>)| fs::write(path, bytes).unwrap();
    paths(fake).iter().zip(&there).for_each(keep);
    made
}

fn paths(fake: &Fake) -> [PathBuf; 4] {
    ["out.tar", "out.cdx.json", "out.spdx.json", "out.intoto.json"].map(|name| fake.path(name))
}

fn files(fake: &Fake) -> Vec<Vec<u8>> {
    paths(fake).iter().map(|path| fs::read(path).unwrap()).collect()
}

/// What tells that a file was left alone.
fn identity(path: &Path) -> (u64, i64, i64) {
    let status = fs::symlink_metadata(path).unwrap();
    (status.ino(), status.mtime(), status.mtime_nsec())
}

/// Watches what is done with a file.
struct Watch(OwnedFd);

impl Watch {
    /// Whether it is opened.
    fn opening(path: &Path) -> Self {
        Watch::on(path, inotify::WatchFlags::OPEN)
    }

    /// Whether it is read.
    fn reading(path: &Path) -> Self {
        Watch::on(path, inotify::WatchFlags::ACCESS)
    }

    fn on(path: &Path, what: inotify::WatchFlags) -> Self {
        let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, path, what).unwrap();
        Watch(watch)
    }

    /// Whether it was since this was asked last.
    fn saw(&self) -> bool {
        let mut seen = false;
        while rustix::io::read(&self.0, &mut [0; 4096]).is_ok() {
            seen = true;
        }
        seen
    }
}

#[test]
fn with_nothing_changed_neither_the_program_is_opened_nor_a_file_read_and_the_archive_stays() {
    let fake = project();
    assert!(!fresh(&fake, &[]));
    let before = paths(&fake).map(|path| identity(&path));
    let watches = [Watch::opening(&fake.program()), Watch::reading(&fake.path("data"))];
    assert!(fresh(&fake, &[]));
    assert!(!watches.iter().any(Watch::saw));
    assert_eq!(paths(&fake).map(|path| identity(&path)), before);
    assert_eq!(files(&fake), anew(&fake, &[]));
    assert!(watches.iter().all(Watch::saw), "a build without a cache reads all");
}

#[test]
fn whatever_changes_the_image_is_the_one_that_a_run_without_a_cache_makes() {
    type Step<'a> = (&'a str, &'a [&'a str], &'a dyn Fn());
    let fake = project();
    assert!(!fresh(&fake, &[]));
    let steps: [Step<'_>; 9] = [
        ("a label", &["--label", "a=b"], &|| {}),
        ("a tag", &["--tag", "other:1"], &|| {}),
        ("the compression", &["--compression", "gzip"], &|| {}),
        ("the time", &["--created", "1"], &|| {}),
        ("a file, to one of the same size", &[], &|| drop(fake.file("data", vec![8; 100 << 10]))),
        ("a file's name", &["--copy", "data:/srv/other"], &|| {}),
        ("another file", &["--copy", "more:/srv/more"], &|| drop(fake.file("more", "x"))),
        ("the documents", &["--sbom", "none", "--provenance=false"], &|| {}),
        ("the platform", &["--platform", "linux/arm64"], &|| {}),
    ];
    for (what, words, change) in steps {
        change();
        if what == "the documents" {
            assert!(fresh(&fake, words), "the image itself is the same");
            assert!(!fake.path("out.cdx.json").exists(), "those of an earlier image would pass for its own");
            assert!(fresh(&fake, &[]) && fake.path("out.cdx.json").exists());
            continue;
        }
        let words: Vec<_> = words.to_vec();
        assert!(!fresh(&fake, &words), "{what}");
        assert_eq!(files(&fake), anew(&fake, &words), "{what}");
        assert!(!fresh(&fake, &words), "{what}: it was written by hand meanwhile");
        assert!(fresh(&fake, &words), "{what}");
        fresh(&fake, &[]);
    }
}

#[test]
fn a_layer_that_did_not_change_is_taken_out_of_the_old_archive() {
    let fake = project();
    assert!(!fresh(&fake, &[]));
    let watches = [Watch::opening(&fake.program()), Watch::reading(&fake.path("data"))];
    assert!(!fresh(&fake, &["--label", "a=b"]));
    assert!(!watches.iter().any(Watch::saw));
    assert_eq!(files(&fake), anew(&fake, &["--label", "a=b"]));
    let _ = watches.each_ref().map(Watch::saw);

    // the program of a build that has changed a source: another file in the place of the old one
    assert!(!fresh(&fake, &[]));
    let _ = watches.each_ref().map(Watch::saw);
    let text = b"No error information";
    let find = |program: &[u8]| program.windows(text.len()).position(|window| window == text).unwrap();
    replace(&fake, |program| {
        let at = find(program);
        program[at] = b'n';
    });
    let program = Watch::opening(&fake.program());
    assert!(!fresh(&fake, &[]));
    assert!(program.saw() && !watches[1].saw());
    assert_eq!(files(&fake), anew(&fake, &[]));

    // and one that differs in what is taken out of it
    assert!(!fresh(&fake, &[]));
    replace(&fake, |program| program.push(0));
    let program = Watch::opening(&fake.program());
    assert!(fresh(&fake, &[]) && program.saw());
    assert!(fresh(&fake, &[]) && !program.saw());
    Archive::read(&fake.path("out.tar"));
}

/// Puts another program in the place of the one that "cargo has built".
fn replace(fake: &Fake, change: impl FnOnce(&mut Vec<u8>)) {
    let mut program = fs::read(fake.program()).unwrap();
    change(&mut program);
    let other = fake.program().with_extension("new");
    fs::write(&other, program).unwrap();
    fs::set_permissions(&other, fs::metadata(fake.program()).unwrap().permissions()).unwrap();
    fs::rename(other, fake.program()).unwrap();
}

#[test]
fn a_program_that_was_replaced_behind_cargos_back_is_proven_anew() {
    let fake = project();
    assert!(!fresh(&fake, &[]));
    replace(&fake, |program| program[18] = 0xb7); // e_machine
    build(&fake, &[]).refused(4, &["error[not-static]"]);
    // and in place, with the time of the old one
    let fake = project();
    assert!(!fresh(&fake, &[]));
    let time = fs::metadata(fake.program()).unwrap().modified().unwrap();
    let mut program = fs::read(fake.program()).unwrap();
    program[18] = 0xb7;
    fs::write(fake.program(), program).unwrap();
    fs::File::options().write(true).open(fake.program()).unwrap().set_modified(time).unwrap();
    build(&fake, &[]).refused(4, &["error[not-static]"]);
}

#[test]
fn a_program_that_cargo_has_written_is_looked_at_whatever_its_file_says() {
    let fake = project();
    assert!(!fresh(&fake, &[]));
    let messages = fake.tools().join("build.json");
    let said = fs::read_to_string(&messages).unwrap();
    fs::write(&messages, said.replace("\"fresh\":true", "\"fresh\":false")).unwrap();
    let program = Watch::opening(&fake.program());
    assert!(fresh(&fake, &[]), "the same file all the same");
    assert!(program.saw());
}

#[test]
fn a_run_that_only_looks_leaves_no_cache() {
    let fake = project();
    let run = build(&fake, &["--dry-run"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(!fake.path("target/scratch").exists());
    assert!(!fresh(&fake, &["--no-cache"]));
    assert!(!fake.path("target/scratch/cache").exists());
}

/// The objects that a build with `words` prints.
fn messages(fake: &Fake, words: &[&str]) -> Vec<serde_json::Value> {
    let run: Run = fake.scratch(words.iter().chain(&["--message-format", "json"]));
    assert_eq!(run.status, 0, "{}", run.stderr);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
