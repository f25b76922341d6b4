//! `--pin`: the base image by its digest, asked of a real registry once and kept after that.

use crate::support::distribution::{Distribution, Door};
use crate::support::{Fake, Project, Run, scratch, tool};
use std::fs;

/// A project with a lock, and the name of an image in `registry` that may be asked for its digest.
fn project() -> Project {
    let project = Project::new("app", "");
    project.file("Cargo.lock", "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n");
    project
}

/// What a run that succeeded has printed.
#[track_caller]
fn good(run: &Run) -> &str {
    assert_eq!(run.status, 0, "{run:?}");
    &run.stdout
}

/// Pushes some image under `name`; its digest.
fn push(fake: &Fake, name: &str) -> String {
    let run = fake.scratch(["push", name]);
    good(&run).trim().rsplit_once('@').unwrap().1.to_owned()
}

#[test]
fn needs_registry_g4_the_base_image_is_named_by_its_digest_which_stays_until_it_is_asked_for_anew() {
    let (registry, fake, project) = (Distribution::start(Door::Open), Fake::new("rust", ""), project());
    let base = registry.name("mirror/rust:1.91");
    let first = push(&fake, &base);
    let dockerfile = |words: &[&str]| {
        let words = [&["dockerfile", "--base", &base, "--pin"], words].concat();
        project.scratch(words)
    };
    let from = |digest: &str| format!("FROM --platform=$BUILDPLATFORM {base}@{digest} AS toolchain\n");
    assert!(good(&dockerfile(&[])).contains(&from(&first)));
    good(&dockerfile(&["-o", "Dockerfile"]));

    fake.file("data", "other");
    let run = fake.scratch(["push", &base, "--copy", "data:/data"]);
    let second = good(&run).trim().rsplit_once('@').unwrap().1.to_owned();
    assert_ne!(first, second);
    let asked = registry.asked().len();
    good(&dockerfile(&["--check"]));
    assert_eq!(registry.asked().len(), asked, "what is there says the digest");
    good(&dockerfile(&["--force"]));
    let text = fs::read_to_string(project.path("Dockerfile")).unwrap();
    assert!(text.contains(&from(&second)), "{text}");
}

#[test]
fn needs_registry_g4_no_digest_is_made_up() {
    let (registry, project) = (Distribution::start(Door::Open), project());
    let base = registry.name("mirror/rust:1.91");
    let run = project.scratch(["dockerfile", "--pin", "--base", &base]);
    run.refused(6, &["has no", &base, "--base"]);
    assert_eq!(run.stdout, "");
    // one that has a digest is not asked about
    let pinned = format!("{base}@sha256:{}", "0".repeat(64));
    let run = project.scratch(["dockerfile", "--pin", "--base", &pinned]);
    assert!(good(&run).contains(&pinned));
}

#[test]
fn a_starter_project_has_what_a_dockerfile_needs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hello");
    let run = |words: &[&str], at: &std::path::Path| {
        let mut command = scratch();
        command.args(words).current_dir(at);
        Run::of(command)
    };
    good(&run(&["new", "hello"], folder.path()));
    assert!(path.join("Cargo.lock").is_file());
    let text = good(&run(&["dockerfile"], &path)).to_owned();
    assert!(text.contains("COPY [\"Cargo.lock\", \"Cargo.toml\", \"README.md\", \"./\"]\n"), "{text}");
    assert!(!text.contains(folder.path().to_str().unwrap()), "no path of this machine: {text}");
}

#[test]
fn needs_registry_g4_the_image_that_tools_are_built_in_is_pinned_too() {
    let (registry, fake, project) = (Distribution::start(Door::Open), Fake::new("rust", ""), project());
    let base = registry.name("mirror/rust:1.60");
    let digest = push(&fake, &base);
    for style in ["chef", "builder"] {
        let run = project.scratch(["dockerfile", "--base", &base, "--pin", "--style", style]);
        let text = good(&run);
        let froms: Vec<_> = text.lines().filter(|line| line.starts_with("FROM ")).collect();
        let outside: Vec<_> = froms.iter().filter(|line| line.contains("rust:")).collect();
        assert!(!outside.is_empty(), "{text}");
        assert!(outside.iter().all(|line| line.contains(&format!("{base}@{digest}"))), "{froms:?}");
    }
}

#[test]
fn g3_what_is_no_file_is_not_waited_for() {
    let project = project();
    assert!(tool("mkfifo").arg(project.path("Dockerfile")).status().unwrap().success());
    let base = format!("127.0.0.1:1/rust@sha256:{}", "0".repeat(64));
    let run = project.scratch(["dockerfile", "--pin", "--check", "--base", &base]);
    run.refused(5, &["Dockerfile` is no regular file"]);
}
