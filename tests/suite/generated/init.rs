//! `cargo scratch init`: which files a project gets, and that a set is written whole or not at all.

use crate::support::{Project, Run, tool};
use std::fs;

fn project(path: &str) -> Project {
    let project = Project::empty();
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    project.file(&at("Cargo.toml"), "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project.file(&at("Cargo.lock"), "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n");
    project.file(&at("src/main.rs"), "fn main() {}\n");
    assert!(tool("git").args(["init", "-q"]).arg(project.path("")).status().unwrap().success());
    project
}

/// The files that `init` has written, from the project's folder.
fn written(project: &Project, words: &[&str]) -> Vec<String> {
    let run = project.scratch([&["init"], words].concat());
    assert_eq!(run.status, 0, "{run:?}");
    let root = project.path("").canonicalize().unwrap();
    let below =
        |line: &str| line.strip_prefix(root.to_str().unwrap()).unwrap_or(line).trim_matches('/').to_owned();
    run.stdout.lines().map(below).collect()
}

#[test]
fn needs_git_a_project_gets_what_such_a_project_usually_has() {
    let one = project("");
    assert_eq!(written(&one, &[]), ["Dockerfile", ".dockerignore", ".github/workflows/image.yml"]);
    one.scratch(["init", "--check"]);
    let several = project("");
    let files = written(&several, &["--platform", "linux/amd64,linux/arm64"]);
    assert_eq!(files, ["Dockerfile", ".dockerignore", "docker-bake.hcl", ".github/workflows/image.yml"]);
    let gitlab = project("");
    assert!(
        tool("git")
            .args(["-C"])
            .arg(gitlab.path(""))
            .args(["remote", "add", "origin", "git@gitlab.com:a/b.git"])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(written(&gitlab, &[]), ["Dockerfile", ".dockerignore", ".gitlab-ci.yml"]);
    assert_eq!(
        written(&gitlab, &["action", "builder"]),
        ["Dockerfile.builder", ".github/actions/cargo-scratch/action.yml"]
    );
}

#[test]
fn needs_git_below_the_root_of_a_repository_no_host_would_find_a_workflow() {
    let project = project("deep/app");
    let words = ["--manifest-path", "deep/app/Cargo.toml"];
    assert_eq!(written(&project, &words), ["deep/app/Dockerfile", "deep/app/.dockerignore"]);
    let run = project.scratch([&["init", "github"], &words[..]].concat());
    run.refused(1, &["root alone", "deep/app", "cargo scratch push"]);
}

#[test]
fn needs_git_g3_a_set_is_written_whole_or_not_at_all() {
    let project = project("");
    project.file(".github/workflows/image.yml", "name: mine\n");
    let before = project.listing();
    let run = project.scratch(["init"]);
    run.refused(5, &["image.yml` is there already", "nothing was written", "--check", "--force"]);
    assert_eq!(project.listing(), before);
    written(&project, &["--force"]);
    assert!(
        fs::read_to_string(project.path(".github/workflows/image.yml"))
            .unwrap()
            .starts_with("# Made by: cargo scratch init\n")
    );

    // what changes in the project is told for every file of the set
    let manifest = fs::read_to_string(project.path("Cargo.toml")).unwrap();
    project.file("Cargo.toml", manifest.replace("0.1.0", "0.2.0"));
    let lock = fs::read_to_string(project.path("Cargo.lock")).unwrap();
    project.file("Cargo.lock", lock.replace("0.1.0", "0.2.0"));
    let run = project.scratch(["init", "--check"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stdout.contains("+LABEL org.opencontainers.image.version=\"0.2.0\"\n"), "{run:?}");
    assert!(run.stderr.contains("error[stale]"), "{run:?}");
}

#[test]
fn needs_git_a_file_does_not_follow_from_itself_wherever_it_is() {
    let project = project("");
    for path in ["Containerfile", "app.Dockerfile", "deploy/image"] {
        for add in [false, true] {
            let run = project.scratch(["dockerfile", "-o", path]);
            assert_eq!(run.status, 0, "{run:?}");
            if add {
                assert!(
                    tool("git")
                        .arg("-C")
                        .arg(project.path(""))
                        .args(["add", "-A"])
                        .status()
                        .unwrap()
                        .success()
                );
            }
            let run = project.scratch(["dockerfile", "-o", path, "--check"]);
            assert_eq!(run.status, 0, "{path}, added: {add}: {run:?}");
        }
    }
}

#[test]
fn needs_git_what_a_file_says_it_was_made_by_finds_it_again() {
    let project = project("");
    let run = project.scratch(["dockerfile", "-o", "deploy/image"]);
    assert_eq!(run.status, 0, "{run:?}");
    let text = fs::read_to_string(project.path("deploy/image")).unwrap();
    assert!(text.starts_with("# Made by: cargo scratch dockerfile -o deploy/image\n"), "{text}");
    // `-` is standard output, as everywhere
    let run = project.scratch(["dockerfile", "-o", "-"]);
    assert!(run.status == 0 && run.stdout.starts_with("# Made by: cargo scratch dockerfile\n"), "{run:?}");
    assert!(!project.path("-").exists());
}

#[test]
fn needs_git_where_a_machine_builds_is_no_part_of_what_is_kept() {
    let project = project("");
    let text = |folder: Option<&str>, words: &[&str]| {
        let mut command = project.command([&["dockerfile"], words].concat());
        command.env_remove("CARGO_TARGET_DIR");
        folder.map(|folder| command.env("CARGO_TARGET_DIR", project.path(folder)));
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
        run.stdout
    };
    for words in [&["--style", "prebuilt"][..], &[]] {
        assert_eq!(text(Some("elsewhere"), words), text(None, words));
    }
    let prebuilt = text(None, &["--style", "prebuilt"]);
    assert!(prebuilt.contains("\n#   cargo scratch -o rootfs=target/scratch/rootfs "), "{prebuilt}");
    assert!(prebuilt.contains("ADD [\"target/scratch/rootfs/app.linux-"), "{prebuilt}");
}

#[test]
fn needs_git_a_lock_that_an_old_cargo_cannot_read_takes_a_newer_image() {
    let project = project("");
    let manifest = fs::read_to_string(project.path("Cargo.toml")).unwrap();
    project.file(
        "Cargo.toml",
        manifest.replace("edition = \"2024\"", "edition = \"2021\"\nrust-version = \"1.70\""),
    );
    let run = project.scratch(["dockerfile"]);
    assert!(run.stdout.contains("rust:1.78-slim-bookworm "), "{run:?}");
    assert!(run.stdout.contains("which `Cargo.lock` needs; the project's own is 1.70"), "{run:?}");
}
