//! Files that change while they are packed: the run says so or packs one of their states, never a mixture.

use super::{app, packed, refused, words};
use crate::support::{Archive, Fake, PLAIN, Run, through, tool};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Twenty reads of the program's.
const SIZE: usize = 20 * (256 << 10);

/// What happens to a file, and how.
type Change = (&'static str, fn(&Path));

const CHANGES: [Change; 6] = [
    ("grows", |path| File::options().append(true).open(path).unwrap().write_all(b"more").unwrap()),
    ("shrinks", |path| File::options().write(true).open(path).unwrap().set_len(9).unwrap()),
    ("is emptied", |path| drop(File::create(path).unwrap())),
    ("is rewritten", |path| fs::write(path, vec![b'b'; SIZE]).unwrap()),
    ("is replaced", |path| {
        let new = path.with_extension("new");
        fs::write(&new, vec![b'b'; SIZE]).unwrap();
        fs::rename(new, path).unwrap();
    }),
    ("vanishes", |path| fs::remove_file(path).unwrap()),
];

#[test]
fn c9_a_file_that_changes_while_it_is_read_ends_the_run_needs_strace() {
    // every read takes 50 ms, so that the change comes in between; the base layer is written in no time
    changed_while("pread64:delay_enter=50000", true, Duration::from_millis(250));
}

#[test]
fn c9_a_file_that_changes_before_it_is_read_ends_the_run_needs_strace() {
    // the archive is begun when all files have been looked at and none has been read
    changed_while("flock:delay_exit=300000", false, Duration::ZERO);
}

#[test]
fn c9_a_program_that_changes_after_its_proof_is_not_packed_needs_strace() {
    for change in [|bytes: &mut Vec<u8>| bytes.push(0), |bytes: &mut Vec<u8>| bytes[0x2000] ^= 1] {
        let fake = app();
        fake.file("out.tar", "old");
        let program = fake.program();
        let slow = [
            "-qq",
            "-o",
            "/dev/null",
            "-P",
            program.to_str().unwrap(),
            "-e",
            "inject=pread64:delay_exit=20000",
        ];
        let mut command = through(tool("strace"), slow, &fake.command(PLAIN));
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&fake, ".partial");
        let mut bytes = fs::read(&program).unwrap();
        change(&mut bytes);
        fs::write(&program, bytes).unwrap();
        let run = Run::from(child.wait_with_output().unwrap());
        run.refused(1, &["error[changed]", "changed while it was packed"]);
        assert_eq!(fs::read(fake.path("out.tar")).unwrap(), b"old");
    }
}

#[test]
fn c9_files_that_change_all_the_time_are_packed_whole_or_not_at_all() {
    for (what, change) in CHANGES {
        let fake = app();
        let file = fake.file("data/file", vec![b'a'; SIZE / 8]);
        let (stop, mut good, mut bad) = (AtomicBool::new(false), 0, 0);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let new = file.with_extension("fresh");
                    fs::write(&new, vec![b'a'; SIZE / 8]).unwrap();
                    fs::rename(new, &file).unwrap();
                    thread::sleep(Duration::from_millis(40));
                    change(&file);
                    thread::sleep(Duration::from_millis(10));
                }
            });
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(1_500) {
                let run = Run::of(fake.command(PLAIN.iter().copied().chain(words(&["data/file:/srv/file"]))));
                match outcome(&fake, &run) {
                    Ok(true) => good += 1,
                    Ok(false) => bad += 1,
                    Err(why) => {
                        stop.store(true, Ordering::Relaxed);
                        panic!("a file that {what}: {why}");
                    }
                }
            }
            stop.store(true, Ordering::Relaxed);
        });
        assert!(good + bad > 5, "{what}: {good} {bad}");
    }
}

#[test]
fn c9_a_file_that_is_gone_before_the_run_is_named() {
    let fake = app();
    let file = fake.file("data/file", "x");
    assert_eq!(packed(&fake, &["data:/srv"])["srv/file"].content, b"x");
    fs::remove_file(fake.path("out.tar")).unwrap();
    fs::remove_file(&file).unwrap();
    refused(&fake, &["data/file:/srv/file"], &["data/file"]);
}

/// Makes each of [`CHANGES`] to a file that is packed, `after` its archive was begun, and asserts that the run notices.
/// `slow` are the system calls that wait for the change; only those on the file itself if `own`.
#[track_caller]
fn changed_while(slow: &str, own: bool, after: Duration) {
    for (what, change) in CHANGES {
        let fake = app();
        let file = fake.file("data/file", vec![b'a'; SIZE]);
        fake.file("out.tar", "old");
        let inject = format!("inject={slow}");
        let mut strace = vec!["-qq", "-o", "/dev/null", "-e", &inject];
        if own {
            strace.extend(["-P", file.to_str().unwrap()]);
        }
        let words = PLAIN.iter().copied().chain(words(&["data/file:/srv/file"]));
        let child = started(through(tool("strace"), strace, &fake.command(words)));
        wait_for(&fake, ".partial");
        thread::sleep(after);
        change(&file);
        let run = Run::from(child.wait_with_output().unwrap());
        run.refused(1, &["error[", "data/file"]);
        let gone = what == "vanishes" && run.stderr.contains("error[asset]");
        assert!(gone || run.stderr.contains("error[changed]: `"), "{what}: {}", run.stderr);
        assert_eq!(fs::read(fake.path("out.tar")).unwrap(), b"old", "{what}");
        assert!(
            !fake.listing().iter().any(|name| name.ends_with(".partial")),
            "{what}: {:?}",
            fake.listing()
        );
    }
}

fn started(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Whether the run made a correct image, or ended with an error of its own; anything else is the `Err`.
fn outcome(fake: &Fake, run: &Run) -> Result<bool, String> {
    if run.status != 0 {
        // between two states there may be no file at all
        let sound =
            run.status == 1 && (run.stderr.contains("error[changed]") || run.stderr.contains("error[asset]"));
        return if sound { Ok(false) } else { Err(format!("{run:?}")) };
    }
    let output = fake.path("out.tar");
    let root =
        std::panic::catch_unwind(|| read_file(&output)).map_err(|_| "the archive is damaged".to_owned())?;
    let first = root.first().copied().unwrap_or(b'a');
    let grown = root.strip_suffix(b"more").unwrap_or(&root);
    let whole = grown.iter().all(|byte| *byte == first);
    fs::remove_file(output).unwrap();
    if whole { Ok(true) } else { Err("the file is a mixture of two states".into()) }
}

/// The bytes of `/srv/file` of the archive.
fn read_file(archive: &Path) -> Vec<u8> {
    let mut root = Archive::read(archive).root();
    root.remove("srv/file").unwrap().content
}

/// Waits until a file with this ending stands in the project.
fn wait_for(fake: &Fake, ending: &str) {
    let start = Instant::now();
    while !fake.listing().iter().any(|name| name.ends_with(ending)) {
        assert!(start.elapsed() < Duration::from_secs(20), "no {ending} in {:?}", fake.listing());
        thread::sleep(Duration::from_millis(5));
    }
}
