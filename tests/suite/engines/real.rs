//! Docker, podman and containerd themselves.

use super::{digests, loaded};
use crate::support::{Archive, Fake, Project, Run, tool};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A name that no other test has, nor another run of this one.
pub fn unique(name: &str) -> String {
    format!("engine-{name}-{}", std::process::id())
}

/// What a program says that must succeed.
#[track_caller]
pub fn said(command: Command) -> String {
    let shown = format!("{command:?}");
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{shown}: {run:?}");
    run.stdout
}

pub fn docker(words: &[&str]) -> Command {
    let mut docker = tool("docker");
    docker.args(words);
    docker
}

/// Names that docker forgets at the end, whatever happens.
pub struct Docker<'a>(pub &'a [&'a str]);

impl Drop for Docker<'_> {
    fn drop(&mut self) {
        let _ = docker(&["rmi", "--force"]).args(self.0).output();
    }
}

/// A namespace of containerd's for one test; it is gone with it.
struct Namespace(String);

impl Namespace {
    /// containerd's own socket, or that of the one that the Docker Engine has started for itself.
    fn address() -> &'static str {
        let places = ["/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock"];
        places.into_iter().find(|place| Path::new(place).exists()).unwrap()
    }

    fn ctr(&self, words: &[&str]) -> Command {
        let mut ctr = tool("ctr");
        ctr.args(["--address", Namespace::address(), "--namespace", &self.0]).args(words);
        ctr
    }

    fn output(&self) -> String {
        format!("containerd={}", self.0)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let names = Run::of(self.ctr(&["images", "ls", "--quiet"])).stdout;
        let names: Vec<_> = names.lines().collect();
        let _ = self.ctr(&["images", "rm", "--sync"]).args(names).output();
        let _ = self.ctr(&["namespaces", "rm", &self.0]).output();
    }
}

/// A storage of podman's in the project's folder.
pub fn storage(fake: &Fake) -> PathBuf {
    let at = |name: &str| fake.path(name).display().to_string();
    let places = format!("graphroot = \"{}\"\nrunroot = \"{}\"\n", at("graph"), at("run"));
    fake.file("storage.conf", format!("[storage]\ndriver = \"vfs\"\n{places}"))
}

pub fn podman(storage: &Path, words: &[&str]) -> Command {
    let mut podman = tool("podman");
    podman.env("CONTAINERS_STORAGE_CONF", storage).args(words);
    podman
}

#[test]
fn needs_docker_an_image_is_loaded_under_all_its_names_and_runs() {
    let name = unique("docker");
    let fake = Fake::new(&name, "");
    let (id, _) = digests(&fake);
    let names = [&*format!("{name}:1"), &*format!("ghcr.io/me/{name}:2")];
    let _left = Docker(&names);
    let run = fake.scratch(["-o", "docker", "-t", names[0], "-t", names[1]]);
    loaded(&run, names[0]);
    assert_eq!(said(docker(&["image", "inspect", "-f", "{{.Id}}", names[1]])).trim(), id);
    assert_eq!(said(docker(&["run", "--rm", "--network=none", run.stdout.trim()])), "hello\n");
}

#[test]
fn needs_podman_an_image_keeps_its_manifest_and_runs_by_its_short_name() {
    let name = unique("podman");
    let fake = Fake::new(&name, "");
    let storage = storage(&fake);
    let (id, manifest) = digests(&fake);
    let names = [&*format!("{name}:1"), &*format!("ghcr.io/me/{name}:2"), &*format!("localhost/{name}:1")];
    let mut command = fake.command(["-o", "podman", "-t", names[0], "-t", names[1]]);
    command.env("CONTAINERS_STORAGE_CONF", &storage);
    let run = Run::of(command);
    loaded(&run, names[0]);
    assert!(!run.stderr.contains("warning"), "{run:?}");
    for name in names {
        let form = "sha256:{{.Id}} {{.Digest}}";
        let seen = said(podman(&storage, &["image", "inspect", "-f", form, name]));
        assert_eq!(seen.trim(), format!("{id} {manifest}"), "{name}");
    }
    // the limits are for machines that may not raise them
    let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
    let start = ["--runtime", "runc", "run", "--rm", "--pull=never", "--network=none"];
    let mut started = podman(&storage, &start);
    started.args(limits).arg(run.stdout.trim());
    assert_eq!(said(started), "hello\n");
}

#[test]
fn needs_ctr_an_image_has_its_whole_names_and_kind_takes_the_archive() {
    let name = unique("ctr");
    let fake = Fake::new(&name, "");
    let namespace = Namespace(name.clone());
    let (_, manifest) = digests(&fake);
    let short = [&*format!("{name}:1"), &*format!("ghcr.io/me/{name}:2")];
    let whole = [&*format!("docker.io/library/{}", short[0]), short[1]];
    let outputs = ["-o", &namespace.output(), "-o", "out.tar", "-t", short[0], "-t", short[1]];
    let mut command = fake.command(outputs);
    command.env("CONTAINERD_ADDRESS", Namespace::address());
    loaded(&Run::of(command), &format!("{}\n{}", whole[0], fake.path("out.tar").display()));
    let complete = || {
        for name in whole {
            let row = said(namespace.ctr(&["images", "check", &format!("name=={name}")]));
            assert!(row.contains(name) && row.contains(&manifest) && row.contains("complete"), "{row}");
        }
    };
    complete();
    said(namespace.ctr(&["images", "rm", "--sync", whole[0], whole[1]]));
    // the words of `kind load image-archive`, which feeds the file
    let mut kind = namespace.ctr(&["images", "import", "--all-platforms", "--digests", "-"]);
    kind.stdin(std::fs::File::open(fake.path("out.tar")).unwrap());
    assert!(kind.output().unwrap().status.success());
    complete();
}

