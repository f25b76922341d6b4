//! C and C++ for this architecture and another one, libraries that are provided, and what is told where they cannot be.

use crate::sbom::real;
use crate::support::{Archive, Project, Run, fixture, scratch_for, tool};
use crate::toolchain::{bin, executable};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const X86_64: &str = "x86_64-unknown-linux-musl";
const AARCH64: &str = "aarch64-unknown-linux-musl";

/// `cargo-scratch` in a copy of the fixture `name`, with a cache that all tests of this checkout share, so that what is
/// provided is built once.
fn command(project: &Project, name: &str, target: &str, words: &[&str]) -> Command {
    let mut command = scratch_for(target);
    command.args(["build", "--locked", "--target", target]).args(words);
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    let folder = project.path(name);
    command.current_dir(if folder.is_dir() { folder } else { fixture(project, name) });
    command
}

/// The program of the one image that `command` builds, in a file.
#[track_caller]
fn built(project: &Project, command: Command) -> PathBuf {
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let archive = Archive::read(Path::new(run.stdout.trim()));
    let name = archive.config["config"]["Entrypoint"][0].as_str().unwrap().trim_start_matches('/');
    let program = project.file("program", &archive.root()[name].content);
    executable(&program);
    program
}

#[track_caller]
fn says(command: Command, words: &str) {
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains(words), "{run:?}");
}

/// Asserts that `program` is for aarch64 and asks for nothing outside of it, and that it says `words`.
#[track_caller]
fn runs_on_aarch64(program: &Path, words: &str) {
    let mut readelf = tool("readelf");
    readelf.args(["--wide", "--file-header", "--program-headers", "--dynamic"]).arg(program);
    let said = Run::of(readelf).stdout;
    assert!(said.contains("Machine:") && said.contains("AArch64"), "{said}");
    assert!(!said.contains("INTERP") && !said.contains("(NEEDED)"), "{said}");
    let mut qemu = tool("qemu-aarch64-static");
    qemu.arg(program);
    says(qemu, words);
}

#[test]
fn needs_crates_io_needs_zig_h5_c_is_compiled_by_zig_for_this_architecture_and_its_packages_are_named() {
    let project = Project::empty();
    let plan = Run::of(command(&project, "zstd", X86_64, &["--dry-run"]));
    assert!(plan.stdout.contains("zig 0."), "{plan:?}");
    let program = built(&project, command(&project, "zstd", X86_64, &[]));
    says(Command::new(program), "60000 bytes in less than 100: true");
    real::equal_their_tree(&project.path("zstd/target/scratch/zstd.tar"), &project.path("zstd"));
}

#[test]
fn needs_crates_io_needs_zig_needs_aarch64_std_needs_qemu_aarch64_needs_readelf_c_for_another_architecture() {
    let project = Project::empty();
    let program = built(&project, command(&project, "zstd", AARCH64, &[]));
    runs_on_aarch64(&program, "60000 bytes in less than 100: true");
}

#[test]
fn needs_aarch64_std_needs_qemu_aarch64_needs_readelf_pure_rust_needs_nothing_but_a_linker() {
    let project = Project::new("hello", "");
    let tools = bin(&["cargo", "rustc", "rustup"]);
    let mut command = scratch_for(AARCH64);
    command.args(["--platform", "linux/arm64"]).current_dir(project.path("")).env("PATH", tools.path(""));
    let program = built(&project, command);
    runs_on_aarch64(&program, "hello\n");
    let archive = Archive::read(&project.path("target/scratch/hello.tar"));
    assert_eq!(archive.config["architecture"], "arm64");
}

#[test]
fn needs_crates_io_needs_zig_cxx_has_its_library_its_exceptions_and_its_thread_local_data() {
    let project = Project::empty();
    let program = built(&project, command(&project, "cxx-streams", X86_64, &[]));
    says(Command::new(program), "caught 13\n");
}

/// Builds OpenSSL for about two minutes where it is not in the cache of this checkout.
#[test]
fn needs_crates_io_needs_zig_needs_perl_h5_openssl_is_provided_to_a_crate_that_looks_for_it_and_named() {
    let project = Project::empty();
    let program = built(&project, command(&project, "openssl", X86_64, &[]));
    says(Command::new(program), "hello over TLS, TLSv1.3, OpenSSL 3.");
    assert!(!project.path("openssl/.cargo").exists(), "nothing is written beside the user's files");
    let archive = project.path("openssl/target/scratch/over-openssl.tar");
    real::equal_their_tree(&archive, &project.path("openssl"));
    real::name_what_was_provided(&archive, "openssl-src", "Apache-2.0");
}

#[test]
fn needs_crates_io_a_library_that_is_not_provided_is_told_within_two_seconds() {
    let project = Project::empty();
    let refuse = || {
        let start = Instant::now();
        let run = Run::of(command(&project, "openssl", X86_64, &["--no-provide"]));
        run.refused(
            3,
            &[
                "`openssl-sys` 0.9",
                "looks for OpenSSL",
                "--no-provide is set",
                "wanted by over-openssl → openssl → openssl-sys",
                "in Cargo.toml:   openssl = { version = \"0.10.82\", features = [\"vendored\"] }",
            ],
        );
        start.elapsed()
    };
    refuse(); // cargo fetches what the lock file names
    // other tests run at the same time: the quickest of some tells what it takes
    let quickest = (0..5).map(|_| refuse()).min().unwrap();
    assert!(quickest < Duration::from_secs(2), "{quickest:?}");
    assert!(!project.path("openssl/target").exists(), "before the build");
}

#[test]
fn needs_crates_io_needs_gcc_without_a_compiler_for_musl_pure_rust_builds_and_c_is_refused() {
    let tools = bin(&["cargo", "rustc", "rustup", "cc", "as", "ld"]); // no zig, no Python that may have one, no musl-gcc
    let hello = Project::new("hello", "");
    let mut pure = hello.command(["build"]);
    pure.env("PATH", tools.path(""));
    says(Command::new(built(&hello, pure)), "hello\n");

    let project = Project::empty();
    let mut c = command(&project, "zstd", X86_64, &[]);
    c.env("PATH", tools.path(""));
    Run::of(c).refused(
        3,
        &[
            "no C compiler for `x86_64-unknown-linux-musl`",
            "`zstd-sys` 2.",
            "zstd → zstd-safe → zstd-sys",
            "pip install ziglang",
            "sudo apt install musl-tools",
            "CC_x86_64_unknown_linux_musl=PATH",
        ],
    );
    assert!(!project.path("zstd/target").exists(), "before the build");
}
