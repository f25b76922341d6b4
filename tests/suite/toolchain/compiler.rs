//! A compiler is looked for where a package compiles C, and what is missing is told before the build.

use super::bare::{Bare, RING, ROCKSDB, of};
use serde_json::json;

const ARM: [&str; 2] = ["--platform", "linux/arm64"];

/// The names by which build scripts ask for a compiler, first those of the target.
const NAMES: [&str; 6] =
    ["CC_x86_64_unknown_linux_musl", "CXX_x86_64_unknown_linux_musl", "CC", "CXX", "HOST_CC", "HOST_CXX"];

#[test]
fn a_program_without_c_needs_no_compiler_and_gets_no_variables() {
    // what a build script is built from is compiled for this machine
    let bare = Bare::new(
        "hello v0.1.0 (/hello)|\n`-- serde v1.0.0|std\n[build-dependencies]\n`-- ring v0.17.14|\n    \
         [build-dependencies]\n    `-- cc v1.2.0|\n",
    );
    bare.zig("", "0.17.1");
    let run = bare.run(&["--dry-run"]);
    assert!(run.stdout.contains("\nC compiler   not needed\n"), "{run:?}");
    let cargo = bare.project.tools().join("cargo");
    assert!(run.stdout.contains(&format!("\nbuild        {} build ", cargo.display())), "{run:?}");
    let handed = bare.handed(&[], &[]);
    assert_eq!(of(&handed, &NAMES), [None; 6]);
    assert!(!bare.home(".cache").exists());
}

#[test]
fn bindgen_reads_the_targets_headers_even_where_nothing_is_compiled() {
    let tree =
        "hello v0.1.0 (/hello)|\n`-- some-sys v0.1.0|\n    [build-dependencies]\n    `-- bindgen v0.72.1|\n";
    let bare = Bare::new(tree);
    assert_eq!(bare.run(&["build"]).status, 0, "a compiler is a help here, and no need");
    bare.zig("", "0.17.1");
    let words = "-nostdlibinc -isystem /zig/musl -idirafter /zig/include";
    let variable = "BINDGEN_EXTRA_CLANG_ARGS_x86_64_unknown_linux_musl";
    assert_eq!(of(&bare.handed(&["build"], &[]), &[variable]), [Some(words)]);
}

#[test]
fn c_without_a_compiler_is_refused_before_the_build() {
    let bare = Bare::new(RING);
    bare.run(&["build"]).refused(
        3,
        &[
            "error[no-compiler]: no C compiler for `x86_64-unknown-linux-musl`\n",
            "note: `ring` 0.17.14 compiles C with the crate `cc` (hello → tls → ring)\n",
            "note: looked for: the variables CC_x86_64_unknown_linux_musl, TARGET_CC and CC, `zig`, \
             `python3 -m ziglang`, `x86_64-linux-musl-gcc`, `musl-gcc`, a `cc` for musl\n",
            "pip install ziglang\n",
            "sudo apt install musl-tools\n",
            "sudo dnf install musl-gcc\n",
            "CC_x86_64_unknown_linux_musl=PATH\n",
        ],
    );
    let arm = bare.run(&ARM);
    arm.refused(3, &["for `aarch64-unknown-linux-musl`", "`aarch64-linux-musl-gcc`", "pip install ziglang"]);
    assert!(!arm.stderr.contains("musl-tools"), "they are for their own architecture: {arm:?}");
    bare.script("cc", "echo x86_64-linux-gnu");
    bare.run(&["build"])
        .refused(3, &["no C compiler for `x86_64-unknown-linux-musl`", ", a `cc` for musl\n"]);
    bare.script("musl-gcc", "exit 0");
    bare.run(&ARM).refused(3, &["no C compiler for `aarch64-unknown-linux-musl`"]);
    assert!(bare.project.builds().is_empty());
    assert!(!bare.home(".cache").exists() && !bare.project.path("target").exists());
}

#[test]
fn cxx_is_not_left_to_a_compiler_of_c() {
    let cxx = "hello v0.1.0 (/hello)|\n`-- cxx v1.0.1|\n[build-dependencies]\n`-- cxx-build v1.0.1|\n";
    for (tree, note) in [
        (ROCKSDB, "`librocksdb-sys` 0.17.3+10.4.2 compiles RocksDB, which is C++ (hello → librocksdb-sys)"),
        (cxx, "`hello` 0.1.0 compiles C++ with the crate `cxx` (hello)"),
    ] {
        let bare = Bare::new(tree);
        let gcc = bare.script("musl-gcc", "exit 0");
        let run = bare.run(&["build"]);
        let only = format!("`{gcc}` compiles C alone");
        run.refused(3, &["error[no-compiler]: no C++ compiler for", note, &only, "pip install ziglang"]);
        assert!(!run.stderr.contains("musl-tools"), "they have none: {run:?}");
        assert!(bare.project.builds().is_empty());
    }
}

