//! Our own release: made by what we give to others, and from nothing that is not pinned.

use crate::support::{Archive, Run, scratch};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn workflow() -> String {
    fs::read_to_string(root().join(".github/workflows/image.yml")).unwrap()
}

#[test]
fn h7_the_release_workflow_is_what_our_templates_give() {
    let text = workflow();
    let made = text.lines().next().unwrap().strip_prefix("# Made by: cargo scratch ").unwrap().to_owned();
    let mut command = scratch();
    command.args(made.split(' ')).arg("--check").current_dir(root());
    let run = Run::of(command);
    assert_eq!(run.status, 0, "cargo scratch {made} --force makes it anew: {run:?}");
}

#[test]
fn h7_nothing_is_built_but_what_the_lock_file_says() {
    const BUILDS: [&str; 8] = ["build", "test", "nextest run", "clippy", "doc", "bench", "install", "deny"];
    let mut files: Vec<_> =
        fs::read_dir(root().join(".ci")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.push(root().join("Makefile"));
    // what it builds has the lock file of Rust's own source
    files.retain(|file| !file.ends_with("musl-sysroot"));
    let mut commands: Vec<String> =
        files.iter().flat_map(|file| lines(&fs::read_to_string(file).unwrap())).collect();
    commands.extend(lines(&workflow()));
    let builds = |line: &&String| {
        BUILDS.iter().any(|word| {
            line.contains(&format!("cargo {word} ")) || line.contains(&format!("cargo +stable {word} "))
        })
    };
    let all: Vec<_> = commands.iter().filter(builds).collect();
    assert!(all.len() > 8, "{all:?}");
    for line in all {
        assert!(line.contains("--locked"), "{line}");
    }
    assert!(workflow().contains("FLAGS: \"--locked\""), "cargo scratch hands it on");
}

/// The commands of a script, each in a line; not what it says.
fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    let is_said =
        |line: &&str| line.trim_start().starts_with('#') || line.contains("say \"") || line.contains("echo ");
    text.lines().filter(|line| !is_said(line)).map(str::to_owned).collect()
}

#[test]
fn h7_this_program_packs_itself_needs_zig_needs_crates_io() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("itself");
    let image = folder.join("image.tar");
    fs::create_dir_all(&folder).unwrap();
    let mut command = scratch();
    // the release's profile takes minutes
    command.args([
        "build",
        "--locked",
        "--profile",
        "dev",
        // what the code grows by is seen here; Cargo.toml has what a release may have
        "--max-size",
        "50MB",
        "--target",
        "x86_64-unknown-linux-musl",
        "--target-dir",
    ]);
    command.arg(&folder).arg("-o").arg(&image).current_dir(root());
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let program = &Archive::read(&image).root()["cargo-scratch"];
    let home = std::env::var("HOME").unwrap();
    for path in [root().display().to_string(), format!("{home}/.cargo/registry")] {
        let mut windows = program.content.windows(path.len());
        assert!(!windows.any(|window| window == path.as_bytes()), "{path} is in it");
    }
    let mut command = scratch();
    command.args(["run", "--image"]).arg(&image).args(["--", "--version"]);
    let run = Run::of(command);
    assert_eq!(
        (run.status, run.stdout.trim()),
        (0, concat!("cargo scratch ", env!("CARGO_PKG_VERSION"))),
        "{run:?}"
    );
}
