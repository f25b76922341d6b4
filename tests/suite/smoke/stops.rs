//! The end of a program that is told to stop.

use super::{Subject, failed, passed, smoke};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

const UP: [&str; 2] = ["--stdout", "^listening"];

#[test]
fn d3_a_clean_end_passes() {
    let subject = Subject::new();
    // "waits" has no handler, and blocks the signal; "late" installs its handler after it was sent
    for how in ["serve", "as-bash", "waits", "late"] {
        passed(&subject.test(how, &UP));
    }
}

#[test]
fn d3_process_number_1_without_a_handler_is_told_so_and_the_grace_is_not_waited_for() {
    let subject = Subject::new();
    let begin = Instant::now();
    let run = subject.test("deaf", &["--http", "/health", "--grace", "1h"]);
    assert!(begin.elapsed() < Duration::from_mins(5));
    let words = [
        "failed its test: stop",
        "no handler for SIGTERM",
        "process number 1",
        "`docker stop` would wait 10 s",
        "signal-hook",
        "docker run --init",
    ];
    failed(&run, &words);
    assert!(run.stderr.contains("Passed GET /health"), "{run:?}");
    passed(&subject.test("deaf", &["--http", "/health", "--no-stop"]));
}

#[test]
fn d3_a_program_that_ignores_the_signal_is_killed() {
    let run =
        Subject::new().test("stubborn", &[UP[0], UP[1], "--grace", "300ms", "--message-format", "json"]);
    assert_eq!(run.status, 4, "{run:?}");
    assert!(run.stderr.contains("stop: it had not ended 300 ms after SIGTERM, and was killed"), "{run:?}");
    let value = smoke(&run);
    assert_eq!(value["checks"][1]["signal"], "SIGTERM", "{value}");
    assert!(value["stop_ms"].is_null() && value["exit"].is_null(), "{value}");
}

#[test]
fn d3_an_end_with_an_error_is_not_clean() {
    failed(&Subject::new().test("rude", &UP), &["stop: on SIGTERM it ended with status 3, and not with 0"]);
}

#[test]
fn the_signal_is_the_images_own() {
    let subject = Subject::with(&["--stop-signal", "SIGQUIT"]);
    failed(&subject.test("serve", &UP), &["no handler for SIGQUIT"]);
    let subject = Subject::with(&["--stop-signal", "SIGRTMIN+3"]);
    failed(&subject.test("serve", &UP), &["`SIGRTMIN+3` cannot be sent", "--no-stop"]);
    passed(&subject.test("serve", &[UP[0], UP[1], "--no-stop"]));
}

#[test]
fn d3_a_test_that_is_interrupted_leaves_no_program_behind() {
    let subject = Subject::new();
    let mark = format!("interrupted-{}", std::process::id());
    let words = ["test-image", "-v", "--image", "out.tar", "--tcp", "9", "--", "chatter", &mark];
    let mut test = subject.0.command(words).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(test.stderr.take().unwrap()).lines();
    assert!(said.by_ref().any(|line| line.unwrap().contains("so it goes on")), "it never started");
    let pid = rustix::process::Pid::from_child(&test);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    // what the program has said by then may be shown after the error
    let told = said.map(Result::unwrap).filter(|line| line == "error[interrupted]: interrupted").count();
    assert_eq!((test.wait().unwrap().code(), told), (Some(130), 1));
    let command = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).unwrap_or_default();
    let running = || fs::read_dir("/proc").unwrap().flatten().map(command);
    let begin = Instant::now();
    while running().any(|words| String::from_utf8_lossy(&words).contains(&mark)) {
        assert!(begin.elapsed() < Duration::from_secs(20), "it still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
}
