//! The digests of the starter project's layers, as they were: a change of one byte of an image is a decision.

use crate::support::{Archive, Project, Run, tool};

/// The layer that every image starts with: users, and a folder for temporary files.
const BASE: &str = "sha256:3b685070acb2fe1e7a15312e63ff9a6d9d78e0caa00c21e788f5a8ac8ea2808c";

/// The layer of the program, by the commit of a compiler of Rust's own making and its own linker; the compilers of
/// distributions do not tell theirs. A new compiler makes another program: its row is what this test says of it.
const PROGRAM: &[(&str, &str)] = &[
    // 1.95.0
    (
        "59807616e1fa2540724bfbac14d7976d7e4a3860",
        "sha256:cbf67e2239e80d0445cb342bea3c418d70643ec40d64edf6b2c140f5961c08f9",
    ),
];

#[test]
fn h1_the_starters_layers_are_what_they_were() {
    let project = Project::empty();
    let run = project.scratch(["new", "hello"]);
    assert_eq!(run.status, 0, "{run:?}");
    let mut command = project.command(["-o", "out.tar"]);
    let commit =
        commit(command.get_envs().find_map(|(name, value)| (name == "RUSTUP_TOOLCHAIN").then_some(value?)));
    let known = PROGRAM.iter().find(|(known, _)| commit.as_deref() == Some(*known));
    if known.is_some() {
        // the machine's own linker is another one elsewhere
        command.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER", "rust-lld");
    }
    command.current_dir(project.path("hello"));
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let archive = Archive::read(&project.path("hello/out.tar"));
    let layers: Vec<_> = archive.config["rootfs"]["diff_ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    assert_eq!((layers.len(), layers[0]), (2, BASE));
    match known {
        Some((_, program)) => assert_eq!(layers[1], *program),
        None => eprintln!("no digest is known for this compiler ({commit:?}): its program is {}", layers[1]),
    }
}

/// What the compiler of `toolchain` says of itself.
fn commit(toolchain: Option<&std::ffi::OsStr>) -> Option<String> {
    let mut rustc = tool("rustc");
    rustc.arg("-vV").env("RUSTUP_TOOLCHAIN", toolchain?);
    let said = Run::of(rustc).stdout;
    said.lines().find_map(|line| line.strip_prefix("commit-hash: ")).map(str::to_owned)
}
