//! An image out of a repository: the document under its name, what that leads to, and the blobs, into one file.
//!
//! Nothing is judged here but digests and sizes: what the documents say is read again, strictly, by whoever opens what
//! was pulled.

use super::documents::{self, Found};
use super::fetch::{self, unwritten};
use super::referrers::{self, Entry};
use super::session::Session;
use super::several::{lock, several};
use crate::content::{self, Attachment, Claim, is_image_config, is_index, is_manifest};
use crate::error::{Code, Error};
use crate::image::archive::Blob;
use crate::image::attachment::Kind;
use crate::image::digest::Digest;
use crate::progress::Progress;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex};

/// The most documents that are asked for: an index has one a platform, and a few that belong to each.
const DOCUMENTS: usize = 256;
/// How deep indexes lie in indexes; below that, nothing is asked for.
const DEEPEST: usize = 3;
/// The most configurations and layers that are asked for.
const BLOBS: usize = 4096;
/// The most bytes of an image: what no disk has room for is no image.
const LARGEST: u64 = 1 << 40;
/// The most manifests of which it is asked what refers to them.
const REFERRED: usize = 16;
/// The most manifests of what refers to them that are read, those that can be statements first.
pub const READ: usize = 32;

/// What was pulled.
#[derive(Debug)]
pub struct Pulled {
    /// What the name leads to.
    pub root: Claim,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What that leads to: documents and blobs.
    pub blobs: BTreeMap<Digest, Blob>,
    /// What belongs to the images, by the registry's own list, in the order in which it was read; the last ones may not be.
    pub attachments: Vec<Attachment>,
    /// What the index has for other platforms, which was not asked for, each with its platform.
    pub left_out: BTreeMap<Digest, String>,
}

/// Pulls what `session`'s repository has under `name`, a tag or a digest, into `file`; of several platforms only
/// `platform` (`linux/arm64`), if one is given: then nothing else is wanted either, and no list of attachments.
///
/// # Errors
/// It is not there, the registry refuses, or cannot be reached; or the file cannot be written.
pub fn pull(
    session: &Session,
    name: &str,
    platform: Option<&str>,
    file: File,
    progress: &Progress,
) -> Result<Pulled, Error> {
    let (root, bytes) = document(session, name)?;
    if let Ok(digest) = name.parse::<Digest>() {
        documents::check(&bytes, &digest)?;
    }
    let mut pull = Pull {
        session,
        platform,
        progress,
        file: Arc::new(file),
        end: 0,
        blobs: BTreeMap::new(),
        known: BTreeSet::new(),
        left_out: BTreeMap::new(),
        waiting: Vec::new(),
        asked: 0,
    };
    let mut subjects = vec![root.digest.clone()];
    pull.follow(&root, &bytes, 0, &mut subjects)?;
    let left_out = std::mem::take(&mut pull.left_out);
    let blobs = pull.fetch()?;
    subjects.dedup();
    subjects.truncate(if platform.is_none() { REFERRED } else { 0 });
    let attachments = attachments(session, &subjects)?;
    Ok(Pulled { root, bytes, blobs, attachments, left_out })
}

/// What refers to `subjects`: what can be a statement comes first, and of that the first one of each subject.
fn attachments(session: &Session, subjects: &[Digest]) -> Result<Vec<Attachment>, Error> {
    let mut all = Vec::new();
    for subject in subjects {
        // a registry that does not tell has none, or none to tell of
        let Ok(listed) = referrers::list(session, subject)? else { break };
        let mut entries = listed.entries;
        entries.sort_by_key(rank);
        all.extend(entries.into_iter().take(DOCUMENTS).enumerate().map(|(at, entry)| (at, subject, entry)));
    }
    all.sort_by_key(|(at, _, entry)| (rank(entry), *at));
    let read = |(at, (_, subject, entry))| attachment(session, entry, subject, at < READ);
    all.into_iter().enumerate().map(read).collect()
}

/// How late an entry is read: who writes a list under a tag may leave its type out.
fn rank(entry: &Entry) -> u8 {
    match Kind::of_type(&entry.artifact) {
        Some(kind) if kind.is_statement() => 0,
        None if entry.artifact.is_empty() => 1,
        _ => 2,
    }
}

/// `linux/arm64`, by what an index says of a manifest.
fn platform(value: &Value) -> String {
    let part = |key: &str| value[key].as_str().unwrap_or_default();
    format!("{}/{}", part("os"), part("architecture"))
}

struct Pull<'a> {
    session: &'a Session,
    platform: Option<&'a str>,
    progress: &'a Progress,
    file: Arc<File>,
    /// Where the next blob goes.
    end: u64,
    blobs: BTreeMap<Digest, Blob>,
    /// The blobs that have a place.
    known: BTreeSet<Digest>,
    left_out: BTreeMap<Digest, String>,
    waiting: Vec<(Claim, u64)>,
    asked: usize,
}

