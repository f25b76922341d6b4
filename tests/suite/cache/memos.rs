//! What cargo and rustc have said is asked for again when a file has changed that they look at.

use crate::support::{Project, Run, through, tool};
use std::fs;

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
