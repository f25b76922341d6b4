//! Crates of other people, unmodified, with their own lock files: a small part of what `make corpus` builds.

mod native;

use crate::sbom::real::equal_their_tree;
use crate::size::real::ripgreps_crates_are_all_of_its_code_and_data_within_two_percent;
use crate::support::{Archive, Project, Run, published, tool};
use std::path::Path;

#[test]
fn needs_crates_io_needs_docker_needs_readelf_ripgrep_runs_in_an_image_of_its_own_and_every_byte_has_an_owner()
 {
    let project = Project::empty();
    let folder = published(&project, "ripgrep", "14.1.1");
    let mut command = project.command(["--locked", "-t", "ripgrep-suite:test"]);
    command.current_dir(&folder);
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    let archive = Archive::read(Path::new(run.stdout.trim()));
    assert_eq!(archive.config["config"]["Entrypoint"][0], "/rg");
    equal_their_tree(Path::new(run.stdout.trim()), &folder);

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

    ripgreps_crates_are_all_of_its_code_and_data_within_two_percent(&project, &folder);
}
