//! A program that is not static: who brought the library, by which way, and the line that takes it out.

use crate::support::{Fake, Run, tool};
use serde_json::json;
use std::fs;

const TREE: &str = "\
hello v0.1.0 (/hello)|
|-- reqwest v0.12.24|default
|   `-- native-tls v0.2.14|
|       `-- openssl v0.10.73|default
|           `-- openssl-sys v0.9.109|
|               [build-dependencies]
|               `-- pkg-config v0.3.32|
|-- nix-thing v2.0.0|
|   `-- libudev-sys v0.1.4|
|       [build-dependencies]
|       `-- pkg-config v0.3.32|
`-- thing-sys v1.0.0|
";
const WAY: &str = "note: `openssl-sys` is wanted by hello → reqwest → native-tls → openssl → openssl-sys\n";
const LINE: &str = "help: in Cargo.toml:   openssl = { version = \"0.10.73\", features = [\"vendored\"] }\n";
const FLAG: &str = "look for `-C target-feature=-crt-static`";

/// A project with these dependencies, of which cargo makes a program that needs the files `needed`.
struct Dynamic {
    project: Fake,
}

impl Dynamic {
    fn new(needed: &[&str]) -> Self {
        let project = Fake::new("hello", "[dependencies]\nsomething = \"1\"\n");
        project.tree(TREE);
        let mut link = tool("gcc");
        link.args([
            "-nostdlib",
            "-no-pie",
            "-Wl,--no-as-needed,-e,main,--dynamic-linker=/lib/ld-musl-x86_64.so.1",
        ]);
        link.arg("-o").arg(project.program());
        link.arg(project.file("main.c", "int main(void) { return 0; }\n"));
        let nothing = project.file("nothing.c", "");
        for name in needed {
            let library = project.path(name);
            let mut stub = tool("gcc");
            stub.args(["-shared", "-nostdlib", &format!("-Wl,-soname,{name}"), "-o"])
                .args([&library, &nothing]);
            assert!(stub.status().unwrap().success(), "{name}");
            link.arg(library);
        }
        fs::remove_file(project.program()).unwrap();
        assert!(link.status().unwrap().success());
        Dynamic { project }
    }

    /// The build script of the package with this id asks for `libraries`.
    fn linked(self, id: &str, libraries: &[&str]) -> Self {
        let script = json!({
            "reason": "build-script-executed", "package_id": id, "linked_libs": libraries, "linked_paths": [],
            "cfgs": [], "env": [], "out_dir": "/out",
        });
        let path = self.project.tools().join("build.json");
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{script}\n{before}")).unwrap();
        self
    }

    /// What a user is told, whose variables name libraries of their own.
    #[track_caller]
    fn refused(&self, words: &[&str], expected: &[&str]) -> String {
        let mut command = self.project.command(words);
        command.env("CC", "cc").env("PKG_CONFIG_ALLOW_CROSS", "1").env("OPENSSL_DIR", "/usr");
        let run = Run::of(command);
        run.refused(4, &[&["error[not-static]: `hello` is not proven static\n"], expected].concat());
        assert!(!self.project.path("target/scratch/hello.tar").exists());
        run.stderr
    }
}

fn id(package: &str) -> String {
    format!("registry+https://github.com/rust-lang/crates.io-index#{package}")
}

#[test]
fn needs_gcc_a_shared_openssl_is_traced_to_the_build_script_with_the_line_that_takes_it_out() {
    let dynamic = Dynamic::new(&["libssl.so.3", "libcrypto.so.3", "libc.so"])
        .linked(&id("openssl-sys@0.9.109"), &["dylib=ssl", "dylib=crypto"]);
    let said = dynamic.refused(
        &[],
        &[
            "it needs the shared libraries libssl.so.3, libcrypto.so.3, libc.so\n",
            "note: libssl.so.3 was linked by the build script of `openssl-sys`\n",
            "note: libcrypto.so.3 was linked by the build script of `openssl-sys`\n",
            "or leave OpenSSL out",
        ],
    );
    for line in [WAY, LINE, FLAG] {
        assert_eq!(said.matches(line).count(), 1, "{line:?} once: {said}");
    }
    // the same for a target whose C library is glibc, where a flag is the rule
    let gnu =
        dynamic.refused(&["--target", "x86_64-unknown-linux-gnu"], &[WAY, LINE, "cargo scratch --target"]);
    assert!(!gnu.contains(FLAG), "{gnu}");
}

#[test]
fn needs_gcc_the_program_is_blamed_before_what_other_build_scripts_use() {
    let dynamic = Dynamic::new(&["libssl.so.3"])
        .linked(&id("openssl-sys@0.9.109"), &["ssl"])
        .linked(&id("git-of-a-build-script@1.0.0"), &["ssl"]);
    let said = dynamic.refused(&[], &["linked by the build script of `openssl-sys`\n", WAY, LINE]);
    assert!(!said.contains("git-of-a-build-script"), "{said}");
    assert!(!said.contains(FLAG), "no flag has anything to do with it: {said}");
}

#[test]
fn needs_gcc_a_library_that_a_known_package_links_in_its_code_is_traced_too() {
    let said = Dynamic::new(&["libudev.so.1"]).refused(
        &[],
        &[
            "note: libudev.so.1 is what `libudev-sys` links\n",
            "note: `libudev-sys` is wanted by hello → nix-thing → libudev-sys\n",
            "leave out the feature that brings it",
        ],
    );
    assert!(!said.contains("in Cargo.toml"), "there is no feature that does it: {said}");
}

#[test]
fn needs_gcc_a_library_that_no_table_knows_is_traced_to_its_package() {
    let thing =
        ["note: `thing-sys` is wanted by hello → thing-sys\n", "see the documentation of `thing-sys`"];
    for (file, said) in [
        ("libthing.so.2", "dylib=thing"),
        ("libthing.so.2", "thing"),
        ("libthing.so.2", "dylib:+verbatim=libthing.so.2"),
        // not the package that the table knows, so its feature is no help
        ("libsqlite3.so.0", "dylib=sqlite3"),
    ] {
        let dynamic = Dynamic::new(&[file]).linked(&id("thing-sys@1.0.0"), &["static=other", said]);
        let told = dynamic.refused(&[], &thing);
        assert!(told.contains(&format!("{file} was linked by the build script of `thing-sys`\n")), "{told}");
        assert!(!told.contains("in Cargo.toml"), "{told}");
    }
    // the project's own build script: there is no way to tell
    let own = Dynamic::new(&["libthing.so.2"]).linked("path+file:///hello#0.1.0", &["thing"]);
    let told = own.refused(&[], &["linked by the build script of `hello`\n"]);
    assert!(!told.contains("is wanted by"), "{told}");
}

#[test]
fn needs_gcc_a_library_that_nobody_has_asked_for_is_said_to_be_in_code_or_flags() {
    Dynamic::new(&["libthing.so.2"]).linked(&id("thing-sys@1.0.0"), &["other"]).refused(
        &[],
        &[
            "note: libthing.so.2 was linked by no build script\n",
            "`#[link(name = \"thing\")]`",
            "`-lthing` in RUSTFLAGS",
        ],
    );
    Dynamic::new(&["libsqlite3.so.0"])
        .refused(&[], &["libsqlite3.so.0, SQLite, was linked by no build script\n"]);
}

#[test]
fn needs_gcc_what_compilers_bring_is_told_apart() {
    let said = Dynamic::new(&["libgcc_s.so.1", "libc.so"]).refused(&[], &[FLAG]);
    assert_eq!(said.matches("help: ").count(), 1, "one cause, one line: {said}");
    let zig = "take a C++ compiler for musl, which has a static one; `zig` is";
    Dynamic::new(&["libstdc++.so.6"]).refused(&[], &["libstdc++.so.6, the C++ library of GCC,", zig]);
    Dynamic::new(&["libstdc++.so.6"])
        .linked(&id("thing-sys@1.0.0"), &["dylib=stdc++"])
        .refused(&[], &["libstdc++.so.6 was linked by the build script of `thing-sys`\n", zig]);
}
