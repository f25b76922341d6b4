//! A registry: the image under its names, or under its digest alone.

use super::{Delivery, Destination, Kept, Kind, Means, Receipt, Takes, Turn};
use crate::error::{Code, Error};
use crate::image::attachment::Attachment;
use crate::image::reference::Reference;
use crate::registry::Parcel;
use std::collections::BTreeSet;

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
        // `ghcr.io` and `localhost:5000` alone are read as an image and its tag
        Some(name) if name.name().contains('.') || name.name() == "localhost" => {
            let registry = match name.tag() {
                "latest" => name.name(),
                port => format!("{}:{port}", name.name()),
            };
            Err(Error::new(Code::Usage, format!("`{registry}` names no repository to push to"))
                .help(format!("cargo scratch push {registry}/REPOSITORY, e.g. {registry}/me/app")))
        }
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
    let progress = &delivery.means.progress;
    let blobs = bundle.blobs()?.into_iter().map(|(descriptor, blob)| (descriptor, blob.watched(progress)));
    let parcel = Parcel { blobs: blobs.collect(), manifests: bundle.manifests()? };
    let all = parcel.blobs.iter().map(|(_, blob)| blob.size()).sum();
    let (mut lines, mut size, mut warnings) = (Vec::new(), 0, Vec::new());
    let mut documents: Vec<Kept> = Vec::new();
    let mut attachments: Vec<_> = delivery.attachments.iter().flat_map(Attachment::each).collect();
    // what is about one manifest together: a registry is asked once what it has of that
    attachments.sort_by(|one, other| one.subject.digest.cmp(&other.subject.digest));
    let names = names(destination, delivery.tags)?;
    for repository in names.chunk_by(|one, other| place(one) == place(other)) {
        let _doing = progress.begin("Pushing", all);
        let pushed = client.push(&parcel, repository, delivery.means.by_digest);
        let pushed = pushed.map_err(|error| match &lines[..] {
            [] => error,
            _ => error.note(format!("pushed before that: {}", lines.join(", "))),
        })?;
        bundle.archive.unchanged()?;
        let Some(name) = repository.first() else { continue };
        lines.push(format!("{}@{}", name.name(), pushed.digest));
        let attached = client
            .attach(name, &attachments, delivery.bin)
            .map_err(|error| error.note(format!("the image itself is pushed: {}", lines.join(", "))))?;
        size += pushed.sent + attached.sent;
        for warning in pushed.warnings.into_iter().chain(attached.warnings) {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        documents.extend(attachments.iter().zip(attached.manifests).map(|(one, manifest)| Kept {
            media_type: one.kind.media_type,
            subject: one.subject.digest.clone(),
            place: format!("{}@{manifest}", name.name()),
        }));
    }
    let mut remarks = if size == 0 { vec!["all of it was there".to_owned()] } else { Vec::new() };
    if !documents.is_empty() {
        remarks.push(match documents.len() {
            1 => "1 document attached".to_owned(),
            count => format!("{count} documents attached"),
        });
    }
    Ok(Receipt { result: lines.join("\n"), size, fresh: false, remarks, warnings, documents })
}

/// What the image is pushed as, sorted by repository: the name that was given, or the tags.
fn names(destination: &Destination, tags: &[Reference]) -> Result<Vec<Reference>, Error> {
    let mut names = match destination.name() {
        Some(name) => vec![name.parse().map_err(|why: String| Error::new(Code::Usage, why))?],
        None => tags.to_vec(),
    };
    // one repository may be spelled in several ways; the tag that was named first stays first
    names.sort_by_key(place);
    let mut known = BTreeSet::new();
    names.retain(|name| known.insert(name.full()));
    Ok(names)
}

/// The repository that `name` is of.
fn place(name: &Reference) -> (String, String) {
    (name.host().to_owned(), name.repository())
}
