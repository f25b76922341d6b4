//! How a program starts, hears signals and ends, and that nothing is left of it.

use super::as_both;
use super::image::Image;
use rustix::process::{Pid, Signal, test_kill_process};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until `done`.
#[track_caller]
pub fn until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "it does not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_gone(pid: Pid) -> bool {
    test_kill_process(pid).is_err()
}

#[test]
fn i2_the_exit_status_is_the_programs_needs_busybox_needs_setpriv() {
    as_both(|| {
        for code in [0, 1, 2, 42, 125, 126, 127, 128, 137, 254, 255] {
            let ended = Image::sh(&format!("echo out; echo err >&2; exit {code}")).run();
            assert_eq!(ended.status.code(), Some(code));
            assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("out\n", "err\n"));
        }
    });
}

#[test]
fn i2_a_signal_that_ends_it_is_told_needs_busybox() {
    // PID 1 ends by no signal that it has no handler for, but for those that nobody can refuse
    let mut running = Image::sh("sleep 600").start();
    running.signal(Signal::TERM);
    assert_eq!(running.wait_within(Duration::from_millis(300)).unwrap(), None);
    running.kill();
    assert_eq!(running.wait_within(PATIENCE).unwrap().unwrap().signal(), Some(9));
    assert_eq!(running.wait_within(PATIENCE).unwrap().unwrap().signal(), Some(9));
}

#[test]
fn d3_a_signal_reaches_the_program_once_needs_busybox_needs_setpriv() {
    as_both(|| {
        let script = "trap 'echo term' TERM; trap 'echo int' INT; trap 'echo end; exit 3' HUP; echo ready; \
                      while true; do sleep 0.02; done";
        let image = Image::sh(script);
        let (mut read, write) = std::io::pipe().unwrap();
        let output = || File::from(std::os::fd::OwnedFd::from(write.try_clone().unwrap()));
        let mut running = image.try_start((output(), output()), |_| {}).unwrap();
        drop(write);
        let mut said = String::new();
        let mut listen = |word: &str| {
            until(|| {
                let mut piece = [0; 64];
                let bytes = if said.contains(word) { 0 } else { read.read(&mut piece).unwrap() };
                said += std::str::from_utf8(&piece[..bytes]).unwrap();
                said.contains(word)
            });
        };
        listen("ready\n");
        assert_eq!(running.handles(Signal::TERM), Some(true));
        assert_eq!(running.handles(Signal::USR1), Some(false));
        for (signal, word) in [(Signal::TERM, "term\n"), (Signal::INT, "int\n"), (Signal::HUP, "end\n")] {
            running.signal(signal);
            listen(word);
        }
        assert_eq!(running.wait_within(PATIENCE).unwrap().unwrap().code(), Some(3));
        assert_eq!(said, "ready\nterm\nint\nend\n");
    });
}

#[test]
fn i2_input_and_output_are_the_same_to_the_byte_needs_busybox() {
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    // the library takes our own standard input, so bytes go in through a folder here
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bytes"), &bytes).unwrap();
    let mounts = [cargo_scratch::sandbox::Bind {
        source: folder.path().join("bytes"),
        destination: "/bytes".into(),
        read_only: true,
    }];
    let image = Image::sh("cat /bytes /dev/stdin");
    let (mut read, write) = std::io::pipe().unwrap();
    let output = File::from(std::os::fd::OwnedFd::from(write));
    let null = File::create("/dev/null").unwrap();
    let mut running = image.try_start((output, null), |jail| jail.mounts = &mounts).unwrap();
    let mut said = Vec::new();
    read.read_to_end(&mut said).unwrap();
    assert!(said == bytes, "{} bytes", said.len());
    assert!(running.wait_within(PATIENCE).unwrap().unwrap().success());
}

#[test]
fn i2_endless_output_to_nobody_ends_the_program_needs_busybox() {
    let (read, write) = std::io::pipe().unwrap();
    let output = File::from(std::os::fd::OwnedFd::from(write));
    let null = File::create("/dev/null").unwrap();
    let image = Image::sh("yes; echo status $? > /dev/null; exit 7");
    let mut running = image.try_start((output, null), |_| {}).unwrap();
    // a gigabyte is taken, and then no more
    let taken = std::io::copy(&mut (&read).take(1 << 30), &mut std::io::sink()).unwrap();
    assert_eq!(taken, 1 << 30);
    drop(read);
    assert_eq!(running.wait_within(PATIENCE).unwrap().unwrap().code(), Some(7));
}

#[test]
fn i2_all_that_a_program_has_started_ends_with_it_needs_busybox_needs_setpriv() {
    as_both(|| {
        // children that ignore what can be ignored, one in a session of its own
        let script = "trap '' TERM HUP INT; (sleep 611 & sleep 611 & wait) & sleep 611; true";
        let running = Image::sh(script).start();
        let inside = running.pid();
        let children = || {
            let text = fs::read_to_string(format!("/proc/{0}/task/{0}/children", inside.as_raw_nonzero()));
            text.unwrap_or_default()
                .split_whitespace()
                .filter_map(|pid| Pid::from_raw(pid.parse().ok()?))
                .collect::<Vec<_>>()
        };
        until(|| children().len() == 2);
        let all = children();
        drop(running);
        assert!(is_gone(inside) && all.into_iter().all(is_gone));
    });
}

