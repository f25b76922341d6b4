//! What runs on this machine while a program is built stays a program of this machine: macros, and build scripts with
//! the C that they compile.

use crate::support::{Archive, Project, Run};
use serde_json::Value;
use std::fs;
use std::path::Path;

const STATIC: &str = "-Ctarget-feature=+crt-static";

/// Adds the package `name` to `project`, in a folder of its name.
fn package(project: &Project, name: &str, manifest: &str, source: &str) {
    let head = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project.file(&format!("{name}/Cargo.toml"), head + manifest);
    project.file(&format!("{name}/src/lib.rs"), source);
}

#[test]
fn a_macro_builds_though_the_users_flags_ask_for_static_programs() {
    let project = Project::new("hello", "[dependencies]\nmacros = { path = \"macros\" }\n");
    let source = "use proc_macro::TokenStream;\n#[proc_macro]\npub fn answer(_: TokenStream) -> TokenStream {\n    \
                  \"42\".parse().unwrap()\n}\n";
    package(&project, "macros", "[lib]\nproc-macro = true\n", source);
    project.file("src/main.rs", "fn main() { assert_eq!(macros::answer!(), 42); }\n");
    let config = format!("[build]\nrustflags = [\"{STATIC}\"]\n");
    // with glibc the target is this machine's own, where the flag would reach the macro too but for `--target`
    for words in [&["-q"][..], &["-q", "--target", "x86_64-unknown-linux-gnu"]] {
        for (file, flags) in [("", STATIC), (&config, "")] {
            project.file(".cargo/config.toml", file);
            let mut command = project.command(words);
            command.envs(Some(("RUSTFLAGS", flags)).filter(|(_, flags)| !flags.is_empty()));
            let run = Run::of(command);
            assert_eq!(run.status, 0, "{words:?} {file:?}: {run:?}");
            assert!(Archive::read(Path::new(run.stdout.trim_end())).root().contains_key("hello"));
        }
    }
}

/// A build script that compiles C, and leaves the path of the compiler in the file that a variable names.
const COMPILES: &str = r#"fn main() {
    println!("cargo::rerun-if-env-changed=SAID");
    let package = std::env::var("CARGO_PKG_NAME").unwrap();
    let build = cc::Build::new().file("answer.c").clone();
    let said = std::path::Path::new(&std::env::var("SAID").unwrap()).join(&package);
    std::fs::write(said, build.get_compiler().path().display().to_string()).unwrap();
    build.compile(&package);
}
"#;
const CALLS: &str =
    "unsafe extern \"C\" { fn NAME() -> i32; }\npub fn answer() -> i32 { unsafe { NAME() } }\n";

#[test]
fn needs_crates_io_needs_gcc_needs_zig_c_is_compiled_for_the_machine_that_it_runs_on() {
    let project = Project::new(
        "hello",
        "[dependencies]\nfor-target = { path = \"for-target\" }\n[build-dependencies]\nfor-host = { path = \
         \"for-host\" }\n",
    );
    for name in ["for-target", "for-host"] {
        let function = name.replace('-', "_") + "_answer";
        package(
            &project,
            name,
            "[build-dependencies]\ncc = \"=1.2.61\"\n",
            &CALLS.replace("NAME", &function),
        );
        project.file(&format!("{name}/build.rs"), COMPILES);
        project.file(&format!("{name}/answer.c"), format!("int {function}(void) {{ return 42; }}\n"));
    }
    project.file("build.rs", "fn main() { assert_eq!(for_host::answer(), 42); }\n");
    project.file("src/main.rs", "fn main() { assert_eq!(for_target::answer(), 42); }\n");
    let said = Project::empty();
    let command = |words: &[&str]| {
        let mut command = project.command(words);
        command.env("SAID", said.path(""));
        for name in
            ["CC", "TARGET_CC", "HOST_CC", "CC_x86_64_unknown_linux_musl", "CC_x86_64_unknown_linux_gnu"]
        {
            command.env_remove(name);
        }
        Run::of(command)
    };
    let plan: Value = serde_json::from_str(&command(&["--dry-run", "--message-format=json"]).stdout).unwrap();
    let ours = plan["compiler"].as_str().unwrap();
    assert_ne!(ours, "none", "the graph tells that C is compiled");
    let run = command(&["-q"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(Archive::read(Path::new(run.stdout.trim_end())).root().contains_key("hello"));
    let heard = |name: &str| fs::read_to_string(said.path(name)).unwrap();
    assert_eq!(heard("for-host"), "cc", "what cc-rs takes by itself");
    let taken = format!("CC_x86_64_unknown_linux_musl={}", heard("for-target"));
    assert!(plan["command"].as_str().unwrap().contains(&taken), "{taken} in {plan}");
}
