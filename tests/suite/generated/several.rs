//! Programs and flags that do not go together in one generated file, and what the file says of the command.

use crate::support::{Project, Run};
use std::collections::BTreeSet;
use std::fs;

/// A project with a lock and binaries of these names.
fn project(bins: &[&str]) -> Project {
    let project = Project::new("app", "");
    project.file("Cargo.lock", "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n");
    for bin in bins {
        project.file(&format!("src/bin/{bin}.rs"), "fn main() {}\n");
    }
    project
}

#[track_caller]
fn good(run: Run) -> String {
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout
}

#[test]
fn every_stage_and_every_target_has_a_name_of_its_own() {
    let project = project(&["foo", "foo-files", "default", "chef"]);
    for style in ["multi-stage", "chef", "prebuilt"] {
        let text = good(project.scratch(["dockerfile", "--bins", "--style", style]));
        let mut stages = BTreeSet::new();
        for stage in text.lines().filter_map(|line| Some(line.split_once(" AS ")?.1)) {
            assert!(stages.insert(stage), "{style}: {stage}");
        }
        assert!(stages.contains("foo-files") && stages.contains("image-default"), "{stages:?}");
    }
    good(project.scratch(["init", "bake"]));
    let bake = fs::read_to_string(project.path("docker-bake.hcl")).unwrap();
    // a group takes precedence over a target of its name
    assert!(!bake.contains("target \"default\"") && bake.contains("target \"image-default\""), "{bake}");
}

#[test]
fn a_prebuilt_image_is_packed_from_what_the_first_command_builds() {
    let project = project(&["one", "two"]);
    let text = good(project.scratch(["dockerfile", "--bins", "--style=prebuilt", "--profile", "dev"]));
    let line = text.lines().find(|line| line.contains("-o rootfs")).unwrap();
    for word in ["--profile=dev", "--package=app", "--bin=app", "--bin=one", "--bin=two"] {
        assert!(line.split(' ').any(|other| other == word), "{line}");
    }
}

#[test]
fn h2_no_secret_of_the_command_line_gets_into_a_file() {
    let project = project(&[]);
    for verb in ["dockerfile", "init"] {
        let run = project.scratch([verb, "--config", "registries.mine.token=\"hunter2\""]);
        run.refused(2, &["registries.mine.token", "is a secret"]);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
    }
}

#[test]
fn the_builder_is_a_file_of_its_own_for_init() {
    let project = project(&[]);
    project.scratch(["init", "--style", "builder"]).refused(2, &["cargo scratch init builder"]);
    good(project.scratch(["init", "builder"]));
    assert!(project.path("Dockerfile.builder").exists() && !project.path("Dockerfile").exists());
}
