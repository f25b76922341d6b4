//! The Docker Engine, by the docker program.

use super::archive::ending;
use super::engine;
use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn};
use crate::error::Error;
use crate::image::reference::Reference;
use crate::tool::Tool;

pub const KIND: Kind = Kind {
    name: "docker",
    takes: Takes::Name("docker context"),
    zstd: false,
    verbs: (Some("Loading"), "Loaded"),
    turn: Turn::Engine,
    check,
    deliver,
};

fn docker(destination: &Destination, means: &Means<'_>) -> Result<Tool, Error> {
    let tool = engine::find(&[&["docker"]], KIND.name, means)?;
    Ok(tool.args(destination.name().map(|context| format!("--context={context}"))))
}

fn check(destination: &Destination, _: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    engine::answers(&docker(destination, means)?.args(["version", "--format", "{{.Server.Version}}"]))
}

/// An engine takes a single image: that of this machine's architecture.
fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let docker = docker(destination, delivery.means)?;
    let files = ending(delivery.bundle, delivery.tags, true)?;
    let size = engine::load(delivery.bundle, &files, &docker.clone().args(["load", "--quiet"]))?;

    let bundle = &*delivery.bundle;
    let image = bundle.single();
    // the id is the configuration's digest; in engines that keep images in containerd's store, what a name leads to
    let ours = [&image.config.digest, &image.manifest.digest, &bundle.root.digest].map(ToString::to_string);
    for tag in delivery.tags {
        let ask = docker.clone().args(["image", "inspect", "--format", "{{.Id}}"]).arg(tag.to_string());
        let id = engine::asked(&ask)?;
        if !ours.iter().any(|ours| ours == id.trim()) {
            return Err(engine::other(&tag.to_string(), &id, &ours[0]));
        }
    }
    let remarks = match bundle.others[..] {
        [] => Vec::new(),
        _ => vec![format!("{} of the platforms", image.target.platform())],
    };
    let result = delivery.tags.first().map(ToString::to_string).unwrap_or_default();
    Ok(Receipt { result, size, remarks, warnings: Vec::new() })
}
