//! Disks that are full or broken, and processes that are killed at any point of writing.

use super::{NEXT, rewritten, temporary};
use crate::support::{Archive, Fake, Run, through, tool};
use std::fs;
use std::os::unix::process::ExitStatusExt;

/// The system calls that write an archive, each with a group of names that a libc may choose from.
const WRITING: [&str; 4] = ["write", "pwrite64", "fsync,fdatasync", "rename,renameat,renameat2"];
/// More calls of one kind than a small image needs.
const MANY: usize = 60;

#[test]
fn d1_a_full_disk_leaves_nothing_behind_needs_mount() {
    let (fake, old, new) = rewritten();
    fs::create_dir(fake.path("disk")).unwrap();
    // its own mount namespace: nothing to clean up, and no need to be root
    let script = "mount -t tmpfs -o size=$0 tmpfs disk && cp out.tar disk/ && cd disk && \"$@\" --manifest-path ../Cargo.toml \
        --copy ../data:/srv/data\ncode=$?\nls -A >../left; cp out.tar ../kept; exit $code";
    let on_disk = |size: &str| {
        let words = ["--user", "--map-root-user", "--mount", "sh", "-c", script, size];
        let flags = NEXT[..6].iter();
        let _mount = tool("mount");
        Run::of(through(tool("unshare"), words, &fake.command(flags)))
    };
    let room = old.len() / 1024 + 64;
    for more in [0, 100, 400] {
        let run = on_disk(&format!("{}k", room + more));
        run.refused(5, &["error[output]", "out.tar", "No space left on device"]);
        assert_eq!(fs::read_to_string(fake.path("left")).unwrap(), "out.tar\n");
        assert!(fs::read(fake.path("kept")).unwrap() == old, "the old archive is intact");
    }
    let run = on_disk("16m");
    assert_eq!(run.status, 0, "only the room was missing: {run:?}");
    assert!(fs::read(fake.path("kept")).unwrap() == new);
}

#[test]
fn d1_no_space_at_any_write_keeps_the_old_archive_needs_strace() {
    let (fake, old, new) = rewritten();
    // from the n-th on, standard error too, so that only files and the status can tell
    let mut failures = 0;
    for n in 1.. {
        assert!(n < MANY);
        let run = inject(&fake, "write", &format!("error=ENOSPC:when={n}+"));
        assert_eq!(temporary(&fake), [""; 0], "write {n}");
        let bytes = fs::read(fake.path("out.tar")).unwrap();
        if run.status == 0 {
            assert!(bytes == new);
            break;
        }
        assert_eq!(run.status, 5, "write {n}: {run:?}");
        assert!(bytes == old || bytes == new, "write {n}: neither old nor new");
        failures += usize::from(bytes == old);
        fs::write(fake.path("out.tar"), &old).unwrap();
    }
    assert!(failures > 2, "{failures} writes of the archive failed");

    fs::write(fake.path("out.tar"), &old).unwrap();
    for n in 1.. {
        assert!(n < MANY);
        let run = inject(&fake, "pwrite64", &format!("error=ENOSPC:when={n}"));
        if run.status == 0 {
            assert!(n > 5 && fs::read(fake.path("out.tar")).unwrap() == new);
            break;
        }
        run.refused(5, &["error[output]", "out.tar", "No space left on device"]);
        assert_eq!(temporary(&fake), [""; 0], "pwrite64 {n}");
        assert!(fs::read(fake.path("out.tar")).unwrap() == old, "pwrite64 {n}");
    }
}

#[test]
fn d1_d3_no_space_and_a_signal_while_the_second_of_two_outputs_is_written_needs_strace() {
    let (fake, old, new) = rewritten();
    fs::write(fake.path("two.tar"), "old").unwrap();
    let command = fake.command(NEXT.iter().chain(&["-o", "oci-archive=two.tar"]));
    for (effect, status) in [("error=ENOSPC", 5), ("signal=TERM:delay_exit=300000", 143)] {
        let inject = format!("inject=copy_file_range,sendfile,splice:{effect}:when=1");
        let run = Run::of(through(tool("strace"), ["-qq", "-o", "/dev/null", "-e", &inject], &command));
        assert_eq!(run.status, status, "{run:?}");
        let words =
            if status == 5 { &["error[output]", "two.tar", "No space left"][..] } else { &["interrupted"] };
        assert!(words.iter().all(|word| run.stderr.contains(word)), "{run:?}");
        assert_eq!(temporary(&fake), [""; 0]);
        // each output is for itself: the first was complete
        assert_eq!(run.stdout, format!("{}\n", fake.path("out.tar").display()));
        assert!(fs::read(fake.path("out.tar")).unwrap() == new);
        assert_eq!(fs::read(fake.path("two.tar")).unwrap(), b"old");
        fs::write(fake.path("out.tar"), &old).unwrap();
    }
}

