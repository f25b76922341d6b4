//! An image on its way: what is missing goes up, four blobs at a time; manifests follow, and names come last.

use super::documents::{self, Document};
use super::session::Session;
use super::several::{lock, several};
use super::upload::{self, Placed};
use super::{Parcel, Pushed};
use crate::error::{Code, Error};
use crate::image::archive::Blob;
use crate::image::digest::Digest;
use crate::image::manifest::Descriptor;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most digests that an error names.
const NAMED: usize = 6;

/// Pushes `parcel` under `names`, tags or the digest of its root.
///
/// The first request looks for the root under the first name. If it is there, so is everything that it leads to: a
/// registry takes no manifest before what it names (OCI distribution spec, "Pushing Manifests").
///
/// # Errors
/// The registry refuses, or cannot be reached. What it has taken by then is named.
pub fn push(session: &Session, parcel: &Parcel, names: &[String], trusting: bool) -> Result<Pushed, Error> {
    let documents = parcel.manifests.iter().map(document).collect::<Result<Vec<_>, Error>>()?;
    let (Some((root, children)), Some(first)) = (documents.split_last(), names.first()) else {
        return Err(Error::new(Code::Registry, "there is nothing to push"));
    };
    let before = documents::look(session, first)?;
    let mut sent = 0;
    if before.as_ref() == Some(&root.digest) {
        parcel.blobs.iter().for_each(|(descriptor, _)| session.hold(&descriptor.digest));
    } else {
        let taken = Mutex::new(Vec::new());
        let placed = blobs(session, &parcel.blobs, &taken).and_then(|bytes| {
            sent = bytes;
            children.iter().try_for_each(|child| {
                documents::put(session, child, &child.digest.to_string())?;
                lock(&taken).push(child.digest.clone());
                Ok(())
            })
        });
        placed.map_err(|error| named(error, lock(&taken).as_slice(), !children.is_empty()))?;
    }
    documents::publish(session, root, names, before.as_ref(), trusting)?;
    Ok(Pushed { digest: root.digest.clone(), sent, warnings: session.warnings() })
}

/// Sees to it that the repository has `blobs`; `taken` are those that it has by the end. Returns how many bytes were
/// sent. The first error stops the others before their next request.
fn blobs(session: &Session, blobs: &[(Descriptor, Blob)], taken: &Mutex<Vec<Digest>>) -> Result<u64, Error> {
    // the largest first, so that none of them is what the others wait for at the end
    let mut waiting: Vec<_> = blobs.iter().collect();
    waiting.sort_by_key(|(descriptor, _)| descriptor.size);
    let sent = AtomicU64::new(0);
    several(session, waiting, |(descriptor, blob)| {
        let placed = upload::place(session, descriptor, blob)?;
        lock(taken).push(descriptor.digest.clone());
        match placed {
            Placed::Sent => drop(sent.fetch_add(descriptor.size, Ordering::Relaxed)),
            Placed::There | Placed::Mounted => blob.pass(),
        }
        Ok(())
    })?;
    Ok(sent.into_inner())
}

/// Says in `error` what the registry has by now, though no name leads to it.
fn named(error: Error, taken: &[Digest], index: bool) -> Error {
    if taken.is_empty() {
        return error;
    }
    let mut digests: Vec<_> = taken.iter().take(NAMED).map(ToString::to_string).collect();
    if taken.len() > NAMED {
        digests.push(format!("{} more", taken.len() - NAMED));
    }
    let error = error.note(format!("the repository has {} already", digests.join(", ")));
    match index {
        true => error.note("the index was not pushed: none of its names has changed"),
        false => error.note("the manifest was not pushed: none of its names has changed"),
    }
}

fn document((descriptor, blob): &(Descriptor, Blob)) -> Result<Document, Error> {
    let failed = |reason| Error::new(Code::Registry, format!("could not read the manifest: {reason}"));
    let bytes = blob.bytes().map_err(failed)?.into();
    Ok(Document { media_type: descriptor.media_type, digest: descriptor.digest.clone(), bytes })
}
