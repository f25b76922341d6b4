//! `--optimize tiny`: a standard library that is built for size, whatever is installed.

use super::executable;
use super::source::{SOURCE, machine};
use crate::support::{Archive, Project, Run};
use serde_json::json;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

const X86_64: &str = "x86_64-unknown-linux-musl";
const TINY: [&str; 2] = ["--optimize", "tiny"];

#[test]
fn the_error_of_a_toolchain_without_source_names_it_and_what_to_type() {
    let bare = machine("usr", X86_64);
    fs::remove_file(bare.home("usr").join(SOURCE)).unwrap();
    let words = [
        "error[no-std]: `--optimize tiny` takes the source of the standard library\n",
        "rust-src is not installed\n",
    ];
    let distributions =
        ["/home/usr` has none", "sudo apt install rust-src\n", "rust-web-src\n", "--optimize size\n"];
    bare.run(&TINY).refused(3, &[&words[..], &distributions].concat());

    let bare = machine(".rustup/toolchains/old", X86_64);
    bare.scripts(&["rustup"]);
    fs::remove_file(bare.home(".rustup/toolchains/old").join(SOURCE)).unwrap();
    let rustups = ["`old` has none", "rustup component add rust-src --toolchain old\n"];
    bare.run(&TINY).refused(3, &[&words[..], &rustups].concat());
    assert!(bare.project.builds().is_empty());
}

#[test]
fn it_is_built_beside_an_installed_one_with_no_zig_and_nothing_of_the_users_is_compiled_as_unstable() {
    let bare = machine("usr", X86_64);
    let library = bare.home("usr").join("lib/rustlib").join(X86_64).join("lib");
    fs::create_dir_all(&library).unwrap();
    fs::write(library.join("libstd-0.rlib"), "").unwrap();
    bare.script("musl-gcc", "exit 0"); // for a package that compiles C
    assert_eq!(bare.plan(&[], &[])["std"], json!("installed"));

    let plan = bare.plan(&TINY, &[]);
    assert!(!plan["command"].to_string().contains("relative-relocs"), "nothing is known of its musl: {plan}");
    // what is not there yet will be linked with the musl of the installed one
    fs::write(library.join("libc.a"), "!<arch>\nversion.lo\0\x7fELF\0\x001.2.5\0").unwrap();
    let plan = bare.plan(&TINY, &[]);
    assert!(plan["command"].to_string().contains("relative-relocs"), "{plan}");
    fs::remove_file(library.join("libc.a")).unwrap();
    let plan = bare.plan(&TINY, &[]);
    let std = plan["std"].as_str().unwrap();
    let place = std.strip_prefix("to be built for size from source into ").unwrap_or_else(|| panic!("{std}"));
    let command = plan["command"].to_string();
    for words in [&format!("--sysroot={place}"), "-Cforce-unwind-tables=no", "tiny.panic=", "abort"] {
        assert!(command.contains(words), "{words}: {command}");
    }
    assert!(!command.contains("-Z"), "{command}");
    let doctor = bare.run(&[&["doctor"], &TINY[..]].concat());
    assert!(
        doctor.stdout.ends_with(&format!("the build can start; the standard library is {std}\n")),
        "{doctor:?}"
    );

    // what must not be installed is not built; without the network it can be
    let refused = bare.run(&[&TINY[..], &["--no-install"]].concat());
    refused.refused(
        3,
        &["error[no-std]", "--no-install forbids", "leave --no-install out once", "--optimize size"],
    );
    assert!(
        bare.plan(&[&TINY[..], &["--offline"]].concat(), &[])["std"]
            .as_str()
            .unwrap()
            .starts_with("to be built")
    );
    assert!(!bare.home(".cache").exists(), "nothing is built by a plan");

    fs::create_dir_all(place).unwrap();
    let handed = bare.handed(&[&TINY[..], &["--no-install", "--no-compare"]].concat(), &[]);
    assert!(!handed.contains_key("RUSTC_BOOTSTRAP"), "build scripts would take the compiler for a nightly");
    // for a line of a report nothing is built or installed
    let installed = library.join("libstd-0.rlib");
    bare.zig("", "0.17.1");
    fs::remove_file(&installed).unwrap();
    let before = bare.project.builds().len();
    let run = bare.run(&TINY);
    assert_eq!(run.status, 0, "{run:?}");
    let words = ["warning[uncompared]", "takes the standard library for x86_64", "scratch --optimize none\n"];
    assert!(words.iter().all(|word| run.stderr.contains(word)), "{run:?}");
    assert_eq!(bare.project.builds().len(), before + 1);
    fs::write(installed, "").unwrap();

    // the user's own word on the tables of unwinding counts
    let told = bare.plan(&TINY, &[("RUSTFLAGS", "-Cforce-unwind-tables=yes")])["command"].to_string();
    assert!(!told.contains("force-unwind-tables=no"), "{told}");
}

#[test]
fn needs_rust_src_the_starter_has_90_000_bytes_and_answers_and_a_panic_ends_a_program_without_a_word() {
    let folder = Project::empty();
    assert_eq!(folder.scratch(["new", "hello"]).status, 0);
    let panics = "fn main() {\n\
        let caught = std::thread::spawn(|| std::env::args().nth(9).expect(\"CANARY MESSAGE\")).join();\n\
        println!(\"{:?}\", caught.is_err());\n}\n";
    folder.file("hello/src/bin/panics.rs", panics);
    let tiny = |words: &[&str]| {
        let mut command = folder.command(words);
        command.args(TINY).current_dir(folder.path("hello"));
        // the library is built once for all tests of this checkout
        command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
        Run::of(command)
    };
    let run = tiny(&["build", "--bins", "--no-compare"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.contains("Giving up messages and backtraces of panics: "), "{run:?}");
    assert!(!run.stderr.contains("warning"), "it names a folder of this machine? {run:?}");
    let roots: Vec<_> = run.stdout.lines().map(|path| Archive::read(Path::new(path)).root()).collect();
    let bytes: usize = roots[0].values().map(|entry| entry.content.len()).sum();
    assert!(roots[0].contains_key("hello") && bytes <= 90_000, "{bytes}");

    let program = folder.file("program", &roots[1]["panics"].content);
    executable(&program);
    let ended = Command::new(program).output().unwrap();
    assert!(ended.status.signal().is_some(), "the thread's panic is the program's end: {ended:?}");
    assert!(ended.stdout.is_empty() && ended.stderr.is_empty(), "{ended:?}");

    let tested = tiny(&["test-image", "--bin", "hello", "--http", "/"]);
    assert_eq!(tested.status, 0, "{tested:?}");
}
