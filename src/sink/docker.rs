//! The Docker Engine, by the docker program: it knows contexts, remote engines and their keys.

use super::engine::{Engine, Known, only};
use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn, archive};
use crate::error::Error;
use crate::image::manifest::{Index, Platform};
use crate::image::reference::Reference;

/// The row of the table of outputs.
pub const KIND: Kind = Kind {
    name: "docker",
    takes: Takes::Name("docker context"),
    zstd: false,
    verbs: (Some("Loading"), "Loaded"),
    turn: Turn::Engine,
    check,
    deliver,
};

/// What is known of it.
pub static KNOWN: Known = Known {
    name: "the Docker Engine",
    programs: &[("docker", &[])],
    option: "--context",
    advice: &[
        ("permission denied", "sudo usermod -aG docker \"$USER\", and log in again"),
        ("context not found", "docker context ls"),
        ("is too new", "unset DOCKER_API_VERSION, or update the engine; docker version shows both sides"),
        ("is too old", "update the docker program; docker version shows both sides"),
        ("command [ssh ", "see that ssh, followed by the engine's host, gets there without a question"),
        // both before and since version 28 of the program
        ("Cannot connect to the Docker daemon at unix:", "sudo systemctl start docker"),
        ("failed to connect to the docker API at unix:", "sudo systemctl start docker"),
        ("Cannot connect", "see DOCKER_HOST and docker context ls"),
        ("connect", "see DOCKER_HOST and docker context ls"),
        ("docker host", "see DOCKER_HOST and docker context ls"),
        ("docker endpoint", "see DOCKER_HOST and docker context ls"),
        ("no space left", "docker system df"),
    ],
    instead: "a file needs no engine: cargo scratch -o docker-archive, and docker load -i FILE where there is one",
};

fn check(destination: &Destination, _: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    // fails unless an engine answers too
    Engine::find(&KNOWN, destination, means)?
        .answers(&["version", "--format", "{{.Client.Version}}"])
        .map(drop)
}

/// The id of an image is the digest of its configuration, or that of its manifest where containerd keeps the images
/// (the default of Engine 29).
fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let engine = Engine::find(&KNOWN, destination, delivery.means)?;
    let bundle = &mut *delivery.bundle;
    let image = bundle.single();
    let index = Index::tagged(&image.manifest, Some(Platform::from(&image.target)), delivery.tags);
    let files = archive::documents(&index, Some(image), delivery.tags)?;
    let ours = [image.config.digest.clone(), image.manifest.digest.clone()];
    let size = engine.load(&mut bundle.archive, &files, &["load", "--quiet"])?;

    let names: Vec<_> = delivery.tags.iter().map(ToString::to_string).collect();
    let said = engine.inspect("{{.Id}}", &names)?;
    for (name, id) in names.iter().zip(&said) {
        engine.same(name, id, &ours)?;
    }
    let result = names.into_iter().next().unwrap_or_default();
    Ok(Receipt {
        result,
        size,
        fresh: false,
        remarks: only(bundle),
        warnings: Vec::new(),
        documents: Vec::new(),
    })
}
