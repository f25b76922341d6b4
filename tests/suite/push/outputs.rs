//! Seven outputs of one run, and what seven readers call the image in them.

use super::{digest, printed, read};
use crate::judges::{Left, said};
use crate::support::distribution::{Distribution, Door};
use crate::support::{Archive, Fake, Run};
use std::path::Path;

/// containerd's own socket, or that of the one that the Docker Engine has started for itself.
fn containerd() -> &'static str {
    let sockets = ["/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock"];
    sockets.into_iter().find(|socket| Path::new(socket).exists()).expect("containerd runs")
}

#[test]
fn needs_registry_needs_skopeo_needs_docker_needs_podman_needs_ctr_seven_outputs_have_one_image() {
    let (registry, fake) = (Distribution::start(Door::Open), Fake::new("app", ""));
    let name = registry.name("me/seven:1");
    let space = format!("scratch-test-{}", std::process::id());
    let at_space = format!("--address {} --namespace {space}", containerd());
    let ctr = |words: &str| said("ctr", &format!("{at_space} {words}").split(' ').collect::<Vec<_>>());
    let _left = [
        Left("docker", vec![format!("rmi -f {name}")]),
        Left("podman", vec![format!("rmi -f {name}")]),
        Left(
            "ctr",
            vec![format!("{at_space} images rm --sync {name}"), format!("{at_space} namespaces rm {space}")],
        ),
    ];
    let containerd_ = format!("containerd={space}");
    let outputs =
        ["docker-archive=a.tar", "oci-archive=b.tar", "oci-dir=layout", "docker", "podman", &containerd_];
    let mut words = vec!["push", &name];
    outputs.iter().for_each(|output| words.extend(["-o", output]));
    let mut command = super::alone(fake.command(words), &fake);
    command.env("CONTAINERD_ADDRESS", containerd());
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.stdout.lines().count(), 7, "a line for each: {run:?}");
    let last = Run { stdout: format!("{}\n", run.stdout.lines().last().unwrap()), ..run };
    let manifest = printed(&last, &name);

    // registry
    assert_eq!(digest(&registry, &name), manifest);
    let config = read(&registry, &["--raw"], &name)["config"]["digest"].as_str().unwrap().to_owned();
    // files
    let at = |path: &str| fake.path(path).display().to_string();
    for archive in ["a.tar", "b.tar"] {
        let archive = Archive::read(&fake.path(archive));
        assert_eq!(
            (archive.id(), &archive.index["manifests"][0]["digest"]),
            (config.clone(), &manifest.clone().into())
        );
    }
    for place in [format!("oci-archive:{}", at("b.tar")), format!("oci:{}:1", at("layout"))] {
        let seen = said("skopeo", &["inspect", "--raw", &place]);
        assert_eq!(crate::support::sha256(seen.stdout.as_bytes()), manifest, "{seen:?}");
    }
    // engines
    let docker = said("docker", &["image", "inspect", "-f", "{{.Id}}", &name]);
    assert_eq!(docker.stdout.trim(), config, "{docker:?}");
    let podman = said("podman", &["image", "inspect", "-f", "sha256:{{.Id}} {{.Digest}}", &name]);
    assert_eq!(podman.stdout.trim(), format!("{config} {manifest}"), "{podman:?}");
    let list = ctr(&format!("images ls name=={name}"));
    assert!(list.stdout.contains(&name) && list.stdout.contains(&manifest), "{list:?}");
    // and what docker pulls is what docker was given
    let by_digest = registry.name(&format!("me/seven@{manifest}"));
    let _left = Left("docker", vec![format!("rmi -f {by_digest}")]);
    let pulled = said("docker", &["pull", "-q", &by_digest]);
    assert_eq!(pulled.status, 0, "{pulled:?}");
    let id = said("docker", &["image", "inspect", "-f", "{{.Id}}", &by_digest]);
    assert_eq!(id.stdout.trim(), config, "{id:?}");
}
