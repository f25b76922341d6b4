//! A toolchain that lacks something: installed where that is allowed, or explained with the command to type.

use super::{MUSL, executable};
use crate::support::{Fake, Project, Run};
use std::fs;
use std::process::Command;

/// A project, and a rustup of scripts with the toolchains `old`, which has no musl library, and `other`, which has.
struct Machine {
    project: Fake,
    home: Project,
}

impl Machine {
    /// `rustup` is the body of a script that runs after its arguments were written to `log`.
    fn new(rustup: &str, metadata: &str) -> Self {
        let machine = Machine { project: Fake::new("hello", metadata), home: Project::empty() };
        let home = machine.home.path("").display().to_string();
        let library = format!("{home}/toolchains/old/lib/rustlib/{MUSL}/lib");
        fs::create_dir_all(machine.home.path("toolchains/old/lib")).unwrap();
        machine.home.file(&format!("toolchains/other/lib/rustlib/{MUSL}/lib/libstd-1.rlib"), "");
        machine.home.file("toolchains/third/lib/rustlib/x86_64-unknown-linux-gnu/lib/libstd-1.rlib", "");
        machine.script("rustc", &format!("echo {home}/toolchains/old; echo {library}"));
        machine.script("rustup", &format!("echo \"$*\" >> {home}/log\nlibrary={library}\n{rustup}"));
        machine.script("cc", "exit 0");
        machine
    }

