//! `test-image`: what passes, what fails, and what is said of it.

mod answers;
mod engines;
mod lines;
mod stops;
mod usage;

use crate::support::{Fake, Run, built};
use serde_json::Value;
use std::fs;

/// A program that behaves as its first argument says, in an image that exposes port 8080.
struct Subject(Fake);

impl Subject {
    fn new() -> Self {
        Subject::with(&["--expose", "8080"])
    }

    /// In an image that is made with `words`.
    fn with(words: &[&str]) -> Self {
        let fake = Fake::new("subject", "");
        let program = built("subject", Some(include_str!("../fixtures/smoke/subject.rs")));
        fs::copy(program, fake.program()).unwrap();
        fake.pack(words);
        Subject(fake)
    }

    /// Tests the image with `words`, while the program is told to behave as `how` says.
    fn test(&self, how: &str, words: &[&str]) -> Run {
        let all = ["test-image", "--image", "out.tar"].iter().chain(words).copied();
        self.0.scratch(all.chain(["--"]).chain(how.split(' ')))
    }
}

/// The one object that a test with `--message-format json` prints before an error.
fn smoke(run: &Run) -> Value {
    let first = run.stdout.lines().next().unwrap_or_else(|| panic!("{run:?}"));
    let value: Value = serde_json::from_str(first).unwrap();
    assert_eq!(value["reason"], "smoke", "{run:?}");
    value
}

#[track_caller]
fn passed(run: &Run) {
    assert!(run.status == 0 && run.stdout.starts_with("ok: ") && run.stdout.lines().count() == 1, "{run:?}");
}

/// The test failed, and the error says all of `words`.
#[track_caller]
fn failed(run: &Run, words: &[&str]) {
    run.refused(4, &[&["error[smoke]"], words].concat());
}
