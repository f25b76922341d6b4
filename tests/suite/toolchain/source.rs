//! A toolchain that nobody can add a library to, but that carries its source: zig has what is missing beside it.

use super::bare::{Bare, RING};
use serde_json::json;

pub const SOURCE: &str = "lib/rustlib/src/rust/library/std/Cargo.toml";

/// A machine whose rustc is in this folder of the home, with its source, and without a library for the target.
pub fn machine(folder: &str, triple: &str) -> Bare {
    let bare = Bare::new(RING);
    let sysroot = bare.home(folder).display().to_string();
    let library = format!("{sysroot}/lib/rustlib/{triple}/lib");
    bare.script(
        "rustc",
        &format!("case $1 in -vV) printf 'rustc 1.96.0\\nrelease: 1.96.0\\n';; *) echo {sysroot}; echo {library};; esac"),
    );
    let source = bare.home(folder).join(SOURCE);
    std::fs::create_dir_all(source.parent().unwrap()).unwrap();
    std::fs::write(source, "").unwrap();
    bare
}

#[test]
fn the_library_is_to_be_built_from_source_where_zig_is() {
    let bare = machine("usr", "x86_64-unknown-linux-musl");
    bare.zig("", "0.17.1");
    let plan = bare.plan(&[], &[]);
    let std = plan["std"].as_str().unwrap();
    let place = std.strip_prefix("missing, to be built from source into ").unwrap_or_else(|| panic!("{std}"));
    let start =
        format!("{}/std/1.96.0-x86_64-unknown-linux-musl-", bare.home(".cache/cargo-scratch").display());
    assert!(place.starts_with(&start), "{place}");
    let command = plan["command"].to_string();
    assert!(command.contains(&format!("--sysroot={place}")), "{command}");
    assert!(!bare.home(".cache").exists(), "a plan builds nothing");
    let doctor = bare.run(&["doctor"]);
    let words = format!("the build can start; the standard library is {std}\n");
    assert!(doctor.status == 0 && doctor.stdout.ends_with(&words), "{doctor:?}");
    assert!(!bare.home(".cache").exists());

    std::fs::create_dir_all(place).unwrap();
    assert_eq!(bare.plan(&[], &[])["std"], json!(format!("built from source in {place}")));
}

#[test]
fn without_zig_the_error_says_what_it_would_take() {
    let bare = machine("usr", "x86_64-unknown-linux-musl");
    bare.script("musl-gcc", "exit 0");
    let words = [
        "error[no-std]: the standard library for `x86_64-unknown-linux-musl` is not installed\n",
        "is not a toolchain that rustup manages\n",
        "its source is here, but not what a program is linked from beside it",
        "a musl-gcc has no unwinder\n",
        "pip install ziglang\n",
        "rustup target add x86_64-unknown-linux-musl\n",
    ];
    bare.run(&["build"]).refused(3, &words);
    std::fs::remove_file(bare.home("usr").join(SOURCE)).unwrap();
    let run = bare.run(&["build"]);
    run.refused(3, &words[..2]);
    assert!(!run.stderr.contains("source"), "there is none: {run:?}");
    assert!(bare.project.builds().is_empty());
}

#[test]
fn another_libc_is_not_built_from_source() {
    let bare = machine("usr", "x86_64-unknown-linux-gnu");
    bare.zig("", "0.17.1");
    let run = bare.run(&["--target", "x86_64-unknown-linux-gnu"]);
    run.refused(3, &["error[no-std]", "rustup target add x86_64-unknown-linux-gnu"]);
    assert!(!run.stderr.contains("ziglang"), "{run:?}");
}

#[test]
fn what_rustup_does_not_have_is_built_from_source_and_what_may_not_be_installed_is_not() {
    let bare = machine(".rustup/toolchains/old", "x86_64-unknown-linux-musl");
    let log = bare.home("log");
    bare.script("rustup", &format!("echo \"$*\" >> {}; exit 1", log.display()));
    bare.zig("", "0.17.1");
    let plan = bare.plan(&[], &[]);
    assert!(plan["std"].as_str().unwrap().starts_with("missing, to be installed by: "), "{plan}");
    let offline = bare.plan(&["--offline"], &[]);
    assert!(
        offline["std"].as_str().unwrap().starts_with("missing, to be built from source into "),
        "{offline}"
    );
    bare.run(&["--no-install"]).refused(3, &["error[no-std]", "rustup may not install it: ", "--no-install"]);
    assert!(!log.exists());

    // this zig makes nothing, so that the attempt ends there, and leaves no half of a library
    let run = bare.run(&["build"]);
    run.refused(
        3,
        &["the standard library for x86_64-unknown-linux-musl, once for all projects\n", "error[tool]"],
    );
    assert_eq!(
        std::fs::read_to_string(&log).unwrap(),
        "target add x86_64-unknown-linux-musl --toolchain old\n"
    );
    let left = std::fs::read_dir(bare.home(".cache/cargo-scratch/std")).unwrap().flatten();
    assert!(left.map(|entry| entry.file_name()).all(|name| name.to_string_lossy().ends_with(".lock")));
    assert!(bare.project.builds().is_empty());

    std::fs::remove_file(bare.home("").parent().unwrap().join("bin/zig")).unwrap();
    bare.scripts(&["musl-gcc"]);
    bare.run(&["build"]).refused(3, &["error[no-std]", "tried in vain: ", "pip install ziglang\n"]);
}
