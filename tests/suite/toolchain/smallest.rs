//! Who links where bytes matter more than anything else: LLVM's linker alone, unless the user or the program needs another.

use super::bare::Bare;
use super::executable;
use std::fs;

const PURE: &str = "hello v0.1.0 (/hello)|\n`-- itoa v1.0.0|\n";
const SIZE: [&str; 3] = ["--optimize", "size", "--no-compare"];

/// A machine whose toolchain carries LLVM's linker, and where that is.
fn machine() -> (Bare, String) {
    let bare = Bare::new(PURE);
    let lld = bare.project.tools().join("lib/rustlib/host/bin/rust-lld");
    fs::create_dir_all(lld.parent().unwrap()).unwrap();
    fs::write(&lld, "").unwrap();
    let lld = lld.display().to_string();
    (bare, lld)
}

#[test]
fn flags_that_were_written_for_the_usual_linker_keep_it() {
    let (bare, lld) = machine();
    assert_eq!(bare.plan(&SIZE, &[])["linker"], lld);
    assert_eq!(bare.plan(&[&SIZE[..], &["--allocator", "system"]].concat(), &[])["linker"], lld);
    assert_eq!(bare.plan(&[], &[])["linker"], "cc");
    for flag in [
        "-Clink-arg=-fuse-ld=mold",
        "-C link-arg=-Wl,-O1",
        "-Clink-args=-Wl,-O1",
        "-Clinker-flavor=gnu-cc",
        "-Clink-self-contained=no",
    ] {
        let plan = bare.plan(&SIZE, &[("RUSTFLAGS", flag)]);
        assert_eq!(plan["linker"], "cc", "{flag}");
        assert!(plan["command"].as_str().unwrap().contains("-Wl,--build-id=none"), "{flag}: {plan}");
    }
    bare.project.file(".cargo/config.toml", "[build]\nrustflags = [\"-Clink-arg=-Wl,-O1\"]\n");
    assert_eq!(bare.plan(&SIZE, &[])["linker"], "cc");
}

#[test]
fn what_it_cannot_link_is_linked_by_the_usual_one_and_by_that_alone_the_next_time() {
    let (bare, lld) = machine();
    let (cargo, real) = (bare.project.tools().join("cargo"), bare.project.tools().join("cargo.real"));
    fs::rename(&cargo, &real).unwrap();
    let text = format!(
        "#!/bin/sh\nPATH=$PATH:/usr/bin:/bin\ncase \"$*\" in build*rust-lld*) {real} \"$@\" >/dev/null\n\
         echo 'error: linking with `{lld}` failed: exit status: 1' >&2; exit 101;; esac\nexec {real} \"$@\"\n",
        real = real.display()
    );
    fs::write(&cargo, text).unwrap();
    executable(&cargo);
    let words: Vec<_> = SIZE.into_iter().chain(["-o", "out.tar"]).collect();
    let run = bare.run(&words);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stderr.contains("Linking once more, by cc"), "{run:?}");
    let builds = bare.project.builds();
    let [(first, _), (second, _)] = &builds[..] else { panic!("{builds:?}") };
    assert!(first.contains(&lld) && first.contains("=--build-id=none"), "{first}");
    assert!(!second.contains(&lld) && second.contains("-Wl,--build-id=none"), "{second}");
    let provenance = fs::read_to_string(bare.project.path("out.intoto.json")).unwrap();
    assert!(provenance.contains("\"x86_64-unknown-linux-musl\":\"cc\""), "{provenance}");

    let run = bare.run(&words);
    assert!(run.status == 0 && !run.stderr.contains("once more"), "{run:?}");
    assert_eq!(bare.project.builds().len(), 3, "one more");
}