/// Says to a test that it is the process to be killed.
const VICTIM: &str = "SCRATCH_TEST_VICTIM";

/// Starts this test once more, which starts a program and waits; returns that process and the program's.
fn victim() -> (std::process::Child, Pid) {
    let name = std::thread::current().name().unwrap().to_owned();
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &name, "--nocapture"]).env(VICTIM, "1").stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = String::new();
    let mut stdout = child.stdout.take().unwrap();
    while !said.contains("started\n") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        said.push(char::from(byte[0]));
    }
    let pid = said.lines().rev().nth(1).unwrap().split_whitespace().last().unwrap();
    (child, Pid::from_raw(pid.parse().unwrap()).unwrap())
}

/// The control groups that the process `pid` has made.
fn groups_of(pid: u32) -> usize {
    let name = format!("cargo-scratch-{pid}-");
    let list = |folder: &str| fs::read_dir(folder).into_iter().flatten().flatten().collect::<Vec<_>>();
    let of = |folder: &str| {
        list(folder).iter().filter(|e| e.file_name().to_string_lossy().starts_with(&name)).count()
    };
    of("/sys/fs/cgroup") + of("/sys/fs/cgroup/pids") + of("/sys/fs/cgroup/memory")
}

#[test]
fn i2_a_kill_of_us_ends_the_program_and_takes_its_groups_away_needs_busybox_needs_setpriv() {
    if std::env::var_os(VICTIM).is_some() {
        let running = Image::sh("trap '' TERM HUP INT; sleep 600; sleep 600").start();
        println!("{}\nstarted", running.pid().as_raw_nonzero());
        std::thread::sleep(PATIENCE);
        return;
    }
    as_both(|| {
        let (mut ours, program) = victim();
        assert!(!is_gone(program));
        ours.kill().unwrap();
        ours.wait().unwrap();
        until(|| is_gone(program) && groups_of(ours.id()) == 0);
    });
}

#[test]
fn i2_a_kill_of_the_keeper_ends_the_program_and_is_told_needs_busybox_needs_setpriv() {
    as_both(|| {
        let mut running = Image::sh("sleep 600; sleep 600").start();
        let status = fs::read_to_string(format!("/proc/{}/status", running.pid().as_raw_nonzero())).unwrap();
        let keeper = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim();
        let keeper = Pid::from_raw(keeper.parse().unwrap()).unwrap();
        rustix::process::kill_process(keeper, Signal::KILL).unwrap();
        let error = running.wait_within(PATIENCE).unwrap_err();
        assert!(error.what().contains("ended before its time"), "{error}");
        let program = running.pid();
        until(|| is_gone(program));
    });
}

#[test]
fn i2_what_does_not_start_says_why_needs_busybox_needs_setpriv() {
    as_both(|| {
        let of = |path: &str| {
            let image = Image::sh("").layer(|layer| {
                layer.folder("f", 0o755).folder("shut", 0o700);
                layer.file("f/plain", 0o644, b"#!/bin/sh\n").file("f/private", 0o110, b"#!/bin/sh\n");
                layer.file("f/text", 0o755, b"hello").file("shut/x", 0o755, b"");
                layer.file("f/script", 0o755, b"#!/bin/missing -x\n");
                // of a machine that no emulator is for
                let mut other = fs::read("/bin/busybox").unwrap();
                other[18..20].copy_from_slice(&0x1234_u16.to_le_bytes());
                layer.file("f/other", 0o755, &other);
                layer.file("f/dynamic", 0o755, &fs::read("/bin/true").unwrap());
                if path == "/f/other" {
                    layer.file("bin/.wh.sh", 0o644, b""); // as in an image from scratch
                }
            });
            let refused = image.with(|config| {
                config.user = "1000:1000".into();
                config.entrypoint = if path.is_empty() { Vec::new() } else { vec![path.to_owned()] };
            });
            refused.refused()
        };
        for (path, why) in [
            ("/f/none", "no such file"),
            ("none", "no program `none` on its PATH"),
            ("", "names no program"),
            ("/f", "is a folder"),
            ("/f/plain", "nobody may execute it"),
            ("/f/private", "the image's user may not execute it"),
            ("/shut/x", "the image's user may not enter its folder"),
            ("/f/text", "no program"),
            ("/f/script", "asks for `/bin/missing`"),
            ("/f/other", "is for machine 4660"),
            ("/f/dynamic", "which the image does not have"),
        ] {
            println!("{path}");
            let said = of(path);
            assert!(said.contains(why), "{path}: {said}");
        }
    });
}
