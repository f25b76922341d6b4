//! Images that engines have, read from there: nothing stays on disk, and what goes wrong is said.

use super::real::{Docker, docker, podman, said, storage, unique};
use super::{digests, program};
use crate::support::{Fake, Run, through, tool};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The digest of the configuration of the one image that a run of `verify` tells of.
#[track_caller]
fn config(run: &Run) -> String {
    assert_eq!(run.status, 0, "{run:?}");
    let verdict: Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert_eq!(verdict["images"].as_array().unwrap().len(), 1);
    verdict["images"][0]["config"].as_str().unwrap().to_owned()
}

/// `verify NAME`, with what is temporary in a folder of the project. Nothing may be left there.
#[track_caller]
fn verify(fake: &Fake, name: &str, storage: Option<&Path>) -> Run {
    fs::create_dir_all(fake.path("tmp")).unwrap();
    let mut command = fake.command(["verify", "--message-format", "json", name]);
    command.env("TMPDIR", fake.path("tmp"));
    if let Some(storage) = storage {
        command.env("CONTAINERS_STORAGE_CONF", storage);
    }
    let run = Run::of(command);
    assert_eq!(fs::read_dir(fake.path("tmp")).unwrap().count(), 0, "{run:?}");
    run
}

#[test]
fn needs_docker_an_image_of_dockers_is_read_by_its_name_and_by_its_id() {
    let name = unique("saved");
    let fake = Fake::new(&name, "");
    let (id, _) = digests(&fake);
    let tag = format!("{name}:1");
    let _left = Docker(&[&tag]);
    assert_eq!(fake.scratch(["-q", "-o", "docker", "-t", &tag]).status, 0);
    assert_eq!(said(docker(&["image", "inspect", "-f", "{{.Id}}", &tag])).trim(), id);
    for name in [&tag, &id, &id["sha256:".len()..][..12]] {
        assert_eq!(config(&verify(&fake, &format!("docker:{name}"), None)), id, "{name}");
    }
    let nothing = verify(&fake, &format!("docker:{name}:2"), None);
    assert!(nothing.status == 6 && nothing.stderr.contains(&format!("docker pull {name}:2")), "{nothing:?}");
}

#[test]
fn needs_podman_an_image_of_either_kind_has_the_id_that_podman_knows() {
    let name = unique("kinds");
    let fake = Fake::new(&name, "");
    let storage = storage(&fake);
    fake.pack(&["-t", &format!("{name}:1")]);
    let loaded =
        said(podman(&storage, &["load", "--quiet", "-i", &fake.path("out.tar").display().to_string()]));
    let loaded = loaded.trim().rsplit_once(' ').unwrap().1;
    for kind in ["oci", "docker"] {
        let made = format!("localhost/{kind}:1");
        let from = said(podman(&storage, &["create", loaded]));
        said(podman(&storage, &["commit", "--quiet", "--format", kind, from.trim(), &made]));
        let id = said(podman(&storage, &["image", "inspect", "-f", "sha256:{{.Id}}", &made]));
        assert_eq!(config(&verify(&fake, &format!("podman:{made}"), Some(&storage))), id.trim(), "{kind}");
    }
    let nothing = verify(&fake, "podman:localhost/nothing", Some(&storage));
    assert!(nothing.status == 6 && nothing.stderr.contains("podman pull localhost/nothing"), "{nothing:?}");
}

#[test]
fn i1_an_engine_that_stops_in_the_middle_or_writes_something_else_is_an_error() {
    let fake = Fake::new("app", "");
    for (body, status, words) in [
        ("head -c 100000 /dev/zero; echo 'it broke' >&2; exit 1", 6, "it broke"),
        ("echo 'no archive'", 4, "docker:app is no image"),
        ("kill -9 $$", 6, "signal"),
        ("echo \"$*\" >$here/asked; exit 1", 6, "did not give"),
    ] {
        program(&fake, "docker", body);
        let run = verify(&fake, "docker:app", None);
        assert!(run.status == status && run.stderr.contains(words), "{body}: {run:?}");
    }
    assert_eq!(fs::read_to_string(fake.path("asked")).unwrap(), "save app\n");
    for name in ["docker:--help", "docker:-o", "podman:--log-level=debug", "docker:a;b", "docker:"] {
        fake.scratch(["verify", name]).refused(2, &[]);
    }
}

#[test]
fn d1_a_full_disk_is_told_with_what_to_do_needs_mount() {
    let fake = Fake::new("app", "");
    program(&fake, "docker", "exec cat $here/out.tar");
    fake.pack(&[]);
    fs::create_dir(fake.path("disk")).unwrap();
    let script = "mount -t tmpfs -o size=16k tmpfs disk && TMPDIR=$PWD/disk exec \"$0\" \"$@\"";
    let words = ["--user", "--map-root-user", "--mount", "sh", "-c", script];
    let _mount = tool("mount");
    let run = Run::of(through(tool("unshare"), words, &fake.command(["verify", "docker:app"])));
    run.refused(6, &["No space left on device", "set TMPDIR to a folder with more room"]);
}