#[test]
fn where_musl_is_the_systems_own_so_is_its_compiler() {
    let bare = Bare::new(RING);
    let c = bare.script("cc", "echo x86_64-alpine-linux-musl");
    assert_eq!(bare.plan(&[], &[])["compiler"], json!(c));
    let cxx = bare.script("c++", "exit 0");
    assert_eq!(bare.plan(&[], &[])["compiler"], json!(format!("{c}, {cxx}")));
    bare.run(&ARM).refused(3, &["no C compiler for `aarch64-unknown-linux-musl`"]);
}

#[test]
fn a_gcc_for_musl_is_named_to_build_scripts_for_the_target_alone() {
    let bare = Bare::new(RING);
    let native = bare.script("musl-gcc", "exit 0");
    assert_eq!(bare.plan(&[], &[])["compiler"], json!(native));
    let c = bare.script("x86_64-linux-musl-gcc", "exit 0");
    let handed = bare.handed(&[], &[]);
    assert_eq!(of(&handed, &NAMES), [Some(&*c), None, None, None, None, None]);

    let cxx = bare.script("x86_64-linux-musl-g++", "exit 0");
    let plan = bare.plan(&[], &[]);
    assert_eq!(plan["compiler"], json!(format!("{c}, {cxx}")));
    let command = plan["command"].as_str().unwrap();
    for (name, path) in NAMES.iter().zip([&c, &cxx]) {
        assert!(command.split(' ').any(|word| word == format!("{name}={path}")), "{command}");
    }
    let handed = bare.handed(&[], &[]);
    assert_eq!(of(&handed, &NAMES), [Some(&*c), Some(&*cxx), None, None, None, None]);

    let arm = bare.script("aarch64-linux-musl-gcc", "exit 0");
    let plan = bare.plan(&ARM, &[]);
    let command = plan["command"].as_str().unwrap();
    assert!(command.starts_with(&format!("CC_aarch64_unknown_linux_musl={arm} ")), "{command}");
    assert!(!command.contains("CXX_aarch64"), "there is none: {command}");
}

#[test]
fn gccs_library_of_cxx_is_named_to_the_linker_where_there_is_cxx() {
    let bare = Bare::new(ROCKSDB);
    bare.script("x86_64-linux-musl-gcc", "exit 0");
    bare.script("x86_64-linux-musl-g++", "echo /cross/lib/libstdc++.a");
    let flag = ".rustflags=[\"-Lnative=/cross/lib\",";
    let command = bare.plan(&[], &[])["command"].to_string().replace('\\', "");
    assert!(command.contains(flag), "{command}");
    bare.project.tree(RING);
    assert!(!bare.plan(&[], &[])["command"].to_string().contains("-Lnative"));
}

#[test]
fn a_package_that_hears_no_variable_of_the_target_gets_the_plain_ones_and_this_machine_keeps_its_own() {
    let bare = Bare::new("hello v0.1.0 (/hello)|\n`-- rdkafka-sys v4.10.0|libz\n");
    let c = bare.script("x86_64-linux-musl-gcc", "exit 0");
    let cxx = bare.script("x86_64-linux-musl-g++", "echo libstdc++.a");
    bare.script("make", "exit 0");
    bare.script("sh", "exit 0");
    let all = [Some(&*c), Some(&*cxx), Some(&*c), Some(&*cxx), Some("cc"), Some("c++")];
    assert_eq!(of(&bare.handed(&[], &[]), &NAMES), all);
    let own = [("HOST_CC", "mine"), ("CXX", "mine too")];
    let handed = bare.handed(&[], &own);
    assert_eq!(of(&handed, &NAMES), [Some(&*c), None, Some(&*c), Some("mine too"), Some("mine"), None]);
    // with CMake it hears those of the target
    bare.project.tree(
        "hello v0.1.0 (/hello)|\n`-- rdkafka-sys v4.10.0|cmake-build\n    [build-dependencies]\n    \
         `-- cmake v0.1.54|\n",
    );
    bare.script("cmake", "exit 0");
    assert_eq!(of(&bare.handed(&[], &[]), &NAMES)[2..], [None; 4]);
}

#[test]
fn a_package_that_does_without_a_compiler_is_no_obstacle() {
    let bare = Bare::new(
        "hello v0.1.0 (/hello)|\n`-- blake3 v1.8.2|std\n    [build-dependencies]\n    `-- cc v1.2.0|\n",
    );
    assert_eq!(bare.plan(&[], &[])["compiler"], json!("none"));
    assert_eq!(of(&bare.handed(&[], &[]), &NAMES), [None; 6]);
    bare.run(&ARM).refused(3, &["`blake3` 1.8.2 compiles assembly, or C on ARM (hello → blake3)"]);
}