#[test]
fn d2_a_run_that_is_killed_leaves_the_old_archive_or_the_new_one_needs_strace() {
    let (fake, old, new) = rewritten();
    let (mut points, mut olds, mut news, mut leftovers) = (0, 0, 0, 0);
    for calls in WRITING {
        for n in 1.. {
            assert!(n < MANY);
            let run = inject(&fake, calls, &format!("signal=KILL:when={n}"));
            let bytes = fs::read(fake.path("out.tar")).unwrap();
            assert!(bytes == old || bytes == new, "killed at {calls} {n}: {} bytes are neither", bytes.len());
            if run.status == 0 {
                break;
            }
            assert_eq!(run.status, -9, "{run:?}");
            points += 1;
            olds += usize::from(bytes == old);
            news += usize::from(bytes == new);
            leftovers += temporary(&fake).len();
            // the next run is not disturbed, and removes what was left
            fs::write(fake.path("out.tar"), &old).unwrap();
            if !temporary(&fake).is_empty() {
                assert!(fs::read(fake.pack(&NEXT[4..])).unwrap() == new);
                assert_eq!(temporary(&fake), [""; 0], "after {calls} {n}");
                fs::write(fake.path("out.tar"), &old).unwrap();
            }
        }
        fs::write(fake.path("out.tar"), &old).unwrap();
    }
    assert!(points >= 15 && olds > 5 && news > 0 && leftovers > 5, "{points} {olds} {news} {leftovers}");
    Archive::read(&fake.pack(&NEXT[4..]));
}

#[test]
fn d3_a_signal_at_any_write_removes_what_was_begun_needs_strace() {
    let (fake, old, new) = rewritten();
    let mut interrupted = 0;
    for calls in WRITING {
        for n in 1.. {
            assert!(n < MANY);
            let run = inject(&fake, calls, &format!("signal=TERM:delay_exit=2000:when={n}"));
            let bytes = fs::read(fake.path("out.tar")).unwrap();
            assert_eq!(temporary(&fake), [""; 0], "{calls} {n}");
            match run.status {
                143 => assert!(bytes == old, "{calls} {n}"),
                // too late to matter
                0 => assert!(bytes == new, "{calls} {n}"),
                _ => panic!("{calls} {n}: {run:?}"),
            }
            interrupted += usize::from(run.status == 143);
            fs::write(fake.path("out.tar"), &old).unwrap();
            if run.status == 0 && n > 12 {
                break;
            }
        }
    }
    assert!(interrupted >= 3, "{interrupted}");
}

#[test]
fn d6_a_disk_that_cannot_keep_its_promise_is_an_error_needs_strace() {
    let (fake, old, new) = rewritten();
    for calls in ["fsync,fdatasync", "rename,renameat,renameat2"] {
        let run = inject(&fake, calls, "error=EIO:when=1");
        run.refused(5, &["error[output]", "out.tar", "Input/output error"]);
        assert!(fs::read(fake.path("out.tar")).unwrap() == old, "{calls}");
        assert_eq!(temporary(&fake), [""; 0], "{calls}");
    }
    // the folder's own fsync comes last: the archive has its name already, but may lose it
    let run = inject(&fake, "fsync,fdatasync", "error=EIO:when=2");
    run.refused(5, &["error[output]", "out.tar", "Input/output error"]);
    assert!(fs::read(fake.path("out.tar")).unwrap() == new);
    assert_eq!(temporary(&fake), [""; 0]);

    // a copy of the first archive is no less durable
    fs::write(fake.path("two.tar"), "old").unwrap();
    let words = NEXT.iter().chain(&["-o", "oci-archive=two.tar"]);
    for calls in ["fsync,fdatasync:error=EIO:when=3", "rename,renameat,renameat2:error=EIO:when=2"] {
        let inject = format!("inject={calls}");
        let run = Run::of(through(
            tool("strace"),
            ["-qq", "-o", "/dev/null", "-e", &inject],
            &fake.command(words.clone()),
        ));
        assert!(run.status == 5 && run.stderr.contains("two.tar"), "{run:?}");
        assert!(run.stderr.contains("Input/output error"), "{run:?}");
        assert_eq!(fs::read(fake.path("two.tar")).unwrap(), b"old");
        assert_eq!(temporary(&fake), [""; 0]);
    }
}

/// The next run, with `effect` on the system calls of the program itself, not of its children.
fn inject(fake: &Fake, calls: &str, effect: &str) -> Run {
    let inject = format!("inject={calls}:{effect}");
    let words = ["-qq", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &inject];
    let said = through(tool("strace"), words, &fake.command(NEXT)).output().unwrap();
    // strace dies of the signal that its child died of
    assert!(said.status.code().is_some() || said.status.signal() == Some(9), "{said:?}");
    Run::from(said)
}
