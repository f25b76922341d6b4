//! Documents about an image, into its repository: each as an artifact that refers to the image (OCI distribution spec
//! 1.1, "Pushing Manifests with Subject").
//!
//! A registry that knows what `subject` means lists them by itself and says so with the header `OCI-Subject`. For any
//! other, an index under a tag of the image's digest stands for the list, and each client adds to it what it has pushed
//! ("Referrers Tag Schema"): all that others have put there stays. Two clients may write that index at the same time,
//! so it is read again afterwards, and written again where an entry got lost.

use super::documents::{self, Document, Found, LARGEST, Offer, Replaces};
use super::referrers::{self, Listed, tag};
use super::retry::{Policy, Schedule};
use super::session::Session;
use super::several::several;
use super::upload::{self, Placed};
use crate::content;
use crate::error::{Caution, Code, Error, Warning};
use crate::image::archive::Blob;
use crate::image::attachment::{Attachment, EMPTY, empty};
use crate::image::digest::Digest;
use crate::image::json;
use crate::image::manifest::{Descriptor, INDEX, MANIFEST};
use crate::temporary;
use serde_json::{Value, json};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often an index is written again that somebody else has written meanwhile.
const AGAIN: u32 = 6;

/// What has become of documents.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The digests of the manifests that carry them, in the order of the documents; empty if the registry takes none.
    pub manifests: Vec<Digest>,
    /// The bytes of blobs that were sent.
    pub sent: u64,
    /// What the user should look at.
    pub warnings: Vec<Warning>,
}

/// A document on its way.
struct Paper<'a> {
    attachment: &'a Attachment,
    manifest: Document,
}

/// Attaches documents about images that the repository, which people call `place`, has; `bin` is the program's name. What
/// is there is not sent again.
///
/// # Errors
/// The registry cannot be reached, or denies access. One that takes no such manifests is no error.
pub fn attach(
    session: &Session,
    place: &str,
    attachments: &[Attachment],
    bin: &str,
    trusting: bool,
) -> Result<Attached, Error> {
    let papers = attachments.iter().map(|attachment| {
        let bytes = attachment.manifest(bin)?;
        let manifest = Document { media_type: MANIFEST, digest: Digest::of(&bytes), bytes: bytes.into() };
        Ok(Paper { attachment, manifest })
    });
    let papers = papers.collect::<Result<Vec<_>, Error>>()?;
    let (mut sent, mut refusal) = (0, None);
    for of_one in papers.chunk_by(|one, other| subject(one) == subject(other)) {
        let outcome = about(session, of_one, trusting)?;
        sent += outcome.sent;
        refusal = refusal.or(outcome.refusal);
        if refusal.is_some() {
            break;
        }
    }
    let mut warnings = session.warnings();
    let manifests = match &refusal {
        Some(why) => {
            warnings.push(warning(place, why));
            Vec::new()
        }
        None => papers.iter().map(|paper| paper.manifest.digest.clone()).collect(),
    };
    Ok(Attached { manifests, sent, warnings })
}

fn warning(place: &str, why: &Error) -> Warning {
    let mut words = vec![why.what().to_owned()];
    words.extend(why.notes().iter().cloned());
    let what = format!("`{place}` has the image without the documents about it: {}", words.join("; "));
    Warning::new(Caution::Unattached, what)
        .help("to keep them as files: add --output oci-archive")
        .help("to make none: --sbom none --provenance=false")
}

/// What has become of the documents about one image.
#[derive(Default)]
struct Outcome {
    sent: u64,
    /// Why the registry does not take them.
    refusal: Option<Error>,
}

fn about(session: &Session, papers: &[Paper<'_>], trusting: bool) -> Result<Outcome, Error> {
    let Some(image) = papers.first().map(subject) else { return Ok(Outcome::default()) };
    let listed = referrers::list(session, image)??;
    let mut missing = Vec::new();
    for paper in papers {
        if !is_there(session, paper, &listed)? {
            missing.push(paper);
        }
    }
    if missing.is_empty() {
        return Ok(Outcome::default());
    }
    let mut outcome = Outcome { sent: blobs(session, &missing)?, refusal: None };
    let mut unlisted = Vec::new();
    for paper in missing {
        let digest = paper.manifest.digest.to_string();
        match documents::offer(session, &paper.manifest, &digest, &Replaces::Anything)? {
            Offer::Taken { knows_subject: true, .. } => {}
            Offer::Taken { .. } => unlisted.push(paper.attachment.entry(&paper.manifest.bytes)),
            Offer::Refused { status, error } if is_final(status) => {
                outcome.refusal = Some(error);
                return Ok(outcome);
            }
            Offer::Refused { error, .. } => return Err(error),
        }
    }
    if !unlisted.is_empty() {
        outcome.refusal = enter(session, &tag(image), &unlisted, trusting)?;
    }
    Ok(outcome)
}

fn subject<'a>(paper: &Paper<'a>) -> &'a Digest {
    &paper.attachment.subject.digest
}

