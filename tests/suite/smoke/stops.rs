//! The end of a program that is told to stop.

use super::{Subject, failed, passed, smoke};
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
