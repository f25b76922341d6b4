//! The same input is the same archive to the byte: on any machine, at any time, for any user, in any folder.

use crate::support::{Archive, Fake, Project, Run, through, tool};
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// What happens to the n-th file of a project.
type Change = fn(&Path, u64);

/// Every way in which layers can be written.
const FORMS: [&[&str]; 5] = [
    &["-o", "out.tar", "--compression", "none"],
    &["-o", "out.tar", "--compression", "gzip"],
    &["-o", "out.tar", "--compression", "gzip:1"],
    &["-o", "oci-archive=out.tar", "--compression", "gzip"],
    &["-o", "oci-archive=out.tar", "--compression", "zstd"],
];

#[test]
fn the_folder_and_the_order_of_files_leave_no_trace() {
    let (one, two) = (project(false), project(true));
    assert_ne!(one.path(""), two.path(""));
    for form in FORMS {
        assert!(bytes(&one, form, |c| c) == bytes(&two, form, |c| c), "{form:?}");
    }
    // a link to the folder, as the current one
    symlink(two.path(""), one.path("elsewhere")).unwrap();
    let linked = |mut command: Command| {
        command.current_dir(one.path("elsewhere")).env("PWD", one.path("elsewhere"));
        command
    };
    assert!(bytes(&two, FORMS[0], linked) == bytes(&one, FORMS[0], |c| c));
}

#[test]
fn what_is_packed_and_how_does_leave_a_trace() {
    let fake = project(false);
    let mut all: Vec<_> = FORMS.iter().map(|form| bytes(&fake, form, |c| c)).collect();
    let flag = |name: &'static str, value: &'static str| {
        move |mut command: Command| {
            command.args([name, value]);
            command
        }
    };
    all.push(bytes(&fake, FORMS[0], flag("--created", "1")));
    all.push(bytes(&fake, FORMS[0], flag("--env", "A=b")));
    fake.file("tree/a", "another content");
    all.push(bytes(&fake, FORMS[0], |c| c));
    fs::set_permissions(fake.path("tree/a"), Permissions::from_mode(0o755)).unwrap();
    all.push(bytes(&fake, FORMS[0], |c| c));
    fs::rename(fake.path("tree/a"), fake.path("tree/aa")).unwrap();
    all.push(bytes(&fake, FORMS[0], |c| c));
    let different: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len());
}

#[test]
fn the_environment_and_the_way_of_calling_leave_no_trace() {
    let fake = project(false);
    let elsewhere = Project::empty();
    let home = elsewhere.path("").display().to_string();
    let variables: [&[(&str, &str)]; 9] = [
        &[("TZ", "Pacific/Kiritimati")],
        &[("TZ", "America/St_Johns"), ("LANG", "de_DE.UTF-8")],
        &[("LC_ALL", "tr_TR.UTF-8"), ("LANGUAGE", "tr")],
        &[("LC_ALL", "C"), ("LANG", "C")],
        &[("HOME", &home), ("CARGO_HOME", &home), ("XDG_CACHE_HOME", &home)],
        &[("HOSTNAME", "other"), ("USER", "other"), ("LOGNAME", "other"), ("TMPDIR", &home)],
        &[("SOURCE_DATE_EPOCH", "0")],
        &[("SOURCE_DATE_EPOCH", ""), ("RUST_LOG", "trace"), ("RAYON_NUM_THREADS", "1")],
        &[("TERM", "xterm"), ("CLICOLOR_FORCE", "1"), ("COLUMNS", "20")],
    ];
    for form in FORMS {
        let expected = bytes(&fake, form, |c| c);
        for set in variables {
            let with = |mut command: Command| {
                command.envs(set.iter().copied());
                command
            };
            assert!(bytes(&fake, form, with) == expected, "{form:?} {set:?}");
        }
        for mask in ["000", "022", "077"] {
            let with = |command: Command| {
                let words = ["-c", &format!("umask {mask} && exec \"$0\" \"$@\"")];
                through(tool("sh"), words, &command)
            };
            assert!(bytes(&fake, form, with) == expected, "{form:?} umask {mask}");
            let mode = fs::metadata(fake.path("out.tar")).unwrap().permissions().mode() & 0o777;
            let usual = 0o666 & !u32::from_str_radix(mask, 8).unwrap();
            assert_eq!(mode, usual, "the archive itself is a file like any other");
        }
        for flags in [&["-v"][..], &["-q"], &["--color", "always"], &["--message-format", "json"]] {
            let with = |mut command: Command| {
                command.args(flags);
                command
            };
            assert!(bytes(&fake, form, with) == expected, "{form:?} {flags:?}");
        }
    }
}

#[test]
fn the_number_of_processors_leaves_no_trace_needs_taskset() {
    let fake = project(false);
    fake.file("tree/big", noise(3 << 20));
    for form in &FORMS[1..] {
        let expected = bytes(&fake, form, |c| c);
        let one = bytes(&fake, form, |command| through(tool("taskset"), ["1"], &command));
        assert!(one == expected, "{form:?}");
    }
}

#[test]
fn times_and_modes_and_holes_of_files_leave_no_trace() {
    let fake = project(false);
    let expected: Vec<_> = FORMS.iter().map(|form| bytes(&fake, form, |c| c)).collect();
    let changes: [Change; 4] = [
        |path, n| touch(path, n.wrapping_mul(7_919_003) % 2_000_000_000),
        |path, n| touch(path, 4_102_444_800 + n),
        |path, n| {
            let program = !path.is_dir() && path.metadata().unwrap().permissions().mode() & 0o100 != 0;
            let modes = if program || path.is_dir() { [0o700, 0o775] } else { [0o600, 0o664] };
            fs::set_permissions(path, Permissions::from_mode(modes[n as usize % 2])).unwrap();
        },
        |path, _| {
            if path.ends_with("zeros") {
                File::create(path).unwrap().set_len(70_000).unwrap(); // one hole
            }
        },
    ];
    for change in changes {
        for (n, path) in all_below(&fake.path("")).iter().enumerate() {
            change(path, n as u64 + 1);
        }
        change(&fake.program(), 1);
        for (form, expected) in FORMS.iter().zip(&expected) {
            assert!(bytes(&fake, form, |c| c) == *expected, "{form:?}");
        }
    }
}

