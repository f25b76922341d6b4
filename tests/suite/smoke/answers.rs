//! What is asked over the network.

use super::{Subject, failed, passed, smoke};
use crate::support::{Project, Run};
use serde_json::json;
use std::net::TcpListener;

#[test]
fn a_new_project_passes_its_test() {
    let project = Project::empty();
    let run = project.scratch(["new", "hello"]);
    assert_eq!(run.status, 0, "{run:?}");
    let mut command = project.command(["test-image", "--http", "/", "--stdout", "^Started"]);
    command.current_dir(project.path("hello"));
    let run = Run::of(command);
    passed(&run);
    for words in ["ok: started in ", ", GET / 200 in ", ", stopped in "] {
        assert!(run.stdout.contains(words), "{run:?}");
    }
}

#[test]
fn every_program_of_a_project_is_tested_and_one_that_fails_does_not_keep_the_others_from_it() {
    let project = Project::new("good", "");
    project.file("src/bin/bad.rs", "fn main() { eprintln!(\"no config\"); std::process::exit(3) }\n");
    let run = project.scratch(["test-image", "--bins"]);
    assert_eq!(run.status, 4, "{run:?}");
    assert!(run.stdout.starts_with("ok: ended with 0 in ") && run.stdout.lines().count() == 1, "{run:?}");
    assert!(run.stderr.contains("error[smoke]: `bad` failed its test: start"), "{run:?}");
    let left = project.listing();
    assert!(!left.iter().any(|path| path.contains("scratch/")), "no image is left: {left:?}");
    assert_eq!(project.scratch(["test-image", "--bin", "good", "--stdout", "^good$"]).status, 0);
}

#[test]
fn answers_are_good_by_their_status() {
    let subject = Subject::new();
    let good = ["/health", "/moved", "/missing=404", "/moved=302", ":8080/health=200"];
    let words: Vec<_> = good.iter().flat_map(|path| ["--http", path]).chain(["--tcp", "8080"]).collect();
    let run = subject.test("serve", &words);
    passed(&run);
    assert_eq!(
        run.stderr.matches("      Passed ").count(),
        good.len() + 2,
        "one line for each check: {run:?}"
    );
    for (path, wanted) in [("/missing", "200 to 399"), ("/health=404", "404")] {
        let run = subject.test("serve", &["--http", path, "--timeout", "2s"]);
        let wanted = format!("{wanted} is wanted");
        failed(&run, &["GET /", "not within 2 s", "port 8080: the answer is ", &wanted, "listening on 8080"]);
    }
}

#[test]
fn a_service_that_warms_up_passes() {
    let subject = Subject::new();
    passed(&subject.test("serve", &["--http", "/warm"]));
    passed(&subject.test("warms-up", &["--http", "/health"]));
}

#[test]
fn a_program_that_never_listens_is_told_what_was_seen() {
    let run = Subject::new().test("mute", &["--http", "/health", "--tcp", "9", "--timeout", "300ms"]);
    let words =
        ["GET /health, port 9", "nobody listens on port 8080 (connection refused)", "it said nothing"];
    failed(&run, &words);
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for_beyond_the_time() {
    let run = Subject::new().test("serve", &["--http", "/hangs", "--timeout", "2s"]);
    failed(&run, &["GET /hangs: not within 2 s", "no answer"]);
}

#[test]
fn i2_an_end_before_the_answer_is_told_at_once_with_the_last_words() {
    let subject = Subject::new();
    for (how, words) in [
        ("ends 3", &["it ended with status 3 after", "version 1.2.3", r"last words\u{1b}[2J"][..]),
        ("ends 127", &["status 127", "no /bin/sh"]),
        ("ends 101", &["101 is a panic"]),
        ("crashes", &["it was ended by SIGSEGV", "a stack that is too small"]),
    ] {
        failed(&subject.test(how, &["--http", "/", "--timeout", "1m"]), words);
    }
    let run = subject.test("serve", &["--http", "/dies", "--timeout", "1m"]);
    failed(&run, &["GET /dies: it ended with status 9 after", "the connection was"]);
}

#[test]
fn a_server_that_only_its_inside_reaches_is_warned_of() {
    let subject = Subject::new();
    let run = subject.test("private", &["--http", "/health"]);
    passed(&run);
    assert!(run.stderr.contains("warning[private-port]: port 8080 is open on 127.0.0.1 alone"), "{run:?}");
    assert!(!subject.test("serve", &["--http", "/health"]).stderr.contains("warning"));
}

#[test]
fn a_port_that_is_taken_here_is_free_in_there_and_tests_run_beside_each_other() {
    let _taken = TcpListener::bind("0.0.0.0:8080"); // unless somebody has it already
    let subject = Subject::new();
    std::thread::scope(|scope| {
        let test = || subject.test("serve", &["--http", "/health"]);
        let both = [scope.spawn(test), scope.spawn(test)];
        both.into_iter().for_each(|run| passed(&run.join().unwrap()));
    });
}

#[test]
fn programs_read_the_result_as_json() {
    let subject = Subject::new();
    let json_of =
        |how: &str, words: &[&str]| subject.test(how, &[&["--message-format", "json"], words].concat());
    let run = json_of("serve", &["--http", "/health", "--tcp", "8080"]);
    assert_eq!((run.status, run.stdout.lines().count()), (0, 1), "{run:?}");
    let value = smoke(&run);
    assert_eq!(
        (&value["ok"], &value["engine"], &value["exit"]),
        (&json!(true), &json!("builtin"), &json!(0))
    );
    assert!(value["start_ms"].is_u64() && value["stop_ms"].is_u64(), "{value}");
    let checks = value["checks"].as_array().unwrap();
    let names: Vec<_> = checks.iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert_eq!(names, ["http", "tcp", "stop"]);
    assert_eq!((&checks[0]["path"], &checks[0]["status"]), (&json!("/health"), &json!(200)));
    assert!(
        checks
            .iter()
            .all(|check| check["ok"] == true && check["why"].is_null() && check["after_ms"].is_u64())
    );

    let run = json_of("ends 3", &["--http", "/"]);
    assert_eq!((run.status, run.stdout.lines().count()), (4, 2), "the error is the second: {run:?}");
    let value = smoke(&run);
    assert_eq!((&value["ok"], &value["exit"]), (&json!(false), &json!(3)));
    assert_eq!(value["stdout"], json!(["version 1.2.3"]));
    assert!(value["checks"][0]["why"].as_str().unwrap().contains("status 3"), "{value}");
}
