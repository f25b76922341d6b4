//! A registry: the image under its names, or under its digest alone.

use super::{Delivery, Destination, Kind, Means, Receipt, Takes, Turn};
use crate::error::{Code, Error};
use crate::image::reference::Reference;
use crate::registry::Parcel;

pub const KIND: Kind = Kind {
    name: "registry",
    takes: Takes::Reference,
    zstd: true,
    verbs: (Some("Pushing"), "Pushed"),
    turn: Turn::Registry,
    check,
    deliver,
};

/// Every name must be one of a registry: a bare `hello` would be a place of Docker Hub's own.
fn check(destination: &Destination, tags: &[Reference], _: &Means<'_>) -> Result<(), Error> {
    match names(destination, tags)?.iter().find(|name| !name.names_registry()) {
        None => Ok(()),
        Some(name) => Err(Error::new(Code::Usage, format!("`{name}` names no registry to push to"))
            .help(format!("cargo scratch push REGISTRY/{name}, e.g. ghcr.io/me/{name}"))
            .help(format!("for Docker Hub: cargo scratch push USER/{name}"))),
    }
}

/// One push for each repository; a line of the result is `REPOSITORY@DIGEST`, which every reader takes.
fn deliver(delivery: &mut Delivery<'_>, destination: &Destination) -> Result<Receipt, Error> {
    let Some(client) = &delivery.means.client else {
        return Err(Error::new(Code::Registry, "no client for registries"));
    };
    let bundle = &*delivery.bundle;
    let parcel = Parcel { blobs: bundle.blobs()?, manifests: bundle.manifests()? };
    let names = names(destination, delivery.tags)?;
    let mut receipt = Receipt {
        kind: destination.kind,
        result: String::new(),
        size: 0,
        remarks: Vec::new(),
        warnings: Vec::new(),
    };
    for repository in names.chunk_by(|a, b| a.name() == b.name()) {
        let pushed = client.push(&parcel, repository, delivery.means.by_digest)?;
        receipt.size += pushed.sent;
        receipt.warnings.extend(pushed.warnings);
        let lines = repository.iter().take(1).map(|name| format!("{}@{}", name.name(), pushed.digest));
        for line in lines {
            if !receipt.result.is_empty() {
                receipt.result.push('\n');
            }
            receipt.result.push_str(&line);
        }
    }
    Ok(receipt)
}

/// What the image is pushed as, sorted by repository: the name that was given, or the tags.
fn names(destination: &Destination, tags: &[Reference]) -> Result<Vec<Reference>, Error> {
    let mut names = match destination.name() {
        Some(name) => vec![name.parse().map_err(|why: String| Error::new(Code::Usage, why))?],
        None => tags.to_vec(),
    };
    names.sort_by_key(Reference::name);
    names.dedup();
    Ok(names)
}
