//! Programs for another machine, which would end a container with `exec format error`.

use crate::support::{Fake, PLAIN, static_program};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// Where a program's header says for which machine it is, and what it says there of 64-bit ARM.
const E_MACHINE: usize = 18;
const EM_AARCH64: [u8; 2] = [183, 0];

/// A program for 64-bit ARM, as far as its header tells.
fn for_arm() -> Vec<u8> {
    let mut program = fs::read(static_program()).unwrap();
    program[E_MACHINE..E_MACHINE + 2].copy_from_slice(&EM_AARCH64);
    program
}

#[test]
fn a_program_for_another_machine_is_refused() {
    let fake = Fake::new("hello", "");
    fs::write(fake.program(), for_arm()).unwrap();
    let run = fake.scratch(["build"]);
    run.refused(
        4,
        &[
            "error[not-static]: `hello` is not proven static\n",
            "note: built for aarch64 (64-bit, little-endian), wanted x86_64 (64-bit, little-endian)\n",
            "help: look for the `linker` of [target.x86_64-unknown-linux-musl] in .cargo/config.toml\n",
        ],
    );
    assert!(!run.stderr.contains("crt-static"), "it is as static as it was: {run:?}");
    assert!(!fake.path("target/scratch").exists());
}

#[test]
fn an_entrypoint_for_another_machine_is_refused_and_a_file_that_is_only_copied_is_not() {
    let fake = Fake::new("hello", "");
    fs::set_permissions(fake.file("init", for_arm()), Permissions::from_mode(0o755)).unwrap();
    let copy = ["--copy", "init:/init"];
    let run = fake.scratch(PLAIN.iter().chain(&copy).chain(&["--entrypoint", "/init"]));
    run.refused(
        4,
        &[
            "the entrypoint `/init` would not start: built for aarch64",
            "wanted x86_64",
            "--entrypoint /hello",
        ],
    );
    assert!(!fake.path("out.tar").exists());
    fake.pack(&copy);
}
