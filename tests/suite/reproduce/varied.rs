//! The real cargo in environments that differ in all that others have found to matter; `make repro` is the long form.

use crate::support::{Project, Run, tool};
use std::fs;

/// What builds `project` for others to compare.
fn script(project: &Project) -> String {
    let command = project.command(["build", "-q", "--offline", "-o", "out.tar", "--target-dir", "built"]);
    let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_str().unwrap());
    let mut line = String::from("exec env");
    let (set, unset): (Vec<_>, Vec<_>) = command.get_envs().partition(|(_, value)| value.is_some());
    unset.iter().for_each(|(name, _)| line += &format!(" -u {}", name.display()));
    for (name, value) in set {
        line += &format!(" {}={}", name.display(), quoted(value.unwrap_or_default()));
    }
    // another home has neither toolchains nor crates
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let usual = std::env::home_dir().unwrap().join(folder);
        let home = std::env::var_os(name).unwrap_or(usual.into());
        line += &format!(" {name}={}", quoted(&home));
    }
    line += &format!(" {}", quoted(command.get_program()));
    command.get_args().for_each(|word| line += &format!(" {}", quoted(word)));
    line + "\n"
}

#[test]
fn h1_repro_reprotest_finds_no_difference_needs_reprotest() {
    let project = Project::new("app", "");
    project.file(
        "src/main.rs",
        "fn main() { assert!(std::env::args().count() < 9, \"{}\", file!()); println!(\"hello\"); }\n",
    );
    project.lock();
    project.file("build.sh", script(&project));
    let mut reprotest = tool("reprotest");
    // rustc's allocator hangs under faketime, and users and hosts are another one's to change
    let vary = "--vary=-user_group,-domain_host,-time,-fileordering";
    reprotest.args(["--min-cpus", "2", vary, "--store-dir"]).arg(project.path("stored"));
    reprotest.args(["-s", "."]).arg("sh build.sh").arg("out.tar").args(["--", "null"]);
    reprotest.current_dir(project.path(""));
    let run = Run::of(reprotest);
    assert_eq!(run.status, 0, "{run:?}");
    let stored =
        ["control", "experiment-1"].map(|name| project.path(&format!("stored/{name}/source-root/out.tar")));
    let [one, other] =
        stored.map(|path| fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display())));
    assert!(one == other && !one.is_empty());
}
