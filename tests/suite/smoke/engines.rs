//! The same in a container.

use super::{Subject, failed, passed, smoke};

#[test]
fn needs_docker_an_image_is_tested_in_a_container() {
    let subject = Subject::new();
    let docker = |how: &str, words: &[&str]| subject.test(how, &[&["--engine", "docker"], words].concat());
    let run = docker(
        "serve",
        &["--http", "/health", "--tcp", "8080", "--stdout", "^listening", "--message-format=json"],
    );
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(smoke(&run)["engine"], "docker");
    passed(&docker("ends 3", &["--exit", "3"]));
    failed(&docker("deaf", &["--http", "/health"]), &["stop: ", "no handler for SIGTERM"]);
    let words = ["--http", "/", "--tcp", "8080", "--timeout", "2s"];
    failed(&docker("mute", &words), &["GET /", "port 8080", "not within 2 s"]);
}
