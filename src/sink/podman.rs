//! Podman, by its program.
//!
//! It keeps the manifest as it is only if it comes in an OCI archive, and takes such an archive only if it has a single
//! name: the others are given afterwards.

use super::archive::ending;
use super::engine;
use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn};
use crate::error::{Code, Error};
use crate::image::json;
use crate::image::manifest::Index;
use crate::image::reference::Reference;
use crate::tool::Tool;

pub const KIND: Kind = Kind {
    name: "podman",
    takes: Takes::Name("podman connection"),
    zstd: true,
    verbs: (Some("Loading"), "Loaded"),
    turn: Turn::Engine,
    check,
    deliver,
};

fn podman(destination: &Destination, means: &Means<'_>) -> Result<Tool, Error> {
    let tool = engine::find(&[&["podman"]], KIND.name, means)?;
    Ok(tool.args(destination.name().map(|connection| format!("--connection={connection}"))))
}

fn check(destination: &Destination, _: &[Reference], means: &Means<'_>) -> Result<(), Error> {
    engine::answers(&podman(destination, means)?.args(["version", "--format", "{{.Client.Version}}"]))
}

fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let podman = podman(destination, delivery.means)?;
    let names: Vec<_> = delivery.tags.iter().map(local).collect();
    let Some((first, others)) = names.split_first() else {
        return Err(Error::new(Code::Engine, "an image without a name cannot be loaded"));
    };
    let mut files = ending(delivery.bundle, &delivery.tags[..1], false)?;
    for (name, content) in &mut files {
        if *name == "index.json" {
            *content = json(&Index::named(&delivery.bundle.root, first))?;
        }
    }
    let size = engine::load(delivery.bundle, &files, &podman.clone().args(["load", "--quiet"]))?;
    for other in others {
        engine::asked(&podman.clone().args(["tag", first, other]))?;
    }

    let bundle = &*delivery.bundle;
    let (config, root) = (&bundle.single().config.digest, &bundle.root.digest);
    let ours = format!("{} {root}", config.hex());
    for name in &names {
        let ask = podman.clone().args(["image", "inspect", "--format", "{{.Id}} {{.Digest}}"]).arg(name);
        let theirs = engine::asked(&ask)?;
        if theirs.trim() != ours {
            return Err(engine::other(name, &theirs, &ours));
        }
    }
    let result = delivery.tags.first().map(ToString::to_string).unwrap_or_default();
    Ok(Receipt { result, size, remarks: Vec::new(), warnings: Vec::new() })
}

/// The name that podman's own builds would give: a name without a registry is one of this machine's.
fn local(tag: &Reference) -> String {
    match tag.names_host() {
        true => tag.to_string(),
        false => format!("localhost/{tag}"),
    }
}