impl Pull<'_> {
    /// Asks for the documents below `claim`, which is `deep` in indexes, and notes the blobs. The digests of images go to
    /// `images`. What the repository has not is left out, for whoever reads it.
    fn follow(
        &mut self,
        claim: &Claim,
        bytes: &[u8],
        deep: usize,
        images: &mut Vec<Digest>,
    ) -> Result<(), Error> {
        let Ok(json) = content::document(bytes) else { return Ok(()) };
        if !is_index(&claim.media_type) {
            if json["config"]["mediaType"].as_str().is_some_and(is_image_config) {
                images.push(claim.digest.clone());
                let layers = json["layers"].as_array().into_iter().flatten();
                for blob in
                    std::iter::once(&json["config"]).chain(layers).filter_map(|blob| Claim::read(blob).ok())
                {
                    self.reserve(blob)?;
                }
            }
            return Ok(());
        }
        if deep >= DEEPEST {
            return Ok(());
        }
        for entry in json["manifests"].as_array().into_iter().flatten() {
            let Ok(below) = Claim::read(entry) else { continue };
            if self.blobs.contains_key(&below.digest) {
                continue;
            }
            if !self.is_wanted(&entry["platform"]) {
                self.left_out.insert(below.digest, platform(&entry["platform"]));
                continue;
            }
            if !is_index(&below.media_type) && !is_manifest(&below.media_type) {
                continue;
            }
            self.asked += 1;
            if self.asked > DOCUMENTS {
                return Err(Error::new(
                    Code::Registry,
                    format!("it leads to more than {DOCUMENTS} manifests"),
                ));
            }
            let Found::There(answer) = documents::find(self.session, &below.digest.to_string())? else {
                continue;
            };
            documents::check(&answer.body, &below.digest)?;
            self.keep(&below.digest, &answer.body)?;
            self.follow(&below, &answer.body, deep + 1, images)?;
        }
        Ok(())
    }

    /// Whether a manifest for `platform` may be the wanted one; what is for none, such as an attestation, is only
    /// wanted with all.
    fn is_wanted(&self, platform: &Value) -> bool {
        let Some(wanted) = self.platform else { return true };
        let name = self::platform(platform);
        let variant = platform["variant"].as_str().unwrap_or_default();
        platform.is_null() || wanted == name || wanted == format!("{name}/{variant}")
    }

    /// Keeps a document.
    fn keep(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all_at(bytes, self.end).map_err(|reason| unwritten(&reason))?;
        let blob = Blob::new(self.file.clone(), self.end, bytes.len() as u64);
        self.blobs.insert(digest.clone(), blob);
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Gives a blob its place in the file.
    fn reserve(&mut self, claim: Claim) -> Result<(), Error> {
        if !self.known.insert(claim.digest.clone()) {
            return Ok(());
        }
        if self.known.len() > BLOBS {
            return Err(Error::new(Code::Registry, format!("it leads to more than {BLOBS} blobs")));
        }
        let end = self.end.checked_add(claim.size).filter(|end| *end <= LARGEST);
        let Some(end) = end else {
            let what = format!("{} is said to have {} bytes", claim.digest, claim.size);
            return Err(Error::new(Code::Registry, what));
        };
        self.waiting.push((claim, self.end));
        self.end = end;
        Ok(())
    }

    /// An error if the disk has no room for what is said to come: better now than after an hour.
    fn has_room(&self) -> Result<(), Error> {
        let Ok(disk) = rustix::fs::fstatvfs(&self.file) else { return Ok(()) };
        let (comes, room) = (self.end, disk.f_bavail.saturating_mul(disk.f_frsize));
        match comes <= room {
            true => Ok(()),
            false => {
                Err(Error::new(Code::Output, format!("{comes} bytes are to come, with room for {room}")))
            }
        }
    }

    /// Fetches the blobs; what the repository has not is left out.
    fn fetch(mut self) -> Result<BTreeMap<Digest, Blob>, Error> {
        self.has_room()?;
        let mut waiting = std::mem::take(&mut self.waiting);
        // the largest first, so that none of them is what the others wait for at the end
        waiting.sort_by_key(|(claim, _)| claim.size);
        let blobs = Mutex::new(std::mem::take(&mut self.blobs));
        let _doing = self.progress.begin("Pulling", waiting.iter().map(|(claim, _)| claim.size).sum());
        several(self.session, waiting, |(claim, offset)| {
            if fetch::fetch(self.session, &claim, &self.file, offset, self.progress)? {
                let blob = Blob::new(self.file.clone(), offset, claim.size);
                lock(&blobs).insert(claim.digest, blob);
            }
            Ok(())
        })?;
        Ok(std::mem::take(&mut *lock(&blobs)))
    }
}

/// The document under `name`, and what it is: what the registry says, or else it says itself.
fn document(session: &Session, name: &str) -> Result<(Claim, Vec<u8>), Error> {
    let answer = match documents::find(session, name)? {
        Found::There(answer) => answer,
        Found::Nothing(error) => {
            return Err(match name.parse::<Digest>() {
                Ok(_) => error.help("is it the right digest, and not deleted?"),
                Err(_) => error.help("is it the right name? skopeo list-tags shows what is there"),
            });
        }
    };
    let own = content::document(&answer.body).ok();
    let own = own.as_ref().and_then(|json| json["mediaType"].as_str());
    let media_type = documents::media_type(&answer).or(own).unwrap_or_default().to_owned();
    let (digest, size) = (Digest::of(&answer.body), answer.body.len() as u64);
    Ok((Claim { media_type, digest, size }, answer.body))
}

/// What `entry` of a list of what refers to `subject` is: what its manifest says, if it is read.
///
/// # Errors
/// There is no answer.
fn attachment(session: &Session, entry: Entry, subject: &Digest, read: bool) -> Result<Attachment, Error> {
    let Entry { claim, artifact } = entry;
    let manifest = match read {
        true => documents::ask(session, &claim.digest.to_string())?.ok(),
        false => None,
    };
    let json = match manifest {
        Some(Found::There(answer)) if documents::check(&answer.body, &claim.digest).is_ok() => {
            content::document(&answer.body).ok()
        }
        _ => None,
    };
    Ok(match json {
        Some(json) => Attachment::read(claim, &artifact, &json),
        None => Attachment { claim, artifact, subject: Some(subject.clone()), document: None },
    })
}
