//! Images by the names that people give them: files, layouts and their tags, engines, and a registry that is not ours.

use crate::support::distribution::{Distribution, Door, PASSWORD, USER};
use crate::support::{Fake, Project, Run, alone, scratch, tool};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Two platforms.
const TWO: &str = "linux/amd64,linux/arm64";

fn run(words: &[&str]) -> Run {
    let mut command = scratch();
    command.args(words);
    Run::of(command)
}

/// What `verify` says of the image `name`, as JSON.
#[track_caller]
fn verdict(words: &[&str], name: &str) -> Value {
    let run = run(&[&["verify", "--message-format", "json"], words, &[name]].concat());
    assert_eq!(run.status, 0, "{name}: {run:?}");
    serde_json::from_str(run.stdout.lines().next().unwrap()).unwrap()
}

fn platforms(verdict: &Value) -> Vec<&str> {
    verdict["images"].as_array().unwrap().iter().map(|image| image["platform"].as_str().unwrap()).collect()
}

/// Pushes an image for two platforms as `name`. Returns its digest.
fn pushed(fake: &Fake, name: &str) -> String {
    let mut command = fake.command(["push", name, "--platform", TWO]);
    command.arg("-q");
    let run = Run::of(alone(command, fake));
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout.trim().rsplit_once('@').unwrap().1.to_owned()
}

#[test]
fn needs_registry_an_image_is_read_by_its_tag_and_by_its_digest() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("named", ""));
    let name = registry.name("me/named:1");
    let digest = pushed(&fake, &name);
    let before = registry.asked().len();
    assert_eq!(platforms(&verdict(&[], &name)), ["linux/amd64", "linux/arm64"]);
    let by_digest = registry.name(&format!("me/named@{digest}"));
    for name in [&by_digest, &format!("registry:{by_digest}"), &format!("docker://{name}")] {
        assert_eq!(platforms(&verdict(&[], name)).len(), 2, "{name}");
    }
    let asked = registry.asked().split_off(before);
    assert!(
        asked.len() > 5 && asked.iter().all(|asked| asked.method == "GET"),
        "nothing but reading: {asked:?}"
    );

    let nothing = run(&["verify", &registry.name("me/named:2")]);
    nothing.refused(6, &["MANIFEST_UNKNOWN", "is it the right name?"]);
    let other = run(&["verify", &registry.name(&format!("me/named@sha256:{}", "0".repeat(64)))]);
    assert_eq!(other.status, 6, "{other:?}");
}

#[test]
fn needs_registry_needs_openssl_a_registry_behind_tls_or_a_password_is_read_as_it_is_written() {
    let (registry, fake) = (Distribution::start(Door::Tls), Fake::new("tls", ""));
    let name = registry.name("me/tls:1");
    let authority = registry.authority().display().to_string();
    let mut push = fake.command(["push", &name, "--cacert", &authority]);
    push.arg("-q");
    assert_eq!(Run::of(alone(push, &fake)).status, 0);
    assert_eq!(platforms(&verdict(&["--cacert", &authority], &name)), ["linux/amd64"]);
    assert_eq!(run(&["verify", &name]).status, 6, "without the certificate");

    let (registry, home) = (Distribution::start(Door::Password), Project::empty());
    let name = registry.name("me/password:1");
    let auth = base64(&format!("{USER}:{PASSWORD}"));
    home.file("config.json", format!(r#"{{"auths":{{"{}":{{"auth":"{auth}"}}}}}}"#, registry.host()));
    let with = |mut command: std::process::Command| {
        command.env("DOCKER_CONFIG", home.path(""));
        Run::of(command)
    };
    let fake = Fake::new("password", "");
    assert_eq!(with(fake.command(["push", &name, "-q"])).status, 0);
    let read = || {
        let mut command = scratch();
        command.args(["verify", &name]);
        command
    };
    assert_eq!(with(read()).status, 0);
    Run::of(alone(read(), &fake)).refused(6, &["docker login"]);
}

fn base64(text: &str) -> String {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "printf %s \"$0\" | base64 -w0", text]);
    Run::of(command).stdout
}

