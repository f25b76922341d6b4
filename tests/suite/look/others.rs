//! Images of other tools, and the same image in every form that it has.

use super::{difference, inspected, look, text};
use crate::support::distribution::{Distribution, Door};
use crate::support::{Builder, Fake, Project, Run, scratch_for, tool};
use serde_json::{Value, json};

#[track_caller]
fn said(name: &str, words: &[&str]) -> String {
    let mut command = tool(name);
    command.args(words);
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{words:?}: {run:?}");
    run.stdout
}

/// The digests of the layers of `image`, in skopeo's words for it.
fn skopeo_layers(image: &str) -> Value {
    let seen: Value = serde_json::from_str(&said("skopeo", &["inspect", "--raw", image])).unwrap();
    seen["layers"].as_array().unwrap().iter().map(|layer| layer["digest"].clone()).collect()
}

fn layers(image: &str) -> Value {
    let seen = &inspected(image)[0];
    seen["layers"].as_array().unwrap().iter().map(|layer| layer["digest"].clone()).collect()
}

#[test]
fn needs_skopeo_the_same_image_is_equal_in_every_form_and_skopeo_sees_its_layers() {
    let fake = Fake::new("app", "");
    fake.file("data/file", "some bytes");
    let run = fake.scratch([
        "-q",
        "-t",
        "app:1",
        "-o",
        "docker-archive=a.tar",
        "-o",
        "oci-archive=b.tar",
        "-o",
        "oci-dir=c",
        "--copy",
        "data:/data",
    ]);
    assert_eq!(run.status, 0, "{run:?}");
    let at = |name: &str| fake.path(name).display().to_string();
    let copy = |to: &str| {
        said("skopeo", &["--insecure-policy", "copy", "--quiet", &format!("oci:{}:1", at("c")), to])
    };
    copy(&format!("docker-archive:{}:a/b:t", at("d.tar")));
    copy(&format!("oci-archive:{}:t", at("e.tar")));
    for name in ["b.tar", "c", "d.tar", "e.tar"] {
        let json = difference(&at("a.tar"), &at(name));
        assert_eq!(json["equal"], json!(true), "{name}: {json}");
    }
    assert_eq!(layers(&at("c")), skopeo_layers(&format!("oci:{}:1", at("c"))));
    assert_eq!(layers(&at("e.tar")), skopeo_layers(&format!("oci-archive:{}:t", at("e.tar"))));
}

#[test]
fn needs_registry_needs_skopeo_an_image_of_a_registry_equals_what_was_pushed() {
    let registry = Distribution::start(Door::Open);
    let fake = Fake::new("app", "");
    let name = registry.name("me/app:1");
    let run = fake.scratch(["-q", "-o", "oci-archive=a.tar", "-o", "registry", "-t", &name]);
    assert_eq!(run.status, 0, "{run:?}");
    let path = fake.path("a.tar");
    let json = difference(text(&path), &name);
    assert_eq!(json["equal"], json!(true), "{json}");
    assert_eq!(json["images"][0]["manifest"]["before"], json["images"][0]["manifest"]["after"]);
    let seen: Value =
        serde_json::from_str(&registry.skopeo(&["inspect", &format!("docker://{name}")]).stdout).unwrap();
    assert_eq!(layers(&name), seen["Layers"]);
    assert_eq!(inspected(&name)[0]["form"], "registry");
    look(&["inspect", &registry.name("me/none:1")]).refused(6, &["me/none"]);
}

/// Layers that add, change and delete, without a program to start.
const DOCKERFILE: &str =
    "FROM scratch\nCOPY one /one\nCOPY two /two\nENV A=1\nLABEL l=m\nENTRYPOINT [\"/one\"]\n";

