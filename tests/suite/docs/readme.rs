//! The commands of the README do what they say, block by block. Those that cannot be run here are in one table, each
//! with the reason; that the command line understands them too is tested in `src/cli/documented.rs`.

use super::{as_a_user, path};
use crate::support::{Project, Run, scratch};
use cargo_scratch::error::Exit;
use std::process::Command;

/// How a command starts that is not run, and why.
const UNRUN: &[(&str, &str)] = &[
    ("make ", "runs the tests, or what they run"),
    ("cargo install ", "compiles the program for minutes; CI does"),
    ("kind ", "needs a cluster"),
    ("minikube ", "needs a cluster"),
    ("k3d ", "needs a cluster"),
    ("kustomize ", "needs a cluster"),
    ("sudo k3s ", "needs a cluster"),
    ("cargo scratch -o containerd", "needs a node of a cluster"),
    ("cargo scratch push ghcr.io", "needs an account; push.rs pushes to registries of its own"),
    (
        "cargo scratch verify --provenance ghcr.io",
        "needs an account; provenance/registry.rs verifies in a registry of its own",
    ),
    ("amd64=", "needs an account; push.rs joins"),
    ("arm64=", "needs an account; push.rs joins"),
    ("cargo scratch index", "needs an account; push.rs joins"),
    ("cargo scratch resolve", "needs manifests and a registry; resolve.rs has both"),
    ("cargo scratch run", "serves until it is stopped; run.rs stops it"),
    ("cargo scratch test-image --image", "needs an image of the reader's"),
    ("cargo scratch test-image --exit", "needs a program that ends; smoke.rs has some"),
    ("cargo scratch inspect IMAGE", "needs an image of the reader's"),
    ("cargo scratch diff FROM", "needs images of the reader's"),
    ("cargo scratch verify IMAGE", "needs an image of the reader's"),
    ("gdb ", "needs a program of the reader's; debug.rs asks gdb so"),
    ("main=0x", "needs a backtrace of the reader's; debug.rs reads one so"),
    ("base=", "needs a backtrace of the reader's; debug.rs reads one so"),
    ("addr2line ", "needs a backtrace of the reader's; debug.rs reads one so"),
    ("cargo scratch dockerfile | docker", "needs docker and the network; generated.rs builds with both"),
    ("cargo scratch --builder", "needs docker and the network; toolchain.rs has both"),
];

#[test]
fn every_command_of_the_readme_that_can_be_run_here_ends_well() {
    let text = std::fs::read_to_string(path("README.md")).unwrap();
    let (mut run, mut unused) = (0, UNRUN.iter().map(|(start, _)| *start).collect::<Vec<_>>());
    for block in blocks(&text) {
        let left_out = |command: &&String| UNRUN.iter().any(|(start, _)| command.starts_with(start));
        let (skipped, commands): (Vec<_>, Vec<_>) = block.iter().partition(|command| left_out(command));
        unused.retain(|start| !skipped.iter().any(|command| command.starts_with(start)));
        if commands.is_empty() {
            continue;
        }
        run += commands.len();
        let folder = Project::empty();
        let starts_anew = commands[0].starts_with("cargo scratch new");
        let first = if starts_anew { "" } else { "cargo scratch new hello 2>&1\ncd hello\n" };
        let commands: Vec<&str> = commands.iter().map(|command| command.as_str()).collect();
        let script = format!("{first}{}", commands.join("\n"));
        let mut shell = Command::new("sh");
        shell.args(["-euc", &script]).current_dir(folder.path(""));
        let ran = Run::of(as_a_user(shell, &scratch()));
        assert_eq!(ran.status, 0, "{script}\n{ran:?}");
    }
    assert!(run > 5, "{run}");
    assert!(unused.is_empty(), "stale rows: {unused:?}");
}

#[test]
fn the_table_of_exit_statuses_is_that_of_the_program() {
    let text = std::fs::read_to_string(path("README.md")).unwrap();
    let part = text.split("## Exit statuses").nth(1).unwrap().split("\n## ").next().unwrap();
    let told: Vec<u8> = part.lines().filter_map(|line| line.split('|').nth(1)?.trim().parse().ok()).collect();
    let known: Vec<u8> = [0].into_iter().chain(Exit::ALL.iter().map(|exit| *exit as u8)).collect();
    assert_eq!(told, known);
}

/// The commands of each block of shell.
fn blocks(text: &str) -> Vec<Vec<String>> {
    let (mut blocks, mut kind) = (Vec::new(), "");
    for line in text.lines() {
        if let Some(opened) = line.strip_prefix("```") {
            kind = opened;
            blocks.push(Vec::new());
            continue;
        }
        let command = match kind {
            "sh" => Some(line),
            "console" => line.strip_prefix("$ "),
            _ => None,
        };
        if let (Some(command), Some(block)) = (command, blocks.last_mut()) {
            block.push(command.to_owned());
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}
