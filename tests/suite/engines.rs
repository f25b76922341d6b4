//! Engines: an image is there under our digest and its names, or there is an error that says why.

mod real;
mod saved;
mod scripted;
mod socket;
mod watched;

use crate::support::{Archive, Fake, Run};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The digests of the image that `fake` makes: of its configuration, and of its manifest.
fn digests(fake: &Fake) -> (String, String) {
    let run = fake.scratch(["-q", "-o", "oci-archive=digests.tar"]);
    assert_eq!(run.status, 0, "{run:?}");
    let archive = Archive::read(&fake.path("digests.tar"));
    let manifest = archive.index["manifests"][0]["digest"].as_str().unwrap().to_owned();
    (archive.id(), manifest)
}

/// Puts a program in front of `PATH`; `body` is a shell's.
pub fn program(fake: &Fake, name: &str, body: &str) {
    let path = fake.tools().join(name);
    let here = fake.path("").display().to_string();
    fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\nhere={here}\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Asserts that the run has loaded the image, and printed nothing but `result`.
#[track_caller]
fn loaded(run: &Run, result: &str) {
    assert_eq!((run.status, run.stdout.as_str()), (0, &*format!("{result}\n")), "{run:?}");
    assert!(run.stderr.contains("Loaded"), "{run:?}");
}
