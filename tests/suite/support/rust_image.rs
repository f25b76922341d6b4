//! A stand-in for the official `rust` image, since no registry of images is asked: `.ci/rust-image` makes it, and says
//! what of it is real. A generated Dockerfile finds it under the name that it asks for.

use super::{Builder, Run, tool};
use std::path::Path;
use std::process::Command;

/// Makes `builder` find the stand-in under `names`, such as `rust:1.95-slim-bookworm`. A name that the user's engine
/// has an image of by itself is left alone: that is the real thing. A name with a digest cannot be given.
#[track_caller]
#[allow(clippy::print_stderr, reason = "whoever reads what a test has printed must know")]
pub fn provide(builder: Builder, names: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/rust-image");
    let id = said(Command::new(script)).trim().to_owned();
    if matches!(builder, Builder::Buildah) {
        give_to_buildah(&id);
    }
    for name in names {
        let name = full(name);
        match builder {
            Builder::BuildKit | Builder::Legacy if foreign(&name) => continue,
            Builder::BuildKit | Builder::Legacy => said(with("docker", &["tag", &id, &name])),
            Builder::Buildah => said(with("buildah", &["tag", id.trim_start_matches("sha256:"), &name])),
        };
        eprintln!("{name} is a stand-in made of local files, not the official image");
    }
}

/// Whether docker has an image of this name that is not ours.
fn foreign(name: &str) -> bool {
    let label = "{{index .Config.Labels \"org.example.stand-in\"}}";
    let run = Run::of(with("docker", &["image", "inspect", "--format", label, name]));
    run.status == 0 && run.stdout.trim().is_empty()
}

/// Copies the image from docker's storage, once a machine: buildah has its own.
fn give_to_buildah(id: &str) {
    let bare = id.trim_start_matches("sha256:");
    if Run::of(with("buildah", &["inspect", "--type", "image", bare])).status == 0 {
        return;
    }
    let folder = tempfile::Builder::new().prefix("scratch-rust-image-").tempdir().unwrap();
    let file = folder.path().join("image.tar").display().to_string();
    said(with("docker", &["save", "--output", &file, id]));
    said(with("buildah", &["pull", "--quiet", &format!("docker-archive:{file}")]));
}

/// The name as a registry would be asked for it.
fn full(name: &str) -> String {
    if name.contains('/') { name.to_owned() } else { format!("docker.io/library/{name}") }
}

fn with(program: &str, words: &[&str]) -> Command {
    let mut command = tool(program);
    command.args(words);
    command
}

#[track_caller]
fn said(command: Command) -> String {
    let run = Run::of(command);
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout
}
