//! Disks that fail and runs that are killed while a layout is written.

use super::{added, labels, pairs};
use crate::outputs::temporary;
use crate::support::{Fake, Run, through, tool};
use std::fs;

/// The system calls that write a layout, each with a group of names that a libc may choose from.
const WRITING: [&str; 6] = [
    "mkdir,mkdirat",
    "write",
    "copy_file_range,sendfile,splice",
    "fsync,fdatasync",
    "rename,renameat,renameat2",
    "flock",
];
/// More calls of one kind than a small image needs.
const MANY: usize = 60;

#[test]
fn d2_d7_a_run_that_is_killed_costs_no_tag_and_stops_no_other_needs_strace() {
    let fake = Fake::new("app", "");
    added(&fake, "app:1", "1");
    let old = pairs(&[("1", "1")]);
    let both = pairs(&[("1", "1"), ("2", "2")]);
    let (mut points, mut leftovers) = (0, 0);
    for exists in [true, false] {
        for calls in WRITING {
            for n in 1.. {
                assert!(n < MANY);
                let _ = fs::remove_dir_all(fake.path("out"));
                if exists {
                    added(&fake, "app:1", "1");
                }
                let run = inject(&fake, calls, &format!("signal=KILL:when={n}"));
                if exists {
                    let now = labels(&fake.path("out"));
                    assert!(now == old || now == both, "killed at {calls} {n}: {now:?}");
                }
                if run.status == 0 {
                    break;
                }
                assert_eq!(run.status, -9, "{run:?}");
                points += 1;
                leftovers += temporary(&fake).len();
                // the next run does not wait for a dead one, and sweeps up after it
                added(&fake, "app:2", "2");
                assert_eq!(
                    labels(&fake.path("out")),
                    if exists { both.clone() } else { pairs(&[("2", "2")]) }
                );
                assert_eq!(temporary(&fake), [""; 0], "after {calls} {n}");
            }
        }
    }
    assert!(points > 40 && leftovers > 10, "{points} {leftovers}");
}

#[test]
fn d1_d6_a_disk_that_fails_is_an_error_and_the_index_stays_whole_needs_strace() {
    let fake = Fake::new("app", "");
    let mut failures = 0;
    let effects = [
        ("fsync,fdatasync", "EIO", "Input/output error"),
        ("rename,renameat,renameat2", "EIO", "Input/output error"),
        ("copy_file_range,sendfile,splice", "ENOSPC", "No space left on device"),
        ("mkdir,mkdirat", "ENOSPC", "No space left on device"),
    ];
    for exists in [true, false] {
        for (calls, error, words) in effects {
            for n in 1.. {
                assert!(n < MANY);
                let _ = fs::remove_dir_all(fake.path("out"));
                if exists {
                    added(&fake, "app:1", "1");
                }
                let run = inject(&fake, calls, &format!("error={error}:when={n}"));
                assert_eq!(temporary(&fake), [""; 0], "{calls} {n}");
                if exists {
                    assert_eq!(labels(&fake.path("out"))["1"], "1");
                }
                if run.status == 0 {
                    break;
                }
                run.refused(5, &["error[output]", words]);
                failures += 1;
                added(&fake, "app:2", "2");
            }
        }
    }
    assert!(failures > 20, "{failures}");
}

#[test]
fn d7_a_file_system_without_locks_is_said_so_needs_strace() {
    let fake = Fake::new("app", "");
    let run = inject(&fake, "flock", "error=EBADF");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.contains("warning") && run.stderr.contains("could not lock"), "{run:?}");
    assert_eq!(labels(&fake.path("out")), pairs(&[("2", "2")]));
}

/// A run that adds `app:2` to `out`, with `effect` on the system calls of the program itself, not of its children.
fn inject(fake: &Fake, calls: &str, effect: &str) -> Run {
    let words = ["-qq", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e"];
    let inject = format!("inject={calls}:{effect}");
    let command = fake.command(["-o", "oci-dir=out", "-t", "app:2", "--label", "run=2"]);
    Run::of(through(tool("strace"), words.iter().copied().chain([inject.as_str()]), &command))
}