    fn script(&self, name: &str, body: &str) {
        executable(
            &self.home.file(&format!("bin/{name}"), format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")),
        );
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.project.command(words);
        command.env("PATH", self.home.path("bin")).env("RUSTUP_HOME", self.home.path(""));
        command.env_remove("RUSTUP_TOOLCHAIN");
        // the scripts of the project find `cat` by themselves
        command.env("CARGO", self.home.path("bin/cargo"));
        let cargo = self.project.command([""; 0]);
        let real = cargo.get_envs().find(|(name, _)| *name == "CARGO").unwrap().1.unwrap().to_owned();
        self.script("cargo", &format!("exec '{}' \"$@\"", real.display()));
        command
    }

    fn run(&self, words: &[&str]) -> Run {
        Run::of(self.command(words))
    }

    /// What rustup was called with, a line each.
    fn log(&self) -> String {
        fs::read_to_string(self.home.path("log")).unwrap_or_default()
    }
}

const INSTALLS: &str = "mkdir -p $library && echo > $library/libstd-2.rlib; echo 'info: installing'";
const CALL: &str = "target add x86_64-unknown-linux-musl --toolchain old\n";

#[test]
fn b9_a_missing_library_is_installed_by_rustup() {
    let machine = Machine::new(INSTALLS, "");
    let run = machine.run(&["build"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(machine.log(), CALL);
    assert_eq!(run.stdout, format!("{}\n", machine.project.path("target/scratch/hello.tar").display()));
    assert!(run.stderr.contains("info: installing"), "its progress is shown: {run:?}");
    let again = machine.run(&["build"]);
    assert_eq!((again.status, machine.log().as_str()), (0, CALL), "it is there now");
    assert_eq!(machine.run(&["--locked"]).status, 0);
}

#[test]
fn b9_a_library_that_cannot_be_installed_is_explained_for_every_system() {
    for rustup in ["echo >&2 'error: no network'; exit 1", "exit 0"] {
        let machine = Machine::new(rustup, "");
        let before = machine.project.listing();
        let run = machine.run(&["build"]);
        let words = [
            "error[no-std]",
            "the standard library for `x86_64-unknown-linux-musl` is not installed",
            "tried in vain: ",
            "with rustup:      rustup target add x86_64-unknown-linux-musl",
            "Debian, Ubuntu:   sudo apt install",
            "Fedora:           sudo dnf install",
            "Arch:             sudo pacman -S rust-musl",
            "Alpine:           apk add",
            "another toolchain has it: cargo +other scratch",
        ];
        run.refused(3, &words);
        assert!(!run.stderr.contains("+third") && !run.stderr.contains("+old"), "{run:?}");
        assert_eq!(machine.log(), CALL, "once");
        assert_eq!(machine.project.listing(), before);
        assert!(!machine.project.path("target").exists());
    }
}

#[test]
fn b9_nothing_is_installed_where_that_was_ruled_out() {
    let plain = Machine::new(INSTALLS, "");
    for words in [&["--offline"][..], &["--frozen"], &["--no-install"]] {
        plain
            .run(words)
            .refused(3, &["is not installed", "rustup may not install it", "cargo +other scratch"]);
        assert_eq!(plain.log(), "", "{words:?}");
    }
    let plan = plain.run(&["--dry-run"]);
    assert_eq!((plan.status, plain.log().as_str()), (0, ""), "a dry run only says it: {plan:?}");
    assert!(plan.stdout.contains(CALL.trim_end()), "{plan:?}");
    let mut command = plain.command(&["build"]);
    command.env("CARGO_SCRATCH_NO_INSTALL", "true");
    Run::of(command).refused(3, &["rustup may not install it"]);
    let metadata = Machine::new(INSTALLS, "[package.metadata.scratch]\nno-install = true\n");
    metadata.run(&["build"]).refused(3, &["rustup may not install it"]);
    assert_eq!(plain.log() + &metadata.log(), "");
}

#[test]
fn b9_a_toolchain_of_the_distribution_is_not_rustups_to_change() {
    let machine = Machine::new(INSTALLS, "");
    let sysroot = machine.home.path("usr");
    let sysroot = sysroot.display();
    machine.script("rustc", &format!("echo {sysroot}; echo {sysroot}/lib/rustlib/{MUSL}/lib"));
    let note = format!("`{sysroot}` is not a toolchain that rustup manages");
    machine.run(&["build"]).refused(3, &[&note, "Debian, Ubuntu:", "cargo +other scratch"]);
    assert_eq!(machine.log(), "");
    fs::remove_file(machine.home.path("bin/rustup")).unwrap();
    machine.run(&["build"]).refused(3, &[&note, "rustup target add"]);
}

#[test]
fn b9_a_missing_or_broken_compiler_is_an_error_of_its_own() {
    let machine = Machine::new(INSTALLS, "");
    machine.script("rustc", "echo 'error: could not find specification for target' >&2; exit 1");
    machine.run(&["build"]).refused(3, &["rustc cannot build for", "could not find specification"]);
    machine.script("rustc", "echo one line only");
    machine.run(&["build"]).refused(3, &["rustc cannot build for"]);
    fs::remove_file(machine.home.path("bin/rustc")).unwrap();
    machine.run(&["build"]).refused(3, &["rustc is not on PATH", "https://rust-lang.org/tools/install"]);
    assert_eq!(machine.log(), "");
}

#[test]
fn b9_without_any_linker_the_packages_that_have_one_are_named() {
    let machine = Machine::new(INSTALLS, "");
    assert!(machine.run(&["build"]).status == 0, "with cc");
    fs::remove_file(machine.home.path("bin/cc")).unwrap();
    let variable = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=PATH";
    let words = ["error[no-linker]", "apt install gcc", "dnf install gcc", "apk add gcc", variable];
    machine.run(&["build"]).refused(3, &words);
    let lld = machine.home.file("toolchains/third/lib/rustlib/any-host/bin/rust-lld", "");
    let plan = machine.run(&["--dry-run"]);
    assert!(plan.stdout.contains(&format!("linker       {}\n", lld.display())), "of any toolchain: {plan:?}");
    machine.script("ld.lld", "exit 0");
    let plan = machine.run(&["--dry-run"]);
    assert!(plan.stdout.contains("/bin/ld.lld\n"), "one on PATH comes before it: {plan:?}");
    let own = machine.home.file("toolchains/old/lib/rustlib/any-host/bin/rust-lld", "");
    let plan = machine.run(&["--dry-run"]);
    assert!(plan.stdout.contains(&format!("linker       {}\n", own.display())), "its own first: {plan:?}");
}
