//! What the user has said about compilers is never outranked: not by a name that a build script looks at first.

use super::bare::{Bare, RING, of};
use crate::support::Run;
use serde_json::json;

const TARGET: &str = "x86_64_unknown_linux_musl";

/// A build script that compiles C and binds it.
const BINDS: &str = "\
hello v0.1.0 (/hello)|
`-- some-sys v0.2.0|
    [build-dependencies]
    |-- bindgen v0.72.1|
    `-- cc v1.2.0|
";

#[test]
fn the_users_own_compiler_wins_under_every_name() {
    let bare = Bare::new(RING);
    bare.scripts(&["mine"]);
    bare.zig("", "0.17.1");
    for name in &[&format!("CC_{TARGET}"), "CC_x86_64-unknown-linux-musl", "TARGET_CC", "CC"] {
        let says = json!(format!("as {name} says"));
        assert_eq!(bare.plan(&[], &[(name, "mine")])["compiler"], says);
        let handed = bare.handed(&[], &[(name, "mine")]);
        // a shell hands on no name with a hyphen, and cargo's place is taken by one here
        assert!(name.contains('-') || handed[*name] == "mine");
        let ours = handed.keys().filter(|key| key.as_str() != *name);
        let compilers =
            |key: &&String| ["CC", "CXX"].iter().any(|word| key.split('_').any(|part| part == *word));
        assert_eq!(ours.filter(compilers).count(), 0, "{handed:?}");

        bare.project.file(".cargo/config.toml", format!("[env]\n{name:?} = \"mine\"\n"));
        let plan = bare.plan(&[], &[]);
        assert_eq!(plan["compiler"], says);
        assert!(!plan["command"].as_str().unwrap().contains("CC_"), "{plan}");
        bare.project.file(".cargo/config.toml", "");

        let setting = format!("env.{name:?}=\"mine\"");
        assert_eq!(bare.plan(&["--config", &setting], &[])["compiler"], says);
    }
    assert!(!bare.home(".cache").exists());
    assert_ne!(bare.plan(&[], &[("CC", "")])["compiler"], json!("as CC says"), "an empty one is none");
}

#[test]
fn a_compiler_of_the_users_that_is_not_there_is_told_before_the_build() {
    let bare = Bare::new(RING);
    bare.zig("", "0.17.1");
    let run = |value: &str| {
        let mut command = bare.command(&["build"]);
        command.env("TARGET_CC", value);
        Run::of(command)
    };
    let words =
        ["`TARGET_CC` names a C compiler that is not there: `/usr/bin/x-musl-gcc -O2`", "unset TARGET_CC\n"];
    run("/usr/bin/x-musl-gcc -O2").refused(3, &words);
    run("x-musl-gcc").refused(3, &["error[no-compiler]", "(hello → tls → ring)"]);
    assert!(bare.project.builds().is_empty());
    let spaced = bare.script("my gcc", "exit 0");
    for there in ["cc -O2", "tools/cc", &spaced] {
        assert_eq!(run(there).status, 0, "{there}");
    }
}

#[test]
fn the_users_other_tools_win_one_by_one() {
    let bare = Bare::new(BINDS);
    bare.zig("", "0.17.1");
    let bases =
        ["CC", "CXX", "AR", "RANLIB", "CXXSTDLIB", "CMAKE_TOOLCHAIN_FILE", "BINDGEN_EXTRA_CLANG_ARGS"];
    let ours: Vec<_> = bases.iter().map(|base| format!("{base}_{TARGET}")).collect();
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    let all = bare.handed(&[], &[]);
    assert!(of(&all, &ours).iter().all(Option::is_some), "{all:?}");
    for (at, base) in bases.iter().enumerate().skip(1) {
        for name in [(*base).to_owned(), format!("TARGET_{base}"), format!("{base}_{TARGET}")] {
            let handed = bare.handed(&[], &[(&name, "mine")]);
            let expected = (name == ours[at]).then_some("mine");
            assert_eq!(handed.get(&name).map(String::as_str), Some("mine"));
            assert_eq!(of(&handed, &ours)[at], expected, "{name}");
            let others = |all| of(all, &ours).into_iter().enumerate().filter(|(other, _)| *other != at);
            assert!(others(&handed).eq(others(&all)), "{name} is no word about the others: {handed:?}");
        }
    }
    bare.project.tree(RING);
    assert_eq!(of(&bare.handed(&[], &[]), &ours[6..]), [None], "nobody binds anything");
}
