//! What answers at once does little: it starts nothing, reads nothing of the project, and asks the system little.

use crate::support::{Fake, Run, through, tool};
use std::fs;

/// Calls of the system, those of the loader and of the standard library with them.
const CALLS: usize = 300;

/// Asserts that `words` say something, by few calls, and touch no file of the project but `file`.
#[track_caller]
fn is_quick(words: &[&str], file: Option<&str>) {
    let fake = Fake::new("hello", "");
    fake.pack(&["--sbom", "none", "--provenance=false"]);
    let log = fake.tools().join("calls");
    let strace = ["-f", "-qq", "-e", "signal=none", "-o", log.to_str().unwrap()];
    let mut command = fake.command(words);
    command.env_remove("LD_LIBRARY_PATH"); // cargo's; the loader looks into each of its folders
    let run = Run::of(through(tool("strace"), strace, &command));
    assert_eq!(run.status, 0, "{run:?}");
    let text = fs::read_to_string(log).unwrap();
    let calls: Vec<&str> = text.lines().filter(|line| line.contains('(')).collect();
    let with = |name: &str| calls.iter().filter(|line| line.contains(name)).copied().collect::<Vec<_>>();
    assert_eq!(with(" execve(").len(), 1, "it starts something: {:?}", with(" execve("));
    let project = fake.path("").display().to_string();
    let opened = [" openat(", " open("].map(with).concat();
    let paths = opened.iter().filter_map(|line| line.split('"').nth(1));
    let is_of_project = |path: &&str| !path.starts_with('/') || path.starts_with(&project);
    let touched: Vec<_> = paths.filter(is_of_project).filter(|path| file != Some(path)).collect();
    assert!(touched.is_empty(), "{touched:?}");
    assert!(calls.len() <= CALLS, "{} calls:\n{text}", calls.len());
}

#[test]
fn help_starts_nothing_and_reads_nothing_needs_strace() {
    is_quick(&["--help"], None);
}

#[test]
fn completions_start_nothing_and_read_nothing_needs_strace() {
    is_quick(&["completions", "bash"], None);
}

#[test]
fn verify_starts_nothing_and_reads_the_image_alone_needs_strace() {
    is_quick(&["verify", "out.tar"], Some("out.tar"));
}
