//! What a program says, and how it ends by itself.

use super::{Subject, failed, passed};

#[test]
fn a_tool_is_tested_by_its_status_and_its_lines() {
    let subject = Subject::new();
    passed(&subject.test("ends 0", &["--stdout", r"^version \d", "--stderr", "^last"]));
    let run = subject.test("ends 3", &["--exit", "3", "--stdout", "^version"]);
    passed(&run);
    assert!(run.stdout.contains("exit 3 in "), "{run:?}");
    failed(&subject.test("ends 3", &["--exit", "0"]), &["exit 0: it ended with status 3", "last words"]);
    // whether its end or the signal comes first is left to chance
    failed(
        &subject.test("ends 3", &["--stdout", "^version"]),
        &["failed its test: stop", "it ended with status 3"],
    );
    let run = subject.test("ends 0", &["--stdout", "^last"]);
    failed(&run, &["stdout `^last`: no line of its 14 bytes fits, and it ended with status 0"]);
    failed(
        &subject.test("serve", &["--exit", "0", "--timeout", "300ms"]),
        &["exit 0: after 300 ms it still runs"],
    );
}

#[test]
fn without_a_condition_it_starts() {
    let subject = Subject::new();
    let run = subject.test("serve", &[]);
    passed(&run);
    assert!(run.stdout.contains("still runs after 1"), "{run:?}");
    passed(&subject.test("ends 0", &[]));
    failed(&subject.test("ends 3", &[]), &["start: it ended with status 3"]);
}

#[test]
fn i2_endless_output_is_survived_and_both_ends_of_it_are_told() {
    let subject = Subject::new();
    passed(&subject.test("chatter", &["--http", "/health", "--stderr", "on and on$"]));
    let run = subject.test("chatter", &["--http", "/missing", "--timeout", "1s"]);
    failed(&run, &["so it goes on", "bytes in all"]);
    assert!(run.stderr.len() < 16 << 10, "{}", run.stderr.len());
}

#[test]
fn what_it_says_is_shown_live_when_more_is_asked_for() {
    let subject = Subject::new();
    let line = "      stderr last words\\u{1b}[2J\n";
    assert!(subject.test("ends 0", &["-v"]).stderr.contains(line));
    assert!(!subject.test("ends 0", &[]).stderr.contains("last words"));
    let quiet = subject.test("ends 0", &["-q"]);
    passed(&quiet);
    assert!(quiet.stderr.is_empty(), "{quiet:?}");
}

#[test]
fn i2_a_program_that_eats_all_its_memory_fails() {
    let run = Subject::new().test("eats", &["--http", "/", "--memory", "32MiB"]);
    assert_eq!(run.status, 4, "{run:?}");
    // killed where control groups can be had, and refused by its allocator elsewhere
    assert!(run.stderr.contains("SIGKILL") || run.stderr.contains("memory allocation"), "{run:?}");
}
