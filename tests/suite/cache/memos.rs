//! What cargo and rustc have said is asked for again when a file has changed that they look at.

use crate::support::{Fake, Project, Run, alone, built, through, tool};
use std::fs;
use std::process::Command;

/// The programs with these words in their command lines that a build of `project` starts.
fn asked(project: &Project, words: &[&str]) -> Vec<String> {
    let trace = project.path("trace");
    let mut strace = tool("strace");
    strace.args(["-f", "-q", "-s", "1000", "-e", "trace=execve", "-o"]).arg(&trace);
    let command = through(strace, [] as [&str; 0], &project.command(["build", "--offline", "--quiet"]));
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let text = fs::read_to_string(&trace).unwrap();
    let lines = text.lines().filter(|line| line.contains(" = 0") && line.contains("execve("));
    let has = |line: &&str| words.iter().any(|word| line.contains(word));
    lines.filter(has).map(str::to_owned).collect()
}

#[test]
fn needs_strace_the_graph_and_the_versions_are_asked_for_once() {
    let project =
        Project::new("app", "[dependencies]\nlib = { path = \"lib\" }\n[workspace]\nmembers = [\"lib\"]\n");
    project.file("lib/Cargo.toml", "[package]\nname = \"lib\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project.file("lib/src/lib.rs", "");
    let questions = ["\"tree\"", "\"-vV\""];
    asked(&project, &questions);
    // the first build has written the lock file
    asked(&project, &questions);
    assert_eq!(asked(&project, &questions), [] as [&str; 0]);
    let tree = &questions[..1];
    for (file, line) in [
        ("lib/Cargo.toml", "description = \"x\"\n"),
        ("Cargo.toml", "# x\n"),
        (".cargo/config.toml", "[net]\nretry = 1\n"),
    ] {
        let text = fs::read_to_string(project.path(file)).unwrap_or_default();
        project.file(file, text + line);
        assert_eq!(asked(&project, tree).len(), 1, "{file}");
        assert_eq!(asked(&project, tree).len(), 0, "{file}");
    }
    // nobody watches what this leads to
    project
        .file("other/Cargo.toml", "[package]\nname = \"other\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project.file("other/src/lib.rs", "");
    project.file(".cargo/config.toml", "paths = [\"other\"]\n");
    assert_eq!([asked(&project, tree).len(), asked(&project, tree).len()], [1, 1]);
}

/// Calls the script of its own name in the folder above its own.
const CALLER: &str = r#"
use std::os::unix::process::CommandExt;
fn main() {
    let own = std::env::current_exe().unwrap();
    let script = own.parent().unwrap().parent().unwrap().join(own.file_name().unwrap());
    panic!("{}", std::process::Command::new(script).args(std::env::args_os().skip(1)).exec());
}
"#;

/// A project with a member that it depends on, whose cargo and rustc are the programs of a toolchain.
fn installed() -> Fake {
    let manifest =
        "[dependencies]\nlib = { path = \"lib\" }\n[features]\nx = []\n[workspace]\nmembers = [\"lib\"]\n";
    let project = Project::new("app", manifest);
    project.file("lib/Cargo.toml", "[package]\nname = \"lib\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project.file("lib/src/lib.rs", "");
    project.lock();
    let fake = Fake::of(project);
    fake.tree("app v0.1.0 (/a)|\n`-- lib v0.1.0 (/a/lib)|\n");
    fs::create_dir_all(fake.tools().join("lib/rustlib")).unwrap();
    fs::create_dir(fake.tools().join("bin")).unwrap();
    for name in ["cargo", "rustc"] {
        fs::copy(built("caller", Some(CALLER)), fake.tools().join("bin").join(name)).unwrap();
    }
    fake.file("home/x", "");
    fake
}

/// How often cargo is asked for the graph by a build that `change` changes.
#[track_caller]
fn graphs(fake: &Fake, change: impl FnOnce(&mut Command)) -> usize {
    let mut command = alone(fake.command(["build"]), fake);
    let tools = fake.tools().join("bin");
    let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).unwrap();
    let path = std::env::join_paths(std::iter::once(tools.clone()).chain(std::env::split_paths(path)));
    command.env("PATH", path.unwrap()).env("CARGO", tools.join("cargo"));
    command.env("CARGO_HOME", fake.path("home/.cargo"));
    change(&mut command);
    let before = fake.calls("tree").len();
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{}", run.stderr);
    fake.calls("tree").len() - before
}

#[test]
fn whatever_cargo_would_look_at_has_it_asked_once_more() {
    let fake = installed();
    assert_eq!([graphs(&fake, |_| {}), graphs(&fake, |_| {})], [1, 0]);
    let secret = |value: &str| format!("build.rustflags=[\"--cfg=token_store=\\\"{value}\\\"\"]");
    let words: [&[&str]; 5] = [
        &["--config", "net.retry=1"],
        &["--config", &secret("a")],
        &["--config", &secret("b")],
        &["--features", "x"],
        &["--no-default-features"],
    ];
    for words in words {
        let with = |command: &mut Command| {
            command.args(words);
        };
        let asked = [graphs(&fake, with), graphs(&fake, with)];
        assert_eq!(asked, [1, 0], "{words:?}");
    }
    for (name, value) in
        [("RUSTFLAGS", "--cfg=a"), ("CARGO_NET_RETRY", "1"), ("CARGO_REGISTRIES_MY_TOKENS_TOKEN", "a")]
    {
        let with = |command: &mut Command| {
            command.env(name, value);
        };
        let asked = [graphs(&fake, with), graphs(&fake, with)];
        assert_eq!(asked, [1, 0], "{name}");
    }
    for (file, line) in [
        ("Cargo.lock", "# x\n"),
        ("Cargo.toml", "# x\n"),
        ("lib/Cargo.toml", "# x\n"),
        (".cargo/config.toml", "[net]\nretry = 1\n"),
        ("home/.cargo/config.toml", "[net]\nretry = 1\n"),
    ] {
        // also where it is one of a folder above
        let from = |command: &mut Command| {
            command.current_dir(fake.path("lib")).args(["--manifest-path", "../Cargo.toml"]);
        };
        graphs(&fake, from);
        let text = fs::read_to_string(fake.path(file)).unwrap_or_default();
        fake.file(file, text + line);
        assert_eq!([graphs(&fake, from), graphs(&fake, from)], [1, 0], "{file}");
        assert_eq!([graphs(&fake, |_| {}), graphs(&fake, |_| {})], [1, 0], "{file}");
    }
    let rustc = fake.tools().join("bin/rustc");
    fs::copy(&rustc, rustc.with_extension("new")).unwrap();
    fs::rename(rustc.with_extension("new"), &rustc).unwrap();
    assert_eq!([graphs(&fake, |_| {}), graphs(&fake, |_| {})], [1, 0], "another rustc");
}

#[test]
fn a_linked_configuration_is_what_it_leads_to_and_what_leads_elsewhere_is_asked_each_time() {
    let fake = installed();
    let twice = || [graphs(&fake, |_| {}), graphs(&fake, |_| {})];
    fake.file("dotfiles/cargo.toml", "[net]\nretry = 1\n");
    fs::create_dir(fake.path("home/.cargo")).unwrap();
    std::os::unix::fs::symlink("../../dotfiles/cargo.toml", fake.path("home/.cargo/config.toml")).unwrap();
    assert_eq!(twice(), [1, 0]);
    fake.file("dotfiles/cargo.toml", "[net]\nretry = 2\n");
    assert_eq!(twice(), [1, 0]);
    for text in ["include = [\"other.toml\"]\n", "[build]\nrustc-wrapper = \"x\"\n", "[patch.crates-io]\n"] {
        fake.file("dotfiles/cargo.toml", text);
        assert_eq!(twice(), [1, 1], "{text}");
    }
    fake.file("dotfiles/cargo.toml", "");
    assert_eq!(twice(), [1, 0]);
    // a package that is in no manifest that is known
    let lock = fs::read_to_string(fake.path("Cargo.lock")).unwrap();
    fake.file("Cargo.lock", format!("{lock}\n[[package]]\nname = \"outside\"\nversion = \"0.1.0\"\n"));
    assert_eq!(twice(), [1, 1], "a path dependency outside");
    fake.file("Cargo.lock", lock);
    assert_eq!(twice(), [1, 0]);
    // whoever stands in for rustc decides when it is called
    let rustc = fake.tools().join("bin/rustc");
    fs::remove_file(&rustc).unwrap();
    fs::copy(fake.tools().join("rustc"), &rustc).unwrap();
    assert_eq!(twice(), [1, 1], "a script in rustc's place");
}