/// Whether a refusal with `status` is about what was sent, and not about who sends it or when.
fn is_final(status: u16) -> bool {
    matches!(status, 400..=499 | 501) && !matches!(status, 401 | 403 | 407 | 408 | 429)
}

/// Whether the repository has a document, and lists it. An index under a tag may lead to what was deleted since.
fn is_there(session: &Session, paper: &Paper<'_>, listed: &Listed) -> Result<bool, Error> {
    let digest = &paper.manifest.digest;
    let is_listed = listed.entries.iter().any(|entry| entry.claim.digest == *digest);
    Ok(is_listed && (listed.kept || documents::look(session, &digest.to_string())?.as_ref() == Some(digest)))
}

/// Sees to it that the repository has the documents themselves. Returns how many bytes were sent.
fn blobs(session: &Session, papers: &[&Paper<'_>]) -> Result<u64, Error> {
    let folder = temporary::large();
    let failed = |reason| Error::io(Code::Output, "write in", &folder, &reason);
    let file = Arc::new(tempfile::tempfile_in(&folder).map_err(failed)?);
    let mut waiting: Vec<(Descriptor, Blob)> = Vec::new();
    let mut end = 0;
    let documents = papers.iter().map(|paper| {
        let bytes = &paper.attachment.bytes[..];
        (Descriptor::new(paper.attachment.kind.media_type, Digest::of(bytes), bytes.len() as u64), bytes)
    });
    for (descriptor, bytes) in std::iter::once((empty(), EMPTY)).chain(documents) {
        if waiting.iter().any(|(known, _)| known.digest == descriptor.digest) {
            continue;
        }
        file.write_all_at(bytes, end).map_err(failed)?;
        waiting.push((descriptor, Blob::new(file.clone(), end, bytes.len() as u64)));
        end += bytes.len() as u64;
    }
    let sent = AtomicU64::new(0);
    several(session, waiting, |(descriptor, blob)| {
        if upload::place(session, &descriptor, &blob)? == Placed::Sent {
            sent.fetch_add(descriptor.size, Ordering::Relaxed);
        }
        Ok(())
    })?;
    Ok(sent.into_inner())
}

/// Sees to it that the index under `tag` has `entries`. Returns why it cannot.
fn enter(session: &Session, tag: &str, entries: &[Value], trusting: bool) -> Result<Option<Error>, Error> {
    let mut schedule = Schedule::new(Policy { most: AGAIN, ..session.policy() });
    let refused = |what: String| Ok(Some(Error::new(Code::Registry, what)));
    loop {
        let (mut index, replaces) = match documents::find(session, tag)? {
            Found::Nothing(_) => {
                (json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] }), Replaces::Nothing)
            }
            Found::There(answer) => {
                let index = content::document(&answer.body).unwrap_or_default();
                if !referrers::is_index(&index) {
                    return refused(format!("what it has under the tag `{tag}` is no list"));
                }
                (index, Replaces::this(&answer))
            }
        };
        if !add(&mut index, entries) {
            return Ok(None);
        }
        let bytes = json(&index)?;
        if bytes.len() > LARGEST {
            return refused(format!("the list under the tag `{tag}` is full"));
        }
        let list = Document { media_type: INDEX, digest: Digest::of(&bytes), bytes: bytes.into() };
        match documents::offer(session, &list, tag, &replaces)? {
            Offer::Taken { .. } if trusting => return Ok(None),
            Offer::Taken { .. } | Offer::Refused { status: 409 | 412, .. } => {}
            Offer::Refused { status, error } if is_final(status) => return Ok(Some(error)),
            Offer::Refused { error, .. } => return Err(error),
        }
        // a look whether it is there by now; if not, somebody else is writing it
        if is_entered(session, tag, entries)? {
            return Ok(None);
        }
        if schedule.pause(None).is_err() {
            return refused(format!("others keep writing the list under the tag `{tag}`"));
        }
    }
}

fn is_entered(session: &Session, tag: &str, entries: &[Value]) -> Result<bool, Error> {
    let Found::There(answer) = documents::find(session, tag)? else { return Ok(false) };
    let mut index = content::document(&answer.body).unwrap_or_default();
    Ok(referrers::is_index(&index) && !add(&mut index, entries))
}

/// Adds those of `entries` to `index` that it has not; says whether there were any.
fn add(index: &mut Value, entries: &[Value]) -> bool {
    let Some(there) = index["manifests"].as_array_mut() else { return false };
    let before = there.len();
    for entry in entries {
        if !there.iter().any(|known| known["digest"] == entry["digest"]) {
            there.push(entry.clone());
        }
    }
    there.len() > before
}
