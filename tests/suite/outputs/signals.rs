//! Signals and closed pipes: a run ends in order, with its children, its temporary files and the status a shell expects.

use super::{temporary, wait_until};
use crate::support::{Archive, Fake, PLAIN, Project, Run};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Each signal with the exit status that a shell would show for it.
const SIGNALS: [(Signal, i32); 3] = [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)];

#[test]
fn d3_a_signal_while_cargo_compiles_ends_it_and_all_its_children() {
    let project = compiling_for_a_minute();
    for (signal, status) in SIGNALS {
        // to the program alone, as `kill PID` and supervisors do, and to its group, as a terminal does
        for group in [false, true] {
            let _ = fs::remove_file(project.path("pid"));
            let child = started(project.command(["-o", "out.tar"]));
            wait_until("the build script runs", || {
                fs::read_to_string(project.path("pid")).is_ok_and(|p| !p.is_empty())
            });
            let start = Instant::now();
            send(&child, signal, group);
            let run = Run::from(child.wait_with_output().unwrap());
            run.refused(status, &["interrupted"]);
            assert!(start.elapsed() < Duration::from_secs(10), "{signal:?}");
            let path = project.path("");
            wait_until("the children are gone", || processes_of(&path).is_empty());
            assert!(start.elapsed() < Duration::from_secs(10), "{signal:?}");
            assert_eq!(project.listing(), ["Cargo.toml", "build.rs", "pid", "src", "src/main.rs"]);
        }
    }
}

#[test]
fn d3_a_signal_while_files_are_packed_keeps_the_old_archive() {
    let fake = Fake::new("app", "");
    let sparse = fake.file("sparse", "");
    File::options().write(true).open(sparse).unwrap().set_len(8 << 30).unwrap();
    fake.file("out.tar", "old");
    for (signal, status) in SIGNALS {
        let child = started(fake.command(PLAIN.iter().chain(&["--copy", "sparse:/sparse"])));
        wait_until("packing begins", || !temporary(&fake).is_empty());
        std::thread::sleep(Duration::from_millis(200));
        let start = Instant::now();
        send(&child, signal, false);
        let run = Run::from(child.wait_with_output().unwrap());
        run.refused(status, &["interrupted"]);
        assert!(start.elapsed() < Duration::from_secs(5), "{signal:?}: {:?}", start.elapsed());
        assert_eq!(temporary(&fake), [""; 0]);
        assert_eq!(fs::read(fake.path("out.tar")).unwrap(), b"old");
    }
}

#[test]
fn d3_a_reader_that_has_left_is_no_error() {
    let fake = Fake::new("app", "");
    for words in [&["-o", "out.tar"][..], &["--dry-run"], &["-o", "out.tar", "--message-format", "json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = fake.command(words);
        command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let run = Run::from(command.spawn().unwrap().wait_with_output().unwrap());
        assert_eq!(run.status, 0, "{run:?}");
        assert!(!run.stderr.contains("error") && !run.stderr.contains("panic"), "{run:?}");
    }
    Archive::read(&fake.path("out.tar"));
    let line = shell(&fake, "\"$0\" --dry-run | head -1; echo ${PIPESTATUS[0]}");
    let lines: Vec<_> = line.stdout.lines().collect();
    assert!(lines.len() == 2 && lines[1] == "0", "{line:?}");
}

#[test]
fn d3_a_standard_output_that_is_closed_or_full_is_no_crash() {
    let fake = Fake::new("app", "");
    let run = shell(&fake, "exec \"$0\" -o out.tar >&-");
    assert_eq!(run.status, 0, "{run:?}");
    Archive::read(&fake.path("out.tar"));
    let run = shell(&fake, "exec \"$0\" -o out.tar >/dev/full");
    run.refused(5, &["error[output]", "standard output", "No space left on device"]);
    let run = shell(&fake, "exec \"$0\" -o out.tar 2>/dev/full");
    assert_eq!((run.status, run.stdout.trim_end()), (0, fake.path("out.tar").to_str().unwrap()));
    let run = shell(&fake, "exec \"$0\" -o out.tar <&- 2>&-");
    assert_eq!(run.status, 0, "{run:?}");
}

/// A project whose build script says its process id and sleeps, with a child of its own.
fn compiling_for_a_minute() -> Project {
    let project = Project::new("app", "");
    project.file(
        "build.rs",
        "fn main() {\n    let here = std::env::var(\"CARGO_MANIFEST_DIR\").unwrap();\n    \
         let mut child = std::process::Command::new(\"sleep\").arg(\"60\").current_dir(&here).spawn().unwrap();\n    \
         std::fs::write(here + \"/pid\", std::process::id().to_string()).unwrap();\n    child.wait().unwrap();\n}\n",
    );
    project
}

fn started(mut command: Command) -> Child {
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn send(child: &Child, signal: Signal, group: bool) {
    let pid = Pid::from_child(child);
    if group { kill_process_group(pid, signal) } else { kill_process(pid, signal) }.unwrap();
}

/// The command lines of the processes that run in or on `folder`.
fn processes_of(folder: &Path) -> Vec<String> {
    let needle = folder.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let there = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        if there || line.contains(needle) {
            found.push(line);
        }
    }
    found
}

/// `script` in bash, whose `$0` is the program.
fn shell(fake: &Fake, script: &str) -> Run {
    let command = fake.command([""; 0]);
    Run::of(crate::support::through(crate::support::tool("bash"), ["-c", script], &command))
}