#[test]
fn another_file_system_leaves_no_trace() {
    let fake = project(false);
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    let other = memory.path().join("tree");
    for path in all_below(&fake.path("tree")).iter().rev() {
        let to = other.join(path.strip_prefix(fake.path("tree")).unwrap());
        if path.is_symlink() {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            symlink(fs::read_link(path).unwrap(), to).unwrap();
        } else if path.is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(path, to).unwrap();
        }
    }
    for form in FORMS {
        let copy = format!("{}:/srv", other.display());
        let run = fake.scratch(form.iter().copied().chain(["--copy", &copy]));
        assert_eq!(run.status, 0, "{run:?}");
        let found = fs::read(fake.path("out.tar")).unwrap();
        assert!(found == bytes(&fake, form, |c| c), "{form:?}");
    }
}

#[test]
fn another_user_and_owner_leave_no_trace_needs_setpriv() {
    let fake = project(false);
    fs::set_permissions(fake.path(""), Permissions::from_mode(0o777)).unwrap();
    let expected: Vec<_> = FORMS.iter().map(|form| bytes(&fake, form, |c| c)).collect();
    for path in all_below(&fake.path("tree")) {
        std::os::unix::fs::lchown(path, Some(1234), Some(4321)).unwrap();
    }
    for (form, expected) in FORMS.iter().zip(&expected) {
        let nobody = |mut command: Command| {
            command.env("HOME", fake.path("")).env("CARGO_HOME", fake.path(""));
            through(tool("setpriv"), ["--reuid", "65534", "--regid", "65534", "--clear-groups"], &command)
        };
        assert!(bytes(&fake, form, nobody) == *expected, "{form:?}");
    }
}

#[test]
fn the_year_leaves_no_trace_needs_faketime() {
    let fake = project(false);
    for form in FORMS {
        let expected = bytes(&fake, form, |c| c);
        for time in ["2001-02-03 04:05:06", "2038-01-20 00:00:00"] {
            let then = bytes(&fake, form, |command| through(tool("faketime"), [time], &command));
            assert!(then == expected, "{form:?} {time}");
        }
    }
    let mut date = tool("faketime");
    let year = date.args(["2038-01-20 00:00:00", "date", "+%Y"]).output().unwrap().stdout;
    assert_eq!(year, b"2038\n", "the clock was set");
}

#[test]
fn two_real_builds_in_two_folders_are_the_same_archive() {
    let build = |prefix: &str| {
        let project = Project::empty();
        let folder = format!("{prefix}/app");
        project.file(&format!("{folder}/src/main.rs"), "fn main() { println!(\"{}\", 6 * 7); }\n");
        let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        project.file(&format!("{folder}/Cargo.toml"), manifest);
        let mut command = project.command(["-o", "out.tar"]);
        let run = Run::of({
            command.current_dir(project.path(&folder));
            command
        });
        assert_eq!(run.status, 0, "{run:?}");
        let output = project.path(&folder).join("out.tar");
        Archive::read(&output);
        fs::read(output).unwrap()
    };
    assert!(build("a") == build("some/other/folder"));
}

/// A project with files of all kinds; `backwards` creates them in the other order.
fn project(backwards: bool) -> Fake {
    let fake =
        Fake::new("app", "description = \"one\"\n[package.metadata.scratch]\nlabel = [\"b=1\", \"a=2\"]\n");
    let mut files: Vec<(String, Vec<u8>)> =
        (0..40).map(|n| (format!("tree/{}/{n}", n % 3), noise(n * 37))).collect();
    files.push(("tree/a".into(), noise(100_000)));
    files.push(("tree/zeros".into(), vec![0; 70_000]));
    files.push(("tree/caf\u{e9}".into(), b"x".to_vec()));
    files.push(("tree/run".into(), b"#!/bin/sh\n".to_vec()));
    if backwards {
        files.reverse();
    }
    for (path, content) in files {
        fake.file(&path, content);
    }
    fs::set_permissions(fake.path("tree/run"), Permissions::from_mode(0o755)).unwrap();
    symlink("a", fake.path("tree/link")).unwrap();
    fake
}

/// The command line of every run.
fn words<'a>(form: &[&'a str]) -> Vec<&'a str> {
    form.iter().copied().chain(["--copy", "tree:/srv"]).collect()
}

/// The archive that the command makes after `change`.
#[track_caller]
fn bytes(fake: &Fake, form: &[&str], change: impl FnOnce(Command) -> Command) -> Vec<u8> {
    let _ = fs::remove_file(fake.path("out.tar"));
    let run = Run::of(change(fake.command(words(form))));
    assert_eq!(run.status, 0, "{run:?}");
    fs::read(fake.path("out.tar")).unwrap()
}

/// Bytes that do not compress to nothing, always the same.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 59) as u8
    };
    (0..size).map(|_| next()).collect()
}

fn touch(path: &Path, seconds: u64) {
    if let (false, Ok(file)) = (path.is_symlink(), File::open(path)) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        file.set_times(FileTimes::new().set_modified(time).set_accessed(time)).unwrap();
    }
}

/// Everything below `folder`, folders after what is in them.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path.clone());
            }
            all.push(path);
        }
    }
    all.reverse();
    all
}
