//! A home folder, a token and a secret that must be in nothing that a build writes.

use crate::support::{Archive, Project, Run, git};
use std::fs;

/// Whoever builds.
const USER: &str = "canary-user";
/// In the address of the repository, as people put it there.
const TOKEN: &str = "canary-tok3n";
/// In the environment.
const SECRET: &str = "canary-s3cret";

/// It panics, has files of a build script's in it, and calls C that was compiled by an absolute path.
const MAIN: &str = r#"include!(concat!(env!("OUT_DIR"), "/made.rs"));
unsafe extern "C" { fn shown(value: i32) -> i32; }
fn main() {
    let count = std::env::args().count();
    assert!(count < 9, "{} in {}", made(count), file!());
    println!("{} {:?}", unsafe { shown(count as i32) }, memchr::memmem::find(b"haystack", b"st"));
}
"#;
const SCRIPT: &str = r#"fn main() {
    let text = "fn made(at: usize) -> u8 { b\"made\"[at] }\n";
    std::fs::write(std::env::var("OUT_DIR").unwrap() + "/made.rs", text).unwrap();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("native/shown.c");
    cc::Build::new().file(file).compile("shown");
}
"#;
const NATIVE: &str = "#include <stdio.h>\n#include <assert.h>\nint shown(int value) {\n    assert(value > 0);\n    \
                      if (value > 9) puts(__FILE__);\n    return value;\n}\n";

#[test]
fn needs_crates_io_needs_git_needs_zig_h1_nothing_that_is_written_names_the_home_the_token_or_the_secret() {
    let project = Project::empty();
    let home = project.path(&format!("home/{USER}"));
    let app = |path: &str| format!("home/{USER}/work/app/{path}");
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nmemchr = \"2\"\n\
                    [build-dependencies]\ncc = \"1\"\n[profile.release]\ndebug = true\nstrip = \"none\"\n";
    for (path, text) in [
        ("Cargo.toml", manifest),
        ("src/main.rs", MAIN),
        ("build.rs", SCRIPT),
        ("native/shown.c", NATIVE),
        (".gitignore", "/target\n"),
    ] {
        project.file(&app(path), text);
    }
    let remote = format!("https://ada:{TOKEN}@git.example.org/ada/app");
    for words in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["commit", "--quiet", "-m", "a"],
        &["remote", "add", "origin", &remote],
    ] {
        git(&project.path(&app("")), words);
    }
    let rustup = std::env::var_os("RUSTUP_HOME").map(Into::into);
    let rustup = rustup.unwrap_or_else(|| std::env::home_dir().unwrap().join(".rustup"));
    let mut command = project.command(["-v", "-o", "app.tar", "--split-debug"]);
    command.current_dir(project.path(&app(""))).env("HOME", &home).env("CARGO_HOME", home.join(".cargo"));
    command.env("RUSTUP_HOME", rustup).env_remove("XDG_CACHE_HOME").env("API_TOKEN", SECRET);
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let said = run.stderr + &run.stdout;
    assert!(!said.contains(TOKEN) && !said.contains(SECRET), "{said}");

    let image = Archive::read(&project.path(&app("app.tar")));
    let program = image.root()["app"].content.clone();
    let holds = |text: &str| memchr::memmem::find(&program, text.as_bytes()).is_some();
    for text in ["/src/native/shown.c", ".debug_info"] {
        assert!(holds(text), "what could have named the folder is in the program: {text}");
    }
    let mut texts =
        vec![("the program", program.clone()), ("the configuration", image.config.to_string().into())];
    for name in
        ["app.tar", "app.cdx.json", "app.spdx.json", "app.intoto.json", "target/scratch/debug/app.debug"]
    {
        texts.push((name, fs::read(project.path(&app(name))).unwrap()));
    }
    for (what, text) in &texts {
        for canary in [USER, TOKEN, SECRET, project.path("").to_str().unwrap()] {
            assert!(memchr::memmem::find(text, canary.as_bytes()).is_none(), "{canary} is in {what}");
        }
    }
}
