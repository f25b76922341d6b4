//! Files of the user on their way into the image: what is packed, what is refused, and what never leaves the machine.

mod clashes;
mod kinds;
mod links;
mod names;
mod races;
mod start;

use crate::support::{Archive, Entry, Fake};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What must not be found in any image.
const SECRET: &str = "S3CR3T-b1c2-hunter2-0f9e";

/// A package `app` without a file but its own.
fn app() -> Fake {
    Fake::new("app", "")
}

/// The file system of the image that `copies` make.
#[track_caller]
fn packed(fake: &Fake, copies: &[&str]) -> BTreeMap<String, Entry> {
    Archive::read(&fake.pack(&words(copies))).root()
}

/// Asserts that the run with `copies` fails with exit status 1, says all of `expected`, and leaves nothing behind.
#[track_caller]
fn refused(fake: &Fake, copies: &[&str], expected: &[&str]) {
    let before = fake.listing();
    let run = fake.scratch(crate::support::PLAIN.iter().copied().chain(words(copies)));
    run.refused(1, expected);
    assert!(!run.stderr.contains(SECRET), "{run:?}");
    assert_eq!(fake.listing(), before, "nothing is left of a run that failed");
}

/// `--copy` before each of `copies`.
fn words<'a>(copies: &[&'a str]) -> Vec<&'a str> {
    copies.iter().flat_map(|copy| ["--copy", *copy]).collect()
}

/// Whether the file at `path` has `needle` anywhere.
fn holds(path: &Path, needle: &str) -> bool {
    let bytes = fs::read(path).unwrap();
    let first = needle.as_bytes()[0];
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == first);
    starts.map(|(at, _)| &bytes[at..]).any(|rest| rest.starts_with(needle.as_bytes()))
}

/// `command`, ended with status 124 if it takes longer than any run of a test should.
fn bounded(command: &Command) -> Command {
    crate::support::through(crate::support::tool("timeout"), ["30"], command)
}
