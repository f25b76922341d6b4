//! Crates of other people, unmodified, with their own lock files.

use crate::support::{Archive, Project, Run, tool};
use std::path::{Path, PathBuf};

/// The source of `name` as crates.io has it, copied into `project`.
fn published(project: &Project, name: &str, version: &str) -> PathBuf {
    let fetch = Project::new("fetch", &format!("[dependencies]\n{name} = \"={version}\"\n"));
    // a package without a library is no dependency, but cargo fetches it all the same
    let said = tool("cargo").args(["fetch", "--quiet"]).current_dir(fetch.path("")).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".cargo"));
    let registries = std::fs::read_dir(home.join("registry/src")).unwrap();
    let source =
        registries.map(|r| r.unwrap().path().join(format!("{name}-{version}"))).find(|path| path.is_dir());
    let copied = project.path(name);
    let said = tool("cp").arg("-r").arg(source.expect("fetched")).arg(&copied).status().unwrap();
    assert!(said.success());
    copied
}

#[test]
fn needs_crates_io_needs_docker_ripgrep_runs_in_an_image_of_its_own() {
    let project = Project::empty();
    let folder = published(&project, "ripgrep", "14.1.1");
    let mut command = project.command(["--locked", "-t", "ripgrep-suite:test"]);
    command.current_dir(folder);
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let archive = Archive::read(Path::new(run.stdout.trim()));
    assert_eq!(archive.config["config"]["Entrypoint"][0], "/rg");

    let docker = |words: &[&str]| {
        let mut command = tool("docker");
        command.args(words);
        Run::of(command)
    };
    assert_eq!(docker(&["load", "-q", "-i", run.stdout.trim()]).status, 0);
    let version =
        docker(&["run", "--rm", "--read-only", "--cap-drop=ALL", "ripgrep-suite:test", "--version"]);
    let _ = docker(&["rmi", "-f", "ripgrep-suite:test"]);
    assert_eq!(version.status, 0, "{version:?}");
    assert!(version.stdout.starts_with("ripgrep 14.1.1"), "{version:?}");
}