fn built(builder: Builder, how: &str) {
    let project = Project::empty();
    project.file("one", "the first");
    project.file("two", "the second");
    let (program, name) = match builder {
        Builder::Buildah => ("buildah", format!("localhost/look-{how}-{}:t", std::process::id())),
        _ => ("docker", format!("localhost/look-{how}-{}:t", std::process::id())),
    };
    let _left = crate::judges::Left(program, vec![format!("rmi -f {name}")]);
    project.file("Dockerfile", DOCKERFILE);
    let folder = project.path("").display().to_string();
    let file = project.path("image.tar").display().to_string();
    let mut build = tool(program);
    match builder {
        Builder::Buildah => build.args([
            "bud",
            "--quiet",
            "--pull-never",
            "--network=host",
            "--layers",
            "--tag",
            &name,
            &folder,
        ]),
        _ => build.env("DOCKER_BUILDKIT", "0").args(["build", "--quiet", "--tag", &name, &folder]),
    };
    let run = Run::of(build);
    assert_eq!(run.status, 0, "{run:?}");
    match builder {
        Builder::Buildah => {
            said("buildah", &["push", "--quiet", &name, &format!("docker-archive:{file}:{name}")])
        }
        _ => said("docker", &["save", "--output", &file, &name]),
    };
    let image = &inspected(&file)[0];
    let paths: Vec<_> = image["files"].as_array().unwrap().iter().map(|file| file["path"].clone()).collect();
    assert_eq!(paths, ["/one", "/two"], "{image}");
    assert_eq!((&image["labels"]["l"], &image["entrypoint"]), (&json!("m"), &json!(["/one"])), "{image}");
    assert!(image["env"].as_array().unwrap().contains(&json!("A=1")), "{image}");
    let page = look(&["inspect", &file]).stdout;
    assert!(page.contains("no layer") && page.contains("ENV A=1"), "{page}");
    assert_eq!(difference(&file, &file)["equal"], json!(true));
    if program == "docker" {
        let json = difference(&file, &format!("docker:{name}"));
        assert_eq!(json["equal"], json!(true), "{json}");
    }
}

#[test]
fn needs_docker_what_docker_has_and_what_it_saves_are_equal() {
    built(Builder::Legacy, "legacy");
}

#[test]
fn needs_buildah_an_image_of_buildah_is_shown() {
    built(Builder::Buildah, "buildah");
}

#[test]
fn needs_umoci_what_umoci_changes_is_told_and_no_more() {
    let fake = Fake::new("app", "");
    let run = fake.scratch(["-q", "-t", "app:1", "-o", "oci-dir=out"]);
    assert_eq!(run.status, 0, "{run:?}");
    let layout = fake.path("out");
    let (image, bundle) = (format!("{}:1", layout.display()), fake.path("bundle"));
    let before = fake.path("before");
    said("cp", &["-r", text(&layout), text(&before)]);
    said("umoci", &["unpack", "--image", &image, text(&bundle)]);
    std::fs::write(bundle.join("rootfs/new"), "x").unwrap();
    std::fs::remove_file(bundle.join("rootfs/etc/group")).unwrap();
    said("umoci", &["repack", "--image", &image, text(&bundle)]);
    said("umoci", &["config", "--image", &image, "--config.env", "A=1"]);
    let lines = look(&["diff", text(&before), text(&layout)]).stdout;
    let marked: Vec<_> =
        lines.lines().filter(|line| line.contains('/') && !line.contains(" changed")).collect();
    assert_eq!(marked.len(), 2, "{lines}");
    assert!(marked[0].starts_with("- /etc/group (") && marked[1] == "+ /new (1 B)", "{lines}");
    assert!(lines.contains("+ env A: 1") && lines.contains("+ layer 3: "), "{lines}");
}

#[test]
fn needs_registry_needs_aarch64_std_one_platform_of_several_in_a_registry_is_looked_at_and_tested_alone() {
    let registry = Distribution::start(Door::Open);
    let project = Project::empty();
    assert_eq!(project.scratch(["new", "hello"]).status, 0);
    let name = registry.name("me/hello:1");
    let mut push = scratch_for("aarch64-unknown-linux-musl");
    push.args(["push", &name, "--platform", "linux/amd64,linux/arm64"]).current_dir(project.path("hello"));
    assert_eq!(Run::of(push).status, 0);
    for platform in ["linux/amd64", "linux/arm64"] {
        let run = look(&["inspect", &name, "--platform", platform, "--message-format", "json"]);
        let image: Value = serde_json::from_str(run.stdout.trim()).unwrap();
        assert_eq!((run.status, &image["faults"]), (0, &Value::from(0)), "{run:?}");
    }
    // this machine's is what runs, and what is not pulled for it is no fault of the image
    let run = look(&["test-image", "--image", &name, "--http", ":8080/"]);
    assert_eq!(run.status, 0, "{run:?}");
    look(&["inspect", &name, "--platform", "linux/s390x"])
        .refused(2, &["has no image for linux/s390x", "linux/amd64, linux/arm64"]);
}
