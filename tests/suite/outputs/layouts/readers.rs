//! Readers that are not ours find every image of a layout.

use super::added;
use crate::support::{Fake, Project, Run, tool};
use serde_json::Value;
use std::path::Path;

#[test]
fn needs_skopeo_needs_umoci_needs_oci_image_tool_every_tag_of_a_layout_is_read() {
    let fake = Fake::new("app", "");
    added(&fake, "app:1", "one");
    added(&fake, "app:2", "two");
    every_name_is_read(&fake.path("out"), &["1", "2"]);
    let run =
        fake.scratch(["-o", "oci-dir=out", "-t", "other:1", "-t", "ghcr.io/me/other:3", "-t", "other:3"]);
    assert_eq!(run.status, 0, "{run:?}");
    every_name_is_read(
        &fake.path("out"),
        &["1", "2", "docker.io/library/other:1", "3", "docker.io/library/other:3"],
    );
}

#[test]
fn needs_skopeo_needs_umoci_needs_oci_image_tool_needs_aarch64_std_two_platforms_stand_under_one_tag() {
    let project = Project::new("app", "");
    for tag in ["app:1", "app:2"] {
        let words = ["-o", "oci-dir=out", "-t", tag, "--platform", "linux/amd64,linux/arm64"];
        assert_eq!(project.build(words), project.path("out"));
    }
    let layout = project.path("out");
    every_name_is_read(&layout, &["1", "2"]);
    for arch in ["amd64", "arm64"] {
        let image = format!("oci:{}:2", layout.display());
        let run = said("skopeo", &["--override-arch", arch, "inspect", "--config", &image]);
        let config: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(config["architecture"], arch);
    }
}

/// The three readers find every one of `names`, and no more.
#[track_caller]
fn every_name_is_read(layout: &Path, names: &[&str]) {
    let text = layout.to_str().unwrap();
    let listed = said("umoci", &["ls", "--layout", text]);
    assert_eq!(listed.stdout.lines().collect::<Vec<_>>(), names);
    for name in names {
        let run = said("skopeo", &["inspect", &format!("oci:{text}:{name}")]);
        assert_eq!(run.status, 0, "{run:?}");
        // while it leaves out the entries of other names it skips every second one
        if names.len() > 2 {
            continue;
        }
        let reference = format!("name={name}");
        let run = said("oci-image-tool", &["validate", "--type", "image", "--ref", &reference, text]);
        assert!(format!("{}{}", run.stdout, run.stderr).contains("Validation succeeded"), "{run:?}");
    }
}

fn said(name: &str, words: &[&str]) -> Run {
    let mut command = tool(name);
    command.args(words);
    Run::of(command)
}
