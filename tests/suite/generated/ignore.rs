//! The .dockerignore file, as `init` writes it and as docker takes it, together with the Dockerfile that packs what
//! `-o rootfs` has made.

use crate::judges::Left;
use crate::support::{Fake, Run, tool};
use std::fs;

/// A project in a repository, with what is ignored and what is not.
fn project() -> Fake {
    let fake = Fake::new("app", "");
    git(&fake, &["init", "-q"]);
    for path in ["keep.log", "a.log", "sub/keep.log", "old/keep.log", "notes", ".env", "target/debug/big"] {
        fake.file(path, path);
    }
    fake.file(".gitignore", "/target\n*.log\n!keep.log\nold/\nCargo.lock\n");
    git(&fake, &["add", "."]);
    fake
}

fn git(fake: &Fake, words: &[&str]) {
    let mut git = tool("git");
    git.args(words).current_dir(fake.path(""));
    let run = Run::of(git);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn g3_needs_git_it_is_written_once_and_compared_with_what_git_says_later() {
    let fake = project();
    let init = |more: &[&str]| fake.scratch(["init", "dockerignore"].iter().chain(more));
    assert_eq!(init(&[]).status, 0);
    let text = fs::read_to_string(fake.path(".dockerignore")).unwrap();
    for line in ["**/*.log", "!**/keep.log", "old/*", "target", "!target/scratch/rootfs", "!Cargo.lock"] {
        assert!(text.lines().any(|one| one.ends_with(line)), "no {line} in {text}");
    }
    assert!(text.contains("git ignores Cargo.lock"), "{text}");
    assert!(!text.contains(fake.path("").to_str().unwrap()), "no path of this machine");
    assert_eq!((init(&[]).status, init(&["--check"]).status), (0, 0));
    // where it was made leaves no trace
    let mut elsewhere = fake.command(["init", "dockerignore", "--check"]);
    elsewhere.env("CARGO_TARGET_DIR", fake.path("").parent().unwrap()).current_dir(fake.path("sub"));
    assert_eq!(Run::of(elsewhere).status, 0);

    fake.file(".gitignore", "/target\n*.tmp\n");
    let run = init(&["--check"]);
    assert!(run.status == 1 && run.stdout.contains("+**/*.tmp"), "{run:?}");
    assert_eq!(init(&[]).status, 5, "it is not taken from anybody");
    assert_eq!((init(&["--force"]).status, init(&["--check"]).status), (0, 0));
}

#[test]
fn needs_git_needs_docker_a_prebuilt_dockerfile_packs_what_rootfs_has_made() {
    let fake = project();
    assert_eq!(fake.scratch(["init", "dockerignore"]).status, 0);
    assert_eq!(fake.scratch(["-o", "rootfs"]).status, 0);
    let tar = "target/scratch/rootfs/app.linux-amd64.tar";
    fake.file("Dockerfile", format!("FROM scratch\nADD {tar} /\nCMD [\"/app\"]\n"));
    let tag = format!("scratch-test-prebuilt-{}", std::process::id());
    let _left = Left("docker", vec![format!("rmi -f {tag}")]);
    let mut build = tool("docker");
    build.env("DOCKER_BUILDKIT", "0").args(["build", "-t", &tag]).arg(fake.path(""));
    let run = Run::of(build);
    assert_eq!(run.status, 0, "{run:?}");
    let mut started = tool("docker");
    started.args(["run", "--rm", "--network=none", &tag]);
    let run = Run::of(started);
    assert_eq!(run.status, 0, "{run:?}");
}
