//! The ladder of tools: the user's own flags and linker win, what is missing is installed or explained.

mod allocator;
mod bare;
mod compiler;
mod doctor;
mod failures;
mod flags;
mod joined;
mod libraries;
mod missing;
mod smallest;
mod source;
mod tiny;
mod tools;
mod unknown;
mod users;
mod zig;

use crate::support::{Archive, Project, Run, tool};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const MUSL: &str = "x86_64-unknown-linux-musl";

#[test]
fn needs_gcc_b8_a_configured_linker_is_the_one_that_links() {
    let file = "[target.x86_64-unknown-linux-musl]\nlinker = \"tools/linker\"\n";
    let flag = "target.x86_64-unknown-linux-musl.linker=\"tools/linker\"";
    for (place, config, variable, words) in [
        ("a configuration file", file, None, &[][..]),
        ("a variable", "", Some("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER"), &[]),
        ("the command line", "", None, &["--config", flag]),
        ("RUSTFLAGS", "", Some("RUSTFLAGS"), &[]),
    ] {
        let project = Project::new("hello", "");
        let log = project.path("log");
        let linker = project
            .file("tools/linker", format!("#!/bin/sh\necho x >> '{}'\nexec cc \"$@\"\n", log.display()));
        executable(&linker);
        project.file(".cargo/config.toml", config);
        let run = |more: &[&str]| {
            let mut command = project.command(words.iter().chain(more));
            if let Some(name) = variable {
                let prefix = if name == "RUSTFLAGS" { "-Clinker=" } else { "" };
                command.env(name, format!("{prefix}{}", linker.display()));
            }
            Run::of(command)
        };
        let plan = run(&["--dry-run"]);
        assert!(plan.stdout.contains("linker       as configured\n"), "{place}: {plan:?}");
        assert!(!log.exists());
        let built = run(&[]);
        assert_eq!(built.status, 0, "{place}: {built:?}");
        assert_eq!(fs::read_to_string(&log).unwrap(), "x\n", "{place}: called for the program, once");
        assert!(Archive::read(&project.path("target/scratch/hello.tar")).root().contains_key("hello"));
    }
}

#[test]
fn b8_a_linker_that_fails_is_cargos_error() {
    let project = Project::new("hello", "");
    let mut command = project.command(["build"]);
    command.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER", "/nonexistent/linker");
    Run::of(command).refused(101, &["error[cargo]", "/nonexistent/linker"]);
    assert!(!project.path("target/scratch").exists());
}

#[test]
fn without_a_c_compiler_llvms_linker_is_used_with_the_users_flags() {
    let linkers = bundled_linkers();
    let project = Project::new("hello", "");
    project.file("src/main.rs", "#[cfg(not(mark))]\ncompile_error!(\"no mark\");\nfn main() {}\n");
    project.file(
        ".cargo/config.toml",
        "[target.x86_64-unknown-linux-musl]\nrustflags = [\"--cfg\", \"mark\"]\n",
    );
    let bin = bin(&["cargo", "rustc", "rustup"]);
    let run = |words: &[&str]| {
        let mut command = project.command(words);
        command.env("PATH", bin.path(""));
        Run::of(command)
    };
    let plan = run(&["--dry-run"]);
    if linkers.is_empty() {
        return plan.refused(3, &["no linker for `x86_64-unknown-linux-musl`", "apt install gcc"]);
    }
    assert_eq!(plan.status, 0, "{plan:?}");
    let line = plan.stdout.lines().find_map(|line| line.strip_prefix("linker       ")).unwrap();
    assert!(linkers.contains(&PathBuf::from(line)), "{line}");
    assert!(plan.stdout.contains(&format!("target.{MUSL}.linker=\"{line}\"")), "{}", plan.stdout);
    let built = run(&[]);
    assert_eq!(built.status, 0, "{built:?}");
    let program = Archive::read(&project.path("target/scratch/hello.tar")).root()["hello"].content.clone();
    let copy = project.file("program", program);
    executable(&copy);
    assert!(Command::new(copy).status().unwrap().success(), "and it runs");
}

#[test]
fn needs_gcc_a_dynamic_program_is_refused_and_an_older_image_stays() {
    let project = Project::new("hello", "");
    let tar = project.path("target/scratch/hello.tar");
    let gnu = "x86_64-unknown-linux-gnu";
    let refused = |run: Run| {
        run.refused(4, &["`hello` is not proven static", "dynamic loader `/lib", "ld-", ".so"]);
        run.stderr
    };
    let dynamic = |words: &[&str]| {
        let mut command = project.command(words);
        command.env("RUSTFLAGS", "-Ctarget-feature=-crt-static");
        Run::of(command)
    };
    assert!(refused(dynamic(&[])).contains("-crt-static"), "the likely cause is named");
    assert!(!tar.exists());
    let folder = tar.parent().unwrap();
    assert!(!folder.exists() || fs::read_dir(folder).unwrap().next().is_none());

    let old = project.file("target/scratch/hello.tar", "an older image");
    refused(dynamic(&[]));
    let said = refused(project.scratch(["--target", gnu]));
    assert!(said.contains("libc.so.6") && said.contains(&format!("cargo scratch --target {MUSL}")), "{said}");
    assert_eq!(fs::read(&old).unwrap(), b"an older image");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "nothing beside it");

    let line = said.lines().find_map(|line| line.split_once("--config '")).unwrap().1;
    let advice = line.strip_suffix('\'').unwrap();
    let run = project.scratch(["--target", gnu, "--config", advice]);
    assert_eq!(run.status, 0, "what the error tells to type works: {run:?}");
    assert!(Archive::read(&tar).root()["hello"].size > 100_000);
}

#[test]
fn a_target_that_no_container_runs_is_refused_before_anything_is_written() {
    let project = Project::new("hello", "");
    for target in
        ["x86_64-apple-darwin", "aarch64-apple-darwin", "wasm32-unknown-unknown", "x86_64-pc-windows-gnu"]
    {
        let flag = project.scratch(["--target", target]);
        assert_eq!((flag.status, flag.stdout.as_str()), (2, ""), "{flag:?}");
        let mut command = project.command(["build"]);
        command.env("CARGO_SCRATCH_TARGET", target);
        let variable = Run::of(command);
        variable.refused(2, &["error[setting]", "CARGO_SCRATCH_TARGET"]);
        for run in [flag, variable] {
            assert!(run.stderr.contains(&format!("`{target}` is no Linux target")), "{run:?}");
            assert!(run.stderr.contains("choose a target such as `x86_64-unknown-linux-musl`"), "{run:?}");
        }
    }
    project.scratch(["--target", "x86_64-typo-linux-musl"]).refused(3, &["cannot build for", "x86_64-typo"]);
    assert!(!project.path("target").exists());
}

/// A folder with links to `names`, to be the whole `PATH`.
pub fn bin(names: &[&str]) -> Project {
    let folder = Project::empty();
    for name in names {
        symlink(tool(name).get_program(), folder.path(name)).unwrap();
    }
    folder
}

/// LLVM's linkers that come with any installed toolchain.
fn bundled_linkers() -> Vec<PathBuf> {
    let said = tool("rustup").args(["toolchain", "list", "-v"]).output().unwrap();
    let list = String::from_utf8(said.stdout).unwrap();
    let roots = list.lines().filter_map(|line| line.split_whitespace().last());
    let folders =
        |root: &str| fs::read_dir(Path::new(root).join("lib/rustlib")).into_iter().flatten().flatten();
    let linkers = roots.flat_map(folders).map(|host| host.path().join("bin/rust-lld"));
    linkers.filter(|path| path.is_file()).collect()
}

pub fn executable(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
