//! `run`: what is run is the image that a build would give away, where this machine can, and nothing is left of it.

mod engines;
mod images;
mod signals;
mod starter;
mod usage;

use crate::outputs::wait_until;
use crate::support::{Fake, Run, built};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// A project whose program tells what it sees, or behaves as its first argument says.
fn inmate() -> Fake {
    inmate_of("inmate", "")
}

/// The same in a package `name` with `metadata`.
fn inmate_of(name: &str, metadata: &str) -> Fake {
    let fake = Fake::new(name, metadata);
    let program = built("inmate", Some(include_str!("../fixtures/run/inmate.rs")));
    fs::copy(program, fake.program()).unwrap();
    fake
}

/// Runs it with `words`, and `how` for the program.
fn ran(fake: &Fake, words: &[&str], how: &[&str]) -> Run {
    Run::of(command(fake, words, how))
}

/// In the sandbox, unless `words` name another place.
fn command(fake: &Fake, words: &[&str], how: &[&str]) -> Command {
    let place: &[&str] = if words.contains(&"--engine") { &[] } else { &["--engine", "builtin"] };
    fake.command([&["run"], place, words, &["--"], how].concat())
}

/// A run that goes on.
struct Going {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Going {
    /// Starts `command`, in a group of its own.
    fn start(mut command: Command) -> Self {
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Going { child, out }
    }

    /// The next line of its standard output; empty at the end.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The processes below it, by number and time of start, which tells one from a later one of the same number.
    fn family(&self) -> Vec<(u32, String)> {
        let mut family = vec![self.child.id()];
        let all = processes();
        let mut next = 0;
        while let Some(&above) = family.get(next) {
            family.extend(all.iter().filter(|(_, parent, _)| *parent == above).map(|(pid, ..)| *pid));
            next += 1;
        }
        let below = all.into_iter().filter(|(pid, ..)| family[1..].contains(pid));
        below.map(|(pid, _, start)| (pid, start)).collect()
    }

    fn end(mut self) -> Run {
        // what it still says is part of the run
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut rest).unwrap();
        let mut run = Run::from(self.child.wait_with_output().unwrap());
        run.stdout = rest;
        run
    }
}

/// Every process: its number, its parent's, and when it started (proc(5), `/proc/pid/stat`).
fn processes() -> Vec<(u32, u32, String)> {
    let of = |pid: u32| {
        let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let fields: Vec<_> = text.rsplit(')').next()?.split_whitespace().collect();
        Some((pid, fields.get(1)?.parse().ok()?, (*fields.get(19)?).to_owned()))
    };
    let names = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| of(name.to_str()?.parse().ok()?)).collect()
}

/// Asserts that none of `family` is there any more.
#[track_caller]
fn gone(family: &[(u32, String)]) {
    let is_there = |(pid, start): &&(u32, String)| processes().iter().any(|(p, _, s)| p == pid && s == start);
    wait_until("its processes are gone", || !family.iter().any(|one| is_there(&one)));
}

#[test]
fn the_program_owns_the_streams_and_its_status_is_ours() {
    let fake = inmate();
    let mut echo = command(&fake, &["-q"], &["echoes", "7", "a", "b c"]);
    let mut child = echo.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"one\ntwo").unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (7, "one\ntwo", "7 a|b c\n"));
    // what ends of a signal has the status that a shell shows: 128 and its number
    let run = ran(&fake, &[], &["aborts"]);
    assert!([134, 139].contains(&run.status) && run.stderr.contains("Running inmate (sandbox)"), "{run:?}");
}

#[test]
fn nothing_is_written_whatever_the_settings_say() {
    let output = "output = [\"docker-archive=out.tar\", \"docker\"]\nenv = { A = \"set\" }";
    let fake = inmate_of("inmate", &format!("[package.metadata.scratch]\n{output}\n"));
    let before = fake.listing();
    let run = ran(&fake, &[], &["sees"]);
    assert!(run.status == 0 && run.stdout.contains("variable A=set\n"), "{run:?}");
    assert_eq!(fake.listing(), before);
    // what the next run need not pack again
    let left = fs::read_dir(fake.path("target/scratch")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["cache"]);
}

#[test]
fn a_program_sees_what_is_shown_to_it_and_no_more() {
    let fake = inmate();
    fake.file("shown/file", "content\n");
    fs::set_permissions(fake.path("shown"), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let said = |words: &[&str], how: &[&str]| ran(&fake, words, how).stdout;
    assert_eq!(said(&["-v", "shown:/a", "-v"], &["reads", "/a/file"]), "content\n");
    assert_eq!(said(&["-v", "shown/file:/b:ro"], &["reads", "/b"]), "content\n");
    assert_eq!(said(&["-v", "shown:/a"], &["writes", "/a/new"]), "wrote\n");
    assert_eq!(fs::read_to_string(fake.path("shown/new")).unwrap(), "written\n");
    assert!(said(&["-v", "shown:/a:ro"], &["writes", "/a/other"]).contains("Read-only"));
    assert!(!fake.path("shown/other").exists());
}