#[test]
fn a_layout_gives_the_image_that_is_asked_for() {
    let fake = Fake::new("laid", "");
    for tag in ["one", "two"] {
        let (name, label) = (format!("laid:{tag}"), format!("tag={tag}"));
        let run = fake.scratch(["-q", "-o", "oci-dir=layout", "-t", &name, "--label", &label]);
        assert_eq!(run.status, 0, "{run:?}");
    }
    let layout = fake.path("layout").display().to_string();
    let count = |name: &str| verdict(&[], name)["images"].as_array().unwrap().len();
    assert_eq!(
        (count(&layout), count(&format!("oci-dir:{layout}")), count(&format!("oci:{layout}:one"))),
        (2, 2, 1)
    );
    let nothing = run(&["verify", &format!("oci:{layout}:three")]);
    nothing.refused(1, &["no image called `three`", "laid:one"]);
}

#[test]
fn needs_podman_what_podman_has_keeps_its_id() {
    let fake = Fake::new("podman-named", "");
    let tag = format!("podman-named:{}", std::process::id());
    let run = fake.scratch(["-q", "-o", "podman", "-t", &tag]);
    assert_eq!(run.status, 0, "{run:?}");
    let name = format!("podman:localhost/{tag}");
    let verdict = verdict(&[], &name);
    let archive = fake.pack(&["-t", &tag]);
    let packed = self::verdict(&[], archive.to_str().unwrap());
    let _ = tool("podman").args(["rmi", "--force", &format!("localhost/{tag}")]).output();
    assert_eq!(verdict["images"][0]["config"], packed["images"][0]["config"]);
}

#[test]
fn a5_d5_h8_what_is_no_image_is_said_so_at_once_by_every_verb() {
    let project = Project::empty();
    let at = |name: &str| project.path(name).display().to_string();
    project.file("empty", "");
    project.file("text", "no image at all\n".repeat(100));
    project.file("folder/file", "");
    project.file("layout/oci-layout", r#"{"imageLayoutVersion":"9.9"}"#);
    project.file("layout/index.json", "[");
    project.file("zip.gz", b"\x1f\x8b\x08\x00");
    assert!(tool("mkfifo").arg(at("fifo")).status().unwrap().success());
    std::os::unix::fs::symlink(at("loop"), at("loop")).unwrap();
    for name in ["empty", "text", "folder", "layout", "zip.gz", "fifo", "loop", "/dev/zero", "/proc"] {
        let name = if name.starts_with('/') { name.to_owned() } else { at(name) };
        for verb in [&["inspect"][..], &["verify"], &["run", "--image"], &["test-image", "--image"]] {
            let run = run(&[verb, &[name.as_str()]].concat());
            let fine = if verb == ["inspect"] && name.ends_with("layout") { &[0, 1, 4][..] } else { &[1, 4] };
            assert!(fine.contains(&run.status), "{verb:?} {name}: {run:?}");
            assert!(!run.stderr.contains("panicked"), "{run:?}");
        }
    }
    for name in ["nosuch.tar", "docker:-x", "me/app", "docker:", ""] {
        for verb in ["inspect", "verify"] {
            let run = run(&[verb, name]);
            // `verify` is for programs too, and what has no colon could be one
            let is_file = verb == "verify" && !name.is_empty() && !name.contains(':');
            let status = if is_file { 1 } else { 2 };
            assert!(run.status == status && run.stdout.is_empty(), "{verb} {name:?}: {run:?}");
        }
    }
    assert!(Path::new(&at("fifo")).exists() && fs::read(at("empty")).unwrap().is_empty());
}

#[test]
fn h8_more_behind_a_compressed_archive_is_refused() {
    let fake = Fake::new("behind", "");
    let archive = fs::read(fake.pack(&[])).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &archive).unwrap();
    let packed = packed.finish().unwrap();
    let path = fake.file("packed.tar.gz", &packed).display().to_string();
    assert_eq!(platforms(&verdict(&[], &path)), ["linux/amd64"]);
    let path = fake.file("twice.tar.gz", [&packed[..], &packed].concat()).display().to_string();
    run(&["verify", &path]).refused(4, &["more follows"]);
}
