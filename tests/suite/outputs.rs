//! Outputs: whatever happens to the disk, the process or the path, there is the old archive or the complete new one.

mod documents;
mod faults;
mod layouts;
mod places;
mod rootfs;
mod signals;

use crate::support::{Fake, PLAIN};
use std::fs;
use std::time::{Duration, Instant};

/// A project whose `out.tar` is of one run, and the bytes that the next run, with [`NEXT`], will make of it.
fn rewritten() -> (Fake, Vec<u8>, Vec<u8>) {
    let fake = Fake::bare("app");
    fake.file("data", vec![7; 600 << 10]);
    let new = fs::read(fake.pack(&NEXT[PLAIN.len()..])).unwrap();
    let old = fs::read(fake.pack(&["--label", "run=first"])).unwrap();
    assert!(old != new, "old and new can be told apart");
    (fake, old, new)
}

/// The words of the next run.
const NEXT: [&str; 8] =
    [PLAIN[0], PLAIN[1], PLAIN[2], PLAIN[3], "--label", "run=second", "--copy", "data:/srv/data"];

/// The temporary files in the project's folder.
fn temporary(fake: &Fake) -> Vec<String> {
    fake.listing().into_iter().filter(|name| name.contains(".partial")).collect()
}

/// Asks until `done`, and panics after twenty seconds.
#[track_caller]
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