#[test]
fn needs_aarch64_std_needs_docker_needs_ctr_containerd_gets_all_platforms_and_docker_its_own() {
    let name = unique("index");
    let project = Project::new(&name, "");
    let namespace = Namespace(name.clone());
    let (tag, whole) = (format!("{name}:1"), format!("docker.io/library/{name}:1"));
    let left = [&*tag];
    let _left = Docker(&left);
    let run = |words: &[&str]| {
        let mut command = project.command(["-t", &*tag, "-o", &namespace.output()]);
        command.args(words).env("CONTAINERD_ADDRESS", Namespace::address());
        let run = Run::of(command);
        assert_eq!(run.status, 0, "{run:?}");
        let row = said(namespace.ctr(&["images", "ls", &format!("name=={whole}")]));
        (run, row)
    };
    let (both, row) = run(&["-o", "docker", "--platform", "linux/amd64,linux/arm64"]);
    assert!(both.stderr.contains("(docker, linux/amd64 only, "), "{both:?}");
    assert!(row.contains("image.index") && row.contains("linux/amd64,linux/arm64"), "{row}");
    assert_eq!(said(docker(&["run", "--rm", "--network=none", &tag])), format!("{name}\n"));
    // one that this machine cannot run
    let (_, row) = run(&["--platform", "linux/arm64"]);
    assert!(row.contains("image.manifest") && !row.contains("amd64"), "{row}");
}

#[test]
fn needs_docker_needs_podman_needs_ctr_every_engine_has_the_same_image() {
    let name = unique("all");
    let fake = Fake::new(&name, "");
    let (id, manifest) = digests(&fake);
    let storage = storage(&fake);
    let namespace = Namespace(name.clone());
    let (tag, whole) = (format!("{name}:1"), format!("docker.io/library/{name}:1"));
    let left = [&*tag];
    let _left = Docker(&left);
    let outputs = ["-o", "docker", "-o", "podman", "-o", &namespace.output(), "-o", "out.tar", "-t", &tag];
    let mut command = fake.command(outputs);
    command.env("CONTAINERD_ADDRESS", Namespace::address()).env("CONTAINERS_STORAGE_CONF", &storage);
    let run = Run::of(command);
    let file = fake.path("out.tar");
    assert_eq!(run.stdout, format!("{tag}\n{tag}\n{whole}\n{}\n", file.display()), "{run:?}");
    assert_eq!(said(docker(&["image", "inspect", "-f", "{{.Id}}", &tag])).trim(), id);
    let form = "sha256:{{.Id}} {{.Digest}}";
    let seen = said(podman(&storage, &["image", "inspect", "-f", form, &tag]));
    assert_eq!(seen.trim(), format!("{id} {manifest}"));
    assert!(said(namespace.ctr(&["images", "ls", &format!("name=={whole}")])).contains(&manifest));
    let archive = Archive::read(&file);
    assert_eq!((archive.id(), archive.index["manifests"][0]["digest"].as_str().unwrap()), (id, &*manifest));
}

#[test]
fn needs_docker_needs_podman_needs_skopeo_needs_ctr_an_image_for_a_level_of_amd64_is_taken_and_runs() {
    let name = unique("level");
    let fake = Fake::new(&name, "");
    let (storage, namespace) = (storage(&fake), Namespace(name.clone()));
    let (tag, whole) = (format!("{name}:1"), format!("docker.io/library/{name}:1"));
    let left = [&*tag];
    let _left = Docker(&left);
    let outputs = ["-o", "docker", "-o", "podman", "-o", &namespace.output(), "-o", "out.tar", "-t", &tag];
    let mut command = fake.command(outputs);
    command.args(["--cpu", "x86-64-v2", "--no-compare"]);
    command.env("CONTAINERD_ADDRESS", Namespace::address()).env("CONTAINERS_STORAGE_CONF", &storage);
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(said(docker(&["run", "--rm", "--network=none", &tag])), "hello\n");
    let start = ["--runtime", "runc", "run", "--rm", "--pull=never", "--network=none"];
    let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
    let mut started = podman(&storage, &start);
    started.args(limits).arg(&tag);
    assert_eq!(said(started), "hello\n");
    let row = said(namespace.ctr(&["images", "check", &format!("name=={whole}")]));
    assert!(row.contains("complete") && row.contains("true"), "unpacked: {row}");
    let mut skopeo = tool("skopeo");
    skopeo
        .args(["inspect", "--config", "--raw"])
        .arg(format!("docker-archive:{}", fake.path("out.tar").display()));
    let config = said(skopeo);
    assert!(config.contains("\"variant\":\"v2\""), "{config}");
}
