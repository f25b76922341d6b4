//! `inspect` and `diff`: what they tell of images of ours and of others, of broken ones too, and what they leave alone.

mod changes;
mod hostile;
mod others;
mod page;

use crate::support::{Run, scratch};
use serde_json::Value;
use std::path::Path;

/// What `cargo scratch` says to `words` in an empty folder of nobody's.
fn look(words: &[&str]) -> Run {
    let mut command = scratch();
    command.args(words);
    Run::of(command)
}

/// Every object that `inspect` gives of `image`.
#[track_caller]
fn inspected(image: &str) -> Vec<Value> {
    let run = look(&["inspect", "--message-format", "json", image]);
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The one object that `diff` gives.
#[track_caller]
fn difference(from: &str, to: &str) -> Value {
    let run = look(&["diff", "--message-format", "json", from, to]);
    assert_eq!(run.status, 0, "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
