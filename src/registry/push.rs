//! An image on its way: what is missing goes up, four blobs at a time; manifests follow, and names come last.

use super::documents::{self, Document};
use super::session::Session;
use super::upload::{self, Placed};
use super::{Parcel, Pushed};
use crate::error::{Code, Error};
use crate::image::archive::Blob;
use crate::image::digest::Digest;
use crate::image::manifest::Descriptor;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many blobs are on their way at a time: enough to fill a line while one waits for an answer, and what docker
/// and containerd do too.
const AT_ONCE: usize = 4;
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
    let (waiting, outcome) = (Mutex::new(waiting), Mutex::new(Ok(0)));
    let work = || {
        loop {
            let Some((descriptor, blob)) = lock(&waiting).pop() else { return };
            match (upload::place(session, descriptor, blob), &mut *lock(&outcome)) {
                (Ok(placed), Ok(sent)) => {
                    lock(taken).push(descriptor.digest.clone());
                    *sent += if placed == Placed::Sent { descriptor.size } else { 0 };
                }
                (Ok(_), Err(_)) => lock(taken).push(descriptor.digest.clone()),
                (Err(error), outcome @ Ok(_)) => {
                    *outcome = Err(error);
                    lock(&waiting).clear();
                    session.stop();
                }
                (Err(_), Err(_)) => {}
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..blobs.len().min(AT_ONCE) {
            // one thread fewer is only slower
            let _ = thread::Builder::new().name("upload".to_owned()).spawn_scoped(scope, work);
        }
        work();
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
